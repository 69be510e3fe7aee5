"""The composition root: every part made once, at its first use, and plugged into the others."""

from __future__ import annotations

import random
import secrets
import time
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from chalicelib import observability
from chalicelib.domain import ids as domain_ids
from chalicelib.settings import settings as settings

if TYPE_CHECKING:
    from chalicelib.persistence.agenda import DynamoAgenda
    from chalicelib.persistence.store import DynamoStore
    from chalicelib.services.availability import Availabilities
    from chalicelib.services.booking import Booking
    from chalicelib.services.holding import Holding

# The wait before the n-th attempt is drawn from a span that doubles up to the longest.
_FIRST_PAUSE = 0.01
_LONGEST_PAUSE = 0.4


class RandomIds:
    """Ids from the clock of the call and the system's randomness."""

    def new(self, prefix: str, at: datetime) -> str:
        """A new id of this type."""
        return domain_ids.new_id(prefix, at, secrets.token_bytes(10))

    def secret(self) -> str:
        """192 random bits, safe in a URL (D48)."""
        return secrets.token_urlsafe(24)


def pause(attempt: int) -> None:
    """Waits a little before another attempt, at random so that rivals spread out."""
    observability.count("ConflictsRetried")
    time.sleep(random.uniform(0, min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**attempt)))  # noqa: S311  # not a secret


@lru_cache(maxsize=1)
def ids() -> RandomIds:
    """Where ids and secrets come from."""
    return RandomIds()


@lru_cache(maxsize=1)
def store() -> DynamoStore:
    """The table; the one connection every model uses is opened here."""
    from chalicelib.persistence import items
    from chalicelib.persistence.store import DynamoStore

    return DynamoStore(items.connect(settings().table_name, settings().region), time.time)


@lru_cache(maxsize=1)
def agenda() -> DynamoAgenda:
    """The lists of appointments."""
    from chalicelib.persistence.agenda import DynamoAgenda

    store()
    return DynamoAgenda()


@lru_cache(maxsize=1)
def availabilities() -> Availabilities:
    """Free times."""
    from chalicelib.services.availability import Availabilities

    return Availabilities(store())


@lru_cache(maxsize=1)
def booking() -> Booking:
    """Bookings from the widget."""
    from chalicelib.services.booking import Booking

    return Booking(store(), ids(), pause)


@lru_cache(maxsize=1)
def holding() -> Holding:
    """Holds."""
    from chalicelib.services.holding import Holding

    return Holding(store(), ids(), pause)
