"""The organisation's catalogue and settings: locations, services, staff, cancellation reasons."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from chalicelib.domain.shared.permissions import Role
from chalicelib.domain.shared.times import country_of


class AvailabilitySource(StrEnum):
    """Where a service's free times come from (D7)."""

    QUICKSTREAM = "quickstream"
    STAFF = "staff"
    GROUP = "group"


class MeetingMethod(StrEnum):
    """How client and staff meet."""

    IN_PERSON = "in_person"
    PHONE = "phone"
    VIDEO = "video"
    OFF_SITE = "off_site"


class QuestionType(StrEnum):
    """The kind of answer a question takes."""

    TEXT = "text"
    CHOICE = "choice"
    BOOLEAN = "boolean"


class ReasonMode(StrEnum):
    """How a client is asked for a reason, if at all (WG-5, WG-6)."""

    OFF = "off"
    OPTIONAL = "optional"
    REQUIRED = "required"


@dataclass(frozen=True, slots=True)
class Question:
    """A question that is asked before a service is booked (CC-7)."""

    id: str
    text: str
    type: QuestionType = QuestionType.TEXT
    options: tuple[str, ...] = ()
    required: bool = False


@dataclass(frozen=True, slots=True)
class Location:
    """A branch; ``email`` is notified of confirmed bookings."""

    id: str
    name: str
    timezone: str
    address: str = ""
    email: str | None = None
    country: str | None = None
    region: str | None = None
    language: str = "en"
    version: int = 0

    @property
    def phone_country(self) -> str | None:
        """The country assumed for phone numbers without a country code: the branch's, else its time zone's."""
        return self.country or country_of(self.timezone)


@dataclass(frozen=True, slots=True)
class Service:
    """A service to book; times in minutes, ``None`` for lead and horizon means the organisation's own."""

    id: str
    name: str
    duration_minutes: int
    description: str = ""
    buffer_before: int = 0
    buffer_after: int = 0
    meeting_methods: tuple[MeetingMethod, ...] = (MeetingMethod.IN_PERSON,)
    location_ids: tuple[str, ...] = ()
    availability: AvailabilitySource = AvailabilitySource.QUICKSTREAM
    slot_interval: int = 15
    lead_minutes: int | None = None
    horizon_days: int | None = None
    client_chooses_staff: bool = False
    status_function: bool = False
    public: bool = True
    questions: tuple[Question, ...] = ()
    version: int = 0


@dataclass(frozen=True, slots=True)
class Staff:
    """A staff member; the login is found by ``email``."""

    id: str
    name: str
    email: str
    role: Role
    location_ids: tuple[str, ...] = ()
    service_ids: tuple[str, ...] = ()
    languages: tuple[str, ...] = ("en",)
    timezone: str | None = None
    daily_limit: int | None = None
    active: bool = True
    version: int = 0


@dataclass(frozen=True, slots=True)
class Login:
    """The staff record that an e-mail address signs in as; keeps the address unique."""

    email: str
    staff_id: str
    version: int = 0


@dataclass(frozen=True, slots=True)
class CancellationReason:
    """One of the organisation's own cancellation reasons (CC-12)."""

    id: str
    text: str
    version: int = 0


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
