"""Video calls on the real stack, where stage local pretends their links (RB-9, RB-22, NT-5, case 14, feature 83)."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.domain.shared.times import utc_text
from tests.builders.on_stack.stack_block_branch import Branch, OpenBranch, address, made

Eventually = Callable[[Callable[[], Any]], Any]
FOLLOWS = "The link follows: your consultant will send it to you."


@pytest.fixture
def branch(opened: OpenBranch) -> Iterator[Branch]:
    """A branch with room whose service is offered by video."""
    branch = opened(limit=5)
    methods = {"meeting_methods": ["in_person", "phone", "video"]}
    made(branch.admin.patch(f"/services/{branch.service_id}", json=methods), 200)
    yield branch
    meets_on(branch, None)


def meets_on(branch: Branch, platform: str | None) -> None:
    """Where the organisation meets by video."""
    made(branch.admin.patch("/settings", json={"teleconference": platform}), 200)


def by_staff(branch: Branch, email: str, staff_id: str, **more: Any) -> Any:
    """An appointment by video with somebody, for a new client."""
    client = {"first_name": "Guest", "last_name": email.partition("@")[0], "email": email}
    body = branch.slot() | {"channel": "schedule", "client": client, "meeting_method": "video"}
    return made(branch.admin.post("/appointments", json=body | {"staff": {"id": staff_id}} | more))


def call(branch: Branch, appointment_id: str) -> Any:
    """The video call as staff see it."""
    return made(branch.admin.get(f"/appointments/{appointment_id}"), 200)["teleconference"]


def bodies(branch: Branch, to: str) -> list[str]:
    """What every mail to somebody says."""
    return [mail["BodyText"] for mail in branch.mail(to)]


def test_a_teams_call_has_its_link_in_both_mails_and_loses_it_when_it_is_by_phone(
    branch: Branch, eventually: Eventually
) -> None:
    meets_on(branch, "teams")
    person, client = branch.employ()
    client.close()
    guest = address(secrets.token_hex(6))
    booked = by_staff(branch, guest, person["id"])
    link = f"https://example.org/pretended-meeting/{booked['id']}-0"
    assert booked["teleconference"] == {"platform": "teams", "link": None, "state": "pending"}

    assert eventually(lambda: branch.subjects(guest) == ["Confirmed"])
    assert eventually(lambda: branch.subjects(person["email"]) == ["Booked"])
    assert call(branch, booked["id"]) == {"platform": "teams", "link": link, "state": "ready"}
    assert [link in body for to in (guest, person["email"]) for body in bodies(branch, to)] == [True, True]
    lines = made(branch.admin.get(f"/appointments/{booked['id']}/log"), 200)["items"]
    assert (lines[0]["action"], lines[0]["user"]) == ("meeting_link_made", "System")

    made(branch.admin.patch(f"/appointments/{booked['id']}", json={"meeting_method": "phone"}), 200)
    assert eventually(lambda: branch.subjects(guest) == ["Changed", "Confirmed"])
    assert call(branch, booked["id"]) is None
    due = branch.opening - timedelta(hours=24)
    branch.stack.invoke("deliver_due", {"now": utc_text(due)})
    assert eventually(lambda: branch.subjects(guest) == ["Changed", "Confirmed", "Reminder"])
    assert sorted(link in body for body in bodies(branch, guest)) == [False, False, True]


def test_a_client_sees_the_link_on_their_page_and_gets_one_mail(branch: Branch, eventually: Eventually) -> None:
    meets_on(branch, "teams")
    name = secrets.token_hex(6)
    booked = made(branch.book(name, meeting_method="video"))
    link = f"https://example.org/pretended-meeting/{booked['id']}-0"

    assert eventually(lambda: branch.shown(booked)["meeting_link"] == link)
    branch.stack.invoke("deliver_due", {"now": utc_text(datetime.now(UTC) + timedelta(minutes=10))})
    assert eventually(lambda: branch.subjects(address(name)) == ["Confirmed"])
    assert link in bodies(branch, address(name))[0]


def test_a_zoom_call_has_no_link_and_the_mail_says_that_it_follows(branch: Branch, eventually: Eventually) -> None:
    meets_on(branch, "zoom")
    name = secrets.token_hex(6)
    booked = made(branch.book(name, meeting_method="video"))

    assert eventually(lambda: branch.subjects(address(name)) == ["Confirmed"])
    assert FOLLOWS in bodies(branch, address(name))[0]
    assert call(branch, booked["id"]) == {"platform": "zoom", "link": None, "state": "by_staff"}
    assert branch.shown(booked)["meeting_link"] is None
