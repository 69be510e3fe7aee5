"""Edits that compete: one takes the place, the other decides again (D15, case 3, feature 29)."""

from __future__ import annotations

import pytest

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.shared.times import utc_text
from tests.builders.doubles.api_gateway import Reply
from tests.builders.in_process.sample_organisation import Organisation
from tests.builders.in_process.sample_records import BLOCK_START, BOSS, CENTRAL, SAM, at, start
from tests.builders.in_process.table_records import before_the_next_commit

pytestmark = pytest.mark.organisation(seats=1, staff=True, checked=True)


def test_the_last_seat_goes_to_one_of_two_who_move(org: Organisation) -> None:
    first, second = org.book_by_staff(), org.book_by_staff(**start(30))
    replies: list[Reply] = []
    before_the_next_commit(lambda: replies.append(org.edit_appointment(second, start(60), CENTRAL)))
    late = org.edit_appointment(first, start(60), CENTRAL)
    assert ([reply.status for reply in replies], late.refusal) == ([200], (409, "capacity_exhausted"))
    assert org.read(Appointment, first["id"]).start == BLOCK_START


def test_a_person_is_given_to_one_of_two_who_move(org: Organisation) -> None:
    first, second = org.book_advice(), org.book_advice(60)
    before_the_next_commit(lambda: org.edit_appointment(second, start(120)))
    assert org.edit_appointment(first, start(120)).refusal == (409, "slot_taken")
    before_the_next_commit(lambda: org.book_by_staff(staff={"id": SAM}, **start(60)))
    assert org.edit_appointment(first, start(60)).refusal == (409, "slot_taken")


def test_two_edits_at_once_are_both_kept(org: Organisation) -> None:
    appointment = org.book_by_staff()
    before_the_next_commit(lambda: org.edit_appointment(appointment, {"notes": "Careful"}, BOSS))
    moved = org.edit_appointment(appointment, start(60))
    assert (moved.json["notes"], moved.json["start"], moved.json["version"]) == ("Careful", utc_text(at(60)), 3)
    before_the_next_commit(lambda: org.edit_appointment(appointment, {"notes": "Calm"}, BOSS))
    seen = org.edit_appointment(appointment, start(90), headers={"If-Match": '"3"'})
    assert seen.refusal == (412, "version_mismatch")


def test_an_appointment_cancelled_meanwhile_is_not_moved(org: Organisation) -> None:
    appointment = org.book_by_staff()
    cancel = f"/appointments/{appointment['id']}/cancel"
    before_the_next_commit(lambda: org.as_staff("POST", cancel, {}))
    assert org.edit_appointment(appointment, start(60)).refusal == (409, "wrong_state")
    assert org.calendar().sheets["2026-12-03"].occupants == {}
