"""Merges that are overtaken: the second request decides again on the state after the first (edge cases 16, 17)."""

from __future__ import annotations

import pytest

from chalicelib.container import container
from chalicelib.services.integrity.client_integrity import ClientFlaw
from tests.builders.in_process.sample_organisation import Organisation
from tests.builders.in_process.sample_records import ROOT
from tests.builders.in_process.table_records import before_the_next_commit
from tests.builders.on_stack.competing_writers import without_conditions

pytestmark = pytest.mark.organisation(seats=5)


def test_a_merge_overtaken_by_the_opposite_one(org: Organisation) -> None:
    one, other = org.clients.create_pair()
    before_the_next_commit(lambda: org.clients.merge(other, one))
    assert org.clients.try_merge(one, other).refusal == (409, "client_merged")
    assert org.clients.get(other)["id"] == one
    org.clients.require_consistent()


def test_without_the_clients_condition_both_would_be_made_and_the_check_finds_it(
    org: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = org.clients.create_pair()
    before_the_next_commit(lambda: org.clients.merge(other, one))
    with without_conditions(monkeypatch, "CLI#"):
        assert org.clients.try_merge(one, other).status == 200
    assert {flaw.flaw for flaw in container.client_integrity.check([one, other])} == {ClientFlaw.NOT_FOUND}


def test_a_merge_overtaken_by_an_edit_takes_the_edit_along(org: Organisation) -> None:
    duplicate, primary = org.clients.create_pair()
    edit = f"/clients/{duplicate}", {"city": "Oshawa"}
    before_the_next_commit(lambda: org.as_staff("PATCH", *edit, ROOT))
    assert org.clients.merge(duplicate, primary)["client"]["city"] == "Oshawa"
    org.clients.require_consistent()


def test_an_edit_overtaken_by_a_merge_is_told_where_to_go(org: Organisation) -> None:
    duplicate, primary = org.clients.create_pair()
    before_the_next_commit(lambda: org.clients.merge(duplicate, primary))
    edited = org.as_staff("PATCH", f"/clients/{duplicate}", {"city": "Oshawa"}, ROOT)
    assert (*edited.refusal, edited.json["merged_into"]) == (409, "client_merged", primary)
    assert org.clients.get(primary)["city"] == ""
    org.clients.require_consistent()


def test_a_booking_overtaken_by_a_merge_is_the_primarys(org: Organisation) -> None:
    duplicate, primary = org.clients.create_pair()
    before_the_next_commit(lambda: org.clients.merge(duplicate, primary))
    assert (
        org.clients.book_publicly({"first_name": "Anna", "last_name": "Ruiz", "email": "anna@example.org"}) == primary
    )
    org.clients.require_consistent()


def test_a_booking_by_staff_overtaken_by_a_merge_is_refused(org: Organisation) -> None:
    duplicate, primary = org.clients.create_pair()
    before_the_next_commit(lambda: org.clients.merge(duplicate, primary))
    assert org.clients.try_book(duplicate).refusal == (409, "client_merged")
    assert list(org.calendar().occupants(0)) == []
    org.clients.require_consistent()


def test_a_merge_overtaken_by_a_booking_takes_it_along(org: Organisation) -> None:
    duplicate, primary = org.clients.create_pair()
    done: list[str] = []
    before_the_next_commit(lambda: done.append(org.clients.book(duplicate)["id"]))
    org.clients.merge(duplicate, primary)
    assert org.clients.attendees(done[0])[0]["client_id"] == primary
    org.clients.require_consistent()


def test_an_attendee_overtaken_by_a_merge_is_refused(org: Organisation) -> None:
    duplicate, primary = org.clients.create_pair()
    appointment = org.clients.book(org.clients.create("Bo")["id"])["id"]
    before_the_next_commit(lambda: org.clients.merge(duplicate, primary))
    added = org.as_staff("POST", f"/appointments/{appointment}/attendees", {"client_id": duplicate}, ROOT)
    assert added.refusal == (409, "client_merged")
    org.clients.require_consistent()


def test_an_undo_overtaken_by_a_further_merge_is_too_late(org: Organisation) -> None:
    duplicate, primary = org.clients.create_pair()
    last = org.clients.create("Bo")["id"]
    merge_id = org.clients.merge(duplicate, primary)["merge_id"]
    before_the_next_commit(lambda: org.clients.merge(primary, last))
    assert org.clients.undo(merge_id).refusal == (409, "client_merged")
    assert org.clients.get(duplicate)["id"] == last
    org.clients.require_consistent()


def test_a_further_merge_overtaken_by_an_undo_is_of_the_primary_alone(org: Organisation) -> None:
    duplicate, primary = org.clients.create_pair()
    last = org.clients.create("Bo")["id"]
    merge_id = org.clients.merge(duplicate, primary)["merge_id"]
    before_the_next_commit(lambda: org.clients.undo(merge_id))
    assert org.clients.merge(primary, last)["client"]["merged_from"] == [primary]
    assert org.clients.get(duplicate)["id"] == duplicate
    org.clients.require_consistent()


def test_of_two_who_undo_one_is_told_that_it_is_done(org: Organisation) -> None:
    merge_id = org.clients.merge(*org.clients.create_pair())["merge_id"]
    before_the_next_commit(lambda: org.clients.undo(merge_id))
    assert org.clients.undo(merge_id).refusal == (409, "wrong_state")
    org.clients.require_consistent()


def test_a_deletion_overtaken_by_a_merge(org: Organisation) -> None:
    duplicate, primary = org.clients.create_pair()
    before_the_next_commit(lambda: org.clients.merge(duplicate, primary))
    assert org.as_staff("DELETE", f"/clients/{duplicate}", who=ROOT).refusal == (409, "client_merged")
    org.clients.require_consistent()
