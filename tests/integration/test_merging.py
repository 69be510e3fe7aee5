"""Merging over HTTP: what is left, who is found, shown, told and refused, what undoing gives back (features 42–48)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib import background, container
from chalicelib.domain.appointments import Appointment
from chalicelib.domain.clients import Client
from chalicelib.domain.events import Entry
from chalicelib.domain.merging import MOST_NOTES, MOST_RECORDS
from chalicelib.domain.times import utc_text
from chalicelib.services.client_integrity import Flaw
from chalicelib.services.ports import Change
from tests.integration.world import ALEX, OPENING, SAM, TORONTO, World, at
from tests.stack.rivals import careless
from tests.unit.gateway import Reply

ADMIN = "root@example.org"
SAM_MAIL = "sam@example.org"


@pytest.fixture
def world(world: World) -> World:
    world.lay(limit=5)
    return world


def create(world: World, name: str = "Ana", **fields: Any) -> str:
    """A new client by the administrator; keywords replace fields."""
    body = {"first_name": name, "last_name": "Ruiz", "email": f"{name.lower()}@example.org"} | fields
    reply = world.staff("POST", "/clients", body, ADMIN)
    assert reply.status == 201, reply.text
    return str(reply.json["id"])


def pair(world: World) -> tuple[str, str]:
    """A duplicate and a primary."""
    return create(world, "Anna", mobile="+14165550101"), create(
        world, "Ana", mobile="+14165550102", phone="+14165550103"
    )


def merge(world: World, duplicate: str, primary: str, who: str = ADMIN, **more: Any) -> Reply:
    """One into the other."""
    headers = more.pop("headers", {})
    body = {"duplicate_id": duplicate, "primary_id": primary} | more
    return world.staff("POST", "/clients/merge", body, who, headers=headers)


def merged(world: World, duplicate: str, primary: str, **more: Any) -> Any:
    """What a merge answers that must work."""
    reply = merge(world, duplicate, primary, **more)
    assert reply.status == 200, reply.text
    return reply.json


def undo(world: World, merge_id: str, who: str = ADMIN, **more: Any) -> Reply:
    """The two apart again."""
    return world.staff("POST", f"/clients/merges/{merge_id}/undo", {}, who, **more)


def show(world: World, client_id: str, who: str = ADMIN) -> Any:
    """A client as staff see them."""
    reply = world.staff("GET", f"/clients/{client_id}", who=who)
    assert reply.status == 200, reply.text
    return reply.json


def found(world: World, q: str = "") -> list[str]:
    """The ids a search finds."""
    return [c["id"] for c in world.staff("GET", f"/clients?q={q}", who=ADMIN).json["items"]]


def books(world: World, client_id: str, minutes: int = 0) -> Reply:
    """The contact centre books somebody."""
    start = utc_text(at(minutes))
    body = {"channel": "contact_centre", "client_id": client_id, "meeting_method": "in_person", "start": start}
    body |= {"service_id": "svc_00000000000000000000000001", "location_id": "loc_00000000000000000000000001"}
    return world.staff("POST", "/appointments", body | {"staff": "anyone"}, ADMIN)


def booked(world: World, client_id: str, minutes: int = 0) -> str:
    """The id of an appointment of theirs."""
    reply = books(world, client_id, minutes)
    assert reply.status == 201, reply.text
    return str(reply.json["id"])


def come_both(world: World, one: str, other: str) -> str:
    """An appointment to which both come, the first earlier."""
    appointment = booked(world, one)
    body = {"client_id": other, "notes": "By the lift"}
    reply = world.staff("POST", f"/appointments/{appointment}/attendees", body, ADMIN)
    assert reply.status == 201, reply.text
    return appointment


def attendees(world: World, appointment_id: str) -> list[dict[str, Any]]:
    """Who comes, as staff see it."""
    shown: list[dict[str, Any]] = world.staff("GET", f"/appointments/{appointment_id}", who=ADMIN).json["attendees"]
    return shown


def code_of(world: World, appointment_id: str, client_id: str) -> str:
    """The code they were given, which only their mail shows."""
    appointment: Appointment = world.read(Appointment, appointment_id)
    return appointment.attendee(client_id).code


def refused(reply: Reply) -> tuple[int, str]:
    """Status and code of a problem."""
    return reply.status, reply.json["code"]


def rows(world: World) -> dict[tuple[str, str], Any]:
    """All of the table that is not a log, a merge or an idempotency row, without versions and times of writing."""
    import json

    from chalicelib.persistence.items import Row

    def body(row: Row) -> Any:
        read = json.loads(row.body) if row.body else None
        return {k: v for k, v in read.items() if k not in ("updated_at", "version")} if isinstance(read, dict) else read

    kept = (r for r in Row.scan() if r.kind not in ("entry", "merge", "once"))
    return {(r.pk, r.sk): (body(r), r.gsi1pk, r.gsi1sk) for r in kept}


def test_the_duplicates_values_win_and_the_primarys_id_stays(world: World) -> None:
    duplicate, primary = pair(world)
    answer = merged(world, duplicate, primary)
    client = answer["client"]
    assert (client["id"], client["first_name"], client["email"]) == (primary, "Anna", "anna@example.org")
    assert (client["mobile"], client["phone"]) == ("+14165550101", "+14165550103")
    assert (answer["before"]["email"], answer["after"]["email"]) == ("ana@example.org", "anna@example.org")
    assert answer["merge_id"].startswith("mrg_")
    assert answer["conflicts"] == []
    assert show(world, primary) == client
    assert client["merged_from"] == [duplicate]


def test_the_duplicate_is_not_found_any_more_and_its_id_leads_to_the_primary(world: World) -> None:
    duplicate, primary = pair(world)
    merged(world, duplicate, primary)
    for q in ("", "anna", "ruiz", "anna@example.org", "%2B14165550101", "%2B14165550103"):
        assert found(world, q) == [primary], q
    assert found(world, "ana@example.org") == []
    assert show(world, duplicate) == show(world, primary)
    for reply in (
        books(world, duplicate),
        world.staff("PATCH", f"/clients/{duplicate}", {"city": "Oshawa"}, ADMIN),
        world.staff("DELETE", f"/clients/{duplicate}", who=ADMIN),
        merge(world, duplicate, primary),
        merge(world, primary, duplicate),
    ):
        assert (*refused(reply), reply.json["merged_into"]) == (409, "client_merged", primary)


def test_appointments_of_both_are_the_primarys_and_nobody_is_told(world: World) -> None:
    duplicate, primary = pair(world)
    first, second = booked(world, duplicate), booked(world, primary, 60)
    before = {i: world.read(Appointment, i) for i in (first, second)}
    answer = merged(world, duplicate, primary)
    assert [(a["client_id"], a["name"]) for a in attendees(world, first)] == [(primary, "Anna Ruiz")]
    day = f"/appointments?view=day&location_id=loc_00000000000000000000000001&date={OPENING.date()}"
    shown = world.staff("GET", day, who=ADMIN).json["items"]
    assert [(a["id"], a["attendees"][0]["client_id"]) for a in shown] == [(first, primary), (second, primary)]
    assert {i: world.read(Appointment, i) for i in before} == before
    log = world.staff("GET", f"/clients/{primary}/log", who=ADMIN).json["items"][0]
    assert log["action"] == "merged"
    assert {"field": "merged_from", "before": None, "after": duplicate} in log["changes"]
    (entry,) = (e for e in journal(primary) if e.action == "merged")
    assert (entry.messages, [e.type for e in entry.events]) == ((), ["client.merged"])
    assert answer["merge_id"] == entry.events[0].data["merge_id"]


def journal(subject_id: str) -> list[Entry]:
    """What happened to somebody, newest first."""
    return list(container.agenda().journal(subject_id, 50, None).items)


def test_a_dry_run_tells_everything_and_writes_nothing(world: World) -> None:
    duplicate, primary = pair(world)
    booked(world, duplicate)
    booked(world, primary)
    before = rows(world)
    told = merged(world, duplicate, primary, dry_run=True, headers={"Idempotency-Key": "dry"})
    assert rows(world) == before
    assert told["merge_id"] is None
    done = merged(world, duplicate, primary)
    assert {k: v for k, v in told.items() if k not in ("merge_id", "client")} == {
        k: v for k, v in done.items() if k not in ("merge_id", "client")
    }
    assert told["client"] | {"version": done["client"]["version"]} == done["client"]
    assert len(told["conflicts"]) == 1


def test_only_the_fields_that_were_named_are_copied(world: World) -> None:
    duplicate, primary = pair(world)
    answer = merged(world, duplicate, primary, fields=["mobile"])
    assert answer["after"] == answer["before"] | {"mobile": "+14165550101"}
    other = create(world, "Bo")
    assert refused(merge(world, other, primary, fields=["shoe_size"])) == (422, "unknown_field")
    # The name of one at the address of the other is somebody the public booking knows.
    merged(world, other, primary, fields=["email"])
    wish = {"first_name": "ANA", "last_name": "ruiz", "email": "Bo@Example.org"}
    assert public(world, wish) == primary


def public(world: World, attendee: dict[str, Any], minutes: int = 90) -> str:
    """The client that a public booking reaches."""
    reply = world.book(at(minutes), attendee=attendee)
    assert reply.status == 201, reply.text
    appointment: Appointment = world.read(Appointment, reply.json["id"])
    return appointment.attendees[0].client_id


def test_the_public_booking_finds_the_primary_by_what_either_was_known_by(world: World) -> None:
    duplicate, primary = pair(world)
    merged(world, duplicate, primary)
    anna = {"first_name": "Anna", "last_name": "Ruiz", "email": "anna@example.org"}
    ana = {"first_name": "Ana", "last_name": "Ruiz", "email": "ana@example.org"}
    assert [public(world, anna), public(world, ana)] == [primary, primary]


def test_appointments_at_one_time_are_named_and_kept(world: World) -> None:
    duplicate, primary = pair(world)
    mine, theirs, later = booked(world, duplicate), booked(world, primary), booked(world, primary, 60)
    both = come_both(world, create(world, "Bo"), primary)
    world.staff("POST", f"/appointments/{both}/attendees", {"client_id": duplicate}, ADMIN)
    answer = merged(world, duplicate, primary)
    named = [[a["id"] for a in conflict["appointments"]] for conflict in answer["conflicts"]]
    assert sorted(named) == sorted([[mine, theirs], [mine, both], [both, theirs]])
    assert answer["conflicts"][0]["appointments"][0]["start"] == utc_text(OPENING)
    states = [world.read(Appointment, i).state.value for i in (mine, theirs, later)]
    assert states == ["booked", "booked", "booked"]


def test_what_is_over_or_cancelled_is_no_conflict(world: World) -> None:
    duplicate, primary = pair(world)
    mine, _ = booked(world, duplicate), booked(world, primary)
    cancelled, _ = booked(world, duplicate, 60), booked(world, primary, 60)
    world.staff("POST", f"/appointments/{cancelled}/cancel", {}, ADMIN)
    world.now = OPENING + timedelta(minutes=29)
    now = merged(world, duplicate, primary, dry_run=True)["conflicts"]
    assert [c["appointments"][0]["id"] for c in now] == [mine]
    world.now = OPENING + timedelta(minutes=30)
    assert merged(world, duplicate, primary, dry_run=True)["conflicts"] == []


def test_notes_are_joined_and_what_does_not_fit_is_in_the_log(world: World) -> None:
    duplicate, primary = create(world, "Bo", notes="b" * 3000), create(world, notes="a" * 3000)
    answer = merged(world, duplicate, primary)
    notes, archived = answer["client"]["notes"], answer["notes_archived"]
    assert (len(notes), notes[:3000]) == (MOST_NOTES, "a" * 3000)
    assert (notes + archived).endswith("b" * 3000)
    log = world.staff("GET", f"/clients/{primary}/log", who=ADMIN).json["items"][0]
    assert {"field": "notes_archived", "before": None, "after": archived} in log["changes"]


@pytest.mark.parametrize(("duplicates", "primarys"), [(True, False), (False, True)])
def test_two_consents_to_one_number_that_differ_are_none(world: World, duplicates: bool, primarys: bool) -> None:
    number = {"mobile": "+14165550100"}
    duplicate = create(world, "Anna", receive_sms=duplicates, **number)
    primary = create(world, "Ana", receive_sms=primarys, **number)
    assert merged(world, duplicate, primary)["client"]["receive_sms"] is False


def test_an_outside_id_is_inherited_or_finds_the_primary_as_an_alias(world: World) -> None:
    first, second = create(world, "Anna", external_id="A-1"), create(world, "Bo", external_id="B-1")
    primary = create(world)
    assert merged(world, first, primary)["client"]["external_id"] == "A-1"
    assert merged(world, second, primary)["client"]["external_id"] == "A-1"
    assert found(world, "A-1") == found(world, "B-1") == [primary]
    taken = world.staff(
        "POST", "/clients", {"first_name": "C", "last_name": "D", "email": "c@x.org", "external_id": "B-1"}, ADMIN
    )
    assert refused(taken) == (409, "already_exists")


def test_a_chain_leads_to_its_end_from_everywhere(world: World) -> None:
    a, b, c = create(world, "Anna"), create(world, "Bea"), create(world, "Cleo")
    of_a, of_b = booked(world, a), booked(world, b, 60)
    code = code_of(world, of_a, a)
    merged(world, a, b)
    merged(world, b, c)
    assert show(world, a)["id"] == show(world, b)["id"] == c
    assert set(show(world, c)["merged_from"]) == {a, b}
    assert [attendees(world, i)[0]["client_id"] for i in (of_a, of_b)] == [c, c]
    assert world.read(Client, a).merged_into == c
    mine = world.call("GET", f"/public/appointments/{of_a}?code={code}")
    assert (mine.status, mine.json["attendee"]["name"]) == (200, "Anna Ruiz")
    assert world.staff("PATCH", f"/clients/{a}", {"city": "X"}, ADMIN).json["merged_into"] == c
    assert public(world, {"first_name": "Anna", "last_name": "Ruiz", "email": "anna@example.org"}) == c


def test_a_family_has_its_bound(world: World) -> None:
    primary = create(world)
    family = tuple(f"cli_{n:026}" for n in range(MOST_RECORDS - 1))
    change = Change()
    change.save(replace(world.read(Client, primary), absorbed=family))
    container.store().commit(change)
    assert refused(merge(world, create(world, "Bo"), primary)) == (409, "too_many_merged")


def test_nobody_is_merged_into_themselves_and_only_clients_are_merged(world: World) -> None:
    duplicate, primary = pair(world)
    assert refused(merge(world, primary, primary)) == (422, "same_client")
    assert refused(merge(world, "cli_nobody", primary)) == (404, "not_found")
    assert refused(merge(world, duplicate, "apt_1")) == (404, "not_found")
    world.staff("DELETE", f"/clients/{duplicate}", who=ADMIN)
    assert refused(merge(world, duplicate, primary)) == (404, "not_found")


def test_the_first_answer_is_given_again_under_its_key(world: World) -> None:
    duplicate, primary = pair(world)
    headers = {"Idempotency-Key": "once"}
    first, again = (merge(world, duplicate, primary, headers=headers) for _ in range(2))
    assert (first.status, first.text) == (again.status, again.text)
    undone = [undo(world, first.json["merge_id"], headers=headers) for _ in range(2)]
    assert (undone[0].status, undone[0].text) == (undone[1].status, undone[1].text) == (200, undone[0].text)


def test_undoing_gives_back_everything_but_the_log(world: World) -> None:
    duplicate, primary = pair(world)
    booked(world, duplicate)
    come_both(world, primary, duplicate)
    before = rows(world)
    seen = show(world, duplicate), show(world, primary)
    answer = merged(world, duplicate, primary)
    assert rows(world) != before
    apart = undo(world, answer["merge_id"])
    assert (apart.status, apart.json["kept_fields"]) == (200, [])
    assert rows(world) == before
    for client, was in zip((apart.json["duplicate"], apart.json["primary"]), seen, strict=True):
        assert client | {"version": was["version"], "updated_at": was["updated_at"]} == was
    assert found(world, "anna") == [duplicate]
    assert found(world, "ana@example.org") == [primary]


def test_undoing_gives_back_a_name_under_another_address(world: World) -> None:
    duplicate, primary = pair(world)
    before = rows(world)
    answer = merged(world, duplicate, primary, fields=["email"])
    assert rows(world)["CONTACT#anna@example.org", "META"][0] == [[duplicate, "anna ruiz"], [primary, "ana ruiz"]]
    assert undo(world, answer["merge_id"]).status == 200
    assert rows(world) == before


def test_undoing_a_chain_goes_from_its_end(world: World) -> None:
    a, b, c = create(world, "Anna", external_id="A-1"), create(world, "Bea"), create(world, "Cleo", external_id="C-1")
    start = rows(world)
    first = merged(world, a, b)["merge_id"]
    between = rows(world)
    second = merged(world, b, c)["merge_id"]
    too_early = undo(world, first)
    assert (*refused(too_early), too_early.json["merged_into"]) == (409, "client_merged", c)
    assert undo(world, second).status == 200
    assert rows(world) == between
    assert show(world, a)["id"] == b
    assert undo(world, first).status == 200
    assert rows(world) == start


def test_of_two_merges_into_one_the_first_is_undone_without_the_second(world: World) -> None:
    anna, bea, primary = create(world, "Anna"), create(world, "Bea"), create(world, "Cleo")
    start = rows(world)
    first, second = merged(world, anna, primary)["merge_id"], merged(world, bea, primary)["merge_id"]
    apart = undo(world, first).json
    assert (apart["duplicate"]["email"], apart["primary"]["email"]) == ("anna@example.org", "bea@example.org")
    assert set(apart["kept_fields"]) == {"first_name", "email"}
    assert apart["primary"]["merged_from"] == [bea]
    assert undo(world, second).json["primary"]["email"] == "cleo@example.org"
    assert rows(world) == start


def test_what_was_edited_and_booked_since_stays_with_the_primary(world: World) -> None:
    duplicate, primary = pair(world)
    old = booked(world, duplicate)
    answer = merged(world, duplicate, primary)
    world.staff("PATCH", f"/clients/{primary}", {"email": "new@example.org", "city": "Oshawa"}, ADMIN)
    new = public(world, {"first_name": "Anna", "last_name": "Ruiz", "email": "anna@example.org"})
    assert new == primary
    since = booked(world, primary, 60)
    apart = undo(world, answer["merge_id"]).json
    assert apart["kept_fields"] == ["email"]
    assert (apart["primary"]["email"], apart["primary"]["city"]) == ("new@example.org", "Oshawa")
    assert apart["primary"]["first_name"] == "Ana"
    assert attendees(world, old)[0]["client_id"] == duplicate
    assert attendees(world, since)[0]["client_id"] == primary
    assert public(world, {"first_name": "Anna", "last_name": "Ruiz", "email": "anna@example.org"}, 120) == duplicate
    assert public(world, {"first_name": "Ana", "last_name": "Ruiz", "email": "new@example.org"}, 120) == primary


def test_an_outside_id_that_somebody_else_has_by_now_is_not_taken_back(world: World) -> None:
    duplicate, primary = create(world, "Anna", external_id="A-1"), create(world)
    answer = merged(world, duplicate, primary)
    world.staff("PATCH", f"/clients/{primary}", {"external_id": "A-2"}, ADMIN)
    other = create(world, "Bo", external_id="A-1")
    apart = undo(world, answer["merge_id"]).json
    assert (apart["duplicate"]["external_id"], apart["primary"]["external_id"]) == (None, "A-2")
    assert found(world, "A-1") == [other]


def test_a_merge_is_undone_once(world: World) -> None:
    duplicate, primary = pair(world)
    first = merged(world, duplicate, primary)["merge_id"]
    assert undo(world, first).status == 200
    assert refused(undo(world, first)) == (409, "wrong_state")
    again = merged(world, duplicate, primary)["merge_id"]
    assert refused(undo(world, first)) == (409, "wrong_state")
    assert undo(world, again).status == 200
    assert refused(undo(world, "mrg_nothing")) == (404, "not_found")


def test_nothing_is_left_of_a_merge_once_the_client_is_deleted(world: World) -> None:
    duplicate, primary = create(world, "Annabel", notes="Secret"), create(world)
    answer = merged(world, duplicate, primary)
    assert world.staff("DELETE", f"/clients/{primary}", who=ADMIN).status == 204
    assert refused(undo(world, answer["merge_id"])) == (404, "not_found")
    from chalicelib.persistence.items import Row

    kept = [str(row.attribute_values) for row in Row.scan()]
    assert [row for row in kept if "nnabel" in row or "Secret" in row or "ana@example.org" in row] == []


def test_of_two_records_at_one_appointment_one_person_is_left(world: World) -> None:
    duplicate, primary = pair(world)
    appointment = come_both(world, primary, duplicate)
    codes = [code_of(world, appointment, i) for i in (primary, duplicate)]
    merged(world, duplicate, primary)
    (person,) = attendees(world, appointment)
    assert (person["client_id"], person["name"], person["notes"]) == (primary, "Anna Ruiz", "By the lift")
    for code in codes:
        shown = world.call("GET", f"/public/appointments/{appointment}?code={code}")
        assert (shown.status, shown.json["attendee"]["notes"]) == (200, "By the lift")
    again = world.staff("POST", f"/appointments/{appointment}/attendees", {"client_id": primary}, ADMIN)
    assert refused(again) == (409, "already_attending")


def test_an_edit_of_a_person_is_of_all_their_records(world: World) -> None:
    duplicate, primary = pair(world)
    appointment = come_both(world, primary, duplicate)
    merged(world, duplicate, primary)
    change = {"attendees": [{"client_id": primary, "notes": "New"}]}
    edited = world.staff("PATCH", f"/appointments/{appointment}", change, ADMIN)
    assert edited.status == 200, edited.text
    assert [(a["client_id"], a["notes"]) for a in edited.json["attendees"]] == [(primary, "New")]
    assert edited.json["attendees"] == attendees(world, appointment)
    twice = {"attendees": [{"client_id": i, "notes": "X"} for i in (primary, duplicate)]}
    assert refused(world.staff("PATCH", f"/appointments/{appointment}", twice, ADMIN)) == (422, "client_twice")


@pytest.mark.parametrize("by", ["primary", "duplicate"])
def test_taking_a_person_off_takes_off_all_their_records(world: World, by: str) -> None:
    duplicate, primary = pair(world)
    third = create(world, "Bo")
    appointment = come_both(world, duplicate, primary)
    world.staff("POST", f"/appointments/{appointment}/attendees", {"client_id": third}, ADMIN)
    merged(world, duplicate, primary)
    whom = primary if by == "primary" else duplicate
    assert world.staff("DELETE", f"/appointments/{appointment}/attendees/{whom}", who=ADMIN).status == 204
    assert [(a["client_id"], a["cancelled"]) for a in attendees(world, appointment)] == [
        (primary, True),
        (third, False),
    ]
    gone = world.staff("DELETE", f"/appointments/{appointment}/attendees/{whom}", who=ADMIN)
    assert refused(gone) == (409, "wrong_state")


def test_with_either_code_the_last_person_leaves_for_good(world: World) -> None:
    duplicate, primary = pair(world)
    appointment = come_both(world, duplicate, primary)
    code = code_of(world, appointment, primary)
    merged(world, duplicate, primary)
    left = world.call("POST", f"/public/appointments/{appointment}/cancel", {"code": code})
    assert left.status == 200, left.text
    assert world.read(Appointment, appointment).state.value == "cancelled"
    assert world.offers()[utc_text(OPENING)] == 5


def test_a_person_moves_an_appointment_once_whichever_code_they_use(world: World) -> None:
    duplicate, primary = pair(world)
    appointment = come_both(world, duplicate, primary)
    codes = [code_of(world, appointment, i) for i in (duplicate, primary)]
    merged(world, duplicate, primary)
    url, body = f"/public/appointments/{appointment}/reschedule", {"timezone": "America/Toronto"}
    moved = [
        world.call("POST", url, body | {"code": code, "start": utc_text(at(30 * n))}) for n, code in enumerate(codes, 1)
    ]
    assert moved[0].status == 200, moved[0].text
    assert refused(moved[1]) == (409, "already_rebooked")


def test_a_client_who_was_deleted_is_shown_as_that(world: World) -> None:
    client = create(world)
    appointment = booked(world, client)
    world.now = OPENING + timedelta(hours=2)
    assert world.staff("DELETE", f"/clients/{client}", who=ADMIN).status == 204
    assert [a["name"] for a in attendees(world, appointment)] == ["Deleted client"]


class TestScope:
    """Both records must be within the caller's reach for editing and deleting (D23)."""

    def test_staff_merge_whom_they_have_had_both(self, world: World) -> None:
        duplicate, primary = pair(world)
        first, second = booked(world, duplicate), booked(world, primary, 60)
        assert refused(merge(world, duplicate, primary, SAM_MAIL)) == (404, "not_found")
        world.staff("POST", f"/appointments/{first}/claim", {}, SAM_MAIL)
        assert refused(merge(world, duplicate, primary, SAM_MAIL)) == (404, "not_found")
        world.staff("POST", f"/appointments/{second}/claim", {}, SAM_MAIL)
        answer = merge(world, duplicate, primary, SAM_MAIL)
        assert answer.status == 200, answer.text
        assert undo(world, answer.json["merge_id"], SAM_MAIL).status == 200

    def test_who_knew_the_duplicate_knows_the_primary_afterwards(self, world: World) -> None:
        duplicate, primary = pair(world)
        appointment = booked(world, duplicate)
        world.staff("POST", f"/appointments/{appointment}/claim", {}, SAM_MAIL)
        assert world.staff("GET", f"/clients/{primary}", who=SAM_MAIL).status == 404
        answer = merged(world, duplicate, primary)
        assert show(world, primary, SAM_MAIL)["id"] == show(world, duplicate, SAM_MAIL)["id"] == primary
        undo(world, answer["merge_id"])
        assert world.staff("GET", f"/clients/{primary}", who=SAM_MAIL).status == 404
        assert show(world, duplicate, SAM_MAIL)["id"] == duplicate

    def test_who_may_only_look_may_not_merge(self, world: World) -> None:
        world.staff("PATCH", "/settings", {"all_staff_view_all_clients": True}, ADMIN)
        duplicate, primary = pair(world)
        assert refused(merge(world, duplicate, primary, SAM_MAIL)) == (403, "forbidden")
        answer = merged(world, duplicate, primary)
        assert refused(undo(world, answer["merge_id"], SAM_MAIL)) == (403, "forbidden")

    def test_a_pointer_is_no_way_to_learn_of_anybody(self, world: World) -> None:
        a, b, c = create(world, "Anna"), create(world, "Bea"), create(world, "Cleo")
        answer = merged(world, a, b)
        assert refused(merge(world, a, c, SAM_MAIL)) == (404, "not_found")
        assert refused(undo(world, answer["merge_id"], SAM_MAIL)) == (404, "not_found")


