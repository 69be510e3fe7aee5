"""The notification policy: languages, recipients, and what is suppressed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.domain.appointments.appointment import Appointment, AppointmentState
from chalicelib.domain.messaging.notification_policy import language_for, route
from chalicelib.domain.messaging.notifications import MessageContext
from chalicelib.domain.shared.events import MessageKind
from tests.builders.records import appointment_builder as build
from tests.builders.records.appointment_builder import ANA, BEN, NOW, SAM, SAM_LEE, SETTINGS, START


def suppression(
    kind: MessageKind,
    recipient: str,
    about: Appointment,
    *,
    sequence: int | None = None,
    at: MessageContext | None = None,
) -> str:
    queued = build.message(kind, recipient)
    context = at or build.context(about)
    return route(
        queued, build.entry(queued, sequence=about.sequence if sequence is None else sequence), context, NOW
    ).suppressed


@pytest.mark.parametrize(
    ("wanted", "known", "found"),
    [
        (["fr"], ("en", "fr"), "fr"),
        (["fr-CA"], ("en", "fr"), "fr"),
        (["de"], ("fr", "en"), "fr"),
        ([None], ("fr", "en"), "fr"),
        (["de", "en"], ("fr", "en"), "en"),
        ([], (), "en"),
    ],
)
def test_the_first_language_both_sides_know(wanted: list[str | None], known: tuple[str, ...], found: str) -> None:
    assert language_for(wanted, replace(SETTINGS, languages=known)) == found


def test_staff_are_written_to_in_their_language_and_the_branch_in_its_own() -> None:
    context = build.context(build.appointment(staff_id=SAM))

    assert build.notification(MessageKind.STAFF_BOOKED, SAM, context).language == "fr"
    assert build.notification(MessageKind.STAFF_BOOKED, "loc_king", context).language == "en"


def test_branch_and_organisation_are_reached_at_their_addresses() -> None:
    branch, organisation = (build.notification(MessageKind.STAFF_BOOKED, who) for who in ("loc_king", "org"))

    assert (branch.address, branch.timezone) == ("king@example.org", "America/Toronto")
    assert (organisation.address, organisation.timezone) == ("desk@example.org", "America/Toronto")


def test_who_has_no_address_is_unreachable() -> None:
    context = build.context(build.appointment(), build.ana(email=None))
    nowhere = replace(
        context,
        location=replace(context.location, email=None),
        settings=replace(SETTINGS, notification_email=None),
        staff={SAM: replace(SAM_LEE, active=False)},
        appointment=build.appointment(staff_id=SAM),
    )

    for kind, who in (
        (MessageKind.CONFIRMATION, ANA),
        (MessageKind.STAFF_BOOKED, "loc_king"),
        (MessageKind.STAFF_BOOKED, "org"),
        (MessageKind.STAFF_BOOKED, SAM),
    ):
        assert suppression(kind, who, build.appointment(), at=nowhere) == "unreachable"


def test_a_client_who_no_longer_exists_is_unreachable() -> None:
    assert (
        suppression(MessageKind.CONFIRMATION, ANA, build.appointment(), at=replace(build.context(), clients={}))
        == "unreachable"
    )


@pytest.mark.parametrize(
    ("kind", "recipient", "about"),
    [
        (MessageKind.CONFIRMATION, ANA, build.appointment(confirmed=False)),
        (MessageKind.STAFF_BOOKED, "loc_king", build.appointment(confirmed=False)),
        (MessageKind.REMINDER, ANA, build.appointment(confirmed=False)),
        (MessageKind.REQUEST_RECEIVED, ANA, build.appointment()),
        (MessageKind.REMINDER, ANA, build.appointment(state=AppointmentState.ARRIVED)),
        (MessageKind.REMINDER, ANA, build.appointment(start=NOW)),
        (MessageKind.CONFIRMATION, BEN, build.appointment()),
        (MessageKind.CONFIRMATION, ANA, build.with_ben().without_attendee(ANA, NOW)),
        (MessageKind.CANCELLED, ANA, build.appointment()),
        (MessageKind.CONFIRMATION, ANA, build.cancelled(build.appointment())),
        (MessageKind.RESCHEDULED, ANA, build.cancelled(build.appointment())),
        (MessageKind.STAFF_CANCELLED, "loc_king", build.appointment()),
        (MessageKind.STAFF_ASSIGNED, SAM, build.appointment()),
        (MessageKind.STAFF_ASSIGNED, SAM, build.appointment(staff_id="stf_other")),
        (MessageKind.STAFF_ASSIGNED, SAM, build.cancelled(build.appointment(staff_id=SAM))),
        (MessageKind.STAFF_UNASSIGNED, SAM, build.appointment(staff_id=SAM)),
        (MessageKind.STAFF_BOOKED, SAM, build.appointment(staff_id="stf_other")),
        (MessageKind.STAFF_RESCHEDULED, SAM, build.appointment(staff_id="stf_other")),
    ],
)
def test_what_is_no_longer_true_is_not_said(kind: MessageKind, recipient: str, about: Appointment) -> None:
    assert suppression(kind, recipient, about) == "stale"


@pytest.mark.parametrize(
    ("kind", "recipient", "about"),
    [
        (MessageKind.CONFIRMATION, ANA, build.appointment()),
        (MessageKind.REMINDER, ANA, build.appointment()),
        (MessageKind.REQUEST_RECEIVED, ANA, build.appointment(confirmed=False)),
        (MessageKind.RESCHEDULED, ANA, build.appointment(confirmed=False)),
        (MessageKind.CANCELLED, ANA, build.cancelled(build.appointment())),
        (MessageKind.CANCELLED, ANA, build.with_ben().without_attendee(ANA, NOW)),
        (MessageKind.STAFF_ASSIGNED, SAM, build.appointment(staff_id=SAM)),
        (MessageKind.STAFF_UNASSIGNED, SAM, build.appointment()),
        (MessageKind.STAFF_CANCELLED, "loc_king", build.cancelled(build.appointment())),
    ],
)
def test_what_is_true_is_said(kind: MessageKind, recipient: str, about: Appointment) -> None:
    assert suppression(kind, recipient, about) == ""


@pytest.mark.parametrize("kind", [MessageKind.CONFIRMATION, MessageKind.RESCHEDULED, MessageKind.REMINDER])
def test_a_newer_sequence_supersedes(kind: MessageKind) -> None:
    assert suppression(kind, ANA, build.appointment(sequence=2), sequence=1) == "stale"


def test_the_last_word_is_superseded_by_nothing() -> None:
    left = replace(build.with_ben().without_attendee(ANA, NOW), sequence=2)

    assert suppression(MessageKind.CANCELLED, ANA, left, sequence=1) == ""
    assert suppression(MessageKind.STAFF_UNASSIGNED, SAM, build.appointment(sequence=2), sequence=1) == ""


def test_a_deadline_that_has_passed_is_not_promised() -> None:
    near = build.notification(at=build.context(build.appointment(start=NOW + timedelta(hours=23))))
    far = build.notification(at=build.context(build.appointment(start=START)))

    assert (near.cancel_until, near.rebook_until) == (None, None)
    assert far.cancel_until == far.rebook_until == START - timedelta(hours=24)
