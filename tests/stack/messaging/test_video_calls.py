"""Video meetings on the stack, where stage local creates fake links (RB-9, RB-22, NT-5, case 14, feature 83)."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.builders.on_stack.local_stack import Eventually
from tests.builders.on_stack.stack_block_branch import StackBlockBranch
from tests.builders.on_stack.stack_branch import email_address, new_client
from tests.builders.on_stack.stack_requests import body_of, created

FOLLOWS = "The link follows: your consultant will send it to you."


@pytest.fixture(autouse=True)
def video(branch: StackBlockBranch) -> Iterator[None]:
    """The branch's service is offered by video."""
    methods = {"meeting_methods": ["in_person", "phone", "video"]}
    body_of(branch.admin.patch(f"/services/{branch.service_id}", json=methods))
    yield
    set_platform(branch, None)


def set_platform(branch: StackBlockBranch, platform: str | None) -> None:
    """Set the organisation's platform for video meetings."""
    body_of(branch.admin.patch("/settings", json={"teleconference": platform}))


def bodies(branch: StackBlockBranch, to: str) -> list[str]:
    """The text of every e-mail to this address."""
    return [mail["BodyText"] for mail in branch.mail(to)]


def test_a_teams_call_has_its_link_in_both_mails_and_loses_it_when_it_is_by_phone(
    branch: StackBlockBranch, eventually: Eventually
) -> None:
    set_platform(branch, "teams")
    member, guest = branch.create_staff(), email_address()
    request: dict[str, Any] = {
        "client": new_client(email=guest),
        "meeting_method": "video",
        "staff": {"id": member["id"]},
    }
    booked = created(branch.book_by_staff(**request))
    link = f"https://example.org/pretended-meeting/{booked['id']}-0"
    assert booked["teleconference"] == {"platform": "teams", "link": None, "state": "pending"}

    assert eventually(lambda: branch.subjects(guest) == ["Confirmed"])
    assert eventually(lambda: branch.subjects(member["email"]) == ["Booked"])
    assert branch.appointment(booked["id"])["teleconference"] == {"platform": "teams", "link": link, "state": "ready"}
    assert [link in body for to in (guest, member["email"]) for body in bodies(branch, to)] == [True, True]
    line = branch.log(booked["id"])[0]
    assert (line["action"], line["user"]) == ("meeting_link_made", "System")

    body_of(branch.admin.patch(f"/appointments/{booked['id']}", json={"meeting_method": "phone"}))
    assert eventually(lambda: branch.subjects(guest) == ["Changed", "Confirmed"])
    assert branch.appointment(booked["id"])["teleconference"] is None
    branch.stack.deliver_messages(now=branch.opening - timedelta(hours=24))
    assert eventually(lambda: branch.subjects(guest) == ["Changed", "Confirmed", "Reminder"])
    assert sorted(link in body for body in bodies(branch, guest)) == [False, False, True]


def test_a_client_sees_the_link_on_their_page_and_gets_one_mail(
    branch: StackBlockBranch, eventually: Eventually
) -> None:
    set_platform(branch, "teams")
    name = secrets.token_hex(6)
    booked = created(branch.book(guest=name, meeting_method="video"))
    link = f"https://example.org/pretended-meeting/{booked['id']}-0"

    assert eventually(lambda: branch.client_view(booked)["meeting_link"] == link)
    branch.stack.deliver_messages()
    assert eventually(lambda: branch.subjects(email_address(name)) == ["Confirmed"])
    assert link in bodies(branch, email_address(name))[0]


def test_a_zoom_call_has_no_link_and_the_mail_says_that_it_follows(
    branch: StackBlockBranch, eventually: Eventually
) -> None:
    set_platform(branch, "zoom")
    name = secrets.token_hex(6)
    booked = created(branch.book(guest=name, meeting_method="video"))

    assert eventually(lambda: branch.subjects(email_address(name)) == ["Confirmed"])
    assert FOLLOWS in bodies(branch, email_address(name))[0]
    assert branch.appointment(booked["id"])["teleconference"] == {"platform": "zoom", "link": None, "state": "by_staff"}
    assert branch.client_view(booked)["meeting_link"] is None