def before_the_next_commit(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Somebody else acts between the next decision and its transaction."""
    store = container.store()
    commit = store.commit

    def overtaken(*arguments: Any) -> None:
        monkeypatch.setattr(store, "commit", commit)
        act()
        commit(*arguments)

    monkeypatch.setattr(store, "commit", overtaken)


class TestRaces:
    """Whoever comes second decides anew on what the first has left (edge cases 16, 17)."""

    def test_a_merge_overtaken_by_the_opposite_one(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        one, other = pair(world)
        before_the_next_commit(monkeypatch, lambda: merged(world, other, one))
        assert refused(merge(world, one, other)) == (409, "client_merged")
        assert show(world, other)["id"] == one
        sound(world)

    def test_without_the_clients_condition_both_would_be_made_and_the_check_finds_it(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        one, other = pair(world)
        before_the_next_commit(monkeypatch, lambda: merged(world, other, one))
        with careless(monkeypatch, "CLI#"):
            assert merge(world, one, other).status == 200
        assert {flaw.flaw for flaw in background.client_integrity().check([one, other])} == {Flaw.NOT_FOUND}

    def test_a_merge_overtaken_by_an_edit_takes_the_edit_along(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        duplicate, primary = pair(world)
        edit = f"/clients/{duplicate}", {"city": "Oshawa"}
        before_the_next_commit(monkeypatch, lambda: world.staff("PATCH", *edit, ADMIN))
        assert merged(world, duplicate, primary)["client"]["city"] == "Oshawa"
        sound(world)

    def test_an_edit_overtaken_by_a_merge_is_told_where_to_go(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        duplicate, primary = pair(world)
        before_the_next_commit(monkeypatch, lambda: merged(world, duplicate, primary))
        edited = world.staff("PATCH", f"/clients/{duplicate}", {"city": "Oshawa"}, ADMIN)
        assert (*refused(edited), edited.json["merged_into"]) == (409, "client_merged", primary)
        assert show(world, primary)["city"] == ""
        sound(world)

    def test_a_booking_overtaken_by_a_merge_is_the_primarys(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        duplicate, primary = pair(world)
        before_the_next_commit(monkeypatch, lambda: merged(world, duplicate, primary))
        assert public(world, {"first_name": "Anna", "last_name": "Ruiz", "email": "anna@example.org"}) == primary
        sound(world)

    def test_a_booking_by_staff_overtaken_by_a_merge_is_refused(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        duplicate, primary = pair(world)
        before_the_next_commit(monkeypatch, lambda: merged(world, duplicate, primary))
        assert refused(books(world, duplicate)) == (409, "client_merged")
        assert list(world.calendar().occupants(0)) == []
        sound(world)

    def test_a_merge_overtaken_by_a_booking_takes_it_along(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        duplicate, primary = pair(world)
        done: list[str] = []
        before_the_next_commit(monkeypatch, lambda: done.append(booked(world, duplicate)))
        merged(world, duplicate, primary)
        assert attendees(world, done[0])[0]["client_id"] == primary
        sound(world)

    def test_an_attendee_overtaken_by_a_merge_is_refused(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        duplicate, primary = pair(world)
        appointment = booked(world, create(world, "Bo"))
        before_the_next_commit(monkeypatch, lambda: merged(world, duplicate, primary))
        added = world.staff("POST", f"/appointments/{appointment}/attendees", {"client_id": duplicate}, ADMIN)
        assert refused(added) == (409, "client_merged")
        sound(world)

    def test_an_undo_overtaken_by_a_further_merge_is_too_late(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        duplicate, primary = pair(world)
        last = create(world, "Bo")
        merge_id = merged(world, duplicate, primary)["merge_id"]
        before_the_next_commit(monkeypatch, lambda: merged(world, primary, last))
        assert refused(undo(world, merge_id)) == (409, "client_merged")
        assert show(world, duplicate)["id"] == last
        sound(world)

    def test_a_further_merge_overtaken_by_an_undo_is_of_the_primary_alone(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        duplicate, primary = pair(world)
        last = create(world, "Bo")
        merge_id = merged(world, duplicate, primary)["merge_id"]
        before_the_next_commit(monkeypatch, lambda: undo(world, merge_id))
        assert merged(world, primary, last)["client"]["merged_from"] == [primary]
        assert show(world, duplicate)["id"] == duplicate
        sound(world)

    def test_of_two_who_undo_one_is_told_that_it_is_done(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        merge_id = merged(world, *pair(world))["merge_id"]
        before_the_next_commit(monkeypatch, lambda: undo(world, merge_id))
        assert refused(undo(world, merge_id)) == (409, "wrong_state")
        sound(world)

    def test_a_deletion_overtaken_by_a_merge(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        duplicate, primary = pair(world)
        before_the_next_commit(monkeypatch, lambda: merged(world, duplicate, primary))
        assert refused(world.staff("DELETE", f"/clients/{duplicate}", who=ADMIN)) == (409, "client_merged")
        sound(world)


def sound(world: World) -> None:
    """Ledger and appointments, clients and everything they are found by and known through say the same."""
    from chalicelib.persistence.items import Row

    assert background.integrity().check(world.now).differences == ()
    clients = [row.pk.removeprefix("CLI#") for row in Row.scan() if row.kind == "client"]
    assert background.client_integrity().check(clients, (TORONTO, SAM, ALEX)) == ()
