"""First fit: everybody placed in order of arrival, without looking back; when that works, it is proof enough."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from heapq import heappop, heappush

SeatRequest = tuple[int, int, frozenset[int]]
"""From, until, and the benches that cover it."""


def all_fit(limits: Mapping[int, int], requests: Sequence[SeatRequest]) -> bool:
    """Whether each stay finds a free seat on one of its benches as it arrives.

    Nobody moves afterwards, so a *no* means nothing; a *yes* is a placement without overload (D1). Of the free
    benches the one that fewest ask for is taken, which keeps the popular ones for those who have no other.
    """
    asked = Counter(bench for _, _, benches in requests for bench in benches)
    order = {benches: sorted(benches, key=asked.__getitem__) for _, _, benches in requests}
    taken: dict[int, list[int]] = {bench: [] for bench in limits}
    for start, end, benches in sorted(requests, key=lambda stay: stay[:2]):
        for bench in order[benches]:
            leaving = taken[bench]
            while leaving and leaving[0] <= start:
                heappop(leaving)
            if len(leaving) < limits[bench]:
                heappush(leaving, end)
                break
        else:
            return False
    return True
