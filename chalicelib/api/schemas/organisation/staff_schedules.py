"""Work schedules and time off as requests and answers say them."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import Field

from chalicelib.api.schemas.organisation.opening_hours import HoursLine, NewHours
from chalicelib.api.schemas.shared.fields import Answer, Day, Id, Instant, Start, Text, Zone
from chalicelib.api.schemas.shared.record_models import Record, partial
from chalicelib.domain.capacity.ledger import Occupant
from chalicelib.domain.organisation import rota
from chalicelib.domain.organisation.opening_hours import Line
from chalicelib.domain.organisation.rota import CalendarType
from chalicelib.domain.shared.times import instant
from chalicelib.services.organisation.time_off import MOST_NAMED, Laid

Lines = Annotated[tuple[NewHours, ...], Field(min_length=1, max_length=20)]


class NewWorkSchedule(Record):
    """Weekly working hours in a zone; free times come from `open` ones, without `location_id` wherever they work."""

    calendar_type: CalendarType
    timezone: Annotated[Zone | None, Field(description="theirs unless said, else the organisation's")] = None
    lines: Lines
    valid_from: Day | None = None
    valid_until: Annotated[Day | None, Field(description="the last day")] = None
    location_id: Id | None = None

    def values(self) -> dict[str, Any]:
        """What was sent, the lines as the domain's."""
        found = super().values()
        if "lines" in found:
            found["lines"] = tuple(Line(**line.values()) for line in found["lines"])
        return found


WorkScheduleChange = partial(NewWorkSchedule, "WorkScheduleChange")


class WorkSchedule(Answer):
    """Weekly working hours in a zone."""

    id: Id
    version: int
    calendar_type: CalendarType
    timezone: str
    lines: list[HoursLine]
    valid_from: Day | None
    valid_until: Day | None
    location_id: Id | None

    @classmethod
    def of(cls, result: Any) -> Self:
        """From a work schedule."""
        schedule: rota.WorkSchedule = result
        return cls(
            id=schedule.id,
            version=schedule.version,
            calendar_type=schedule.calendar_type,
            timezone=schedule.timezone,
            lines=[HoursLine.of(line) for line in schedule.lines],
            valid_from=schedule.valid_from,
            valid_until=schedule.valid_until,
            location_id=schedule.location_id,
        )


class NewTimeOff(Record):
    """An absence; times without an offset are wall time in `timezone`, else in their own zone."""

    start: Start
    end: Start
    timezone: Zone | None = None
    # Short, so that four hundred of them stay one record.
    reason: Annotated[str, Text(100, blank=True)] = ""


TimeOffChange = partial(NewTimeOff, "TimeOffChange")


class TimeOff(Answer):
    """An absence."""

    id: Id
    version: int
    start: Instant
    end: Instant
    reason: str


class AffectedAppointment(Answer):
    """An appointment of theirs within an absence; it stays until somebody moves it."""

    id: Id
    start: Instant
    end: Instant
    service_id: Id

    @classmethod
    def of(cls, result: Any) -> Self:
        """From the ledger's entry."""
        occupant: Occupant = result
        start, end = instant(occupant.start), instant(occupant.end)
        return cls(id=occupant.id, start=start, end=end, service_id=occupant.service_id)


class LaidTimeOff(TimeOff):
    """An absence and the appointments it lies over."""

    affected: Annotated[list[AffectedAppointment], Field(description=f"the first {MOST_NAMED} by start")]

    @classmethod
    def of(cls, result: Any) -> Self:
        """From what was laid."""
        laid: Laid = result
        plain = TimeOff.of(laid.time_off)
        return cls(**dict(plain), affected=[AffectedAppointment.of(occupant) for occupant in laid.affected])
