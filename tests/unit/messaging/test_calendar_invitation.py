"""Invitations as a calendar reads them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from icalendar import Calendar

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.appointments.video_meetings import MeetingLink, Teleconference, VideoPlatform
from chalicelib.domain.messaging.notifications import Notification
from chalicelib.domain.organisation.catalogue import MeetingMethod
from chalicelib.domain.organisation.settings import Offer
from chalicelib.domain.shared.events import MessageKind
from chalicelib.notifications.calendar_invitation import (
    SchedulingMethod,
    build_invitation,
    calendar_file,
    scheduling_method,
)
from tests.builders.records import appointment_builder as build
from tests.builders.records.appointment_builder import ANA, PUBLIC_URL, SAM, STAFF_NOTES, START

SENDER = "Frontdesk <bookings@example.org>"


def read(notification: Notification) -> tuple[str, Any]:
    """Method and event of the notification's invitation, after strict checks of the bytes."""
    method = scheduling_method(notification)
    assert method is not None
    raw = build_invitation(notification, method, SENDER, PUBLIC_URL)
    lines = raw.split(b"\r\n")
    assert all(len(line) <= 75 for line in lines)
    assert b"\n" not in b"".join(lines)
    calendar = Calendar.from_ical(raw)
    (event,) = calendar.walk("VEVENT")
    return str(calendar["METHOD"]), event


def test_a_confirmation_requests() -> None:
    method, event = read(build.notification())

    assert method == "REQUEST"
    assert str(event["UID"]) == "apt_01KAB@frontdesk"
    assert (event["SEQUENCE"], str(event["STATUS"])) == (0, "CONFIRMED")
    assert (event.decoded("DTSTART"), event.decoded("DTEND")) == (START, build.appointment().end)
    assert str(event["ORGANIZER"]) == "mailto:bookings@example.org"
    assert str(event["ATTENDEE"]) == "mailto:ana@example.org"
    assert event["ATTENDEE"].params["CN"] == "Ana Ruiz"
    assert event["ATTENDEE"].params["PARTSTAT"] == "ACCEPTED"
    assert str(event["LOCATION"]) == "King Street, 1 King St W Toronto ON"


def test_times_are_written_in_utc_so_that_no_zone_has_to_be_known() -> None:
    raw = build_invitation(build.notification(), SchedulingMethod.REQUEST, SENDER, PUBLIC_URL)

    assert b"DTSTART:20261201T150000Z" in raw
    assert b"DTEND:20261201T153000Z" in raw


def test_a_move_keeps_the_uid_and_raises_the_sequence() -> None:
    moved = build.appointment().moved(START.replace(day=2), "America/Toronto", "2026-12-02T10:00:00", build.NOW)
    method, event = read(build.notification(MessageKind.RESCHEDULED, at=build.context(moved)))

    assert (method, str(event["UID"]), event["SEQUENCE"]) == ("REQUEST", "apt_01KAB@frontdesk", 1)


def test_a_cancellation_cancels_the_same_uid_with_a_higher_sequence() -> None:
    method, event = read(
        build.notification(MessageKind.CANCELLED, at=build.context(build.cancelled(build.appointment())))
    )

    assert (method, str(event["UID"]), event["SEQUENCE"]) == ("CANCEL", "apt_01KAB@frontdesk", 1)
    assert str(event["STATUS"]) == "CANCELLED"


def test_for_one_attendee_who_leaves_the_sequence_rises_too() -> None:
    _, event = read(
        build.notification(
            MessageKind.CANCELLED, at=build.context(build.with_ben(sequence=1).without_attendee(ANA, build.NOW))
        )
    )

    assert event["SEQUENCE"] == 2


def test_a_request_is_no_invitation_until_a_calendar_has_it() -> None:
    first = build.notification(MessageKind.REQUEST_RECEIVED, at=build.context(build.appointment(confirmed=False)))
    assert scheduling_method(first) is None

    method, event = read(
        build.notification(
            MessageKind.REQUEST_RECEIVED, at=build.context(build.appointment(confirmed=False, sequence=1))
        )
    )
    assert (method, str(event["STATUS"])) == ("REQUEST", "TENTATIVE")
    assert event["ATTENDEE"].params["PARTSTAT"] == "TENTATIVE"
    assert event["ATTENDEE"].params["RSVP"] == "FALSE"
    assert str(event["SUMMARY"]) == "Not confirmed yet: Mortgage advice (Maple Bank)"
    assert str(read(build.notification())[1]["SUMMARY"]) == "Mortgage advice (Maple Bank)"


def test_a_rejected_request_leaves_the_calendar_it_was_put_into_by_hand() -> None:
    request = build.appointment(confirmed=False)
    (kept,) = file_of(request).walk("VEVENT")
    method, event = read(build.notification(MessageKind.CANCELLED, at=build.context(build.cancelled(request))))

    assert (method, str(event["UID"]), str(event["STATUS"])) == ("CANCEL", str(kept["UID"]), "CANCELLED")
    assert event["SEQUENCE"] > kept["SEQUENCE"]
    assert str(event["SUMMARY"]) == "Mortgage advice (Maple Bank)"


def test_the_file_of_one_who_left_is_no_older_than_the_mail_about_it() -> None:
    left = build.with_ben(sequence=1).without_attendee(ANA, build.NOW)
    _, event = read(build.notification(MessageKind.CANCELLED, at=build.context(left)))
    (kept,) = file_of(left).walk("VEVENT")

    assert kept["SEQUENCE"] == event["SEQUENCE"] == 2


