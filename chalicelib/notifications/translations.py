"""The texts of the messages, one file per language, and dates as that language writes them."""

from __future__ import annotations

import re
import tomllib
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from chalicelib.domain.shared.languages import choose_language

TEMPLATES = Path(__file__).parent / "templates"
# Characters that change the direction of reading, and those that end the change.
_DIRECTION_ENDS = dict.fromkeys("\u202a\u202b\u202d\u202e", "\u202c") | dict.fromkeys("\u2066\u2067\u2068", "\u2069")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")


class Translations:
    """The texts of one language; values are inserted literally, braces in them mean nothing."""

    def __init__(self, language: str, words: dict[str, Any]) -> None:
        self.language = language
        self._words = words

    def message(self, variant: str, kind: str, part: str, /, **values: str) -> str:
        """The ``subject``, ``heading``, ``lead``, ``text`` or ``closing`` of a message kind in this wording variant."""
        return str(self._words[variant][kind][part]).format(**values)

    def line(self, name: str, /, **values: str) -> str:
        """A single sentence."""
        return str(self._words["lines"][name]).format(**values)

    def label(self, name: str) -> str:
        """The label of a detail."""
        return str(self._words["labels"][name])

    def method(self, name: str, /, **values: str) -> str:
        """The name of a meeting method."""
        return str(self._words["methods"][name]).format(**values)

    def platform(self, name: str, /) -> str:
        """The brand name of a platform for video calls."""
        return str(self._words["platforms"][name])

    def date(self, at: datetime, timezone: str) -> str:
        """``Tuesday, December 1, 2026``."""
        return self._date(at, timezone, "date", "")

    def date_time(self, at: datetime, timezone: str) -> str:
        """Date and time, in full: ``Tuesday, December 1, 2026, 10:00 AM``."""
        return f"{self.date(at, timezone)}, {self.time(at, timezone)}"

    def short_date_time(self, at: datetime, timezone: str) -> str:
        """Date and time in few characters: ``Tue, Dec 1, 10:00 AM``."""
        return f"{self._date(at, timezone, 'short_date', 'short_')}, {self.time(at, timezone)}"

    def time_range(self, start: datetime, end: datetime, timezone: str) -> str:
        """The time span: ``Tuesday, December 1, 2026, 10:00 AM – 10:30 AM``."""
        times = self._calendar["range"].format(start=self.time(start, timezone), end=self.time(end, timezone))
        return f"{self.date(start, timezone)}, {times}"

    def time(self, at: datetime, timezone: str) -> str:
        """``10:00 AM``."""
        local = at.astimezone(ZoneInfo(timezone))
        return str(self._calendar["time"]).format(
            hour12=local.hour % 12 or 12,
            hour24=local.hour,
            minute=f"{local.minute:02}",
            half=self._calendar["halves"][local.hour // 12],
        )

    def zone(self, at: datetime, timezone: str) -> str:
        """The zone and its offset at that instant: ``Toronto time, UTC−05:00``; plain ``UTC`` for UTC."""
        if "/" not in timezone:
            return timezone
        offset = at.astimezone(ZoneInfo(timezone)).isoformat()[-6:].replace("-", "−")
        city = timezone.rpartition("/")[2].replace("_", " ")
        return str(self._calendar["zone"]).format(city=city, offset=offset)

    @property
    def _calendar(self) -> dict[str, Any]:
        calendar: dict[str, Any] = self._words["calendar"]
        return calendar

    def _date(self, at: datetime, timezone: str, pattern: str, length: str) -> str:
        local = at.astimezone(ZoneInfo(timezone))
        return str(self._calendar[pattern]).format(
            weekday=self._calendar[f"{length}weekdays"][local.weekday()],
            month=self._calendar[f"{length}months"][local.month - 1],
            day=self._calendar["first_day"] if local.day == 1 else local.day,
            year=local.year,
        )


@lru_cache(maxsize=8)
def translations_for(language: str) -> Translations:
    """The texts of a language; English if there is no file for it."""
    offered = choose_language([language], languages())
    return Translations(offered, tomllib.loads((TEMPLATES / f"{offered}.toml").read_text("utf-8")))


@lru_cache(maxsize=1)
def languages() -> frozenset[str]:
    """The languages that have a file."""
    return frozenset(path.stem for path in TEMPLATES.glob("*.toml"))


def sanitised(text: str) -> str:
    """A person's text without what cannot be shown or sent: control characters, halves of surrogate pairs.

    A change of the direction of reading is kept, but ends with its line.
    """
    sendable = _CONTROL.sub(" ", text.replace("\r\n", "\n")).encode("utf-8", "replace").decode("utf-8")
    return "\n".join(map(_close_directions, sendable.split("\n")))


def _close_directions(line: str) -> str:
    """The line with all embeddings, overrides and isolates closed (UAX 9)."""
    open_ends: list[str] = []
    for char in line:
        if char in _DIRECTION_ENDS:
            open_ends.append(_DIRECTION_ENDS[char])
        elif open_ends and char == open_ends[-1]:
            open_ends.pop()
    return line + "".join(reversed(open_ends))


def one_line(text: str) -> str:
    """A person's text on one line, as headers and text messages need it."""
    return " ".join(sanitised(text).split())
