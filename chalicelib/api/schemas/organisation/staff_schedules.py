"""Work schedules and time off as requests and answers say them."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import Field

from chalicelib.api.schemas.organisation.opening_hours import HoursBody, HoursLineResponse
from chalicelib.api.schemas.shared.fields import DateTimeInput, Day, Id, Instant, ResponseModel, Text, TimezoneName
from chalicelib.api.schemas.shared.record_models import RecordBody, patch_model
from chalicelib.domain.capacity.ledger import Occupant
from chalicelib.domain.organisation import rota
from chalicelib.domain.organisation.opening_hours import WeeklyHours
from chalicelib.domain.organisation.rota import CalendarType
from chalicelib.domain.shared.times import from_epoch_minute
from chalicelib.services.organisation.time_off import MAX_NAMED, TimeOffResult

ScheduleLines = Annotated[tuple[HoursBody, ...], Field(min_length=1, max_length=20)]


class WorkScheduleBody(RecordBody):
    """Weekly working hours in a zone; free times come from `open` ones, without `location_id` wherever they work."""

    calendar_type: CalendarType
    timezone: Annotated[TimezoneName | None, Field(description="theirs unless said, else the organisation's")] = None
    lines: ScheduleLines
    valid_from: Day | None = None
    valid_until: Annotated[Day | None, Field(description="the last day")] = None
    location_id: Id | None = None

    def values(self) -> dict[str, Any]:
        """What was sent, the lines as the domain's."""
        found = super().values()
        if "lines" in found:
            found["lines"] = tuple(WeeklyHours(**line.values()) for line in found["lines"])
        return found


WorkScheduleChangeBody = patch_model(WorkScheduleBody, "WorkScheduleChangeBody")


class WorkScheduleResponse(ResponseModel):
    """Weekly working hours in a zone."""

    id: Id
    version: int
    calendar_type: CalendarType
    timezone: str
    lines: list[HoursLineResponse]
    valid_from: Day | None
    valid_until: Day | None
    location_id: Id | None

    @classmethod
    def from_domain(cls, result: Any) -> Self:
        """From a work schedule."""
        schedule: rota.WorkSchedule = result
        return cls(
            id=schedule.id,
            version=schedule.version,
            calendar_type=schedule.calendar_type,
            timezone=schedule.timezone,
            lines=[HoursLineResponse.from_domain(line) for line in schedule.lines],
            valid_from=schedule.valid_from,
            valid_until=schedule.valid_until,
            location_id=schedule.location_id,
        )


class TimeOffBody(RecordBody):
    """An absence; times without an offset are wall time in `timezone`, else in their own zone."""

    start: DateTimeInput
    end: DateTimeInput
    timezone: TimezoneName | None = None
    # Short, so that four hundred of them stay one record.
    reason: Annotated[str, Text(100, allow_blank=True)] = ""


TimeOffChangeBody = patch_model(TimeOffBody, "TimeOffChangeBody")


class TimeOffResponse(ResponseModel):
    """An absence."""

    id: Id
    version: int
    start: Instant
    end: Instant
    reason: str


class AffectedAppointmentResponse(ResponseModel):
    """An appointment of theirs within an absence; it stays until somebody moves it."""

    id: Id
    start: Instant
    end: Instant
    service_id: Id

    @classmethod
    def from_domain(cls, result: Any) -> Self:
        """From the ledger's entry."""
        occupant: Occupant = result
        start, end = from_epoch_minute(occupant.start), from_epoch_minute(occupant.end)
        return cls(id=occupant.id, start=start, end=end, service_id=occupant.service_id)


class SavedTimeOffResponse(TimeOffResponse):
    """An absence and the appointments it lies over."""

    affected: Annotated[list[AffectedAppointmentResponse], Field(description=f"the first {MAX_NAMED} by start")]

    @classmethod
    def from_domain(cls, result: Any) -> Self:
        """From what was laid."""
        laid: TimeOffResult = result
        plain = TimeOffResponse.from_domain(laid.time_off)
        return cls(
            **dict(plain), affected=[AffectedAppointmentResponse.from_domain(occupant) for occupant in laid.affected]
        )