@pytest.mark.parametrize(
    ("kind", "who"), [(MessageKind.REMINDER, ANA), (MessageKind.STAFF_BOOKED, SAM), (MessageKind.STAFF_BOOKED, "org")]
)
def test_no_invitation_with(kind: MessageKind, who: str) -> None:
    assert scheduling_method(build.notification(kind, who)) is None


@pytest.mark.parametrize("name", ['Ana "the\r\nATTACH:evil" Ruiz', "Ana;X=1:mailto:evil@x", "Zoë, 王 😀" * 20])
def test_names_cannot_add_properties(name: str) -> None:
    (attendee,) = build.appointment().attendees
    context = build.context(build.appointment(attendees=(replace(attendee, name=name),)), build.ana())
    context = replace(context, service=replace(build.SERVICE, name=f"{name}\r\nDTSTART:19700101T000000Z"))

    _, event = read(build.notification(at=context))

    assert event.decoded("DTSTART") == START
    assert str(event["ATTENDEE"]) == "mailto:ana@example.org"
    assert "ATTACH" not in event
    assert str(event["SUMMARY"]).startswith(" ".join(name.split()))


def file_text(about: Appointment, public_url: str = PUBLIC_URL) -> str:
    offer = Offer(build.SETTINGS, build.LOCATION, build.SERVICE)
    return calendar_file(about, about.attendees[0], offer, SENDER, public_url)


def file_of(about: Appointment) -> Any:
    text = file_text(about)
    assert STAFF_NOTES not in text
    assert "other file" not in text
    return Calendar.from_ical(text)


def test_the_calendar_file_publishes_what_the_attendee_may_see() -> None:
    calendar = file_of(build.with_ben(sequence=2))
    (event,) = calendar.walk("VEVENT")

    assert str(calendar["METHOD"]) == "PUBLISH"
    assert (str(event["UID"]), event["SEQUENCE"]) == ("apt_01KAB@frontdesk", 2)
    assert str(event["STATUS"]) == "CONFIRMED"
    assert "ATTENDEE" not in event
    assert "code=code-of-ana" in str(event["URL"])


def test_without_an_address_of_our_own_the_file_has_no_link() -> None:
    assert "manage" not in file_text(build.appointment(), "")


@pytest.mark.parametrize(
    ("about", "status"),
    [
        (build.appointment(confirmed=False), "TENTATIVE"),
        (build.cancelled(build.appointment()), "CANCELLED"),
        (build.with_ben().without_attendee(ANA, build.NOW), "CANCELLED"),
    ],
)
def test_the_calendar_file_tells_the_status(about: Appointment, status: str) -> None:
    (event,) = file_of(about).walk("VEVENT")

    assert str(event["STATUS"]) == status


FOLLOWS = "The link follows: your consultant will send it to you."
LINK = "https://teams.example/l/meetup-join/19%3ameeting_x;y,z?context=%7b%22Tid%22%7d"
TEAMS = Teleconference.agreed(VideoPlatform.TEAMS).with_link(MeetingLink(LINK))


def by_video(**fields: Any) -> Appointment:
    """An appointment over Teams with a link, by default."""
    return build.appointment(**{"method": MeetingMethod.VIDEO, "teleconference": TEAMS} | fields)


def test_a_video_call_can_be_joined_from_the_calendar() -> None:
    _, event = read(build.notification(at=build.context(by_video())))

    assert (str(event["LOCATION"]), str(event["CONFERENCE"])) == (LINK, LINK)
    assert event["CONFERENCE"].params["FEATURE"] == ["AUDIO", "VIDEO"]
    assert str(event["DESCRIPTION"]).splitlines()[0] == f"Join the meeting: {LINK}"


@pytest.mark.parametrize(
    ("fields", "described"),
    [
        ({"teleconference": Teleconference.agreed(VideoPlatform.ZOOM)}, FOLLOWS),
        ({"teleconference": TEAMS.with_link_by_staff()}, FOLLOWS),
        ({"teleconference": Teleconference.agreed(VideoPlatform.TEAMS)}, "Change or cancel"),
        ({"teleconference": None}, "Change or cancel"),
        ({"teleconference": TEAMS.with_link_by_staff(), "updated_at": START}, "Change or cancel"),
        ({"method": MeetingMethod.PHONE}, "Change or cancel"),
    ],
    ids=["zoom", "left to staff", "pending", "no platform", "already over", "by phone after all"],
)
def test_without_a_link_the_calendar_says_no_more_than_is_so(fields: dict[str, Any], described: str) -> None:
    _, event = read(build.notification(at=build.context(by_video(**fields))))

    assert "CONFERENCE" not in event
    assert "https" not in str(event["LOCATION"])
    assert str(event["DESCRIPTION"]).startswith(described)


def test_a_cancelled_video_call_cannot_be_joined() -> None:
    _, event = read(build.notification(MessageKind.CANCELLED, at=build.context(build.cancelled(by_video()))))

    assert LINK not in event.to_ical().decode().replace("\r\n ", "")


@pytest.mark.parametrize("gone", [False, True])
def test_the_file_behind_the_page_has_the_link_while_the_call_stands(gone: bool) -> None:
    made = build.cancelled(by_video()) if gone else by_video()

    assert (LINK in file_text(made).replace("\r\n ", "")) is not gone
