"""Two records of one person at an appointment: shown, edited, removed and moved as one (D17, D21)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.shared.times import utc_text
from tests.builders.in_process.sample_organisation import Organisation
from tests.builders.in_process.sample_records import BLOCK_START, ROOT, at

pytestmark = pytest.mark.organisation(seats=5)


def test_of_two_records_at_one_appointment_one_person_is_left(org: Organisation) -> None:
    duplicate, primary = org.clients.create_pair()
    appointment = org.clients.book_both(primary, duplicate)
    codes = [org.clients.code_of(appointment, i) for i in (primary, duplicate)]
    org.clients.merge(duplicate, primary)
    (person,) = org.clients.attendees(appointment)
    assert (person["client_id"], person["name"], person["notes"]) == (primary, "Anna Ruiz", "By the lift")
    for code in codes:
        shown = org.call("GET", f"/public/appointments/{appointment}?code={code}")
        assert (shown.status, shown.json["attendee"]["notes"]) == (200, "By the lift")
    again = org.as_staff("POST", f"/appointments/{appointment}/attendees", {"client_id": primary}, ROOT)
    assert again.refusal == (409, "already_attending")


def test_an_edit_of_a_person_is_of_all_their_records(org: Organisation) -> None:
    duplicate, primary = org.clients.create_pair()
    appointment = org.clients.book_both(primary, duplicate)
    org.clients.merge(duplicate, primary)
    change = {"attendees": [{"client_id": primary, "notes": "New"}]}
    edited = org.as_staff("PATCH", f"/appointments/{appointment}", change, ROOT).body()
    assert [(a["client_id"], a["notes"]) for a in edited["attendees"]] == [(primary, "New")]
    assert edited["attendees"] == org.clients.attendees(appointment)
    twice = {"attendees": [{"client_id": i, "notes": "X"} for i in (primary, duplicate)]}
    assert org.as_staff("PATCH", f"/appointments/{appointment}", twice, ROOT).refusal == (422, "client_twice")


@pytest.mark.parametrize("by", ["primary", "duplicate"])
def test_taking_a_person_off_takes_off_all_their_records(org: Organisation, by: str) -> None:
    duplicate, primary = org.clients.create_pair()
    third = org.clients.create("Bo")["id"]
    appointment = org.clients.book_both(duplicate, primary)
    org.as_staff("POST", f"/appointments/{appointment}/attendees", {"client_id": third}, ROOT)
    org.clients.merge(duplicate, primary)
    whom = primary if by == "primary" else duplicate
    assert org.as_staff("DELETE", f"/appointments/{appointment}/attendees/{whom}", who=ROOT).status == 204
    assert [(a["client_id"], a["cancelled"]) for a in org.clients.attendees(appointment)] == [
        (primary, True),
        (third, False),
    ]
    gone = org.as_staff("DELETE", f"/appointments/{appointment}/attendees/{whom}", who=ROOT)
    assert gone.refusal == (409, "wrong_state")


def test_with_either_code_the_last_person_leaves_for_good(org: Organisation) -> None:
    duplicate, primary = org.clients.create_pair()
    appointment = org.clients.book_both(duplicate, primary)
    code = org.clients.code_of(appointment, primary)
    org.clients.merge(duplicate, primary)
    left = org.call("POST", f"/public/appointments/{appointment}/cancel", {"code": code})
    assert left.status == 200, left.text
    assert org.read(Appointment, appointment).state.value == "cancelled"
    assert org.available_starts()[utc_text(BLOCK_START)] == 5


def test_a_person_moves_an_appointment_once_whichever_code_they_use(org: Organisation) -> None:
    duplicate, primary = org.clients.create_pair()
    appointment = org.clients.book_both(duplicate, primary)
    codes = [org.clients.code_of(appointment, i) for i in (duplicate, primary)]
    org.clients.merge(duplicate, primary)
    url, body = f"/public/appointments/{appointment}/reschedule", {"timezone": "America/Toronto"}
    moved = [
        org.call("POST", url, body | {"code": code, "start": utc_text(at(30 * n))}) for n, code in enumerate(codes, 1)
    ]
    assert moved[0].status == 200, moved[0].text
    assert moved[1].refusal == (409, "already_rebooked")


def test_a_client_who_was_deleted_is_shown_as_that(org: Organisation) -> None:
    client = org.clients.create("Ana")["id"]
    appointment = org.clients.book(client)["id"]
    org.now = BLOCK_START + timedelta(hours=2)
    assert org.as_staff("DELETE", f"/clients/{client}", who=ROOT).status == 204
    assert [a["name"] for a in org.clients.attendees(appointment)] == ["Deleted client"]
