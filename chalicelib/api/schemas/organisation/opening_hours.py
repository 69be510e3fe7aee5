"""Request and response models of opening hours and closures."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator

from chalicelib.api.schemas.shared.coded_fields import Unique
from chalicelib.api.schemas.shared.fields import Day, Id, ResponseModel, Text, TimeOfDay
from chalicelib.api.schemas.shared.record_models import RecordBody, patch_model
from chalicelib.domain.organisation import opening_hours
from chalicelib.domain.organisation.opening_hours import DAY_MINUTES

EndTimeOfDay = Annotated[str, Field(pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$", examples=["17:00"])]
"""A time of day on a 24-hour clock at which something ends, midnight being 24:00."""

Weekdays = Annotated[tuple[Annotated[int, Field(ge=1, le=7)], ...], Field(min_length=1, max_length=7), Unique]
"""Days of the week; Monday is 1."""


def minutes_since_midnight(text: str) -> int:
    """The minutes since midnight of a time of day."""
    hour, _, rest = text.partition(":")
    return 60 * int(hour) + int(rest)


def time_of_day(minutes: int) -> str:
    """The time of day so many minutes after midnight; the next midnight is 24:00."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


ClockTime = Annotated[str, BeforeValidator(time_of_day)]
"""A time of day in a response, from minutes since midnight."""


class HoursBody(RecordBody):
    """The same hours on some weekdays, by the clock at the location; overlapping ones unite."""

    weekdays: Weekdays
    start: TimeOfDay
    end: EndTimeOfDay

    def values(self) -> dict[str, Any]:
        """The fields that were sent, times in minutes since midnight."""
        found = super().values()
        if "weekdays" in found:
            found["weekdays"] = tuple(sorted(found["weekdays"]))
        return found | {name: minutes_since_midnight(found[name]) for name in ("start", "end") if name in found}


HoursChangeBody = patch_model(HoursBody, "HoursChangeBody")


class HoursLineResponse(ResponseModel):
    """The same hours on some weekdays."""

    weekdays: list[int]
    start: ClockTime
    end: ClockTime


class OpeningHoursResponse(HoursLineResponse):
    """Opening hours on some weekdays."""

    id: Id
    version: int

    @classmethod
    def from_domain(cls, result: Any) -> Self:
        """From a line of a location's hours."""
        branch_hours: opening_hours.BranchHoursLine = result
        line = branch_hours.line
        return cls.model_validate(
            {
                "id": branch_hours.id,
                "version": branch_hours.version,
                "weekdays": line.weekdays,
                "start": line.start,
                "end": line.end,
            }
        )


class ClosureBody(RecordBody):
    """A date on which the location is closed: all day, or from `start` to `end` by its clock."""

    date: Day
    name: Annotated[str, Text(100, allow_blank=True)] = ""
    start: TimeOfDay | None = None
    end: EndTimeOfDay | None = None

    @model_validator(mode="after")
    def _both_or_neither(self) -> Self:
        if (self.start is None) is not (self.end is None):
            raise ValueError("Say both start and end, or neither for the whole day.")
        return self

    def values(self) -> dict[str, Any]:
        """The fields that were sent, times in minutes since midnight; null times mean all day."""
        found = super().values()
        if "start" in found or "end" in found:
            found["start"] = minutes_since_midnight(self.start) if self.start else 0
            found["end"] = minutes_since_midnight(self.end) if self.end else DAY_MINUTES
        return found


ClosureChangeBody = patch_model(ClosureBody, "ClosureChangeBody")


class ClosureResponse(ResponseModel):
    """A date on which the location is closed; without `start` and `end` all day."""

    id: Id
    version: int
    date: Day
    name: str
    start: str | None
    end: str | None

    @classmethod
    def from_domain(cls, result: Any) -> Self:
        """From a closure."""
        closure: opening_hours.Closure = result
        all_day = (closure.start, closure.end) == (0, DAY_MINUTES)
        return cls(
            id=closure.id,
            version=closure.version,
            date=closure.date,
            name=closure.name,
            start=None if all_day else time_of_day(closure.start),
            end=None if all_day else time_of_day(closure.end),
        )
