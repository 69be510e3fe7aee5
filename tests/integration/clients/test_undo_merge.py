"""A merge undone: its exact reverse but for later edits and bookings (D24, feature 44)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from chalicelib.domain.shared.times import utc_text
from chalicelib.persistence.table import Row
from tests.builders.generators.client_merge_plans import PLANS, MergePlan, MergeScenario, require_undo_restores
from tests.builders.in_process.client_requests import rows_without_logs
from tests.builders.in_process.moto_table import rolled_back
from tests.builders.in_process.sample_organisation import Organisation
from tests.builders.in_process.sample_records import MORTGAGE, ROOT, TORONTO, at

pytestmark = pytest.mark.organisation(seats=5)


def test_undoing_gives_back_everything_but_the_log(org: Organisation) -> None:
    duplicate, primary = org.clients.create_pair()
    org.clients.book(duplicate)["id"]
    org.clients.book_both(primary, duplicate)
    before = rows_without_logs()
    seen = org.clients.get(duplicate), org.clients.get(primary)
    answer = org.clients.merge(duplicate, primary)
    assert rows_without_logs() != before
    apart = org.clients.undo(answer["merge_id"])
    assert (apart.status, apart.json["kept_fields"]) == (200, [])
    assert rows_without_logs() == before
    for client, was in zip((apart.json["duplicate"], apart.json["primary"]), seen, strict=True):
        assert client | {"version": was["version"], "updated_at": was["updated_at"]} == was
    assert org.clients.search("anna") == [duplicate]
    assert org.clients.search("ana@example.org") == [primary]


@pytest.mark.parametrize("edit", [{}, {"city": "Oshawa"}])
def test_undoing_a_further_merge_leaves_the_names_of_an_earlier_one(org: Organisation, edit: dict[str, str]) -> None:
    """Both merged ones had been known under what the last has too: either side may have been another's primary."""
    bea, dup, other = (
        org.clients.create("Bea")["id"],
        org.clients.create("Anna", mobile="+14165550101")["id"],
        org.clients.create("Cleo")["id"],
    )
    shared = org.clients.create("Dora", email="anna@example.org")["id"]
    org.clients.merge(bea, dup)
    org.clients.merge(other, shared)
    before = rows_without_logs()
    answer = org.clients.merge(dup, shared, fields=["city"])
    assert org.as_staff("PATCH", f"/clients/{shared}", edit, ROOT).status == 200
    org.clients.undo(answer["merge_id"])
    after = rows_without_logs()
    assert [k for k in before if before[k] != after[k] and k[0].startswith("CONTACT#")] == []
    assert org.clients.book_publicly({"first_name": "Anna", "last_name": "Ruiz", "email": "anna@example.org"}) == dup
    assert (
        org.clients.book_publicly({"first_name": "Dora", "last_name": "Ruiz", "email": "anna@example.org"}, 30)
        == shared
    )


def test_undoing_gives_back_a_name_under_another_address(org: Organisation) -> None:
    duplicate, primary = org.clients.create_pair()
    before = rows_without_logs()
    answer = org.clients.merge(duplicate, primary, fields=["email"])
    assert rows_without_logs()["CONTACT#anna@example.org", "META"][0] == [
        [duplicate, "anna ruiz"],
        [primary, "ana ruiz"],
    ]
    assert org.clients.undo(answer["merge_id"]).status == 200
    assert rows_without_logs() == before


def test_undoing_a_chain_goes_from_its_end(org: Organisation) -> None:
    a, b, c = (
        org.clients.create("Anna", external_id="A-1")["id"],
        org.clients.create("Bea")["id"],
        org.clients.create("Cleo", external_id="C-1")["id"],
    )
    start = rows_without_logs()
    first = org.clients.merge(a, b)["merge_id"]
    between = rows_without_logs()
    second = org.clients.merge(b, c)["merge_id"]
    too_early = org.clients.undo(first)
    assert (*too_early.refusal, too_early.json["merged_into"]) == (409, "client_merged", c)
    assert org.clients.undo(second).status == 200
    assert rows_without_logs() == between
    assert org.clients.get(a)["id"] == b
    assert org.clients.undo(first).status == 200
    assert rows_without_logs() == start


def test_of_two_merges_into_one_the_first_is_undone_without_the_second(org: Organisation) -> None:
    anna, bea, primary = (
        org.clients.create("Anna")["id"],
        org.clients.create("Bea")["id"],
        org.clients.create("Cleo")["id"],
    )
    start = rows_without_logs()
    first, second = org.clients.merge(anna, primary)["merge_id"], org.clients.merge(bea, primary)["merge_id"]
    apart = org.clients.undo(first).json
    assert (apart["duplicate"]["email"], apart["primary"]["email"]) == ("anna@example.org", "bea@example.org")
    assert set(apart["kept_fields"]) == {"first_name", "email"}
    assert apart["primary"]["merged_from"] == [bea]
    assert org.clients.undo(second).json["primary"]["email"] == "cleo@example.org"
    assert rows_without_logs() == start


