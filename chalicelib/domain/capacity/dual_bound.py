"""Lower bounds for the overload by Lagrangian duality; a bound above the present overload proves a refusal.

Every pool has a dual price between 0 and 1 per seat-minute in every cell. For any prices, the sum over the demands of
the cost of their cheapest option, less the price of all seats, is a lower bound for the overload. So the search for
better prices (subgradient steps) may be rough; integer arithmetic keeps the bound exact. Two things make it quick:
prices change only in a window of time around the candidate, because proofs are short, and prices are also tried
rounded to 0 or 1, because a proof is nearly always a set of seats with too many demands.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import accumulate
from math import gcd

DemandOptions = Mapping[int, tuple[int, int, int]]
CellPrices = list[int]
PlacementOption = tuple[
    int, int, int, int
]  # pool, first cell, cell after the last, cost of the cells outside the window
DemandKinds = Counter[tuple[PlacementOption, ...]]

UNIT = 1 << 12  # the price 1
STEP_SIZE = UNIT // 24
ROUNDING_THRESHOLDS = (UNIT // 2, UNIT * 3 // 10, UNIT * 7 // 10)  # above which an average price counts as 1
ROUNDING_INTERVAL = 10  # rounds between two tries with rounded prices
MAX_KEPT_PROOFS = 12  # proofs remembered for the next questions


class DualPrices:
    """A price per pool and cell that proves the accepted overload, and the latest prices that proved more."""

    def __init__(self, limits: Mapping[int, int], widths: Sequence[int]) -> None:
        self._limits = limits
        self._widths = widths
        self._price = {pool: [0] * len(widths) for pool in limits}
        self._proofs: list[dict[int, CellPrices]] = []

    def charge(self, cell: int, pools: Collection[int]) -> None:
        """Set the price of these pools to 1 in the cell: they are known to have too few seats there."""
        for pool in pools:
            self._price[pool][cell] = UNIT

    def priced_cells(self) -> list[int]:
        """The cells in which some pool has a price above 0."""
        return [cell for cell in range(len(self._widths)) if any(row[cell] for row in self._price.values())]

    def lower_bound(self, kinds: DemandKinds) -> int:
        """The proven lower bound in seat-minutes, rounded up: overload is a multiple of the cells' common width."""
        granularity = UNIT * gcd(*self._widths)
        return -(-self._bound(self._price, 1, kinds) // granularity) * granularity // UNIT

    def raise_bound(self, kinds: DemandKinds, first: int, last: int, rounds: int) -> bool:
        """Raise the proven bound, if prices in these cells can, and keep them; True if it was raised."""
        window = _PriceWindow(self._limits, self._widths, self._price, kinds, first, last)
        missing = self.lower_bound(kinds) * UNIT - self._bound(self._price, 1, kinds)
        found = window.find_prices(window.start + missing, rounds)
        if found:
            self._price = {pool: row[:first] + found[pool] + row[last:] for pool, row in self._price.items()}
        return found is not None

    def is_known_to_exceed(self, overload: int, kinds: DemandKinds) -> bool:
        """True if the prices of an earlier proof prove that the least overload exceeds `overload` seat-minutes."""
        for index in range(len(self._proofs) - 1, -1, -1):
            if self._bound(self._proofs[index], overload, kinds) > overload * UNIT:
                self._proofs.append(self._proofs.pop(index))
                return True
        return False

    def prove_exceeds(self, overload: int, kinds: DemandKinds, first: int, last: int, rounds: int) -> bool:
        """True if prices in these cells are found that prove a least overload above `overload` seat-minutes."""
        window = _PriceWindow(self._limits, self._weights(overload), self._price, kinds, first, last)
        target = overload * UNIT - self._bound(self._price, overload, kinds) + window.start
        found = window.find_prices(target, rounds)
        if found:
            proof = {pool: row[:first] + found[pool] + row[last:] for pool, row in self._price.items()}
            self._proofs = [*self._proofs[1 - MAX_KEPT_PROOFS :], proof]
        return found is not None

    def _bound(self, price: Mapping[int, CellPrices], overload: int, kinds: DemandKinds) -> int:
        return _dual_value(_cumulative_cost(price, self._weights(overload)), self._limits, kinds)

    def _weights(self, overload: int) -> Sequence[int]:
        # If no overload is unavoidable, all cells may weigh the same, which finds proofs sooner.
        return self._widths if overload else [1] * len(self._widths)


class _PriceWindow:
    """The part of the problem that prices in some cells affect; ``start`` is its bound at the present prices."""

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
        for kind, count in kinds.items():
            if any(low < last and first < high for _, low, high, _ in kind):
                self._kinds[tuple(_clipped(option, cost[option[0]], first, last) for option in kind)] += count
        self.start = _dual_value(_cumulative_cost(self._price, self._widths), limits, self._kinds)

    def find_prices(self, target: int, rounds: int) -> dict[int, CellPrices] | None:
        """Prices whose bound exceeds the target; None if none are found within so many rounds."""
        momentum = {pool: [0] * len(row) for pool, row in self._price.items()}
        averages = {pool: row.copy() for pool, row in self._price.items()}
        for step in range(rounds):
            surplus = {pool: [-limit] * len(self._widths) for pool, limit in self._limits.items()}
            if _dual_value(_cumulative_cost(self._price, self._widths), self._limits, self._kinds, surplus) > target:
                return self._price
            self._adjust(surplus, momentum, STEP_SIZE * 100 // (100 + step))
            for pool, row in averages.items():
                averages[pool] = [(9 * old + new) // 10 for old, new in zip(row, self._price[pool], strict=True)]
            if step % ROUNDING_INTERVAL == ROUNDING_INTERVAL - 1 and (found := self._rounded(averages, target)):
                return found
        return None

    def _adjust(self, surplus: Mapping[int, CellPrices], momentum: dict[int, CellPrices], stride: int) -> None:
        for pool, gradient in surplus.items():
            momentum[pool] = [
                (old * 7 // 10) + stride * over for old, over in zip(momentum[pool], gradient, strict=True)
            ]
            self._price[pool] = [
                0 if price + change < 0 else min(price + change, UNIT)
                for price, change in zip(self._price[pool], momentum[pool], strict=True)
            ]

    def _rounded(self, averages: Mapping[int, CellPrices], target: int) -> dict[int, CellPrices] | None:
        for threshold in ROUNDING_THRESHOLDS:
            price = {pool: [UNIT if each > threshold else 0 for each in row] for pool, row in averages.items()}
            if _dual_value(_cumulative_cost(price, self._widths), self._limits, self._kinds) > target:
                return price
        return None


def count_kinds(options: Iterable[DemandOptions]) -> DemandKinds:
    """The number of demands by their options."""
    return Counter(tuple((pool, first, last, 0) for pool, (first, last, _) in option.items()) for option in options)


def _clipped(option: PlacementOption, cost: Sequence[int], first: int, last: int) -> PlacementOption:
    pool, low, high, rest = option
    inner, outer = max(low, first), min(high, last)
    if inner >= outer:
        return pool, 0, 0, rest + cost[high] - cost[low]
    return pool, inner - first, outer - first, rest + cost[inner] - cost[low] + cost[high] - cost[outer]


def _cumulative_cost(price: Mapping[int, CellPrices], widths: Sequence[int]) -> dict[int, CellPrices]:
    """The cost of a seat of each pool from the first cell up to each edge."""
    return {
        pool: list(accumulate((each * width for each, width in zip(row, widths, strict=True)), initial=0))
        for pool, row in price.items()
    }


def _dual_value(
    cost: Mapping[int, CellPrices],
    limits: Mapping[int, int],
    kinds: DemandKinds,
    surplus: Mapping[int, CellPrices] | None = None,
) -> int:
    """The bound in price units; the seats that the cheapest options take are added to `surplus`."""
    bound = -sum(limit * cost[pool][-1] for pool, limit in limits.items())
    for kind, count in kinds.items():
        least = -1
        for option in kind:
            pool, first, last, rest = option
            total = cost[pool]
            price = total[last] - total[first] + rest
            if least < 0 or price < least:
                least, cheapest = price, option
        bound += least * count
        if surplus is not None:
            row = surplus[cheapest[0]]
            for cell in range(cheapest[1], cheapest[2]):
                row[cell] += count
    return bound
