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
from chalicelib.settings import DeploymentSettings, deployment_settings as _settings

if TYPE_CHECKING:
    from chalicelib.persistence.appointment_lists import DynamoAppointmentLists
    from chalicelib.persistence.client_directory import DynamoClientDirectory
    from chalicelib.persistence.store import DynamoStore
    from chalicelib.services.appointments.attendees import AttendeeRegistration
    from chalicelib.services.availability.availability_reader import AvailabilityReader
    from chalicelib.services.client_access import ClientAccess
    from chalicelib.services.unit_of_work import UnitOfWork

# The wait before the n-th attempt is drawn from a span that doubles up to the longest.
_FIRST_PAUSE = 0.01
_LONGEST_PAUSE = 0.4


def settings() -> DeploymentSettings:
    """This deployment's settings."""
    return _settings()


def pause(attempt: int) -> None:
    """Waits a little before another attempt, at random so that rivals spread out."""
    observability.count_metric("ConflictsRetried")
    time.sleep(random.uniform(0, min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**attempt)))  # noqa: S311  # no secret


def count_events(work: UnitOfWork) -> None:
    """One metric per domain event: ``appointment.booked`` counts as ``AppointmentBooked``."""
    for event in (event for entry in work.entries for event in entry.events):
        name = event.type.replace("_", ".").title().replace(".", "")
        observability.count_metric(name)


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

    return DynamoStore(table.connect_table(settings().table_name, settings().region), time.time, count_events)


@lru_cache(maxsize=1)
def agenda() -> DynamoAppointmentLists:
    """The lists of appointments."""
    from chalicelib.persistence.appointment_lists import DynamoAppointmentLists

    store()
    return DynamoAppointmentLists()


@lru_cache(maxsize=1)
def directory() -> DynamoClientDirectory:
    """The lists of clients."""
    from chalicelib.persistence.client_directory import DynamoClientDirectory

    store()
    return DynamoClientDirectory()


@lru_cache(maxsize=1)
def free_times() -> AvailabilityReader:
    """Reading free times."""
    from chalicelib.services.availability.availability_reader import AvailabilityReader

    return AvailabilityReader(store())


@lru_cache(maxsize=1)
def attending() -> AttendeeRegistration:
    """Clients as staff bring them."""
    from chalicelib.services.appointments.attendees import AttendeeRegistration

    return AttendeeRegistration(store(), ids(), acquaintances())


@lru_cache(maxsize=1)
def acquaintances() -> ClientAccess:
    """Who may know which clients."""
    from chalicelib.services.client_access import ClientAccess

    return ClientAccess(store())
