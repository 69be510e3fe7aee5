"""The demo organisation's facts: its branches, services, staff and the weeks of its Quickstream blocks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

SETTINGS: dict[str, Any] = {
    "organisation_name": "Harbour Credit Union",
    "timezone": "America/Toronto",
    "languages": ["en", "fr"],
    "lead_minutes": 60,
    "horizon_days": 62,
    "reminder_hours": [24],
    "cancel_deadline_hours": 4,
    "rebook_deadline_hours": 4,
    "holidays": {"country": "CA", "region": "ON"},
    "status_function": True,
    "teleconference": "teams",
}

# In order of position: the statuses of a request for *Small business banking*.
STATUSES: dict[str, dict[str, Any]] = {
    "received": {"name": "Request received", "predicate": "start", "colour": "#5b6b7b"},
    "review": {
        "name": "Papers being looked at",
        "description": "Somebody has called the client and waits for their papers.",
        "predicate": "start",
        "colour": "#c98a12",
    },
    "confirmed": {"name": "Confirmed", "predicate": "booking_confirmation", "colour": "#2e7d32"},
    "declined": {"name": "Declined", "predicate": "cancellation", "colour": "#a8231d"},
}

LOCATIONS: dict[str, dict[str, Any]] = {
    "toronto": {
        "name": "Toronto King Street",
        "timezone": "America/Toronto",
        "address": "120 King Street West, Toronto, ON",
        "email": "toronto@example.org",
        "country": "CA",
        "region": "ON",
    },
    "vancouver": {
        "name": "Vancouver Harbour",
        "timezone": "America/Vancouver",
        "address": "700 West Georgia Street, Vancouver, BC",
        "email": "vancouver@example.org",
        "country": "CA",
        "region": "BC",
    },
    "st_johns": {
        "name": "St. John's Water Street",
        "timezone": "America/St_Johns",
        "address": "215 Water Street, St. John's, NL",
        "email": "st.johns@example.org",
        "country": "CA",
        "region": "NL",
    },
}

FIRST_HOME = {
    "id": "first_home",
    "text": "Is this your first home?",
    "type": "choice",
    "options": ["Yes", "No", "Not sure yet"],
    "required": True,
}
BUSINESS = {"id": "business", "text": "What does your business do?", "type": "text", "required": False}

SERVICES: dict[str, dict[str, Any]] = {
    "account": {
        "name": "Open an account",
        "description": "A chequing or savings account. Bring two pieces of identification.",
        "duration_minutes": 30,
        "meeting_methods": ["in_person", "phone", "video"],
    },
    "mortgage": {
        "name": "Mortgage advice",
        "description": "What you can afford, which rate suits you, and what happens next.",
        "duration_minutes": 60,
        "slot_interval": 30,
        "meeting_methods": ["in_person", "video"],
        "questions": [FIRST_HOME],
    },
    "investment": {
        "name": "Investment review",
        "description": "A look at your savings and registered plans.",
        "duration_minutes": 45,
        "meeting_methods": ["in_person", "phone", "video"],
    },
    "business": {
        "name": "Small business banking",
        "description": "Accounts, credit and payments for your business. We look at your request and then confirm it.",
        "duration_minutes": 60,
        "slot_interval": 30,
        "meeting_methods": ["in_person", "video", "off_site"],
        "questions": [BUSINESS],
        "status_function": True,
    },
    "everyday": {
        "name": "Everyday banking",
        "description": "Cards, transfers, statements: a quarter of an hour for any question.",
        "duration_minutes": 15,
        "meeting_methods": ["in_person", "phone"],
    },
    "counselling": {
        "name": "Financial counselling",
        "description": "Your budget, your debts and a plan, with somebody you choose.",
        "duration_minutes": 45,
        "slot_interval": 30,
        "buffer_before": 5,
        "buffer_after": 10,
        "meeting_methods": ["in_person", "phone", "video"],
        "availability": "staff",
        "client_chooses_staff": True,
    },
}

ALL_LOCATIONS = tuple(LOCATIONS)
ALL_SERVICES = tuple(SERVICES)


@dataclass(frozen=True)
class StaffPerson:
    """A member of staff; ``role`` doubles as the address of the one who stands for it."""

    name: str
    role: str
    locations: tuple[str, ...]
    services: tuple[str, ...]
    languages: tuple[str, ...] = ("en",)
    stands_for_role: bool = False

    @property
    def email(self) -> str:
        """The address this person signs in with."""
        local = self.role if self.stands_for_role else self.name.lower().replace(" ", ".")
        return f"{local}@example.org"


# The administrator comes first: until then the login acts without a staff record.
STAFF: tuple[StaffPerson, ...] = (
    StaffPerson("Alex Morgan", "admin", ALL_LOCATIONS, (), ("en", "fr"), stands_for_role=True),
    StaffPerson("Priya Natarajan", "manager", ("toronto",), ALL_SERVICES, ("en", "ta"), stands_for_role=True),
    StaffPerson("Samuel Okafor", "staff_advanced", ("toronto",), ALL_SERVICES, stands_for_role=True),
    StaffPerson(
        "Chloe Tremblay",
        "staff_plus",
        ("toronto",),
        ("account", "everyday", "counselling"),
        ("fr", "en"),
        stands_for_role=True,
    ),
    StaffPerson(
        "Daniel Kim", "staff", ("toronto",), ("account", "mortgage", "counselling"), ("en", "ko"), stands_for_role=True
    ),
    StaffPerson("Rosa Delgado", "contact_centre", ALL_LOCATIONS, (), ("en", "es", "fr"), stands_for_role=True),
    StaffPerson("Mei Lin Chen", "manager", ("vancouver",), ALL_SERVICES, ("en", "zh")),
    StaffPerson("Jasdeep Gill", "staff_plus", ("vancouver",), ("mortgage", "investment", "business"), ("en", "pa")),
    StaffPerson("Hannah Fraser", "staff", ("vancouver",), ("account", "everyday", "investment", "counselling")),
    StaffPerson("Patrick Walsh", "staff_advanced", ("st_johns",), ALL_SERVICES),
    StaffPerson("Aoife Power", "staff", ("st_johns",), ("account", "everyday"), ("en", "fr")),
    StaffPerson(
        "Luc Bergeron", "staff", ("toronto", "st_johns"), ("mortgage", "investment", "counselling"), ("fr", "en")
    ),
)

WEEKDAYS = "MO,TU,WE,TH,FR"


@dataclass(frozen=True)
class BlockPattern:
    """A weekly block: on these days from ``start`` to ``end`` wall time, for six weeks."""

    days: str
    start: str
    end: str
    limit: int
    services: tuple[str, ...]
    more: dict[str, Any]


# The second overlaps the first and shares a service with it; the second and third are held until shortly before.
PATTERNS: tuple[BlockPattern, ...] = (
    BlockPattern(WEEKDAYS, "09:00", "12:30", 3, ("account", "everyday"), {}),
    BlockPattern(
        WEEKDAYS,
        "10:00",
        "16:00",
        2,
        ("mortgage", "account", "investment"),
        {"release": {"days_before": 14, "time": "08:00"}},
    ),
    BlockPattern(
        "TU,TH",
        "13:00",
        "17:00",
        2,
        ("business", "mortgage"),
        {"release": {"days_before": 21, "time": "08:00"}, "reserved": 1, "reserve_release": {"hours_before": 48}},
    ),
    BlockPattern("SA", "10:00", "13:00", 2, ("everyday", "investment"), {}),
)
