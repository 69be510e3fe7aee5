"""Free times as asked for and answered."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo

from pydantic import Field

from chalicelib.api.schemas.shared.coded_fields import Language
from chalicelib.api.schemas.shared.fields import Answer, Code, Day, Id, Input, Instant, Start, Zone
from chalicelib.domain.availability.block_slots import DETAILS, Why
from chalicelib.domain.organisation.catalog import Method
from chalicelib.domain.shared.times import instant, wall_text
from chalicelib.services.availability.availability import DaySlots, Explanation, Search
from chalicelib.services.availability.booking_channels import Door
from chalicelib.services.availability.holds import Held, HoldWish


class _SearchQuery(Input):
    service_id: Id
    location_id: Id
    meeting_method: Method | None = None
    timezone: Zone
    staff_id: Id | None = None
    language: Language | None = None
    hold: Code | None = None
    moving: Id | None = None
    code: Code | None = None

    def search(self) -> Search:
        """What the use case is asked."""
        return self.asked()

    def asked(self, door: Door | None = None) -> Search:
        """The search of a client, or of staff through one of their channels."""
        return Search(
            service_id=self.service_id,
            location_id=self.location_id,
            timezone=self.timezone,
            method=self.meeting_method,
            door=door,
            staff_id=self.staff_id,
            language=self.language,
            hold=self.hold,
            moving=self.moving,
            code=self.code,
        )


class AvailabilityQuery(_SearchQuery):
    """Free times of the days from `from` to `to`, both included, at most 62."""

    first: Annotated[Day, Field(alias="from")]
    last: Annotated[Day, Field(alias="to")]


class ExplainQuery(_SearchQuery):
    """One start, as wall time in `timezone` or with an offset."""

    start: Start


class Slot(Answer):
    """A bookable start; `available` is how many more appointments it takes, or how many staff are free."""

    start: Instant
    local_start: str
    available: int


class AvailableDay(Answer):
    """A local day and its free times, possibly none."""

    date: date
    slots: list[Slot]


class AvailabilityAnswer(Answer):
    """Free times by local day."""

    timezone: str
    days: list[AvailableDay]

    @classmethod
    def said(cls, timezone: str, found: list[DaySlots]) -> Self:
        """The days as found, in this zone."""
        tz = ZoneInfo(timezone)
        return cls.model_construct(timezone=timezone, days=[_day(day, tz) for day in found])


class Reason(Answer):
    """Why a time cannot be booked."""

    code: Why
    detail: str


class ExplanationAnswer(Answer):
    """Whether a time can be booked; if not, why, and the starts nearest to it that can."""

    bookable: bool
    reasons: list[Reason]
    nearest: list[Instant]

    @classmethod
    def of(cls, result: Any) -> Self:
        """From the use case's explanation."""
        found: Explanation = result
        reasons = [Reason(code=why, detail=DETAILS[why]) for why in found.reasons]
        return cls(bookable=found.bookable, reasons=reasons, nearest=list(found.nearest))


class NewHold(Input):
    """The slot to keep while its form is filled in."""

    service_id: Id
    location_id: Id
    meeting_method: Method
    start: Start
    timezone: Zone | None = None
    staff_id: Id | None = None
    language: Language | None = None

    def wish(self) -> HoldWish:
        """What the use case is asked."""
        return HoldWish(
            self.service_id,
            self.location_id,
            self.meeting_method,
            self.start,
            self.timezone,
            self.staff_id,
            self.language,
        )


class HoldAnswer(Answer):
    """A hold; its token is shown this once."""

    id: str
    token: str
    expires_at: Instant

    @classmethod
    def of(cls, result: Any) -> Self:
        """From the use case's hold."""
        held: Held = result
        return cls(id=held.id, token=held.token, expires_at=held.expires_at)


class HoldRelease(Input):
    """The token the hold was given with."""

    token: Code


def _day(day: DaySlots, tz: ZoneInfo) -> AvailableDay:
    slots = [
        Slot.model_construct(start=at, local_start=wall_text(at, tz), available=slot.available)
        for at, slot in ((instant(s.start), s) for s in day.slots)
    ]
    return AvailableDay.model_construct(date=day.date, slots=slots)
