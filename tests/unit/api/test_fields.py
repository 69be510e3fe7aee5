"""Field types: text, starts, days and instants, and what they refuse."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Annotated

import pytest
from pydantic import ValidationError

from chalicelib.api.schemas.shared.fields import (
    DateTimeInput,
    Day,
    Instant,
    PageQuery,
    PageResponse,
    RequestModel,
    ResponseModel,
    Text,
)


class Note(RequestModel):
    """Text of both kinds."""

    line: Annotated[str, Text(5)] = "x"
    lines: Annotated[str, Text(50, multiline=True, allow_blank=True)] = ""


class When(RequestModel):
    """A start and a day."""

    start: DateTimeInput | None = None
    day: Day | None = None


class Done(ResponseModel):
    """An instant."""

    at: Instant


@pytest.mark.parametrize(
    ("sent", "kept"),
    [(" Ana ", "Ana"), ("E\u0301va", "Éva"), ("e\u0301" * 5, "é" * 5), ("<b>{{", "<b>{{"), ("😀" * 5, "😀" * 5)],
)
def test_text_is_kept_composed_and_trimmed_and_otherwise_as_it_is(sent: str, kept: str) -> None:
    assert Note(line=sent).line == kept


@pytest.mark.parametrize("sent", ["", "  ", "\u200b\u200d", "\ufeff", "\u2060 ", "six lo", "a\nb", "a\tb", "\x7f"])
def test_blanks_control_characters_and_too_much_are_no_line(sent: str) -> None:
    with pytest.raises(ValidationError):
        Note(line=sent)


def test_several_lines_may_be_blank_and_broken() -> None:
    assert (Note(lines=" a\r\nb ").lines, Note(lines="\u200b \n").lines) == ("a\r\nb", "")


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("2026-12-01T10:00", datetime(2026, 12, 1, 10)),  # noqa: DTZ001  # wall time is naive
        ("2026-12-01T10:00:00", datetime(2026, 12, 1, 10)),  # noqa: DTZ001  # wall time is naive
        ("2026-12-01T15:00Z", datetime(2026, 12, 1, 15, tzinfo=UTC)),
        ("2026-12-01T10:00:00-05:00", datetime(2026, 12, 1, 10, tzinfo=timezone(timedelta(hours=-5)))),
    ],
)
def test_a_start_is_wall_time_or_carries_its_offset(sent: str, read: datetime) -> None:
    found = When.model_validate_json(f'{{"start": "{sent}"}}', strict=True).start

    assert found == read
    assert found is not None
    assert (found.tzinfo is None) == (read.tzinfo is None)


@pytest.mark.parametrize(
    "sent",
    ["2026-12-01", "10:00", "2026-12-01 10:00", "2026-12-01T24:30", "2026-13-01T10:00", "1999-12-31T10:00", "1e9", ""],
)
def test_nothing_else_is_a_start(sent: str) -> None:
    with pytest.raises(ValidationError):
        When.model_validate_json(f'{{"start": "{sent}"}}', strict=True)


def test_days_lie_in_this_century() -> None:
    assert When(day=date(2026, 12, 1)).day == date(2026, 12, 1)
    for far in (date(1999, 12, 31), date(9999, 12, 31)):
        with pytest.raises(ValidationError):
            When(day=far)


@pytest.mark.parametrize(
    "sent", ["2026-12-01T00:00", "2026-12-01 00:00:00Z", "1796083200", "20261201", "2026-W49-2", "2026-02-30", ""]
)
def test_a_day_is_said_in_one_form_in_bodies_and_queries(sent: str) -> None:
    with pytest.raises(ValidationError):
        When.model_validate_json(f'{{"day": "{sent}"}}', strict=True)
    with pytest.raises(ValidationError):
        When.model_validate({"day": sent})
    assert When.model_validate({"day": "2026-12-01"}).day == date(2026, 12, 1)


def test_an_instant_is_said_in_utc_to_the_second() -> None:
    toronto = timezone(timedelta(hours=-5))
    done = Done(at=datetime(2026, 12, 1, 10, 0, 0, 999, tzinfo=toronto))

    assert done.model_dump_json() == '{"at":"2026-12-01T15:00:00Z"}'


def test_a_page_is_built_from_what_a_service_lists() -> None:
    class Listed:
        items = (Done(at=datetime(2026, 12, 1, tzinfo=UTC)),)
        next_cursor = "abc"

    assert PageResponse[Done].from_domain(Listed()).model_dump(mode="json") == {
        "items": [{"at": "2026-12-01T00:00:00Z"}],
        "next_cursor": "abc",
    }


@pytest.mark.parametrize("limit", [0, 101])
def test_a_page_holds_one_to_a_hundred(limit: int) -> None:
    assert PageQuery().limit == 50
    with pytest.raises(ValidationError):
        PageQuery(limit=limit)
