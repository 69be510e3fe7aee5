"""The reason of a rejection reaches e-mail and text message as it was typed (case 24)."""

from __future__ import annotations

import secrets

from markupsafe import escape

from tests.builders.on_stack.local_stack import Eventually
from tests.builders.on_stack.stack_block_branch import StackBlockBranch
from tests.builders.on_stack.stack_branch import email_address
from tests.builders.on_stack.stack_requests import body_of, created
from tests.builders.on_stack.stack_statuses import CANCELLATION, StackStatuses

MARKUP = "<script>alert(1)</script><img src=x onerror=alert(1)>&amp; \"double\" 'single' <!-- -->"
HEADERS = "Sorry\r\nBcc: evil@example.org\r\nSubject: You have won\r\n\r\n<b>now</b>"
TEMPLATES = "{{ 7*7 }} {% for x in y %} {# note #} {name} {0} %s %(name)s ${x}"
INVISIBLE = "zero\u200bwidth\u200d\ufeff"
EMOJI = "👩‍👩‍👧 🇨🇦 👍🏽"
TURNED = "\u202egnp.exe\u202c \u2066\u202edesrever"
REASON = "\n".join((MARKUP, HEADERS, TEMPLATES, INVISIBLE, EMOJI, TURNED))
LONG = REASON + "\n" + "ü" * (1000 - len(REASON) - 1)


def test_the_reason_reaches_the_client_as_it_was_typed(
    branch: StackBlockBranch, statuses: StackStatuses, eventually: Eventually
) -> None:
    guest, number = f"guest-{secrets.token_hex(6)}", f"+1416558{secrets.randbelow(10_000):04d}"
    booked = created(branch.book(guest=guest, attendee={"mobile": number, "receive_sms": True}))
    assert booked["confirmed"] is False
    assert eventually(lambda: branch.subjects(email_address(guest)) == ["We received your request"])
    (receipt,) = branch.mail(email_address(guest))
    assert "This is not a confirmation yet" in receipt["BodyText"]

    for reason in (None, "", " \t\r\n ", "\u200b\u2060\ufeff"):
        response = statuses.move(booked, CANCELLATION, **({} if reason is None else {"reason": reason}))
        assert (response.status_code, response.json()["code"]) == (422, "reason_required")
    assert statuses.move(booked, CANCELLATION, reason="x" * 10_000).status_code == 422
    assert branch.client_view(booked)["state"] == "booked"

    body_of(statuses.move(booked, CANCELLATION, reason=LONG))
    assert eventually(lambda: len(branch.mail(email_address(guest))) == 2)
    mail = next(m for m in branch.mail(email_address(guest)) if m["Subject"].startswith("Cancelled"))
    assert mail["Subject"].startswith("Cancelled: your request, Advice, ")
    assert (mail["To"], mail["CC"], mail["BCC"]) == ([email_address(guest)], [], [])
    for line in LONG.splitlines():
        assert line in mail["BodyText"]
        assert str(escape(line)) in mail["BodyHtml"]
    assert "<script" not in mail["BodyHtml"]
    assert "<b>" not in mail["BodyHtml"]
    assert branch.mail("evil@example.org") == []
    assert branch.mail(branch.email) == []

    texts = [t["Message"] for t in branch.stack.sent_texts() if t["PhoneNumber"] == number]
    (text,) = (t for t in texts if "could not confirm" in t)
    assert MARKUP[:40] in text
    assert not set(text) & set("\r\n")
    assert len(text.encode("utf-16-le")) <= 2 * 3 * 67
    shown = branch.client_view(booked)
    assert shown["cancellation"]["reason"].splitlines() == LONG.splitlines()
