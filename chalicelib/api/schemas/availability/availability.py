"""Requests and responses about free times and holds."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo

from pydantic import Field

from chalicelib.api.schemas.shared.coded_fields import Language
from chalicelib.api.schemas.shared.fields import (
    DateTimeInput,
    Day,
    Id,
    Instant,
    RequestModel,
    ResponseModel,
    SecretCode,
    TimezoneName,
)
from chalicelib.domain.availability.unavailable_reasons import UNAVAILABLE_TEXTS, Unavailable
from chalicelib.domain.organisation.catalogue import MeetingMethod
from chalicelib.domain.shared.times import from_epoch_minute, wall_text
from chalicelib.services.availability.availability import DaySlots, SlotExplanation, SlotSearch
from chalicelib.services.availability.booking_channels import StaffChannel
from chalicelib.services.availability.holds import HoldRequest, IssuedHold


class _AvailabilitySearchQuery(RequestModel):
    service_id: Id
    location_id: Id
    meeting_method: MeetingMethod | None = None
    timezone: TimezoneName
    staff_id: Id | None = None
    language: Language | None = None
    hold: SecretCode | None = None
    moving: Id | None = None
    code: SecretCode | None = None

    def to_request(self) -> SlotSearch:
        """The search of a client."""
        return self.to_channel_request()

    def to_channel_request(self, channel: StaffChannel | None = None) -> SlotSearch:
        """The search of a client, or of staff through one of their channels."""
        return SlotSearch(
            service_id=self.service_id,
            location_id=self.location_id,
            timezone=self.timezone,
            method=self.meeting_method,
            staff_channel=channel,
            staff_id=self.staff_id,
            language=self.language,
            hold=self.hold,
            moving=self.moving,
            code=self.code,
        )


class AvailabilityRangeQuery(_AvailabilitySearchQuery):
    """Free times of the days from `from` to `to`, both included, at most 62."""

    first: Annotated[Day, Field(alias="from")]
    last: Annotated[Day, Field(alias="to")]


class StaffAvailabilityQuery(AvailabilityRangeQuery):
    """Free times as they are open to staff through one of their channels; `moving` needs no code."""

    channel: StaffChannel

    def to_request(self) -> SlotSearch:
        """The search as the use case takes it."""
        return self.to_channel_request(self.channel)


class AvailabilityExplanationQuery(_AvailabilitySearchQuery):
    """One start, as wall time in `timezone` or with an offset."""

    start: DateTimeInput


class SlotResponse(ResponseModel):
    """A bookable start; `available` is how many more appointments it takes, or how many staff are free."""

    start: Instant
    local_start: str
    available: int


class AvailableDayResponse(ResponseModel):
    """A local day and its free times, possibly none."""

    date: date
    slots: list[SlotResponse]


class AvailabilityResponse(ResponseModel):
    """Free times by local day."""

    timezone: str
    days: list[AvailableDayResponse]

    @classmethod
    def from_days(cls, timezone: str, days: list[DaySlots]) -> Self:
        """From the free times of some days, in this zone."""
        tz = ZoneInfo(timezone)
        return cls.model_construct(timezone=timezone, days=[_available_day(day, tz) for day in days])


class UnavailableReasonResponse(ResponseModel):
    """A reason why a time cannot be booked."""

    code: Unavailable
    detail: str


class AvailabilityExplanationResponse(ResponseModel):
    """One time: bookable or not, the reasons why not, and the nearest bookable starts."""

    bookable: bool
    reasons: list[UnavailableReasonResponse]
    nearest: list[Instant]

    @classmethod
    def from_domain(cls, result: Any) -> Self:
        """From the use case's explanation."""
        found: SlotExplanation = result
        reasons = [UnavailableReasonResponse(code=code, detail=UNAVAILABLE_TEXTS[code]) for code in found.reasons]
        return cls(bookable=found.bookable, reasons=reasons, nearest=list(found.nearest))


class HoldBody(RequestModel):
    """The slot to keep while the form is filled in."""

    service_id: Id
    location_id: Id
    meeting_method: MeetingMethod
    start: DateTimeInput
    timezone: TimezoneName | None = None
    staff_id: Id | None = None
    language: Language | None = None

    def to_request(self) -> HoldRequest:
        """The request for the use case."""
        return HoldRequest(
            self.service_id,
            self.location_id,
            self.meeting_method,
            self.start,
            self.timezone,
            self.staff_id,
            self.language,
        )


class HoldResponse(ResponseModel):
    """A hold; its token is shown only once."""

    id: str
    token: str
    expires_at: Instant

    @classmethod
    def from_domain(cls, result: Any) -> Self:
        """From the use case's hold."""
        hold: IssuedHold = result
        return cls(id=hold.id, token=hold.token, expires_at=hold.expires_at)


class HoldReleaseQuery(RequestModel):
    """The token of the hold."""

    token: SecretCode


def _available_day(day: DaySlots, tz: ZoneInfo) -> AvailableDayResponse:
    slots = [
        SlotResponse.model_construct(start=at, local_start=wall_text(at, tz), available=slot.available)
        for at, slot in ((from_epoch_minute(s.start), s) for s in day.slots)
    ]
    return AvailableDayResponse.model_construct(date=day.date, slots=slots)
