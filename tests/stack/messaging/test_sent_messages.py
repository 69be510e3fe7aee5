"""What people get on the real stack: within seconds, once, in their language and zone (NT-1 … NT-6, NT-8, NT-9)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, TypeVar

import pytest

from chalicelib.domain.shared.times import utc_text
from tests.builders.on_stack.stack_block_branch import Branch, OpenBranch, address, at_once, made

T = TypeVar("T")
Eventually = Callable[[Callable[[], Any]], Any]


@pytest.fixture
def guest(request: pytest.FixtureRequest, opened: OpenBranch) -> str:
    """A name nobody else has: mail to it is this test's."""
    return f"guest-{abs(hash((request.node.name, datetime.now(UTC)))):x}"


@pytest.fixture
def branch(opened: OpenBranch) -> Branch:
    """A branch with room."""
    return opened(limit=3)


def sweep(branch: Branch, now: datetime) -> Any:
    """The scheduled function, told the time."""
    return branch.stack.invoke("deliver_due", {"now": utc_text(now)})


def settled(branch: Branch) -> None:
    """Lets a sweep some minutes from now send whatever is still to be sent, twice."""
    soon = datetime.now(UTC) + timedelta(minutes=10)
    at_once([partial(sweep, branch, soon)] * 2)


def calendar(branch: Branch, booked: dict[str, Any]) -> dict[str, str]:
    """The lines of an appointment's calendar file, by property."""
    url = f"/public/appointments/{booked['id']}/calendar.ics"
    answer = branch.http.get(url, params={"code": booked["code"]})
    assert answer.headers["content-type"].startswith("text/calendar")
    unfolded = re.sub(r"\r?\n[ \t]", "", answer.text)
    return dict(line.split(":", 1) for line in unfolded.splitlines() if ":" in line)


def test_a_life_of_an_appointment_in_messages(branch: Branch, guest: str, eventually: Eventually) -> None:
    booked = made(branch.book(guest))
    assert eventually(lambda: branch.subjects(address(guest)) == ["Confirmed"])
    assert eventually(lambda: branch.subjects(branch.email) == ["Booked"])
    first = branch.mail(address(guest))[0]
    for said in (booked["manage_url"], "10:00", "Toronto"):
        assert said in first["BodyText"]
        assert said.replace("&", "&amp;") in first["BodyHtml"]
    before = calendar(branch, booked)

    made(branch.move(booked, 60), 200)
    assert eventually(lambda: branch.subjects(address(guest)) == ["Confirmed", "New time"])
    after = calendar(branch, booked)
    assert after["UID"] == before["UID"]
    assert int(after["SEQUENCE"]) > int(before["SEQUENCE"])
    assert after["DTSTART"] != before["DTSTART"]

    made(branch.cancel(booked, "Ill in bed"), 200)
    assert eventually(lambda: branch.subjects(address(guest)) == ["Cancelled", "Confirmed", "New time"])
    assert eventually(lambda: len(branch.subjects(branch.email)) == 3)
    assert any("Ill in bed" in m["BodyText"] for m in branch.mail(address(guest)))
    settled(branch)
    assert len(branch.mail(address(guest))) == 3
    assert len(branch.mail(branch.email)) == 3


@pytest.mark.parametrize(
    ("consent", "mobile", "texts"),
    [(True, "+1416556{:04d}", 1), (False, "+1416557{:04d}", 0)],
    ids=["with consent", "without"],
)
def test_a_text_needs_consent(
    branch: Branch, guest: str, eventually: Eventually, consent: bool, mobile: str, texts: int
) -> None:
    number = mobile.format(int(guest[-4:], 16) % 10_000)
    made(branch.book(guest, attendee={"mobile": number, "receive_sms": consent}))
    assert eventually(lambda: branch.subjects(address(guest)) == ["Confirmed"])
    settled(branch)
    ours = [t for t in branch.stack.sent_texts() if t["PhoneNumber"] == number]
    assert len(ours) == texts


def test_french_for_who_asked_for_french(branch: Branch, guest: str, eventually: Eventually) -> None:
    made(branch.book(guest, attendee={"language": "fr"}))
    assert eventually(lambda: branch.mail(address(guest)))
    mail = branch.mail(address(guest))[0]
    assert mail["Subject"].startswith("Confirmé")
    assert 'lang="fr"' in mail["BodyHtml"]


def test_two_sweeps_at_once_remind_once(branch: Branch, guest: str, eventually: Eventually) -> None:
    made(branch.book(guest))
    gone = made(branch.book(f"{guest}-gone"))
    made(branch.cancel(gone), 200)
    assert eventually(lambda: branch.subjects(address(guest)) == ["Confirmed"])
    due = branch.opening - timedelta(hours=24)

    sweep(branch, due - timedelta(seconds=1))
    assert branch.subjects(address(guest)) == ["Confirmed"]
    at_once([partial(sweep, branch, due)] * 3)
    assert eventually(lambda: branch.subjects(address(guest)) == ["Confirmed", "Reminder"])
    sweep(branch, due + timedelta(minutes=5))
    assert branch.subjects(address(guest)) == ["Confirmed", "Reminder"]
    assert "Reminder" not in branch.subjects(address(f"{guest}-gone"))


def test_who_moved_is_reminded_of_the_new_time_only(branch: Branch, guest: str, eventually: Eventually) -> None:
    branch.lay(minutes=48 * 60)
    booked = made(branch.book(guest))
    assert eventually(lambda: branch.subjects(address(guest)) == ["Confirmed"])
    made(branch.move(booked, 48 * 60), 200)
    sweep(branch, branch.opening - timedelta(hours=24))
    assert eventually(lambda: branch.subjects(address(guest)) == ["Confirmed", "New time"])
    sweep(branch, branch.opening + timedelta(hours=24))
    assert eventually(lambda: branch.subjects(address(guest)) == ["Confirmed", "New time", "Reminder"])


def test_staff_hear_of_what_they_are_given(branch: Branch, guest: str, eventually: Eventually) -> None:
    booked = made(branch.book(guest, attendee={"notes": "Wheelchair access, please"}))
    person, client = branch.employ()
    with client:
        made(branch.admin.post(f"/appointments/{booked['id']}/assign", json={"staff_id": person["id"]}), 200)
        assert eventually(lambda: branch.mail(person["email"]))
        mail = branch.mail(person["email"])[0]
        assert "Wheelchair access, please" in mail["BodyText"]
        assert booked["code"] not in mail["BodyText"] + mail["BodyHtml"]
        made(branch.admin.post(f"/appointments/{booked['id']}/unassign"), 200)
        assert eventually(lambda: len(branch.mail(person["email"])) == 2)
        made(client.post(f"/appointments/{booked['id']}/claim"), 200)
        settled(branch)
        assert len(branch.mail(person["email"])) == 2


def test_what_people_type_arrives_as_they_typed_it(branch: Branch, guest: str, eventually: Eventually) -> None:
    name = "<b>{{7*7}}</b>"
    made(branch.book(guest, attendee={"first_name": name}))
    assert eventually(lambda: branch.mail(address(guest)))
    mail = branch.mail(address(guest))[0]
    assert name in mail["BodyText"]
    assert "<b>{{" not in mail["BodyHtml"]
    assert "49" not in mail["Subject"]
