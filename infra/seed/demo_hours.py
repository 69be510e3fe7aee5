"""The opening hours of the demo organisation's branches and the work schedules of its staff."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from infra.seed.demo_organisation import LOCATIONS, StaffPerson

_WEEKDAYS = [1, 2, 3, 4, 5]
_SATURDAY = [6]
_WEDNESDAY = 3

OPENING_HOURS: tuple[dict[str, Any], ...] = (
    {"weekdays": _WEEKDAYS, "start": "09:00", "end": "17:00"},
    {"weekdays": _SATURDAY, "start": "10:00", "end": "13:00"},
)

TRAINING_BRANCH = "toronto"

_FULL_DAYS = ({"weekdays": _WEEKDAYS, "start": "09:00", "end": "17:00"},)
# Luc Bergeron works by Toronto's clocks at St. John's, too.
_LINES_BY_NAME: dict[str, tuple[dict[str, Any], ...]] = {
    "Samuel Okafor": (
        {"weekdays": [1, 2, 3], "start": "09:00", "end": "12:30"},
        {"weekdays": [3, 4, 5], "start": "13:00", "end": "17:00"},
    ),
    "Chloe Tremblay": ({"weekdays": [2, 4, 6], "start": "09:00", "end": "13:00"},),
    "Luc Bergeron": ({"weekdays": [1, 2, 4], "start": "08:00", "end": "16:00"},),
}


# The hours for rebooking from Quick View, in addition to those for all clients.
_AD_HOC = ({"weekdays": [*_WEEKDAYS, *_SATURDAY, 7], "start": "08:00", "end": "20:00"},)


def work_schedules(person: StaffPerson) -> tuple[dict[str, Any], ...]:
    """The work schedules of a staff member with a branch: working hours, and hours for rebooking."""
    usual = open_schedule(person)
    return usual, {**usual, "calendar_type": "ad_hoc", "lines": list(_AD_HOC)}


def open_schedule(person: StaffPerson) -> dict[str, Any]:
    """The work schedule of a staff member, in the time zone of their first branch for all branches."""
    return {
        "calendar_type": "open",
        "timezone": LOCATIONS[person.locations[0]]["timezone"],
        "lines": list(_LINES_BY_NAME.get(person.name, _FULL_DAYS)),
    }


def training_closure(after: date) -> dict[str, Any]:
    """The branch closed for its staff's training, on the first Wednesday after a date."""
    return {
        "date": str(after + timedelta(days=(_WEDNESDAY - after.isoweekday() - 1) % 7 + 1)),
        "name": "Staff training",
    }
