"""Recurring blocks: the wall times of an RRULE, by the location's own clock (D11)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import dropwhile, islice
from typing import TYPE_CHECKING, cast

from chalicelib.domain.quickstream.blocks import MAX_OCCURRENCES, Series
from chalicelib.domain.shared.errors import Invalid, invalid

if TYPE_CHECKING:
    from dateutil.rrule import rrule

MAX_SERIES_DAYS = 3653

_PARTS = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTHDAY", "WKST"})
_FREQUENCIES = frozenset({"DAILY", "WEEKLY", "MONTHLY", "YEARLY"})
_NUMBER = re.compile(r"[0-9]{1,3}")
_UNTIL = re.compile(r"[0-9]{8}(T[0-9]{6})?Z?")
_DAYS = re.compile(r"([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)(,([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU))*")
_MONTH_DAYS = re.compile(r"-?([1-9]|[12][0-9]|3[01])(,-?([1-9]|[12][0-9]|3[01]))*")


def validate_rule(series: Series) -> None:
    """422 ``invalid_recurrence`` unless blocks can be created by the rule (D11).

    It must be RFC 5545, at most daily, without both COUNT and UNTIL, and give at least one occurrence; a rule that
    ends gives at most 366 of them, within ten years.
    """
    if series.rrule is None:
        return
    parts = _parts(series.rrule)
    farthest = series.wall_start + timedelta(days=MAX_SERIES_DAYS)
    walls = list(islice(_wall_times(series.rrule, series.wall_start, farthest), MAX_OCCURRENCES + 1))
    if not walls:
        raise _refused("This rule gives no occurrence.")
    if not has_end(series.rrule):
        return
    if len(walls) > MAX_OCCURRENCES:
        raise _refused(f"A rule gives at most {MAX_OCCURRENCES} occurrences.")
    if len(walls) < int(parts.get("COUNT", 0)) or parts.get("UNTIL", "") > _until_text(farthest):
        raise _refused("All occurrences must lie within ten years.")


def has_end(rule: str) -> bool:
    """True if the rule itself has a last occurrence."""
    return not {"COUNT", "UNTIL"}.isdisjoint(_parts(rule))


def wall_starts(series: Series, horizon: datetime) -> list[datetime]:
    """The wall starts of the blocks still to be created, oldest first, at most 366.

    A rule that ends is created whole, an open one up to ``horizon`` (wall time).
    """
    if series.rrule is None:
        return [] if series.laid_to else [series.wall_start]
    farthest = series.wall_start + timedelta(days=MAX_SERIES_DAYS)
    last = farthest if has_end(series.rrule) else horizon
    walls = _wall_times(series.rrule, series.wall_start, last)
    laid_to = series.laid_to
    if laid_to is not None:
        walls = dropwhile(lambda wall: wall <= laid_to, walls)
    return list(islice(walls, MAX_OCCURRENCES))


def _wall_times(rule: str, start: datetime, last: datetime) -> Iterator[datetime]:
    """The wall starts in order up to ``last``; without that limit, a rule that never matches would never end."""
    parts = _parts(rule)
    count = parts.pop("COUNT", None)
    parts["UNTIL"] = min(parts.get("UNTIL", _until_text(last)), _until_text(last))
    return islice(iter(_rule(parts, start)), int(count) if count else None)


def _until_text(wall: datetime) -> str:
    return wall.strftime("%Y%m%dT%H%M%S")


def _parts(rule: str) -> dict[str, str]:
    """The rule's parts by name. UNTIL is wall time, even with a Z, because the rule is about the location's clock; a
    date alone means the whole day.
    """
    body = rule.upper().removeprefix("RRULE:")
    pairs = [part.split("=", 1) for part in body.split(";")]
    parts = {pair[0]: pair[-1] for pair in pairs}
    if any(len(pair) != 2 for pair in pairs) or len(parts) != len(pairs):
        raise _refused("This is not an RFC 5545 recurrence rule.")
    if not parts.keys() <= _PARTS or parts.get("FREQ") not in _FREQUENCIES:
        raise _refused(
            "Supported: FREQ=DAILY, WEEKLY, MONTHLY or YEARLY with INTERVAL, COUNT, UNTIL, BYDAY, BYMONTHDAY, WKST."
        )
    _validate_values(parts)
    if "UNTIL" in parts:
        until = parts["UNTIL"].removesuffix("Z")
        parts["UNTIL"] = until if "T" in until else f"{until}T235959"
    return parts


def _validate_values(parts: dict[str, str]) -> None:
    if "COUNT" in parts and "UNTIL" in parts:
        raise _refused("COUNT and UNTIL exclude each other.")
    for name in ("COUNT", "INTERVAL"):
        number = parts.get(name, "1")
        if not _NUMBER.fullmatch(number) or not 1 <= int(number) <= MAX_OCCURRENCES:
            raise _refused(f"{name} is between 1 and {MAX_OCCURRENCES}.")
    if "UNTIL" in parts and not _UNTIL.fullmatch(parts["UNTIL"]):
        raise _refused("UNTIL is a date or a date and time, such as 20261231 or 20261231T090000.")
    if "BYDAY" in parts and not _DAYS.fullmatch(parts["BYDAY"]):
        raise _refused("BYDAY lists days of the week, such as MO,TH or 1FR.")
    if "BYDAY" in parts and parts["FREQ"] == "DAILY" and int(parts.get("INTERVAL", "1")) % 7 == 0:
        # Every match has the same weekday: if BYDAY does not name it, the search would never end.
        raise _refused("Say FREQ=WEEKLY for what repeats after whole weeks.")
    days = parts.get("BYMONTHDAY")
    if days is not None and (parts["FREQ"] != "MONTHLY" or not _MONTH_DAYS.fullmatch(days)):
        raise _refused("BYMONTHDAY takes days of the month and goes with FREQ=MONTHLY.")


def _rule(parts: dict[str, str], wall_start: datetime) -> rrule:
    # Imported here because most cold starts read no rule.
    from dateutil.rrule import rrulestr

    try:
        return cast("rrule", rrulestr(";".join(f"{k}={v}" for k, v in parts.items()), dtstart=wall_start))
    except (ValueError, KeyError, TypeError, OverflowError):
        raise _refused("This is not an RFC 5545 recurrence rule.") from None


def _refused(message: str) -> Invalid:
    return invalid("/recurrence/rrule", message, "invalid_recurrence")
