"""Rebooking from Quick View, put together."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from chalicelib.container.core import acquaintances, directory, free_times, ids, pause, settings, store

if TYPE_CHECKING:
    from chalicelib.services.quickview.rebook_summary import RebookSummaries
    from chalicelib.services.quickview.rebooking import RebookAppointment


def review_key() -> str:
    """What reviews are signed with."""
    from chalicelib import secrets_manager

    return secrets_manager.read_secret(settings().review_key_arn, settings().region)


@lru_cache(maxsize=1)
def rebook_summaries() -> RebookSummaries:
    """What is looked at before rebooking."""
    from chalicelib.services.quickview.rebook_summary import RebookSummaries

    return RebookSummaries(store(), directory(), acquaintances())


@lru_cache(maxsize=1)
def rebooking() -> RebookAppointment:
    """Rebookings."""
    from chalicelib.services.quickview.rebook_plan import PlanRebooking
    from chalicelib.services.quickview.rebooking import RebookAppointment

    return RebookAppointment(store(), PlanRebooking(store(), directory(), free_times()), ids(), pause, review_key)
