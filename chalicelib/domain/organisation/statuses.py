"""The organisation's own steps from request to confirmation: statuses, and which sets of them are valid (D27, D30)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from chalicelib.domain.shared.errors import StatusNeeded, invalid

MAX_STATUSES = 100
# Appointments of one status are counted in so many rows, so that bookings do not wait for one another.
COUNT_SHARDS = tuple(map(str, range(8)))


class StatusPredicate(StrEnum):
    """What a status means for an appointment: exactly one of these (AS-2)."""

    START = "start"
    BOOKING_CONFIRMATION = "booking_confirmation"
    CANCELLATION = "cancellation"


@dataclass(frozen=True, slots=True)
class Status:
    """One step; ``position`` orders them, an archived one is shown where it is held and cannot be chosen."""

    id: str
    name: str
    predicate: StatusPredicate
    colour: str
    position: int
    description: str = ""
    archived: bool = False
    version: int = 1


@dataclass(frozen=True, slots=True)
class StatusHistoryEntry:
    """A status an appointment came into, as it was at that moment; never changed afterwards (AS-12, D30).

    ``number`` is the appointment's version with which it did.
    """

    appointment_id: str
    number: int
    status_id: str
    name: str
    colour: str
    predicate: StatusPredicate
    position: int
    at: datetime
    by: str
    reason: str | None = None
    version: int = 0


@dataclass(frozen=True, slots=True)
class StatusCountShard:
    """How many appointments hold a status under this predicate, in one of its ``SHARES``."""

    status_id: str
    predicate: StatusPredicate
    share: str
    held: int = 0
    version: int = 0


@dataclass(frozen=True, slots=True)
class StatusPipeline:
    """All statuses of the organisation, one record: an edit sees and leaves a whole set."""

    statuses: tuple[Status, ...] = ()
    version: int = 0

    @property
    def ordered(self) -> tuple[Status, ...]:
        """In order of position; an archived one may have left its own to another."""
        return tuple(sorted(self.statuses, key=lambda status: (status.position, status.id)))

    def get(self, status_id: str | None) -> Status | None:
        """The status of that id, archived ones included."""
        return next((status for status in self.statuses if status.id == status_id), None)

    def first_with(self, predicate: StatusPredicate) -> Status | None:
        """The status of the lowest position among those of this predicate that can be chosen (AS-4, D32)."""
        return next((s for s in self.ordered if s.predicate is predicate and not s.archived), None)

    @property
    def next_position(self) -> int:
        """Behind all others."""
        return max((status.position for status in self.statuses), default=0) + 1

    @property
    def missing_predicates(self) -> tuple[StatusPredicate, ...]:
        """The predicates no status that can be chosen has."""
        return tuple(predicate for predicate in StatusPredicate if self.first_with(predicate) is None)

    def reordered(self, ids: Sequence[str]) -> StatusPipeline:
        """In this order, counted from one; archived ones that are not named follow as they did.

        422 ``invalid_order`` unless every status that can be chosen is named, and none twice.
        """
        unnamed = [status for status in self.ordered if status.id not in ids]
        known = {status.id for status in self.statuses}
        if len(set(ids)) != len(ids) or not known.issuperset(ids) or not all(s.archived for s in unnamed):
            raise invalid("/ids", "Name every status once.", "invalid_order")
        places = {status_id: n for n, status_id in enumerate((*ids, *(s.id for s in unnamed)), start=1)}
        return replace(self, statuses=tuple(_at_position(status, places[status.id]) for status in self.statuses))


def require_valid(
    after: StatusPipeline, before: StatusPipeline, needed: Iterable[StatusPredicate], *, enabled: bool
) -> None:
    """Refuses an edit that leaves no valid set (D27, D30).

    Always 422 ``position_taken``; 409 ``status_needed`` where the last of a ``needed`` predicate would go; while the
    function is ``enabled`` 422 ``start_first``.
    """
    require_distinct(after)
    if any(
        predicate in after.missing_predicates and predicate not in before.missing_predicates for predicate in needed
    ):
        raise StatusNeeded()
    if enabled:
        require_start_first(after)


def require_complete(pipeline: StatusPipeline) -> None:
    """What switching the function on takes: 422 ``statuses_missing`` or ``start_first`` (D27)."""
    if pipeline.missing_predicates:
        named = ", ".join(predicate.value for predicate in pipeline.missing_predicates)
        raise invalid("/status_function", f"First add statuses for: {named}.", "statuses_missing")
    require_start_first(pipeline, "/status_function")


def require_distinct(pipeline: StatusPipeline) -> None:
    """422 ``position_taken`` for two statuses at one position that can be chosen (D27)."""
    positions = [status.position for status in pipeline.statuses if not status.archived]
    if len(set(positions)) != len(positions):
        raise invalid("/position", "Another status is at this position.", "position_taken")


def require_start_first(pipeline: StatusPipeline, pointer: str = "/position") -> None:
    """422 ``start_first`` unless the lowest position among those that can be chosen is a start (D27)."""
    lowest = next((status for status in pipeline.ordered if not status.archived), None)
    if lowest is None or lowest.predicate is not StatusPredicate.START:
        raise invalid(pointer, "The status at the lowest position must be a start.", "start_first")


def _at_position(status: Status, position: int) -> Status:
    if status.position == position:
        return status
    return replace(status, position=position, version=status.version + 1)
