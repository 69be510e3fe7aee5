"""Messages sent on the stack: within seconds, once, in the recipient's language and zone (NT-1 … NT-6, NT-8, NT-9)."""

from __future__ import annotations

import re
import secrets
from datetime import timedelta
from typing import Any

import pytest

from tests.builders.on_stack.local_stack import Eventually
from tests.builders.on_stack.stack_block_branch import StackBlockBranch
from tests.builders.on_stack.stack_branch import email_address
from tests.builders.on_stack.stack_requests import body_of, created


@pytest.fixture
def guest() -> str:
    """A new name, so that all mail to it comes from this test."""
    return f"guest-{secrets.token_hex(6)}"


def calendar(branch: StackBlockBranch, booked: dict[str, Any]) -> dict[str, str]:
    """The lines of an appointment's calendar file by property."""
    url = f"/public/appointments/{booked['id']}/calendar.ics"
    answer = branch.http.get(url, params={"code": booked["code"]})
    assert answer.headers["content-type"].startswith("text/calendar")
    unfolded = re.sub(r"\r?\n[ \t]", "", answer.text)
    return dict(line.split(":", 1) for line in unfolded.splitlines() if ":" in line)


def test_a_life_of_an_appointment_in_messages(branch: StackBlockBranch, guest: str, eventually: Eventually) -> None:
    booked = created(branch.book(guest=guest))
    assert eventually(lambda: branch.subjects(email_address(guest)) == ["Confirmed"])
    assert eventually(lambda: branch.subjects(branch.email) == ["Booked"])
    first = branch.mail(email_address(guest))[0]
    for text in (booked["manage_url"], "10:00", "Toronto"):
        assert text in first["BodyText"]
        assert text.replace("&", "&amp;") in first["BodyHtml"]
    before = calendar(branch, booked)

    body_of(branch.move(booked, 60))
    assert eventually(lambda: branch.subjects(email_address(guest)) == ["Confirmed", "New time"])
    after = calendar(branch, booked)
    assert after["UID"] == before["UID"]
    assert int(after["SEQUENCE"]) > int(before["SEQUENCE"])
    assert after["DTSTART"] != before["DTSTART"]

    body_of(branch.cancel(booked, "Ill in bed"))
    assert eventually(lambda: branch.subjects(email_address(guest)) == ["Cancelled", "Confirmed", "New time"])
    assert eventually(lambda: len(branch.subjects(branch.email)) == 3)
    assert any("Ill in bed" in m["BodyText"] for m in branch.mail(email_address(guest)))
    branch.stack.deliver_messages(runs=2)
    assert len(branch.mail(email_address(guest))) == 3
    assert len(branch.mail(branch.email)) == 3


@pytest.mark.parametrize(
    ("consent", "mobile", "texts"),
    [(True, "+1416556{:04d}", 1), (False, "+1416557{:04d}", 0)],
    ids=["with consent", "without"],
)
def test_a_text_needs_consent(
    branch: StackBlockBranch, guest: str, eventually: Eventually, consent: bool, mobile: str, texts: int
) -> None:
    number = mobile.format(int(guest[-4:], 16) % 10_000)
    created(branch.book(guest=guest, attendee={"mobile": number, "receive_sms": consent}))
    assert eventually(lambda: branch.subjects(email_address(guest)) == ["Confirmed"])
    branch.stack.deliver_messages(runs=2)
    assert [t["PhoneNumber"] for t in branch.stack.sent_texts()].count(number) == texts


def test_a_french_speaker_gets_french(branch: StackBlockBranch, guest: str, eventually: Eventually) -> None:
    created(branch.book(guest=guest, attendee={"language": "fr"}))
    assert eventually(lambda: branch.mail(email_address(guest)))
    mail = branch.mail(email_address(guest))[0]
    assert mail["Subject"].startswith("Confirmé")
    assert 'lang="fr"' in mail["BodyHtml"]


def test_two_sweeps_at_once_remind_once(branch: StackBlockBranch, guest: str, eventually: Eventually) -> None:
    created(branch.book(guest=guest))
    cancelled = created(branch.book(guest=f"{guest}-cancelled"))
    body_of(branch.cancel(cancelled))
    assert eventually(lambda: branch.subjects(email_address(guest)) == ["Confirmed"])
    due = branch.opening - timedelta(hours=24)

    branch.stack.deliver_messages(now=due - timedelta(seconds=1))
    assert branch.subjects(email_address(guest)) == ["Confirmed"]
    branch.stack.deliver_messages(runs=3, now=due)
    assert eventually(lambda: branch.subjects(email_address(guest)) == ["Confirmed", "Reminder"])
    branch.stack.deliver_messages(now=due + timedelta(minutes=5))
    assert branch.subjects(email_address(guest)) == ["Confirmed", "Reminder"]
    assert "Reminder" not in branch.subjects(email_address(f"{guest}-cancelled"))


def test_a_moved_appointment_has_one_reminder_for_its_new_time(
    branch: StackBlockBranch, guest: str, eventually: Eventually
) -> None:
    branch.create_block(minutes=48 * 60)
    booked = created(branch.book(guest=guest))
    assert eventually(lambda: branch.subjects(email_address(guest)) == ["Confirmed"])
    body_of(branch.move(booked, 48 * 60))
    branch.stack.deliver_messages(now=branch.opening - timedelta(hours=24))
    assert eventually(lambda: branch.subjects(email_address(guest)) == ["Confirmed", "New time"])
    branch.stack.deliver_messages(now=branch.opening + timedelta(hours=24))
    assert eventually(lambda: branch.subjects(email_address(guest)) == ["Confirmed", "New time", "Reminder"])


def test_staff_get_mail_about_their_assignments(branch: StackBlockBranch, guest: str, eventually: Eventually) -> None:
    booked = created(branch.book(guest=guest, attendee={"notes": "Wheelchair access, please"}))
    member = branch.hire()
    with member.http as client:
        body_of(branch.admin.post(f"/appointments/{booked['id']}/assign", json={"staff_id": member.id}))
        assert eventually(lambda: branch.mail(member.email))
        mail = branch.mail(member.email)[0]
        assert "Wheelchair access, please" in mail["BodyText"]
        assert booked["code"] not in mail["BodyText"] + mail["BodyHtml"]
        body_of(branch.admin.post(f"/appointments/{booked['id']}/unassign"))
        assert eventually(lambda: len(branch.mail(member.email)) == 2)
        body_of(client.post(f"/appointments/{booked['id']}/claim"))
        branch.stack.deliver_messages(runs=2)
        assert len(branch.mail(member.email)) == 2


def test_markup_arrives_as_it_was_typed(branch: StackBlockBranch, guest: str, eventually: Eventually) -> None:
    name = "<b>{{7*7}}</b>"
    created(branch.book(guest=guest, attendee={"first_name": name}))
    assert eventually(lambda: branch.mail(email_address(guest)))
    mail = branch.mail(email_address(guest))[0]
    assert name in mail["BodyText"]
    assert "<b>{{" not in mail["BodyHtml"]
    assert "49" not in mail["Subject"]
