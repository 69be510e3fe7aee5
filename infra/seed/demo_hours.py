"""When the demo organisation's branches are open and when its staff work."""

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
# Luc Bergeron keeps Toronto's clocks at St. John's, too.
_LINES_BY_NAME: dict[str, tuple[dict[str, Any], ...]] = {
    "Samuel Okafor": (
        {"weekdays": [1, 2, 3], "start": "09:00", "end": "12:30"},
        {"weekdays": [3, 4, 5], "start": "13:00", "end": "17:00"},
    ),
    "Chloe Tremblay": ({"weekdays": [2, 4, 6], "start": "09:00", "end": "13:00"},),
    "Luc Bergeron": ({"weekdays": [1, 2, 4], "start": "08:00", "end": "16:00"},),
}


# When somebody can be rebooked from Quick View, beside the hours they keep for everybody.
_AD_HOC = ({"weekdays": [*_WEEKDAYS, *_SATURDAY, 7], "start": "08:00", "end": "20:00"},)


def work_schedules(person: StaffPerson) -> tuple[dict[str, Any], ...]:
    """The work schedules of somebody with a branch: their hours, and when they can be rebooked."""
    usual = open_schedule(person)
    return usual, {**usual, "calendar_type": "ad_hoc", "lines": list(_AD_HOC)}


def open_schedule(person: StaffPerson) -> dict[str, Any]:
    """The work schedule of somebody with a branch, in the zone of their first one, wherever they work."""
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