def test_what_was_edited_and_booked_since_stays_with_the_primary(org: Organisation) -> None:
    duplicate, primary = org.clients.create_pair()
    old = org.clients.book(duplicate)["id"]
    answer = org.clients.merge(duplicate, primary)
    org.as_staff("PATCH", f"/clients/{primary}", {"email": "new@example.org", "city": "Oshawa"}, ROOT)
    new = org.clients.book_publicly({"first_name": "Anna", "last_name": "Ruiz", "email": "anna@example.org"})
    assert new == primary
    since = org.clients.book(primary, at(60))["id"]
    apart = org.clients.undo(answer["merge_id"]).json
    assert apart["kept_fields"] == ["email", "city"]
    assert (apart["primary"]["email"], apart["primary"]["city"]) == ("new@example.org", "Oshawa")
    assert apart["primary"]["first_name"] == "Ana"
    assert org.clients.attendees(old)[0]["client_id"] == duplicate
    assert org.clients.attendees(since)[0]["client_id"] == primary
    assert (
        org.clients.book_publicly({"first_name": "Anna", "last_name": "Ruiz", "email": "anna@example.org"}, 120)
        == duplicate
    )
    assert (
        org.clients.book_publicly({"first_name": "Ana", "last_name": "Ruiz", "email": "new@example.org"}, 120)
        == primary
    )


def test_an_outside_id_that_the_primary_was_given_since_stays_theirs_alone(org: Organisation) -> None:
    former, duplicate = (
        org.clients.create("Bo", external_id="A-0")["id"],
        org.clients.create("Anna", external_id="A-1")["id"],
    )
    primary = org.clients.create("Ana", external_id="P-1")["id"]
    org.clients.merge(former, duplicate)
    for value in ("A-1", "A-0"):
        answer = org.clients.merge(duplicate, primary)
        assert org.as_staff("PATCH", f"/clients/{primary}", {"external_id": value}, ROOT).status == 200
        apart = org.clients.undo(answer["merge_id"]).json
        assert (apart["primary"]["external_id"], apart["kept_fields"]) == (value, ["external_id"])
        assert org.clients.search(value) == [primary]
        assert org.as_staff("PATCH", f"/clients/{duplicate}", {"external_id": value}, ROOT).status == 409
        org.as_staff("PATCH", f"/clients/{primary}", {"external_id": "P-1"}, ROOT)


def test_an_outside_id_that_somebody_else_has_by_now_is_not_taken_back(org: Organisation) -> None:
    duplicate, primary = org.clients.create("Anna", external_id="A-1")["id"], org.clients.create("Ana")["id"]
    answer = org.clients.merge(duplicate, primary)
    org.as_staff("PATCH", f"/clients/{primary}", {"external_id": "A-2"}, ROOT)
    other = org.clients.create("Bo", external_id="A-1")["id"]
    apart = org.clients.undo(answer["merge_id"]).json
    assert (apart["duplicate"]["external_id"], apart["primary"]["external_id"]) == (None, "A-2")
    assert org.clients.search("A-1") == [other]


def test_a_merge_is_undone_once(org: Organisation) -> None:
    duplicate, primary = org.clients.create_pair()
    first = org.clients.merge(duplicate, primary)["merge_id"]
    assert org.clients.undo(first).status == 200
    assert org.clients.undo(first).refusal == (409, "wrong_state")
    again = org.clients.merge(duplicate, primary)["merge_id"]
    assert org.clients.undo(first).refusal == (409, "wrong_state")
    assert org.clients.undo(again).status == 200
    assert org.clients.undo("mrg_nothing").refusal == (404, "not_found")


def test_nothing_is_left_of_a_merge_once_the_client_is_deleted(org: Organisation) -> None:
    duplicate, primary = org.clients.create("Annabel", notes="Secret")["id"], org.clients.create("Ana")["id"]
    answer = org.clients.merge(duplicate, primary)
    assert org.as_staff("DELETE", f"/clients/{primary}", who=ROOT).status == 204
    assert org.clients.undo(answer["merge_id"]).refusal == (404, "not_found")
    kept = [str(row.attribute_values) for row in Row.scan()]
    assert [row for row in kept if "nnabel" in row or "Secret" in row or "ana@example.org" in row] == []


def slot(minutes: int) -> dict[str, Any]:
    """The body of a booking."""
    place = {"service_id": MORTGAGE, "location_id": TORONTO, "meeting_method": "in_person"}
    return place | {"start": utc_text(at(minutes))}


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plan=PLANS)
def test_any_merges_undone_from_the_last_leave_the_table_as_it_was(plan: MergePlan, org: Organisation) -> None:
    def call(method: str, path: str, body: Any) -> Any:
        reply = org.as_staff(method, path, body, ROOT)
        assert reply.status in (200, 201), reply.text
        return reply.json

    with rolled_back():
        org.create_block(limit=20)
        family = MergeScenario(call, slot, "f")
        family.create(plan)
        require_undo_restores(family, plan, rows_without_logs)
        org.clients.require_consistent()
