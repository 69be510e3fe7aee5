"""Rebooking from Quick View, put together."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from chalicelib.container.core import acquaintances, directory, free_times, ids, pause, settings, store

if TYPE_CHECKING:
    from chalicelib.services.rebook_summary import Summaries
    from chalicelib.services.rebooking import Rebooking


def review_key() -> str:
    """What reviews are signed with."""
    from chalicelib import vault

    return vault.secret(settings().review_key_arn, settings().region)


@lru_cache(maxsize=1)
def rebook_summaries() -> Summaries:
    """What is looked at before rebooking."""
    from chalicelib.services.rebook_summary import Summaries

    return Summaries(store(), directory(), acquaintances())


@lru_cache(maxsize=1)
def rebooking() -> Rebooking:
    """Rebookings."""
    from chalicelib.services.rebook_plans import Plans
    from chalicelib.services.rebooking import Rebooking

    return Rebooking(store(), Plans(store(), directory(), free_times()), ids(), pause, review_key)
