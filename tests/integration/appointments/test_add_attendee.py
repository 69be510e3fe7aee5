"""Extra attendees over HTTP: added, removed, notified, and in races (CC-4, CC-5, D44)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.domain.appointments.appointment import Appointment, AppointmentState
from chalicelib.domain.clients.client import Client, Contact
from chalicelib.domain.organisation.catalogue import AvailabilitySource, CancellationReason, Question, Service
from chalicelib.domain.shared.events import MessageKind
from tests.builders.doubles.api_gateway import Reply
from tests.builders.in_process.client_requests import make_client
from tests.builders.in_process.sample_organisation import Organisation
from tests.builders.in_process.sample_records import CENTRAL, MORTGAGE, SAM, SAM_EMAIL, TORONTO, at, hire
from tests.builders.in_process.table_records import before_the_next_commit, committed, journal, recipients, write

BO = {"first_name": "Bo", "last_name": "Lind", "email": "bo@example.org"}

pytestmark = pytest.mark.organisation(seats=3)


def on_record(number: int = 1, **fields: Any) -> str:
    """A client who has been to the branch, with Sam."""
    client = make_client(number, "Eva", f"Ito {number}", email=f"eva{number}@example.org", **fields)
    with committed() as work:
        work.save(client)
        work.relation_counts.update({(TORONTO, client.id): 1, (SAM, client.id): 1})
    return client.id


def add(org: Organisation, appointment_id: str, body: Any, **more: Any) -> Reply:
    """An attendee added by Alex."""
    return org.as_staff("POST", f"/appointments/{appointment_id}/attendees", body, **more)


def remove(org: Organisation, appointment_id: str, client_id: str, query: str = "", **more: Any) -> Reply:
    """An attendee removed by Alex."""
    return org.as_staff("DELETE", f"/appointments/{appointment_id}/attendees/{client_id}{query}", **more)


def test_a_client_on_record_comes_along_and_alone_is_told(org: Organisation) -> None:
    booked, eva = org.book()["id"], on_record()
    reply = add(org, booked, {"client_id": eva, "notes": "Needs an interpreter"}).body(201)
    assert reply == org.as_staff("GET", f"/appointments/{booked}").json
    assert [a["name"] for a in reply["attendees"]] == ["Ana Ruiz", "Eva Ito 1"]
    assert reply["attendees"][1] == {
        "client_id": eva,
        "name": "Eva Ito 1",
        "notes": "Needs an interpreter",
        "answers": [],
        "cancelled": False,
    }
    assert reply["block_id"] == org.calendar().blocks()[0].id
    entry = journal(booked)[0]
    assert (entry.action, recipients(entry), entry.events) == ("attendee_added", [(MessageKind.CONFIRMATION, eva)], ())
    line = org.as_staff("GET", f"/appointments/{booked}/log").json["items"][0]
    assert line["changes"] == [{"field": "attendee", "before": None, "after": eva}]


def test_a_new_client_is_written_along_with_it(org: Organisation) -> None:
    booked = org.book()["id"]
    reply = add(org, booked, {"client": BO | {"mobile": "416-555-0100", "city": "Oshawa"}}).body(201)
    client = org.read(Client, reply["attendees"][1]["client_id"])
    assert (client.name, client.mobile, client.city, client.receive_sms) == ("Bo Lind", "+14165550100", "Oshawa", False)
    assert [event.type for event in journal(client.id)[0].events] == ["client.created"]


def test_each_opens_it_with_a_code_of_their_own_and_sees_themselves_only(org: Organisation) -> None:
    booked, eva = org.book(), on_record()
    add(org, booked["id"], {"client_id": eva, "notes": "Only mine"})
    code = org.read(Appointment, booked["id"]).attendee(eva).code
    assert code != booked["code"]
    theirs = org.call("GET", f"/public/appointments/{booked['id']}?code={code}").json
    assert (theirs["attendee"]["name"], theirs["attendee"]["notes"]) == ("Eva Ito 1", "Only mine")
    others = org.call("GET", f"/public/appointments/{booked['id']}?code={booked['code']}").text
    assert ("Ana Ruiz" in others, "Only mine" in others, "Eva" in others) == (True, False, False)


def test_the_public_limit_does_not_count_them(org: Organisation) -> None:
    booked = org.book()["id"]
    add(org, booked, {"client": BO})
    assert org.read(Contact, "bo@example.org").upcoming == ()


def test_who_comes_already_is_refused(org: Organisation) -> None:
    booked, eva = org.book()["id"], on_record()
    assert add(org, booked, {"client_id": eva}).status == 201
    assert add(org, booked, {"client_id": eva}).refusal == (409, "already_attending")


def test_who_left_comes_again_with_a_fresh_code(org: Organisation) -> None:
    booked, eva = org.book()["id"], on_record()
    add(org, booked, {"client_id": eva})
    first = org.read(Appointment, booked).attendee(eva).code
    assert remove(org, booked, eva).status == 204
    back = add(org, booked, {"client_id": eva})
    assert (back.status, [a["cancelled"] for a in back.json["attendees"]]) == (201, [False, False])
    second = org.read(Appointment, booked).attendee(eva).code
    assert org.call("GET", f"/public/appointments/{booked}?code={first}").status == 404
    assert org.call("GET", f"/public/appointments/{booked}?code={second}").status == 200
    assert recipients(journal(booked)[0]) == [(MessageKind.CONFIRMATION, eva)]


@pytest.mark.parametrize("body", [{"notify_client": False}, {}])
def test_whoever_is_not_to_be_told_is_not(org: Organisation, body: dict[str, Any]) -> None:
    booked, eva = org.book()["id"], on_record()
    if not body:
        write(replace(org.read(Appointment, booked), notify_client=False))
    assert add(org, booked, {"client_id": eva} | body).status == 201
    assert recipients(journal(booked)[0]) == []


def test_a_request_confirms_nothing_to_whoever_joins_it(org: Organisation) -> None:
    booked, eva = org.book()["id"], on_record()
    write(replace(org.read(Appointment, booked), confirmed=False))
    assert add(org, booked, {"client_id": eva}).status == 201
    assert recipients(journal(booked)[0]) == [(MessageKind.REQUEST_RECEIVED, eva)]


def test_their_answers_are_checked_and_their_own_to_give(org: Organisation) -> None:
    booked, eva = org.book()["id"], on_record()
    write(replace(org.read(Service, MORTGAGE), questions=(Question("why", "Why?", required=True),)))
    wrong = add(org, booked, {"client_id": eva, "answers": [{"question_id": "shoe", "value": "42"}]})
    assert (wrong.status, wrong.json["errors"][0]["pointer"]) == (422, "/answers/0/question_id")
    right = add(org, booked, {"client_id": eva, "answers": [{"question_id": "why", "value": "Moving"}]})
    assert right.json["attendees"][1]["answers"] == [{"question_id": "why", "value": "Moving"}]
    assert add(org, booked, {"client": BO}).status == 201


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        ({}, "client_required", "/client_id"),
        ({"client_id": "cli_1", "client": BO}, "client_required", "/client_id"),
        ({"client_id": "cli_unknown"}, "unknown_client", "/client_id"),
        ({"client": {"first_name": "Bo", "last_name": "Lind"}}, "contact_required", "/client/email"),
        ({"client": BO | {"mobile": "12"}}, "invalid_phone", "/client/mobile"),
        ({"client": BO | {"timezone": "Mars/Olympus"}}, "unknown_timezone", "/client/timezone"),
        ({"client": {k: v for k, v in BO.items() if k != "last_name"}}, "invalid", "/client/last_name"),
        ({"client": BO | {"last_name": " "}}, "invalid", "/client/last_name"),
        ({"client": BO | {"first_name": "x" * 101}}, "invalid", "/client/first_name"),
        ({"client": BO, "code": "mine"}, "invalid", "/code"),
    ],
)
def test_what_is_wrong_is_pointed_at_and_nothing_is_written(
    org: Organisation, body: dict[str, Any], code: str, pointer: str
) -> None:
    booked = org.book()["id"]
    refused = add(org, booked, body)
    assert (refused.status, refused.json["code"], refused.json["errors"][0]["pointer"]) == (422, code, pointer)
    assert (org.read(Contact, "bo@example.org"), org.read(Appointment, booked).version) == (None, 1)


def test_nobody_joins_what_is_over(org: Organisation) -> None:
    booked, eva = org.book()["id"], on_record()
    ended = org.book(at(60))["id"]
    org.act(booked, "cancel", {})
    org.now = at(90)
    for over in (booked, ended):
        assert add(org, over, {"client_id": eva}).refusal == (409, "wrong_state")


def test_no_more_than_twenty_come(org: Organisation) -> None:
    booked = org.book()["id"]
    for number in range(19):
        assert add(org, booked, {"client_id": on_record(number)}).status == 201
    assert add(org, booked, {"client": BO}).refusal == (422, "too_many_attendees")
    assert org.read(Contact, "bo@example.org") is None
    assert org.act(booked, "cancel", {}).status == 200


def test_one_of_two_is_taken_off_and_the_other_still_comes(org: Organisation) -> None:
    booked, eva = org.book()["id"], on_record()
    add(org, booked, {"client_id": eva})
    assert remove(org, booked, eva, "?reason=Ill").status == 204
    after = org.as_staff("GET", f"/appointments/{booked}").json
    assert (after["state"], [a["cancelled"] for a in after["attendees"]]) == ("booked", [False, True])
    assert recipients(journal(booked)[0]) == [(MessageKind.CANCELLED, eva)]
    assert journal(booked)[0].messages[0].facts == {"reason": "Ill"}
    assert set(org.calendar().sheets["2026-12-03"].occupants) == {booked}
    assert remove(org, booked, eva).refusal == (409, "wrong_state")
    assert remove(org, booked, "cli_unknown").status == 404


def test_without_the_last_one_it_is_cancelled_and_its_seat_is_free(org: Organisation) -> None:
    booked = org.book()["id"]
    ana = org.read(Appointment, booked).attendees[0].client_id
    assert remove(org, booked, ana, "?reason=Moved+away").status == 204
    after = org.as_staff("GET", f"/appointments/{booked}").json
    assert (after["state"], after["cancellation"]["reason"], after["cancellation"]["by"]) == (
        "cancelled",
        "Moved away",
        "Alex",
    )
    assert org.calendar().sheets["2026-12-03"].occupants == {}
    assert org.read(Contact, "ana@example.org").upcoming == ()
    assert (MessageKind.CANCELLED, ana) in recipients(journal(booked)[0])
    assert [event.type for event in journal(booked)[0].events] == ["appointment.cancelled"]


def test_taking_somebody_off_needs_one_of_the_organisations_reasons(org: Organisation) -> None:
    booked, eva = org.book()["id"], on_record()
    add(org, booked, {"client_id": eva})
    write(CancellationReason("rsn_1", "Client asked"))
    assert remove(org, booked, eva).json["code"] == "reason_required"
    assert remove(org, booked, eva, "?reason_id=rsn_2").json["code"] == "unknown_reason"
    assert remove(org, booked, eva, "?reason_id=rsn_1&notify_client=false").status == 204
    assert recipients(journal(booked)[0]) == []
    assert journal(booked)[0].changes[1].after == "Client asked"


def test_only_those_who_may_edit_it_add_and_take_off(org: Organisation) -> None:
    booked, eva = org.book()["id"], on_record()
    assert add(org, booked, {"client_id": eva}, who=SAM_EMAIL).status == 403
    assert remove(org, booked, eva, who=SAM_EMAIL).status == 403
    org.act(booked, "claim", {})
    assert add(org, booked, {"client_id": eva}, who=SAM_EMAIL).status == 404
    assert remove(org, booked, eva, who=SAM_EMAIL).status == 404
    hire("stf_cleo", CENTRAL)
    assert add(org, booked, {"client_id": eva}, who=CENTRAL).status == 201
    assert remove(org, booked, eva, who=CENTRAL).status == 204


def test_into_a_group_nobody_is_brought_through_the_contact_centre(org: Organisation) -> None:
    booked, eva = org.book()["id"], on_record()
    write(replace(org.read(Appointment, booked), availability=AvailabilitySource.GROUP, staff_id=SAM))
    hire("stf_cleo", CENTRAL)
    assert add(org, booked, {"client_id": eva}, who=CENTRAL).status == 403
    assert add(org, booked, {"client_id": eva}, who=SAM_EMAIL).status == 201
    assert remove(org, booked, eva, who=CENTRAL).status == 403
    assert remove(org, booked, eva, who=SAM_EMAIL).status == 204


def test_the_version_and_the_key_a_caller_names_are_kept_to(org: Organisation) -> None:
    booked = org.book()["id"]
    assert add(org, booked, {"client": BO}, headers={"If-Match": '"7"'}).refusal == (412, "version_mismatch")
    headers = {"If-Match": '"1"', "Idempotency-Key": "k1"}
    first, again = (add(org, booked, {"client": BO}, headers=headers) for _ in range(2))
    assert (first.status, again.status, again.json) == (201, 201, first.json)
    assert len(org.read(Contact, "bo@example.org").clients) == 1
    ana = first.json["attendees"][0]["client_id"]
    assert remove(org, booked, ana, headers={"If-Match": '"1"'}).status == 412


def test_two_who_are_added_at_once_both_come(org: Organisation) -> None:
    booked = org.book()["id"]
    kim = BO | {"first_name": "Kim"}
    before_the_next_commit(lambda: add(org, booked, {"client": kim}))
    reply = add(org, booked, {"client": BO}).body(201)
    assert [a["name"] for a in reply["attendees"]] == ["Ana Ruiz", "Kim Lind", "Bo Lind"]
    contact = org.read(Contact, "bo@example.org")
    assert [i for i, _ in contact.clients] == [a["client_id"] for a in reply["attendees"][1:]]


def test_the_same_client_added_twice_at_once_comes_once(org: Organisation) -> None:
    booked, eva = org.book()["id"], on_record()
    before_the_next_commit(lambda: add(org, booked, {"client_id": eva}))
    assert add(org, booked, {"client_id": eva}).refusal == (409, "already_attending")


def test_nobody_joins_what_is_cancelled_at_that_moment(org: Organisation) -> None:
    booked = org.book()["id"]
    before_the_next_commit(lambda: org.act(booked, "cancel", {}))
    assert add(org, booked, {"client": BO}).refusal == (409, "wrong_state")
    assert org.read(Appointment, booked).state is AppointmentState.CANCELLED
    assert org.read(Contact, "bo@example.org") is None


def test_whoever_joins_while_the_last_one_leaves_keeps_it_alive(org: Organisation) -> None:
    booked, eva = org.book(), on_record()
    before_the_next_commit(lambda: add(org, booked["id"], {"client_id": eva}))
    left = org.cancel(booked)
    assert (left.status, left.json["state"]) == (200, "booked"), left.text
    after = org.read(Appointment, booked["id"])
    assert [a.client_id for a in after.live_attendees] == [eva]
    assert set(org.calendar().sheets["2026-12-03"].occupants) == {booked["id"]}


def test_a_client_who_is_changed_at_that_moment_comes_as_they_are_now(org: Organisation) -> None:
    booked, eva = org.book()["id"], on_record()
    before_the_next_commit(lambda: write(replace(org.read(Client, eva), last_name="Vega")))
    assert add(org, booked, {"client_id": eva}).json["attendees"][1]["name"] == "Eva Vega"
