"""The parts that all others are made of: settings, ids, the table and what reads it."""

from __future__ import annotations

import random
import secrets
import time
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from chalicelib import observability
from chalicelib.domain.shared import ids as domain_ids
from chalicelib.settings import Deployment, settings as _settings

if TYPE_CHECKING:
    from chalicelib.persistence.appointment_lists import DynamoAgenda
    from chalicelib.persistence.client_directory import DynamoDirectory
    from chalicelib.persistence.store import DynamoStore
    from chalicelib.services.appointments.attendees import Attending
    from chalicelib.services.availability.availability_reader import FreeTimes
    from chalicelib.services.client_access import Acquaintances
    from chalicelib.services.unit_of_work import Change

# The wait before the n-th attempt is drawn from a span that doubles up to the longest.
_FIRST_PAUSE = 0.01
_LONGEST_PAUSE = 0.4


def settings() -> Deployment:
    """This deployment's settings."""
    return _settings()


def pause(attempt: int) -> None:
    """Waits a little before another attempt, at random so that rivals spread out."""
    observability.count("ConflictsRetried")
    time.sleep(random.uniform(0, min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**attempt)))  # noqa: S311  # no secret


def count_events(change: Change) -> None:
    """One metric per domain event: ``appointment.booked`` counts as ``AppointmentBooked``."""
    for event in (event for entry in change.entries for event in entry.events):
        name = event.type.replace("_", ".").title().replace(".", "")
        observability.count(name)


class RandomIds:
    """Ids from the clock of the call and the system's randomness."""

    def new(self, prefix: str, at: datetime, order: int = 0) -> str:
        """A new id of this type; of those of one millisecond, the greater ``order`` sorts later."""
        return domain_ids.new_id(prefix, at, order.to_bytes(3, "big") + secrets.token_bytes(7))

    def secret(self) -> str:
        """192 random bits, safe in a URL (D48)."""
        return secrets.token_urlsafe(24)


@lru_cache(maxsize=1)
def ids() -> RandomIds:
    """Where ids and secrets come from."""
    return RandomIds()


@lru_cache(maxsize=1)
def store() -> DynamoStore:
    """The table; the one connection every model uses is opened here."""
    from chalicelib.persistence import table
    from chalicelib.persistence.store import DynamoStore

    return DynamoStore(table.connect(settings().table_name, settings().region), time.time, count_events)


@lru_cache(maxsize=1)
def agenda() -> DynamoAgenda:
    """The lists of appointments."""
    from chalicelib.persistence.appointment_lists import DynamoAgenda

    store()
    return DynamoAgenda()


@lru_cache(maxsize=1)
def directory() -> DynamoDirectory:
    """The lists of clients."""
    from chalicelib.persistence.client_directory import DynamoDirectory

    store()
    return DynamoDirectory()


@lru_cache(maxsize=1)
def free_times() -> FreeTimes:
    """Reading free times."""
    from chalicelib.services.availability.availability_reader import FreeTimes

    return FreeTimes(store())


@lru_cache(maxsize=1)
def attending() -> Attending:
    """Clients as staff bring them."""
    from chalicelib.services.appointments.attendees import Attending

    return Attending(store(), ids(), acquaintances())


@lru_cache(maxsize=1)
def acquaintances() -> Acquaintances:
    """Who may know which clients."""
    from chalicelib.services.client_access import Acquaintances

    return Acquaintances(store())
