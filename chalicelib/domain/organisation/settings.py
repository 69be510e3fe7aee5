"""The organisation's settings and feature switches, with their defaults."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from chalicelib.domain.organisation.catalogue import Location, Service


class ReasonMode(StrEnum):
    """How a client is asked for a reason, if at all (WG-5, WG-6)."""

    OFF = "off"
    OPTIONAL = "optional"
    REQUIRED = "required"


@dataclass(frozen=True, slots=True)
class HolidayCalendar:
    """The country and region whose public holidays are observed."""

    country: str
    region: str | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """The organisation's settings, one record; the field names are those of the API."""

    organisation_name: str = "Frontdesk"
    timezone: str = "UTC"
    languages: tuple[str, ...] = ("en", "fr")
    status_function: bool = False
    contact_centre: bool = True
    all_staff_view_all_clients: bool = False
    lobby: bool = False
    cancel_deadline_hours: int = 24
    rebook_deadline_hours: int = 24
    cancel_reason: ReasonMode = ReasonMode.OPTIONAL
    rebook_reason: ReasonMode = ReasonMode.OFF
    lead_minutes: int = 60
    horizon_days: int = 62
    hold_minutes: int = 10
    reminder_hours: tuple[int, ...] = (24,)
    bookings_per_contact: int = 10
    notification_email: str | None = None
    auto_reject_after_hours: int | None = None
    retrospective_days: int = 30
    quick_view_days: int = 14
    allowed_origins: tuple[str, ...] = ("*",)
    holidays: HolidayCalendar | None = None
    teleconference: str | None = None
    version: int = 0

    def lead_for(self, service: Service) -> int:
        """The minutes that must lie between booking and start (WG-2)."""
        return self.lead_minutes if service.lead_minutes is None else service.lead_minutes

    def horizon_for(self, service: Service) -> int:
        """The number of days ahead that can be booked (WG-2)."""
        return self.horizon_days if service.horizon_days is None else service.horizon_days


@dataclass(frozen=True, slots=True)
class Offer:
    """One service at one location under the organisation's settings; every availability query needs all three."""

    settings: Settings
    location: Location
    service: Service

    @property
    def lead_minutes(self) -> int:
        """Minutes between now and the first bookable start."""
        return self.settings.lead_for(self.service)

    @property
    def horizon_days(self) -> int:
        """Days from today, in the location's zone, up to the last bookable day."""
        return self.settings.horizon_for(self.service)
