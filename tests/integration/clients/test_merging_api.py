"""Clients merged over HTTP: fields, search, appointments, logs and refusals (features 42–48)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.clients.client import Client
from chalicelib.domain.clients.merging import MAX_MERGED_RECORDS, MAX_NOTES_LENGTH
from chalicelib.domain.shared.times import utc_text
from tests.builders.in_process.client_requests import rows_without_logs
from tests.builders.in_process.sample_organisation import Organisation
from tests.builders.in_process.sample_records import BLOCK_START, ROOT, TORONTO, at
from tests.builders.in_process.table_records import journal, write

pytestmark = pytest.mark.organisation(seats=5)


def test_the_duplicates_values_win_and_the_primarys_id_stays(org: Organisation) -> None:
    duplicate, primary = org.clients.create_pair()
    answer = org.clients.merge(duplicate, primary)
    client = answer["client"]
    assert (client["id"], client["first_name"], client["email"]) == (primary, "Anna", "anna@example.org")
    assert (client["mobile"], client["phone"]) == ("+14165550101", "+14165550103")
    assert (answer["before"]["email"], answer["after"]["email"]) == ("ana@example.org", "anna@example.org")
    assert answer["merge_id"].startswith("mrg_")
    assert answer["conflicts"] == []
    assert org.clients.get(primary) == client
    assert client["merged_from"] == [duplicate]


def test_the_duplicate_is_not_found_any_more_and_its_id_leads_to_the_primary(org: Organisation) -> None:
    duplicate, primary = org.clients.create_pair()
    org.clients.merge(duplicate, primary)
    for q in ("", "anna", "ruiz", "anna@example.org", "%2B14165550101", "%2B14165550103"):
        assert org.clients.search(q) == [primary], q
    assert org.clients.search("ana@example.org") == []
    assert org.clients.get(duplicate) == org.clients.get(primary)
    for reply in (
        org.clients.try_book(duplicate),
        org.as_staff("PATCH", f"/clients/{duplicate}", {"city": "Oshawa"}, ROOT),
        org.as_staff("DELETE", f"/clients/{duplicate}", who=ROOT),
        org.clients.try_merge(duplicate, primary),
        org.clients.try_merge(primary, duplicate),
    ):
        assert (*reply.refusal, reply.json["merged_into"]) == (409, "client_merged", primary)


def test_appointments_of_both_are_the_primarys_and_nobody_is_told(org: Organisation) -> None:
    duplicate, primary = org.clients.create_pair()
    first, second = org.clients.book(duplicate)["id"], org.clients.book(primary, at(60))["id"]
    before = {i: org.read(Appointment, i) for i in (first, second)}
    answer = org.clients.merge(duplicate, primary)
    assert [(a["client_id"], a["name"]) for a in org.clients.attendees(first)] == [(primary, "Anna Ruiz")]
    day = f"/appointments?view=day&location_id={TORONTO}&date={BLOCK_START.date()}"
    shown = org.as_staff("GET", day, who=ROOT).json["items"]
    assert [(a["id"], a["attendees"][0]["client_id"]) for a in shown] == [(first, primary), (second, primary)]
    assert {i: org.read(Appointment, i) for i in before} == before
    log = org.as_staff("GET", f"/clients/{primary}/log", who=ROOT).json["items"][0]
    assert log["action"] == "merged"
    assert {"field": "merged_from", "before": None, "after": duplicate} in log["changes"]
    (entry,) = (e for e in journal(primary) if e.action == "merged")
    assert (entry.messages, [e.type for e in entry.events]) == ((), ["client.merged"])
    assert answer["merge_id"] == entry.events[0].data["merge_id"]


def test_a_dry_run_tells_everything_and_writes_nothing(org: Organisation) -> None:
    duplicate, primary = org.clients.create_pair()
    org.clients.book(duplicate)["id"]
    org.clients.book(primary)["id"]
    before = rows_without_logs()
    previewed = org.clients.merge(duplicate, primary, dry_run=True, headers={"Idempotency-Key": "dry"})
    assert rows_without_logs() == before
    assert previewed["merge_id"] is None
    done = org.clients.merge(duplicate, primary)
    assert {k: v for k, v in previewed.items() if k not in ("merge_id", "client")} == {
        k: v for k, v in done.items() if k not in ("merge_id", "client")
    }
    assert previewed["client"] | {"version": done["client"]["version"]} == done["client"]
    assert len(previewed["conflicts"]) == 1


def test_only_the_fields_that_were_named_are_copied(org: Organisation) -> None:
    duplicate, primary = org.clients.create_pair()
    answer = org.clients.merge(duplicate, primary, fields=["mobile"])
    assert answer["after"] == answer["before"] | {"mobile": "+14165550101"}
    other = org.clients.create("Bo")["id"]
    assert org.clients.try_merge(other, primary, fields=["shoe_size"]).refusal == (422, "unknown_field")
    # The name of one at the address of the other is somebody the public booking knows.
    org.clients.merge(other, primary, fields=["email"])
    attendee = {"first_name": "ANA", "last_name": "ruiz", "email": "Bo@Example.org"}
    assert org.clients.book_publicly(attendee) == primary


def test_the_public_booking_finds_the_primary_by_what_either_was_known_by(org: Organisation) -> None:
    duplicate, primary = org.clients.create_pair()
    org.clients.merge(duplicate, primary)
    anna = {"first_name": "Anna", "last_name": "Ruiz", "email": "anna@example.org"}
    ana = {"first_name": "Ana", "last_name": "Ruiz", "email": "ana@example.org"}
    assert [org.clients.book_publicly(anna), org.clients.book_publicly(ana)] == [primary, primary]


def test_appointments_at_one_time_are_named_and_kept(org: Organisation) -> None:
    duplicate, primary = org.clients.create_pair()
    mine, theirs, later = (
        org.clients.book(duplicate)["id"],
        org.clients.book(primary)["id"],
        org.clients.book(primary, at(60))["id"],
    )
    both = org.clients.book_both(org.clients.create("Bo")["id"], primary)
    org.as_staff("POST", f"/appointments/{both}/attendees", {"client_id": duplicate}, ROOT)
    answer = org.clients.merge(duplicate, primary)
    named = [[a["id"] for a in conflict["appointments"]] for conflict in answer["conflicts"]]
    assert sorted(named) == sorted([[mine, theirs], [mine, both], [both, theirs]])
    assert answer["conflicts"][0]["appointments"][0]["start"] == utc_text(BLOCK_START)
    states = [org.read(Appointment, i).state.value for i in (mine, theirs, later)]
    assert states == ["booked", "booked", "booked"]


def test_what_is_over_or_cancelled_is_no_conflict(org: Organisation) -> None:
    duplicate, primary = org.clients.create_pair()
    mine, _ = org.clients.book(duplicate)["id"], org.clients.book(primary)["id"]
    cancelled, _ = org.clients.book(duplicate, at(60))["id"], org.clients.book(primary, at(60))["id"]
    org.act(cancelled, "cancel", {}, ROOT)
    org.now = BLOCK_START + timedelta(minutes=29)
    now = org.clients.merge(duplicate, primary, dry_run=True)["conflicts"]
    assert [c["appointments"][0]["id"] for c in now] == [mine]
    org.now = BLOCK_START + timedelta(minutes=30)
    assert org.clients.merge(duplicate, primary, dry_run=True)["conflicts"] == []


def test_notes_are_joined_and_what_does_not_fit_is_in_the_log(org: Organisation) -> None:
    duplicate, primary = (
        org.clients.create("Bo", notes="b" * 3000)["id"],
        org.clients.create("Ana", notes="a" * 3000)["id"],
    )
    answer = org.clients.merge(duplicate, primary)
    notes, archived = answer["client"]["notes"], answer["notes_archived"]
    assert (len(notes), notes[:3000]) == (MAX_NOTES_LENGTH, "a" * 3000)
    assert (notes + archived).endswith("b" * 3000)
    log = org.as_staff("GET", f"/clients/{primary}/log", who=ROOT).json["items"][0]
    assert {"field": "notes_archived", "before": None, "after": archived} in log["changes"]


@pytest.mark.parametrize(("duplicates", "primarys"), [(True, False), (False, True)])
def test_two_consents_to_one_number_that_differ_are_none(org: Organisation, duplicates: bool, primarys: bool) -> None:
    number = {"mobile": "+14165550100"}
    duplicate = org.clients.create("Anna", receive_sms=duplicates, **number)["id"]
    primary = org.clients.create("Ana", receive_sms=primarys, **number)["id"]
    assert org.clients.merge(duplicate, primary)["client"]["receive_sms"] is False


def test_an_outside_id_is_inherited_or_finds_the_primary_as_an_alias(org: Organisation) -> None:
    first, second = (
        org.clients.create("Anna", external_id="A-1")["id"],
        org.clients.create("Bo", external_id="B-1")["id"],
    )
    primary = org.clients.create("Ana")["id"]
    assert org.clients.merge(first, primary)["client"]["external_id"] == "A-1"
    assert org.clients.merge(second, primary)["client"]["external_id"] == "A-1"
    assert org.clients.search("A-1") == org.clients.search("B-1") == [primary]
    taken = org.as_staff(
        "POST", "/clients", {"first_name": "C", "last_name": "D", "email": "c@x.org", "external_id": "B-1"}, ROOT
    )
    assert taken.refusal == (409, "already_exists")


def test_a_chain_leads_to_its_end_from_everywhere(org: Organisation) -> None:
    a, b, c = org.clients.create("Anna")["id"], org.clients.create("Bea")["id"], org.clients.create("Cleo")["id"]
    of_a, of_b = org.clients.book(a)["id"], org.clients.book(b, at(60))["id"]
    code = org.clients.code_of(of_a, a)
    org.clients.merge(a, b)
    org.clients.merge(b, c)
    assert org.clients.get(a)["id"] == org.clients.get(b)["id"] == c
    assert set(org.clients.get(c)["merged_from"]) == {a, b}
    assert [org.clients.attendees(i)[0]["client_id"] for i in (of_a, of_b)] == [c, c]
    assert org.read(Client, a).merged_into == c
    mine = org.call("GET", f"/public/appointments/{of_a}?code={code}")
    assert (mine.status, mine.json["attendee"]["name"]) == (200, "Anna Ruiz")
    assert org.as_staff("PATCH", f"/clients/{a}", {"city": "X"}, ROOT).json["merged_into"] == c
    assert org.clients.book_publicly({"first_name": "Anna", "last_name": "Ruiz", "email": "anna@example.org"}) == c


def test_a_family_has_its_bound(org: Organisation) -> None:
    primary = org.clients.create("Ana")["id"]
    family = tuple(f"cli_{n:026}" for n in range(MAX_MERGED_RECORDS - 1))
    write(replace(org.read(Client, primary), absorbed=family))
    assert org.clients.try_merge(org.clients.create("Bo")["id"], primary).refusal == (409, "too_many_merged")


def test_nobody_is_merged_into_themselves_and_only_clients_are_merged(org: Organisation) -> None:
    duplicate, primary = org.clients.create_pair()
    assert org.clients.try_merge(primary, primary).refusal == (422, "same_client")
    assert org.clients.try_merge("cli_nobody", primary).refusal == (404, "not_found")
    assert org.clients.try_merge(duplicate, "apt_1").refusal == (404, "not_found")
    org.as_staff("DELETE", f"/clients/{duplicate}", who=ROOT)
    assert org.clients.try_merge(duplicate, primary).refusal == (404, "not_found")


def test_the_first_answer_is_given_again_under_its_key(org: Organisation) -> None:
    duplicate, primary = org.clients.create_pair()
    headers = {"Idempotency-Key": "once"}
    first, again = (org.clients.try_merge(duplicate, primary, headers=headers) for _ in range(2))
    assert (first.status, first.text) == (again.status, again.text)
    undone = [org.clients.undo(first.json["merge_id"], headers=headers) for _ in range(2)]
    assert (undone[0].status, undone[0].text) == (undone[1].status, undone[1].text) == (200, undone[0].text)
