"""Small rules of the records: ids, names, contacts, answers, reminders, cancellation."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.domain.appointments.appointment import Answer, Appointment, AppointmentState, Attendee, Cancellation
from chalicelib.domain.appointments.questions import check_answers
from chalicelib.domain.clients.client import Client, Contact, name_key
from chalicelib.domain.clients.phone_numbers import normalise_phone
from chalicelib.domain.organisation.catalog import MeetingMethod, Question, QuestionType, Service
from chalicelib.domain.shared.errors import AlreadyAssigned, Invalid, NotFound, WrongState
from chalicelib.domain.shared.events import CLIENT_ACTOR
from chalicelib.domain.shared.ids import new_id

NOW = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)
START = NOW + timedelta(days=3)
ANA = Attendee("cli_1", "Ana Ruiz", "secret")
APPOINTMENT = Appointment(
    id="apt_1",
    service_id="svc_1",
    location_id="loc_1",
    method=MeetingMethod.IN_PERSON,
    start=START,
    end=START + timedelta(minutes=30),
    timezone="America/Toronto",
    local_start="2026-12-04T07:00:00",
    attendees=(ANA,),
    booked_through=CLIENT_ACTOR,
    created_at=NOW,
    updated_at=NOW,
    reminder_hours=(24, 2, 96),
)


def test_ids_sort_by_creation() -> None:
    early, late = new_id("apt", NOW, b"\xff" * 10), new_id("apt", NOW + timedelta(milliseconds=1), b"\x00" * 10)
    assert early < late
    assert re.fullmatch("apt_[0-7][0-9A-HJKMNP-TV-Z]{25}", early)


@pytest.mark.parametrize(
    "name", [("José", "Nuñez-O'Brien"), ("JOSE ", " nunez-o'brien"), ("Jose\u0301", "NUÑEZ-O'BRIEN")]
)
def test_names_compare_without_accents_case_and_spaces(name: tuple[str, str]) -> None:
    assert name_key(*name) == "jose nunez-o'brien"


@pytest.mark.parametrize("number", ["+1 416 555 0100", "(416) 555-0100", "4165550100"])
def test_phone_numbers_become_e164(number: str) -> None:
    assert normalise_phone(number, ["CA"], "/mobile") == "+14165550100"


@pytest.mark.parametrize(
    ("number", "country"),
    [
        ("555", "CA"),
        ("4165550100", None),
        ("call me", "CA"),
        ("555-0100", "CA"),
        ("+1 555 0100", None),
        ("+1 416 555 0100 ext. 5", "CA"),
    ],
)
def test_what_is_no_number_is_refused(number: str, country: str | None) -> None:
    with pytest.raises(Invalid):
        normalise_phone(number, [country] if country else [], "/mobile")


def test_consent_comes_only_with_a_number_not_known_before() -> None:
    ana = Client("Ana", "Ruiz", id="cli_1", created_at=NOW, updated_at=NOW, mobile="+14165550100")
    assert ana.with_blanks_filled("+14165550199", receive_sms=True, language=None, now=NOW) is ana
    blank = replace(ana, mobile=None)
    filled = blank.with_blanks_filled("+14165550199", receive_sms=True, language="fr", now=NOW)
    assert (filled.mobile, filled.receive_sms, filled.language) == ("+14165550199", True, "fr")


def test_a_contact_counts_what_lies_ahead() -> None:
    contact = Contact("ana@example.org").with_booking("apt_1", 100, 0).with_booking("apt_2", 200, 0)
    assert [contact.upcoming_count(now) for now in (99, 100, 200)] == [2, 1, 0]
    assert contact.with_booking("apt_3", 300, 150).upcoming == (("apt_2", 200), ("apt_3", 300))


def test_only_the_code_opens() -> None:
    assert APPOINTMENT.attendee_by_code("secret") is ANA
    with pytest.raises(NotFound):
        APPOINTMENT.attendee_by_code("Secret")


def test_reminders_lie_between_booking_and_start() -> None:
    assert APPOINTMENT.reminders() == [(24, START - timedelta(hours=24)), (2, START - timedelta(hours=2))]
    assert APPOINTMENT.next_reminder_at(after=START - timedelta(hours=24)) == START - timedelta(hours=2)
    for silent in (replace(APPOINTMENT, confirmed=False), replace(APPOINTMENT, notify_client=False)):
        assert silent.next_reminder_at() is None


def test_a_move_starts_reminders_afresh() -> None:
    later = START - timedelta(hours=1)
    moved = APPOINTMENT.moved(START + timedelta(hours=3), "America/Toronto", "", later)
    assert [h for h, _ in moved.reminders()] == [2]
    assert (moved.sequence, moved.end - moved.start) == (1, timedelta(minutes=30))


def test_cancelling_is_the_end() -> None:
    cancelled = APPOINTMENT.cancelled(Cancellation("Ill", "Ana", NOW, within_24h=False))
    assert (cancelled.state, cancelled.sequence, cancelled.occupies_capacity) == (AppointmentState.CANCELLED, 1, False)
    with pytest.raises(WrongState):
        cancelled.cancelled(Cancellation("", "", NOW, within_24h=False))
    with pytest.raises(WrongState):
        cancelled.claimed("stf_1", NOW)


def test_claiming_wants_nobody_before() -> None:
    with pytest.raises(AlreadyAssigned):
        APPOINTMENT.claimed("stf_1", NOW).claimed("stf_2", NOW)


QUESTIONS = Service(
    "svc_1",
    "Advice",
    30,
    questions=(
        Question("q1", "What for?", required=True),
        Question("q2", "Which?", QuestionType.CHOICE, ("a", "b")),
        Question("q3", "First time?", QuestionType.BOOLEAN),
    ),
)


def test_answers_fit_their_questions() -> None:
    given = (Answer("q1", "Home"), Answer("q2", "b"), Answer("q3", value=True))
    assert check_answers(QUESTIONS, given, "/answers") == given


@pytest.mark.parametrize(
    ("answers", "pointer"),
    [
        ((), "/answers"),
        ((Answer("q1", "  "),), "/answers"),
        ((Answer("q1", "Home"), Answer("q9", "x")), "/answers/1/question_id"),
        ((Answer("q1", "Home"), Answer("q2", "c")), "/answers/1/value"),
        ((Answer("q1", "Home"), Answer("q3", "yes")), "/answers/1/value"),
        ((Answer("q1", "Home"), Answer("q1", "Car")), "/answers/1/question_id"),
        ((Answer("q1", "x" * 2001),), "/answers/0/value"),
    ],
)
def test_answers_that_do_not_fit_are_named(answers: tuple[Answer, ...], pointer: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_answers(QUESTIONS, answers, "/answers")
    assert pointer in [error.pointer for error in refused.value.errors]
