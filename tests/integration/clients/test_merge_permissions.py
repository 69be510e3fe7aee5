"""A merge needs access to both records for editing and deleting (D23)."""

from __future__ import annotations

import pytest

from tests.builders.in_process.sample_organisation import Organisation
from tests.builders.in_process.sample_records import ROOT, SAM_EMAIL, at

pytestmark = pytest.mark.organisation(seats=5)


def test_staff_merge_whom_they_have_had_both(org: Organisation) -> None:
    duplicate, primary = org.clients.create_pair()
    first, second = org.clients.book(duplicate)["id"], org.clients.book(primary, at(60))["id"]
    assert org.clients.try_merge(duplicate, primary, SAM_EMAIL).refusal == (404, "not_found")
    org.act(first, "claim", {}, SAM_EMAIL)
    assert org.clients.try_merge(duplicate, primary, SAM_EMAIL).refusal == (404, "not_found")
    org.act(second, "claim", {}, SAM_EMAIL)
    answer = org.clients.try_merge(duplicate, primary, SAM_EMAIL).body()
    assert org.clients.undo(answer["merge_id"], SAM_EMAIL).status == 200


def test_who_knew_the_duplicate_knows_the_primary_afterwards(org: Organisation) -> None:
    duplicate, primary = org.clients.create_pair()
    appointment = org.clients.book(duplicate)["id"]
    org.act(appointment, "claim", {}, SAM_EMAIL)
    assert org.as_staff("GET", f"/clients/{primary}", who=SAM_EMAIL).status == 404
    answer = org.clients.merge(duplicate, primary)
    assert org.clients.get(primary, SAM_EMAIL)["id"] == org.clients.get(duplicate, SAM_EMAIL)["id"] == primary
    org.clients.undo(answer["merge_id"])
    assert org.as_staff("GET", f"/clients/{primary}", who=SAM_EMAIL).status == 404
    assert org.clients.get(duplicate, SAM_EMAIL)["id"] == duplicate


def test_who_may_only_look_may_not_merge(org: Organisation) -> None:
    org.as_staff("PATCH", "/settings", {"all_staff_view_all_clients": True}, ROOT)
    duplicate, primary = org.clients.create_pair()
    assert org.clients.try_merge(duplicate, primary, SAM_EMAIL).refusal == (403, "forbidden")
    answer = org.clients.merge(duplicate, primary)
    assert org.clients.undo(answer["merge_id"], SAM_EMAIL).refusal == (403, "forbidden")


def test_a_pointer_is_no_way_to_learn_of_anybody(org: Organisation) -> None:
    a, b, c = org.clients.create("Anna")["id"], org.clients.create("Bea")["id"], org.clients.create("Cleo")["id"]
    answer = org.clients.merge(a, b)
    assert org.clients.try_merge(a, c, SAM_EMAIL).refusal == (404, "not_found")
    assert org.clients.undo(answer["merge_id"], SAM_EMAIL).refusal == (404, "not_found")
