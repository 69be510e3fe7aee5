"""The organisation's catalogue: locations, services, staff, cancellation reasons."""

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
