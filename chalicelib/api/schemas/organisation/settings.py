"""Request and response models of settings and cancellation reasons."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from chalicelib.api.schemas.shared.coded_fields import Country, Email, Languages, Origin, Unique
from chalicelib.api.schemas.shared.fields import Id, RequestModel, ResponseModel, Text, TimezoneName
from chalicelib.api.schemas.shared.record_models import RecordBody, patch_model
from chalicelib.domain.appointments.video_meetings import VideoPlatform
from chalicelib.domain.organisation.settings import HolidayCalendar, ReasonMode

DeadlineHours = Annotated[int, Field(ge=0, le=8760)]
"""Hours before the start of an appointment, at most a year."""


class HolidaysBody(RequestModel):
    """The country and region whose public holidays are observed."""

    country: Country
    region: Annotated[str, Text(100)] | None = None


class SettingsBody(RecordBody):
    """The organisation's own choices."""

    organisation_name: Annotated[str, Text(100)]
    timezone: TimezoneName
    languages: Languages
    status_function: bool
    contact_centre: bool
    all_staff_view_all_clients: bool
    lobby: bool
    cancel_deadline_hours: DeadlineHours
    rebook_deadline_hours: DeadlineHours
    cancel_reason: ReasonMode
    rebook_reason: ReasonMode
    lead_minutes: Annotated[int, Field(ge=0, le=43_200)]
    horizon_days: Annotated[int, Field(ge=1, le=366)]
    hold_minutes: Annotated[int, Field(ge=1, le=60)]
    reminder_hours: Annotated[tuple[Annotated[int, Field(ge=1, le=336)], ...], Field(max_length=5), Unique]
    bookings_per_contact: Annotated[int, Field(ge=1, le=100)]
    notification_email: Email | None
    auto_reject_after_hours: Annotated[int, Field(ge=1, le=8760)] | None
    retrospective_days: Annotated[int, Field(ge=0, le=366)]
    quick_view_days: Annotated[int, Field(ge=1, le=62)]
    allowed_origins: Annotated[tuple[Origin, ...], Field(max_length=50), Unique]
    holidays: HolidaysBody | None
    teleconference: VideoPlatform | None

    def values(self) -> dict[str, Any]:
        """The fields that were sent, holidays in the domain's type."""
        found = super().values()
        if found.get("holidays") is not None:
            found["holidays"] = HolidayCalendar(**dict(found["holidays"]))
        return found


SettingsChangeBody = patch_model(SettingsBody, "SettingsChangeBody")


class HolidaysResponse(ResponseModel):
    """The country and region whose public holidays are observed."""

    country: str
    region: str | None


class SettingsResponse(ResponseModel):
    """The organisation's own choices; version 0 while nothing has been changed."""

    version: int
    organisation_name: str
    timezone: str
    languages: list[str]
    status_function: bool
    contact_centre: bool
    all_staff_view_all_clients: bool
    lobby: bool
    cancel_deadline_hours: int
    rebook_deadline_hours: int
    cancel_reason: ReasonMode
    rebook_reason: ReasonMode
    lead_minutes: int
    horizon_days: int
    hold_minutes: int
    reminder_hours: list[int]
    bookings_per_contact: int
    notification_email: str | None
    auto_reject_after_hours: int | None
    retrospective_days: int
    quick_view_days: int
    allowed_origins: list[str]
    holidays: HolidaysResponse | None
    teleconference: VideoPlatform | None


class CancellationReasonBody(RecordBody):
    """A reason to cancel, as staff choose it."""

    text: Annotated[str, Text(255)]


CancellationReasonChangeBody = patch_model(CancellationReasonBody, "CancellationReasonChangeBody")


class CancellationReasonResponse(ResponseModel):
    """A reason to cancel."""

    id: Id
    version: int
    text: str
