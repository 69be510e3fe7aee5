"""Prices prove refusals: what sitters must pay for their cheapest seats, less what the seats earn, bounds the overload.

This is the Lagrangian dual of least overload: any prices between 0 and 1 per seat-minute give a lower bound, so the
search for better ones (subgradient steps) may be as rough as it likes; whole-number arithmetic keeps the bound exact.
Two things make it quick: prices change only in a stretch of time around the question, because proofs are short, and
prices are also tried rounded to 0 or 1, because nearly always a proof is a set of seats too much in demand.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import accumulate
from math import gcd

DemandOptions = Mapping[int, tuple[int, int, int]]
CellPrices = list[int]
PlacementOption = tuple[int, int, int, int]  # bench, first cell, cell after the last, what the rest of the stay costs

DemandKinds = Counter[tuple[PlacementOption, ...]]

UNIT = 1 << 12  # the price 1
STEP_SIZE = UNIT // 24
ROUNDING_THRESHOLDS = (UNIT // 2, UNIT * 3 // 10, UNIT * 7 // 10)  # above which an average price counts as 1
ROUNDING_INTERVAL = 10  # rounds between two tries with rounded prices
MAX_KEPT_PROOFS = 12  # proofs remembered for the next questions


class DualPrices:
    """A price per bench and cell, proving the overload everybody accepts, and the last proofs of more."""

    def __init__(self, limits: Mapping[int, int], widths: Sequence[int]) -> None:
        self._limits = limits
        self._widths = widths
        self._price = {pool: [0] * len(widths) for pool in limits}
        self._proofs: list[dict[int, CellPrices]] = []

    def charge(self, cell: int, pools: Collection[int]) -> None:
        """Let seats of these benches cost 1 in the cell: there they are known to be too few."""
        for pool in pools:
            self._price[pool][cell] = UNIT

    def priced_cells(self) -> list[int]:
        """The cells where some seat costs something."""
        return [cell for cell in range(len(self._widths)) if any(row[cell] for row in self._price.values())]

    def lower_bound(self, kinds: DemandKinds) -> int:
        """The overload that no placement can be below, in seat-minutes: it comes in multiples of what cells share."""
        least = UNIT * gcd(*self._widths)
        return -(-self._bound(self._price, 1, kinds) // least) * least // UNIT

    def raise_bound(self, kinds: DemandKinds, first: int, last: int, rounds: int) -> bool:
        """Prove more than is proven, if prices in these cells can, and keep them."""
        stretch = _PriceWindow(self._limits, self._widths, self._price, kinds, first, last)
        missing = self.lower_bound(kinds) * UNIT - self._bound(self._price, 1, kinds)
        found = stretch.find_prices(stretch.start + missing, rounds)
        if found:
            self._price = {pool: row[:first] + found[pool] + row[last:] for pool, row in self._price.items()}
        return found is not None

    def is_known_to_exceed(self, overload: int, kinds: DemandKinds) -> bool:
        """Whether what proved an earlier refusal proves that the least overload exceeds `overload` seat-minutes."""
        for index in range(len(self._proofs) - 1, -1, -1):
            if self._bound(self._proofs[index], overload, kinds) > overload * UNIT:
                self._proofs.append(self._proofs.pop(index))
                return True
        return False

    def prove_exceeds(self, overload: int, kinds: DemandKinds, first: int, last: int, rounds: int) -> bool:
        """Whether the least overload is proven to exceed `overload` seat-minutes by prices in these cells."""
        stretch = _PriceWindow(self._limits, self._weights(overload), self._price, kinds, first, last)
        target = overload * UNIT - self._bound(self._price, overload, kinds) + stretch.start
        found = stretch.find_prices(target, rounds)
        if found:
            proof = {pool: row[:first] + found[pool] + row[last:] for pool, row in self._price.items()}
            self._proofs = [*self._proofs[1 - MAX_KEPT_PROOFS :], proof]
        return found is not None

    def _bound(self, price: Mapping[int, CellPrices], overload: int, kinds: DemandKinds) -> int:
        return _dual_value(_cumulative_cost(price, self._weights(overload)), self._limits, kinds)

    def _weights(self, overload: int) -> Sequence[int]:
        # Where there need be no overload at all, all cells may weigh the same: proofs are found sooner.
        return self._widths if overload else [1] * len(self._widths)


class _PriceWindow:
    """The part of the market that prices in some cells can change."""

    def __init__(
        self,
        limits: Mapping[int, int],
        widths: Sequence[int],
        price: Mapping[int, CellPrices],
        kinds: DemandKinds,
        first: int,
        last: int,
    ) -> None:
        self._limits = limits
        self._widths = widths[first:last]
        self._price = {pool: row[first:last] for pool, row in price.items()}
        cost = _cumulative_cost(price, widths)
        self._kinds: DemandKinds = Counter()
        for kind, many in kinds.items():
            if any(low < last and first < high for _, low, high, _ in kind):
                self._kinds[tuple(_clipped(way, cost[way[0]], first, last) for way in kind)] += many
        self.start = _dual_value(_cumulative_cost(self._price, self._widths), limits, self._kinds)

    def find_prices(self, target: int, rounds: int) -> dict[int, CellPrices] | None:
        """Prices whose bound exceeds the target, if found within so many rounds."""
        speed = {pool: [0] * len(row) for pool, row in self._price.items()}
        usual = {pool: row.copy() for pool, row in self._price.items()}
        for step in range(rounds):
            demand = {pool: [-limit] * len(self._widths) for pool, limit in self._limits.items()}
            if _dual_value(_cumulative_cost(self._price, self._widths), self._limits, self._kinds, demand) > target:
                return self._price
            self._adjust(demand, speed, STEP_SIZE * 100 // (100 + step))
            for pool, row in usual.items():
                usual[pool] = [(9 * old + new) // 10 for old, new in zip(row, self._price[pool], strict=True)]
            if step % ROUNDING_INTERVAL == ROUNDING_INTERVAL - 1 and (found := self._rounded(usual, target)):
                return found
        return None

    def _adjust(self, demand: Mapping[int, CellPrices], speed: dict[int, CellPrices], stride: int) -> None:
        for pool, wanted in demand.items():
            pace = speed[pool] = [
                (old * 7 // 10) + stride * surplus for old, surplus in zip(speed[pool], wanted, strict=True)
            ]
            self._price[pool] = [
                0 if price + change < 0 else min(price + change, UNIT)
                for price, change in zip(self._price[pool], pace, strict=True)
            ]

    def _rounded(self, usual: Mapping[int, CellPrices], target: int) -> dict[int, CellPrices] | None:
        for least in ROUNDING_THRESHOLDS:
            price = {pool: [UNIT if each > least else 0 for each in row] for pool, row in usual.items()}
            if _dual_value(_cumulative_cost(price, self._widths), self._limits, self._kinds) > target:
                return price
        return None


def count_kinds(options: Iterable[DemandOptions]) -> DemandKinds:
    """How many sitters have the same ways to be placed."""
    return Counter(tuple((pool, first, last, 0) for pool, (first, last, _) in option.items()) for option in options)


def _clipped(option: PlacementOption, cost: Sequence[int], first: int, last: int) -> PlacementOption:
    pool, low, high, rest = option
    inner, outer = max(low, first), min(high, last)
    if inner >= outer:
        return pool, 0, 0, rest + cost[high] - cost[low]
    return pool, inner - first, outer - first, rest + cost[inner] - cost[low] + cost[high] - cost[outer]


def _cumulative_cost(price: Mapping[int, CellPrices], widths: Sequence[int]) -> dict[int, CellPrices]:
    """What each bench costs from the first cell up to each edge."""
    return {
        pool: list(accumulate((each * width for each, width in zip(row, widths, strict=True)), initial=0))
        for pool, row in price.items()
    }


def _dual_value(
    cost: Mapping[int, CellPrices],
    limits: Mapping[int, int],
    kinds: DemandKinds,
    demand: Mapping[int, CellPrices] | None = None,
) -> int:
    """The bound in price units; in `demand`, every seat taken by its cheapest way is added."""
    bound = -sum(limit * cost[pool][-1] for pool, limit in limits.items())
    for kind, many in kinds.items():
        least = -1
        for way in kind:
            pool, first, last, rest = way
            total = cost[pool]
            price = total[last] - total[first] + rest
            if least < 0 or price < least:
                least, cheapest = price, way
        bound += least * many
        if demand is not None:
            row = demand[cheapest[0]]
            for cell in range(cheapest[1], cheapest[2]):
                row[cell] += many
    return bound
