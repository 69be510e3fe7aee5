"""Extra attendees over HTTP: who joins, who is taken off, what they are told, and who wins a race (CC-4, CC-5, D44)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.container import container
from chalicelib.domain.appointments.appointment import Appointment, AppointmentState
from chalicelib.domain.clients.client import Client, Contact
from chalicelib.domain.organisation.catalogue import AvailabilitySource, CancellationReason, Login, Question, Service
from chalicelib.domain.shared.events import MessageKind
from chalicelib.domain.shared.permissions import Role
from chalicelib.services.unit_of_work import UnitOfWork
from tests.builders.doubles.api_gateway import Reply, claims
from tests.builders.in_process.sample_organisation import MORTGAGE, NOW, SAM, TORONTO, World, at, employed
from tests.builders.in_process.staff_bookings import before_the_next_commit, journal, told, write

SAM_MAIL = "sam@example.org"
BO = {"first_name": "Bo", "last_name": "Lind", "email": "bo@example.org"}


@pytest.fixture
def world(world: World) -> World:
    world.lay(limit=3)
    return world


def on_record(number: int = 1, **fields: Any) -> str:
    """A client who has been to the branch, with Sam."""
    client = Client(
        "Eva",
        f"Ito {number}",
        id=f"cli_{number:026}",
        created_at=NOW,
        updated_at=NOW,
        email=f"eva{number}@example.org",
        **fields,
    )
    work = UnitOfWork()
    work.save(client)
    work.relation_counts.update({(TORONTO, client.id): 1, (SAM, client.id): 1})
    container.store.commit(work)
    return client.id


def add(world: World, appointment_id: str, body: Any, **more: Any) -> Reply:
    """One more, by Alex."""
    return world.staff("POST", f"/appointments/{appointment_id}/attendees", body, **more)


def remove(world: World, appointment_id: str, client_id: str, query: str = "", **more: Any) -> Reply:
    """One fewer, by Alex."""
    return world.staff("DELETE", f"/appointments/{appointment_id}/attendees/{client_id}{query}", **more)


def test_a_client_on_record_comes_along_and_alone_is_told(world: World) -> None:
    booked, eva = world.book().json["id"], on_record()
    reply = add(world, booked, {"client_id": eva, "notes": "Needs an interpreter"})
    assert reply.status == 201, reply.text
    assert reply.json == world.staff("GET", f"/appointments/{booked}").json
    assert [a["name"] for a in reply.json["attendees"]] == ["Ana Ruiz", "Eva Ito 1"]
    assert reply.json["attendees"][1] == {
        "client_id": eva,
        "name": "Eva Ito 1",
        "notes": "Needs an interpreter",
        "answers": [],
        "cancelled": False,
    }
    assert reply.json["block_id"] == world.calendar().blocks()[0].id
    entry = journal(booked)[0]
    assert (entry.action, told(entry), entry.events) == ("attendee_added", [(MessageKind.CONFIRMATION, eva)], ())
    line = world.staff("GET", f"/appointments/{booked}/log").json["items"][0]
    assert line["changes"] == [{"field": "attendee", "before": None, "after": eva}]


def test_a_new_client_is_written_along_with_it(world: World) -> None:
    booked = world.book().json["id"]
    reply = add(world, booked, {"client": BO | {"mobile": "416-555-0100", "city": "Oshawa"}})
    assert reply.status == 201, reply.text
    client = world.read(Client, reply.json["attendees"][1]["client_id"])
    assert (client.name, client.mobile, client.city, client.receive_sms) == ("Bo Lind", "+14165550100", "Oshawa", False)
    assert [event.type for event in journal(client.id)[0].events] == ["client.created"]


def test_each_opens_it_with_a_code_of_their_own_and_sees_themselves_only(world: World) -> None:
    booked, eva = world.book().json, on_record()
    add(world, booked["id"], {"client_id": eva, "notes": "Only mine"})
    code = world.read(Appointment, booked["id"]).attendee(eva).code
    assert code != booked["code"]
    theirs = world.call("GET", f"/public/appointments/{booked['id']}?code={code}").json
    assert (theirs["attendee"]["name"], theirs["attendee"]["notes"]) == ("Eva Ito 1", "Only mine")
    others = world.call("GET", f"/public/appointments/{booked['id']}?code={booked['code']}").text
    assert ("Ana Ruiz" in others, "Only mine" in others, "Eva" in others) == (True, False, False)


def test_the_public_limit_does_not_count_them(world: World) -> None:
    booked = world.book().json["id"]
    add(world, booked, {"client": BO})
    assert world.read(Contact, "bo@example.org").upcoming == ()


def test_who_comes_already_is_refused(world: World) -> None:
    booked, eva = world.book().json["id"], on_record()
    assert add(world, booked, {"client_id": eva}).status == 201
    again = add(world, booked, {"client_id": eva})
    assert (again.status, again.json["code"]) == (409, "already_attending")


def test_who_left_comes_again_with_a_fresh_code(world: World) -> None:
    booked, eva = world.book().json["id"], on_record()
    add(world, booked, {"client_id": eva})
    first = world.read(Appointment, booked).attendee(eva).code
    assert remove(world, booked, eva).status == 204
    back = add(world, booked, {"client_id": eva})
    assert (back.status, [a["cancelled"] for a in back.json["attendees"]]) == (201, [False, False])
    second = world.read(Appointment, booked).attendee(eva).code
    assert world.call("GET", f"/public/appointments/{booked}?code={first}").status == 404
    assert world.call("GET", f"/public/appointments/{booked}?code={second}").status == 200
    assert told(journal(booked)[0]) == [(MessageKind.CONFIRMATION, eva)]


@pytest.mark.parametrize("body", [{"notify_client": False}, {}])
def test_whoever_is_not_to_be_told_is_not(world: World, body: dict[str, Any]) -> None:
    booked, eva = world.book().json["id"], on_record()
    if not body:
        write(replace(world.read(Appointment, booked), notify_client=False))
    assert add(world, booked, {"client_id": eva} | body).status == 201
    assert told(journal(booked)[0]) == []


def test_a_request_confirms_nothing_to_whoever_joins_it(world: World) -> None:
    booked, eva = world.book().json["id"], on_record()
    write(replace(world.read(Appointment, booked), confirmed=False))
    assert add(world, booked, {"client_id": eva}).status == 201
    assert told(journal(booked)[0]) == [(MessageKind.REQUEST_RECEIVED, eva)]


def test_their_answers_are_checked_and_their_own_to_give(world: World) -> None:
    booked, eva = world.book().json["id"], on_record()
    write(replace(world.read(Service, MORTGAGE), questions=(Question("why", "Why?", required=True),)))
    wrong = add(world, booked, {"client_id": eva, "answers": [{"question_id": "shoe", "value": "42"}]})
    assert (wrong.status, wrong.json["errors"][0]["pointer"]) == (422, "/answers/0/question_id")
    right = add(world, booked, {"client_id": eva, "answers": [{"question_id": "why", "value": "Moving"}]})
    assert right.json["attendees"][1]["answers"] == [{"question_id": "why", "value": "Moving"}]
    assert add(world, booked, {"client": BO}).status == 201


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
    world: World, body: dict[str, Any], code: str, pointer: str
) -> None:
    booked = world.book().json["id"]
    refused = add(world, booked, body)
    assert (refused.status, refused.json["code"], refused.json["errors"][0]["pointer"]) == (422, code, pointer)
    assert (world.read(Contact, "bo@example.org"), world.read(Appointment, booked).version) == (None, 1)


def test_nobody_joins_what_is_over(world: World) -> None:
    booked, eva = world.book().json["id"], on_record()
    ended = world.book(at(60)).json["id"]
    world.staff("POST", f"/appointments/{booked}/cancel", {})
    world.now = at(90)
    for over in (booked, ended):
        refused = add(world, over, {"client_id": eva})
        assert (refused.status, refused.json["code"]) == (409, "wrong_state")


def test_no_more_than_twenty_come(world: World) -> None:
    booked = world.book().json["id"]
    for number in range(19):
        assert add(world, booked, {"client_id": on_record(number)}).status == 201
    refused = add(world, booked, {"client": BO})
    assert (refused.status, refused.json["code"]) == (422, "too_many_attendees")
    assert world.read(Contact, "bo@example.org") is None
    assert world.staff("POST", f"/appointments/{booked}/cancel", {}).status == 200


def test_one_of_two_is_taken_off_and_the_other_still_comes(world: World) -> None:
    booked, eva = world.book().json["id"], on_record()
    add(world, booked, {"client_id": eva})
    assert remove(world, booked, eva, "?reason=Ill").status == 204
    after = world.staff("GET", f"/appointments/{booked}").json
    assert (after["state"], [a["cancelled"] for a in after["attendees"]]) == ("booked", [False, True])
    assert told(journal(booked)[0]) == [(MessageKind.CANCELLED, eva)]
    assert journal(booked)[0].messages[0].facts == {"reason": "Ill"}
    assert set(world.calendar().sheets["2026-12-03"].occupants) == {booked}
    again = remove(world, booked, eva)
    assert (again.status, again.json["code"]) == (409, "wrong_state")
    assert remove(world, booked, "cli_unknown").status == 404


def test_without_the_last_one_it_is_cancelled_and_its_seat_is_free(world: World) -> None:
    booked = world.book().json["id"]
    ana = world.read(Appointment, booked).attendees[0].client_id
    assert remove(world, booked, ana, "?reason=Moved+away").status == 204
    after = world.staff("GET", f"/appointments/{booked}").json
    assert (after["state"], after["cancellation"]["reason"], after["cancellation"]["by"]) == (
        "cancelled",
        "Moved away",
        "Alex",
    )
    assert world.calendar().sheets["2026-12-03"].occupants == {}
    assert world.read(Contact, "ana@example.org").upcoming == ()
    assert (MessageKind.CANCELLED, ana) in told(journal(booked)[0])
    assert [event.type for event in journal(booked)[0].events] == ["appointment.cancelled"]


def test_taking_somebody_off_needs_one_of_the_organisations_reasons(world: World) -> None:
    booked, eva = world.book().json["id"], on_record()
    add(world, booked, {"client_id": eva})
    write(CancellationReason("rsn_1", "Client asked"))
    assert remove(world, booked, eva).json["code"] == "reason_required"
    assert remove(world, booked, eva, "?reason_id=rsn_2").json["code"] == "unknown_reason"
    assert remove(world, booked, eva, "?reason_id=rsn_1&notify_client=false").status == 204
    assert told(journal(booked)[0]) == []
    assert journal(booked)[0].changes[1].after == "Client asked"


def test_only_those_who_may_edit_it_add_and_take_off(world: World) -> None:
    booked, eva = world.book().json["id"], on_record()
    assert add(world, booked, {"client_id": eva}, who=SAM_MAIL).status == 403
    assert remove(world, booked, eva, who=SAM_MAIL).status == 403
    world.staff("POST", f"/appointments/{booked}/claim", {})
    assert add(world, booked, {"client_id": eva}, who=SAM_MAIL).status == 404
    assert remove(world, booked, eva, who=SAM_MAIL).status == 404
    centre = replace(employed("stf_00000000000000000000000003", "Cleo", Role.CONTACT_CENTRE), location_ids=())
    write(centre, Login(centre.email, centre.id))
    login = claims(centre.email, "[contact_centre]")
    url = f"/appointments/{booked}/attendees"
    assert world.call("POST", url, {"client_id": eva}, login=login).status == 201
    assert world.call("DELETE", f"{url}/{eva}", login=login).status == 204


def test_into_a_group_nobody_is_brought_through_the_contact_centre(world: World) -> None:
    booked, eva = world.book().json["id"], on_record()
    write(replace(world.read(Appointment, booked), availability=AvailabilitySource.GROUP, staff_id=SAM))
    centre = replace(employed("stf_00000000000000000000000003", "Cleo", Role.CONTACT_CENTRE), location_ids=())
    write(centre, Login(centre.email, centre.id))
    url, login = f"/appointments/{booked}/attendees", claims(centre.email, "[contact_centre]")
    assert world.call("POST", url, {"client_id": eva}, login=login).status == 403
    assert add(world, booked, {"client_id": eva}, who=SAM_MAIL).status == 201
    assert world.call("DELETE", f"{url}/{eva}", login=login).status == 403
    assert remove(world, booked, eva, who=SAM_MAIL).status == 204


def test_the_version_and_the_key_a_caller_names_are_kept_to(world: World) -> None:
    booked = world.book().json["id"]
    stale = add(world, booked, {"client": BO}, headers={"If-Match": '"7"'})
    assert (stale.status, stale.json["code"]) == (412, "version_mismatch")
    headers = {"If-Match": '"1"', "Idempotency-Key": "k1"}
    first, again = (add(world, booked, {"client": BO}, headers=headers) for _ in range(2))
    assert (first.status, again.status, again.json) == (201, 201, first.json)
    assert len(world.read(Contact, "bo@example.org").clients) == 1
    ana = first.json["attendees"][0]["client_id"]
    assert remove(world, booked, ana, headers={"If-Match": '"1"'}).status == 412


def test_two_who_are_added_at_once_both_come(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    booked = world.book().json["id"]
    kim = BO | {"first_name": "Kim"}
    before_the_next_commit(monkeypatch, lambda: add(world, booked, {"client": kim}))
    reply = add(world, booked, {"client": BO})
    assert reply.status == 201, reply.text
    assert [a["name"] for a in reply.json["attendees"]] == ["Ana Ruiz", "Kim Lind", "Bo Lind"]
    contact = world.read(Contact, "bo@example.org")
    assert [i for i, _ in contact.clients] == [a["client_id"] for a in reply.json["attendees"][1:]]


def test_the_same_client_added_twice_at_once_comes_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    booked, eva = world.book().json["id"], on_record()
    before_the_next_commit(monkeypatch, lambda: add(world, booked, {"client_id": eva}))
    refused = add(world, booked, {"client_id": eva})
    assert (refused.status, refused.json["code"]) == (409, "already_attending")


def test_nobody_joins_what_is_cancelled_at_that_moment(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    booked = world.book().json["id"]
    before_the_next_commit(monkeypatch, lambda: world.staff("POST", f"/appointments/{booked}/cancel", {}))
    refused = add(world, booked, {"client": BO})
    assert (refused.status, refused.json["code"]) == (409, "wrong_state")
    assert world.read(Appointment, booked).state is AppointmentState.CANCELLED
    assert world.read(Contact, "bo@example.org") is None


def test_whoever_joins_while_the_last_one_leaves_keeps_it_alive(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    booked, eva = world.book().json, on_record()
    before_the_next_commit(monkeypatch, lambda: add(world, booked["id"], {"client_id": eva}))
    left = world.call("POST", f"/public/appointments/{booked['id']}/cancel", {"code": booked["code"]})
    assert (left.status, left.json["state"]) == (200, "booked"), left.text
    after = world.read(Appointment, booked["id"])
    assert [a.client_id for a in after.live_attendees] == [eva]
    assert set(world.calendar().sheets["2026-12-03"].occupants) == {booked["id"]}


def test_a_client_who_is_changed_at_that_moment_comes_as_they_are_now(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    booked, eva = world.book().json["id"], on_record()
    before_the_next_commit(monkeypatch, lambda: write(replace(world.read(Client, eva), last_name="Vega")))
    assert add(world, booked, {"client_id": eva}).json["attendees"][1]["name"] == "Eva Vega"
