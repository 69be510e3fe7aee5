"""First fit: place demands in order of their start and never move them; if all fit, no further proof is needed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from heapq import heappop, heappush

SeatRequest = tuple[int, int, frozenset[int]]
"""Start, end, and the pools that cover it."""


def all_fit(limits: Mapping[int, int], requests: Sequence[SeatRequest]) -> bool:
    """True if each request, in order of start, finds a free seat in one of its pools.

    Then there is a placement without overload (D1); False proves nothing, because no request is moved once placed.
    Of the pools with a free seat the one that fewest requests can use is taken: the others stay free for requests
    without a choice.
    """
    popularity = Counter(pool for _, _, pools in requests for pool in pools)
    order = {pools: sorted(pools, key=popularity.__getitem__) for _, _, pools in requests}
    end_times: dict[int, list[int]] = {pool: [] for pool in limits}
    for start, end, pools in sorted(requests, key=lambda request: request[:2]):
        for pool in order[pools]:
            taken = end_times[pool]
            while taken and taken[0] <= start:
                heappop(taken)
            if len(taken) < limits[pool]:
                heappush(taken, end)
                break
        else:
            return False
    return True
