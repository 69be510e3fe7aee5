"""Merging over HTTP: what is left, who is found, shown, told and refused (features 42–48)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.clients.client import Client
from chalicelib.domain.clients.merging import MAX_MERGED_RECORDS, MAX_NOTES_LENGTH
from chalicelib.domain.shared.times import utc_text
from tests.builders.in_process.merge_requests import (
    ADMIN,
    attendees,
    booked,
    books,
    code_of,
    come_both,
    create,
    found,
    merge,
    merged,
    pair,
    public,
    rows,
    show,
    undo,
)
from tests.builders.in_process.sample_organisation import OPENING, TORONTO, World
from tests.builders.in_process.staff_bookings import journal, refusal, write


@pytest.fixture
def world(world: World) -> World:
    world.lay(limit=5)
    return world


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
        assert (*refusal(reply), reply.json["merged_into"]) == (409, "client_merged", primary)


def test_appointments_of_both_are_the_primarys_and_nobody_is_told(world: World) -> None:
    duplicate, primary = pair(world)
    first, second = booked(world, duplicate), booked(world, primary, 60)
    before = {i: world.read(Appointment, i) for i in (first, second)}
    answer = merged(world, duplicate, primary)
    assert [(a["client_id"], a["name"]) for a in attendees(world, first)] == [(primary, "Anna Ruiz")]
    day = f"/appointments?view=day&location_id={TORONTO}&date={OPENING.date()}"
    shown = world.staff("GET", day, who=ADMIN).json["items"]
    assert [(a["id"], a["attendees"][0]["client_id"]) for a in shown] == [(first, primary), (second, primary)]
    assert {i: world.read(Appointment, i) for i in before} == before
    log = world.staff("GET", f"/clients/{primary}/log", who=ADMIN).json["items"][0]
    assert log["action"] == "merged"
    assert {"field": "merged_from", "before": None, "after": duplicate} in log["changes"]
    (entry,) = (e for e in journal(primary) if e.action == "merged")
    assert (entry.messages, [e.type for e in entry.events]) == ((), ["client.merged"])
    assert answer["merge_id"] == entry.events[0].data["merge_id"]


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
    assert refusal(merge(world, other, primary, fields=["shoe_size"])) == (422, "unknown_field")
    # The name of one at the address of the other is somebody the public booking knows.
    merged(world, other, primary, fields=["email"])
    wish = {"first_name": "ANA", "last_name": "ruiz", "email": "Bo@Example.org"}
    assert public(world, wish) == primary


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
    assert (len(notes), notes[:3000]) == (MAX_NOTES_LENGTH, "a" * 3000)
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
    assert refusal(taken) == (409, "already_exists")


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
    family = tuple(f"cli_{n:026}" for n in range(MAX_MERGED_RECORDS - 1))
    write(replace(world.read(Client, primary), absorbed=family))
    assert refusal(merge(world, create(world, "Bo"), primary)) == (409, "too_many_merged")


def test_nobody_is_merged_into_themselves_and_only_clients_are_merged(world: World) -> None:
    duplicate, primary = pair(world)
    assert refusal(merge(world, primary, primary)) == (422, "same_client")
    assert refusal(merge(world, "cli_nobody", primary)) == (404, "not_found")
    assert refusal(merge(world, duplicate, "apt_1")) == (404, "not_found")
    world.staff("DELETE", f"/clients/{duplicate}", who=ADMIN)
    assert refusal(merge(world, duplicate, primary)) == (404, "not_found")


def test_the_first_answer_is_given_again_under_its_key(world: World) -> None:
    duplicate, primary = pair(world)
    headers = {"Idempotency-Key": "once"}
    first, again = (merge(world, duplicate, primary, headers=headers) for _ in range(2))
    assert (first.status, first.text) == (again.status, again.text)
    undone = [undo(world, first.json["merge_id"], headers=headers) for _ in range(2)]
    assert (undone[0].status, undone[0].text) == (undone[1].status, undone[1].text) == (200, undone[0].text)
