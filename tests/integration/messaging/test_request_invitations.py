"""A request in its client's calendar: one event from request to rejection, file and mail agreeing (RFC 5546)."""

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
from tests.builders.in_process.sample_organisation import OPENING, World
from tests.builders.in_process.status_bookings import ADMIN, booked, cancel, move, reschedule, set_up

SENDER = "Frontdesk <bookings@example.org>"


def file_of(world: World, appointment: dict[str, Any]) -> Any:
    """The event in the calendar file."""
    url = f"/public/appointments/{appointment['id']}/calendar.ics?code={appointment['code']}"
    (event,) = Calendar.from_ical(world.call("GET", url).text).walk("VEVENT")
    return event


def mailed(world: World, appointment_id: str) -> tuple[str, Any] | None:
    """Method and event of the invitation with the client's mail about what happened last; none without one."""
    entry = container.appointment_lists.journal(appointment_id, 1, None).items[0]
    (message,) = (m for m in entry.messages if m.audience is Audience.CLIENT)
    found = read_message_context(container.store, appointment_id, entry.messages)
    assert found
    (notice,) = route(message, entry, found[0], world.now).notifications
    method = scheduling_method(notice)
    if method is None:
        return None
    calendar = Calendar.from_ical(build_invitation(notice, method, SENDER, "https://desk.example.org"))
    return str(calendar["METHOD"]), calendar.walk("VEVENT")[0]


def test_every_turn_of_a_request_replaces_the_event_before(world: World) -> None:
    sts = set_up(world)
    world.lay(limit=2)
    asked = booked(world)
    first = file_of(world, asked)
    assert (first["STATUS"], first["SEQUENCE"]) == ("TENTATIVE", 0)
    assert mailed(world, asked["id"]) is None

    turns: tuple[tuple[Callable[[], Reply], str, str], ...] = (
        (lambda: move(world, asked["id"], sts["Confirmed"]), "REQUEST", "CONFIRMED"),
        (lambda: reschedule(world, asked, OPENING + timedelta(minutes=30)), "REQUEST", "TENTATIVE"),
        (lambda: move(world, asked["id"], sts["By phone"]), "REQUEST", "CONFIRMED"),
        (lambda: move(world, asked["id"], sts["Declined"], reason="Snow"), "CANCEL", "CANCELLED"),
    )
    before = first
    for turn, method, status in turns:
        world.now += timedelta(minutes=1)
        reply = turn()
        assert reply.status == 200, reply.text
        sent, kept = mailed(world, asked["id"]), file_of(world, asked)
        assert sent
        assert (sent[0], sent[1]["STATUS"], kept["STATUS"]) == (method, status, status)
        assert sent[1]["UID"] == kept["UID"] == first["UID"]
        assert sent[1]["SEQUENCE"] == kept["SEQUENCE"] == before["SEQUENCE"] + 1
        assert sent[1].decoded("DTSTAMP") == kept.decoded("DTSTAMP") > before.decoded("DTSTAMP")
        before = kept


def test_a_confirmation_that_is_taken_back_is_tentative_again(world: World) -> None:
    sts = set_up(world)
    world.lay()
    asked = booked(world)
    move(world, asked["id"], sts["Confirmed"])
    confirmed = file_of(world, asked)
    assert move(world, asked["id"], sts["In review"], who=ADMIN).status == 200
    reopened = file_of(world, asked)
    assert reopened["STATUS"] == "TENTATIVE"
    assert reopened["SEQUENCE"] > confirmed["SEQUENCE"]


def test_a_client_who_cancels_a_request_takes_it_out_of_the_calendar(world: World) -> None:
    set_up(world)
    world.lay()
    asked = booked(world)
    assert cancel(world, asked, "I am ill").status == 200
    sent = mailed(world, asked["id"])
    assert sent
    assert (sent[0], sent[1]["STATUS"], sent[1]["SEQUENCE"]) == ("CANCEL", "CANCELLED", 1)
    assert file_of(world, asked)["STATUS"] == "CANCELLED"
