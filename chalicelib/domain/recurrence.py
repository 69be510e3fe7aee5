"""Recurring blocks: which wall times an RRULE gives, counted in the location's own clock (D11)."""

from __future__ import annotations

import re
from datetime import datetime
from itertools import islice, takewhile

from dateutil.rrule import rrule, rruleset, rrulestr

from chalicelib.domain.errors import invalid
from chalicelib.domain.quickstream import MOST_OCCURRENCES, Series

# Only parts that always give another occurrence: a rule that never does would be searched to the year 9999.
_PARTS = frozenset("FREQ INTERVAL COUNT UNTIL BYDAY BYMONTHDAY WKST".split())
_MONTH_DAY = re.compile(r"-?([1-9]|[12][0-9]|3[01])")
_FREQUENCIES = frozenset({"DAILY", "WEEKLY", "MONTHLY", "YEARLY"})


def parse(rule: str, wall_start: datetime) -> rrule:
    """The rule as dateutil reads it, from a naive wall start.

    422 ``invalid_recurrence`` for a rule that is not RFC 5545, repeats more than daily, has both COUNT and
    UNTIL, or counts beyond 366 (D11). UNTIL is read as wall time; with a Z it is taken as such all the same,
    as the rule speaks of the location's clock.
    """
    body = rule.removeprefix("RRULE:")
    try:
        parts = dict(part.split("=", 1) for part in body.upper().split(";"))
    except ValueError:
        raise _refused("This is not an RFC 5545 recurrence rule.") from None
    if not parts.keys() <= _PARTS or parts.get("FREQ") not in _FREQUENCIES:
        raise _refused("Supported: FREQ from DAILY to YEARLY, INTERVAL, COUNT, UNTIL, BYDAY, BYMONTHDAY, WKST.")
    days = parts.get("BYMONTHDAY")
    if days and (parts["FREQ"] != "MONTHLY" or not all(_MONTH_DAY.fullmatch(d) for d in days.split(","))):
        raise _refused("BYMONTHDAY takes days of the month and goes with FREQ=MONTHLY.")
    if "COUNT" in parts and "UNTIL" in parts:
        raise _refused("COUNT and UNTIL exclude each other.")
    if "UNTIL" in parts:
        until = parts["UNTIL"].removesuffix("Z")
        parts["UNTIL"] = until if "T" in until else f"{until}T235959"
    if parts.get("COUNT", "1").isdigit() and not 1 <= int(parts.get("COUNT", "1")) <= MOST_OCCURRENCES:
        raise _refused(f"COUNT is between 1 and {MOST_OCCURRENCES}.")
    if parts.get("INTERVAL", "1").isdigit() and not 1 <= int(parts.get("INTERVAL", "1")) <= 366:
        raise _refused("INTERVAL is between 1 and 366.")
    try:
        parsed = rrulestr(";".join(f"{k}={v}" for k, v in parts.items()), dtstart=wall_start)
    except (ValueError, KeyError, TypeError, OverflowError):
        raise _refused("This is not an RFC 5545 recurrence rule.") from None
    if isinstance(parsed, rruleset):
        raise _refused("One rule, please.")
    return parsed


def ends(rule: str) -> bool:
    """Whether the rule gives a last occurrence by itself."""
    return "COUNT=" in rule.upper() or "UNTIL=" in rule.upper()


def wall_starts(series: Series, horizon: datetime) -> list[datetime]:
    """The wall starts still to be laid out, oldest first.

    A rule that ends is laid out whole, at most 366 occurrences; an open one up to ``horizon`` (wall time).
    """
    if series.rrule is None:
        return [] if series.laid_to else [series.wall_start]
    rule = parse(series.rrule, series.wall_start)
    after = series.laid_to
    if not ends(series.rrule):
        later = takewhile(lambda wall: wall <= horizon, rule if after is None else rule.xafter(after))
        return list(islice(later, MOST_OCCURRENCES))
    return [wall for wall in islice(rule, MOST_OCCURRENCES) if after is None or wall > after]


def _refused(message: str) -> Exception:
    return invalid("/recurrence/rrule", message, "invalid_recurrence")
