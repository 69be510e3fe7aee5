"""Prices prove refusals: what sitters must pay for their cheapest seats, less what the seats earn, bounds the overload.

This is the Lagrangian dual of least overload: any prices between 0 and 1 per seat-minute give a lower bound, so the
search for better ones (subgradient steps) may be as rough as it likes; whole-number arithmetic keeps the bound exact.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate

UNIT = 1 << 12  # the price 1
STRIDE = UNIT // 12


class Prices:
    """A price per bench and cell, kept from one question to the next because neighbouring questions are alike."""

    def __init__(self, limits: Mapping[int, int], widths: Sequence[int]) -> None:
        self._limits = limits
        self._widths = widths
        self._price = {bench: [0] * len(widths) for bench in limits}

    def exceed(self, overload: int, options: Sequence[Mapping[int, tuple[int, int, int]]], rounds: int) -> bool:
        """Whether the least overload is proven to exceed `overload` seat-minutes within so many rounds."""
        ways = [[(bench, first, last) for bench, (first, last, _) in option.items()] for option in options]
        speed = {bench: [0] * len(self._widths) for bench in self._limits}
        for step in range(rounds):
            bound, demand = self._auction(ways)
            if bound > overload * UNIT:
                return True
            stride = STRIDE * 40 // (40 + step)
            for bench, wanted in demand.items():
                pace = speed[bench] = [
                    (old * 7 // 10) + stride * surplus for old, surplus in zip(speed[bench], wanted, strict=True)
                ]
                self._price[bench] = [
                    0 if price + change < 0 else min(price + change, UNIT)
                    for price, change in zip(self._price[bench], pace, strict=True)
                ]
        return False

    def _auction(self, ways: Iterable[Sequence[tuple[int, int, int]]]) -> tuple[int, dict[int, list[int]]]:
        """The bound in price units, and by how many sitters each seat is wanted too often."""
        cost, demand, bound = {}, {}, 0
        for bench, limit in self._limits.items():
            paid = [price * width for price, width in zip(self._price[bench], self._widths, strict=True)]
            cost[bench] = total = list(accumulate(paid, initial=0))
            bound -= limit * total[-1]
            demand[bench] = [-limit] * len(self._widths)
        for way in ways:
            least = -1
            for bench, first, last in way:
                total = cost[bench]
                price = total[last] - total[first]
                if least < 0 or price < least:
                    least, cheapest = price, (bench, first, last)
            bound += least
            bench, first, last = cheapest
            row = demand[bench]
            for cell in range(first, last):
                row[cell] += 1
        return bound, demand
