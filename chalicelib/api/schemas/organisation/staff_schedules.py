"""Request and response models of work schedules and time off."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field

from chalicelib.api.schemas.organisation.opening_hours import HoursBody, HoursLineResponse
from chalicelib.api.schemas.shared.fields import DateTimeInput, Day, Id, Instant, ResponseModel, Text, TimezoneName
from chalicelib.api.schemas.shared.record_models import RecordBody, patch_model
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
        """The fields that were sent, lines in the domain's type."""
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
    start: Annotated[Instant, BeforeValidator(from_epoch_minute)]
    end: Annotated[Instant, BeforeValidator(from_epoch_minute)]
    service_id: Id


class SavedTimeOffResponse(TimeOffResponse):
    """An absence and the appointments it lies over."""

    affected: Annotated[list[AffectedAppointmentResponse], Field(description=f"the first {MAX_NAMED} by start")]

    @classmethod
    def from_domain(cls, result: Any) -> Self:
        """From the saved time off and the appointments within it."""
        saved: TimeOffResult = result
        time_off = TimeOffResponse.from_domain(saved.time_off)
        affected = [AffectedAppointmentResponse.from_domain(occupant) for occupant in saved.affected]
        return cls(**dict(time_off), affected=affected)
