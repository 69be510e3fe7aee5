"""The organisation's own steps from request to confirmation: statuses, and which sets of them are valid (D27, D30)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from chalicelib.domain.shared.errors import StatusNeeded, invalid

MAX_STATUSES = 100
# The appointments of one status are counted in several rows, so that bookings do not wait for one another.
COUNT_SHARDS = tuple(map(str, range(8)))


class StatusPredicate(StrEnum):
    """The meaning of a status for an appointment: exactly one of these (AS-2)."""

    START = "start"
    BOOKING_CONFIRMATION = "booking_confirmation"
    CANCELLATION = "cancellation"


@dataclass(frozen=True, slots=True)
class Status:
    """One step; ``position`` orders them. An archived status stays on its appointments and cannot be chosen."""

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
    """A status that an appointment was given, as the status was at that moment; never changed afterwards (AS-12, D30).

    ``number`` is the version of the appointment with that status.
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
    """The number of appointments with a status under this predicate, in one of its ``COUNT_SHARDS``."""

    status_id: str
    predicate: StatusPredicate
    share: str
    held: int = 0
    version: int = 0


@dataclass(frozen=True, slots=True)
class StatusPipeline:
    """All statuses of the organisation, one record, so that every edit reads and writes the whole set."""

    statuses: tuple[Status, ...] = ()
    version: int = 0

    @property
    def ordered(self) -> tuple[Status, ...]:
        """In order of position; an archived status may share its position with another."""
        return tuple(sorted(self.statuses, key=lambda status: (status.position, status.id)))

    def get(self, status_id: str | None) -> Status | None:
        """The status with this id, archived ones included."""
        return next((status for status in self.statuses if status.id == status_id), None)

    def first_with(self, predicate: StatusPredicate) -> Status | None:
        """The status of this predicate with the lowest position, archived ones left out (AS-4, D32)."""
        return next((s for s in self.ordered if s.predicate is predicate and not s.archived), None)

    @property
    def next_position(self) -> int:
        """The position after all others."""
        return max((status.position for status in self.statuses), default=0) + 1

    @property
    def missing_predicates(self) -> tuple[StatusPredicate, ...]:
        """The predicates of which there is no status, or only archived ones."""
        return tuple(predicate for predicate in StatusPredicate if self.first_with(predicate) is None)

    def reordered(self, ids: Sequence[str]) -> StatusPipeline:
        """The statuses in this order, counted from one; archived ones that are not named follow in their old order.

        422 ``invalid_order`` unless every status is named once; archived ones may be left out.
        """
        unnamed = [status for status in self.ordered if status.id not in ids]
        known = {status.id for status in self.statuses}
        if len(set(ids)) != len(ids) or not known.issuperset(ids) or not all(s.archived for s in unnamed):
            raise invalid("/ids", "Name every status once.", "invalid_order")
        positions = {status_id: n for n, status_id in enumerate((*ids, *(s.id for s in unnamed)), start=1)}
        return replace(self, statuses=tuple(_at_position(status, positions[status.id]) for status in self.statuses))


def require_valid(
    after: StatusPipeline, before: StatusPipeline, needed: Iterable[StatusPredicate], *, enabled: bool
) -> None:
    """Refuse an edit that leaves an invalid set of statuses (D27, D30).

    422 ``position_taken``; 409 ``status_needed`` if the last status of a ``needed`` predicate would go; 422
    ``start_first`` while the function is ``enabled``.
    """
    require_distinct(after)
    if any(
        predicate in after.missing_predicates and predicate not in before.missing_predicates for predicate in needed
    ):
        raise StatusNeeded()
    if enabled:
        require_start_first(after)


def require_complete(pipeline: StatusPipeline) -> None:
    """Check before the function is switched on: 422 ``statuses_missing``, ``start_first`` (D27)."""
    if pipeline.missing_predicates:
        missing = ", ".join(predicate.value for predicate in pipeline.missing_predicates)
        raise invalid("/status_function", f"First add statuses for: {missing}.", "statuses_missing")
    require_start_first(pipeline, "/status_function")


def require_distinct(pipeline: StatusPipeline) -> None:
    """422 ``position_taken`` if two statuses have one position, archived ones left out (D27)."""
    positions = [status.position for status in pipeline.statuses if not status.archived]
    if len(set(positions)) != len(positions):
        raise invalid("/position", "Another status is at this position.", "position_taken")


def require_start_first(pipeline: StatusPipeline, pointer: str = "/position") -> None:
    """422 ``start_first`` unless the first status that is not archived is a start (D27)."""
    lowest = next((status for status in pipeline.ordered if not status.archived), None)
    if lowest is None or lowest.predicate is not StatusPredicate.START:
        raise invalid(pointer, "The status at the lowest position must be a start.", "start_first")


def _at_position(status: Status, position: int) -> Status:
    if status.position == position:
        return status
    return replace(status, position=position, version=status.version + 1)
