"""The calendar event of a request: one event from request to rejection, in file and mail alike (RFC 5546)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from icalendar import Calendar

from chalicelib.container import container
from chalicelib.domain.messaging.notification_policy import route
from chalicelib.domain.shared.events import Audience
from chalicelib.notifications.calendar_invitation import build_invitation, scheduling_method
from chalicelib.services.messaging.outbox_relay import read_message_context
from tests.builders.doubles.api_gateway import Reply
from tests.builders.in_process.sample_organisation import Organisation
from tests.builders.in_process.sample_records import BLOCK_START
from tests.builders.in_process.status_requests import ADMIN

SENDER = "Frontdesk <bookings@example.org>"


def file_of(org: Organisation, appointment: dict[str, Any]) -> Any:
    """The event in the calendar file."""
    url = f"/public/appointments/{appointment['id']}/calendar.ics?code={appointment['code']}"
    (event,) = Calendar.from_ical(org.call("GET", url).text).walk("VEVENT")
    return event


def mailed(org: Organisation, appointment_id: str) -> tuple[str, Any] | None:
    """Method and event of the invitation in the client's last mail; ``None`` without one."""
    entry = container.appointment_lists.journal(appointment_id, 1, None).items[0]
    (message,) = (m for m in entry.messages if m.audience is Audience.CLIENT)
    found = read_message_context(container.store, appointment_id, entry.messages)
    assert found
    (notice,) = route(message, entry, found[0], org.now).notifications
    method = scheduling_method(notice)
    if method is None:
        return None
    calendar = Calendar.from_ical(build_invitation(notice, method, SENDER, "https://desk.example.org"))
    return str(calendar["METHOD"]), calendar.walk("VEVENT")[0]


def test_every_turn_of_a_request_replaces_the_event_before(org: Organisation) -> None:
    sts = org.statuses.create()
    org.create_block(limit=2)
    asked = org.book()
    first = file_of(org, asked)
    assert (first["STATUS"], first["SEQUENCE"]) == ("TENTATIVE", 0)
    assert mailed(org, asked["id"]) is None

    turns: tuple[tuple[Callable[[], Reply], str, str], ...] = (
        (lambda: org.statuses.change(asked["id"], sts["Confirmed"]), "REQUEST", "CONFIRMED"),
        (lambda: org.reschedule(asked, BLOCK_START + timedelta(minutes=30)), "REQUEST", "TENTATIVE"),
        (lambda: org.statuses.change(asked["id"], sts["By phone"]), "REQUEST", "CONFIRMED"),
        (lambda: org.statuses.change(asked["id"], sts["Declined"], reason="Snow"), "CANCEL", "CANCELLED"),
    )
    before = first
    for turn, method, status in turns:
        org.now += timedelta(minutes=1)
        reply = turn()
        assert reply.status == 200, reply.text
        sent, kept = mailed(org, asked["id"]), file_of(org, asked)
        assert sent
        assert (sent[0], sent[1]["STATUS"], kept["STATUS"]) == (method, status, status)
        assert sent[1]["UID"] == kept["UID"] == first["UID"]
        assert sent[1]["SEQUENCE"] == kept["SEQUENCE"] == before["SEQUENCE"] + 1
        assert sent[1].decoded("DTSTAMP") == kept.decoded("DTSTAMP") > before.decoded("DTSTAMP")
        before = kept


def test_a_confirmation_that_is_taken_back_is_tentative_again(org: Organisation) -> None:
    sts = org.statuses.create()
    org.create_block()
    asked = org.book()
    org.statuses.change(asked["id"], sts["Confirmed"])
    confirmed = file_of(org, asked)
    assert org.statuses.change(asked["id"], sts["In review"], who=ADMIN).status == 200
    reopened = file_of(org, asked)
    assert reopened["STATUS"] == "TENTATIVE"
    assert reopened["SEQUENCE"] > confirmed["SEQUENCE"]


def test_a_client_who_cancels_a_request_takes_it_out_of_the_calendar(org: Organisation) -> None:
    org.statuses.create()
    org.create_block()
    asked = org.book()
    assert org.cancel(asked, reason="I am ill").status == 200
    sent = mailed(org, asked["id"])
    assert sent
    assert (sent[0], sent[1]["STATUS"], sent[1]["SEQUENCE"]) == ("CANCEL", "CANCELLED", 1)
    assert file_of(org, asked)["STATUS"] == "CANCELLED"
