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
    asked = Counter(pool for _, _, pools in requests for pool in pools)
    order = {pools: sorted(pools, key=asked.__getitem__) for _, _, pools in requests}
    taken: dict[int, list[int]] = {pool: [] for pool in limits}
    for start, end, pools in sorted(requests, key=lambda stay: stay[:2]):
        for pool in order[pools]:
            leaving = taken[pool]
            while leaving and leaving[0] <= start:
                heappop(leaving)
            if len(leaving) < limits[pool]:
                heappush(leaving, end)
                break
        else:
            return False
    return True
