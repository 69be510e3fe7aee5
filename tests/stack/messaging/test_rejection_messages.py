"""Why a request is turned down, from the status route into the mail and the text, whatever was typed (case 24)."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.builders.on_stack.stack_block_branch import Branch, OpenBranch, address, made
from tests.builders.on_stack.stack_status_steps import CANCELLATION, Pipeline, switched_on

Eventually = Callable[[Callable[[], Any]], Any]

MARKUP = "<script>alert(1)</script><img src=x onerror=alert(1)>&amp; \"double\" 'single' <!-- -->"
HEADERS = "Sorry\r\nBcc: evil@example.org\r\nSubject: You have won\r\n\r\n<b>now</b>"
TEMPLATES = "{{ 7*7 }} {% for x in y %} {# note #} {name} {0} %s %(name)s ${x}"
INVISIBLE = "zero\u200bwidth\u200d\ufeff"
EMOJI = "👩‍👩‍👧 🇨🇦 👍🏽"
TURNED = "\u202egnp.exe\u202c \u2066\u202edesrever"
REASON = "\n".join((MARKUP, HEADERS, TEMPLATES, INVISIBLE, EMOJI, TURNED))
LONG = REASON + "\n" + "ü" * (1000 - len(REASON) - 1)


@pytest.fixture
def branch(opened: OpenBranch) -> Branch:
    """A branch with room."""
    return opened(limit=4)


@pytest.fixture
def pipeline(branch: Branch) -> Iterator[Pipeline]:
    """Its service goes through statuses."""
    with switched_on(branch.admin, branch.service_id) as found:
        yield found


def test_the_reason_reaches_the_client_as_it_was_typed(
    branch: Branch, pipeline: Pipeline, eventually: Eventually
) -> None:
    guest, number = f"guest-{secrets.token_hex(6)}", f"+1416558{secrets.randbelow(10_000):04d}"
    booked = made(branch.book(guest, attendee={"mobile": number, "receive_sms": True}))
    assert booked["confirmed"] is False
    assert eventually(lambda: branch.subjects(address(guest)) == ["We received your request"])
    (receipt,) = branch.mail(address(guest))
    assert "This is not a confirmation yet" in receipt["BodyText"]

    for reason in (None, "", " \t\r\n ", "\u200b\u2060\ufeff"):
        refused = pipeline.move(booked, CANCELLATION, **({} if reason is None else {"reason": reason}))
        assert (refused.status_code, refused.json()["code"]) == (422, "reason_required")
    assert pipeline.move(booked, CANCELLATION, reason="x" * 10_000).status_code == 422
    assert branch.shown(booked)["state"] == "booked"

    made(pipeline.move(booked, CANCELLATION, reason=LONG), 200)
    assert eventually(lambda: len(branch.mail(address(guest))) == 2)
    mail = next(m for m in branch.mail(address(guest)) if m["Subject"].startswith("Cancelled"))
    assert mail["Subject"].startswith("Cancelled: your request, Advice, ")
    assert (mail["To"], mail["CC"], mail["BCC"]) == ([address(guest)], [], [])
    for line in LONG.splitlines():
        assert line in mail["BodyText"]
        assert escaped(line) in mail["BodyHtml"]
    assert "<script" not in mail["BodyHtml"]
    assert "<b>" not in mail["BodyHtml"]
    assert branch.mail("evil@example.org") == []
    assert branch.mail(branch.email) == []

    texts = [t["Message"] for t in branch.stack.sent_texts() if t["PhoneNumber"] == number]
    (told,) = (t for t in texts if "could not confirm" in t)
    assert MARKUP[:40] in told
    assert not set(told) & set("\r\n")
    assert len(told.encode("utf-16-le")) <= 2 * 3 * 67
    shown = branch.shown(booked)
    assert shown["cancellation"]["reason"].splitlines() == LONG.splitlines()


def escaped(line: str) -> str:
    """The text as HTML holds it."""
    for char, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&#34;"), ("'", "&#39;")):
        line = line.replace(char, entity)
    return line
