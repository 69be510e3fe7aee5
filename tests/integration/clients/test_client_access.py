"""Access to clients by role, and how appointments change it (CL-2, CL-3, D26, case 21)."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.domain.shared.permissions import Role
from tests.builders.doubles.api_gateway import Reply
from tests.builders.in_process.client_requests import make_client, save_clients
from tests.builders.in_process.sample_organisation import Organisation
from tests.builders.in_process.sample_records import (
    ALEX_EMAIL,
    BOSS,
    CENTRAL,
    NOW,
    SAM,
    SAM_EMAIL,
    TORONTO,
    VANCOUVER,
    at,
    hire,
    staff_body,
)
from tests.builders.in_process.table_records import committed

EVERYWHERE = {Role.ADMIN, Role.CONTACT_CENTRE}
HERE = {Role.MANAGER, Role.STAFF_ADVANCED}
# What they had to do with whom: the caller himself, his branch, another branch, nobody at all.
OWN, BRANCH, ELSEWHERE, NOBODYS = "cli_own", "cli_branch", "cli_elsewhere", "cli_nobodys"


def caller(role: Role) -> str:
    """The address of a new staff member of this role in Toronto."""
    email = f"{role.value}@example.org"
    hire(f"stf_{role.value}", email, TORONTO, role=role)
    return email


def people(role: Role) -> None:
    """Save the four clients, who differ only in their appointments."""
    met = {
        OWN: (VANCOUVER, f"stf_{role.value}"),
        BRANCH: (TORONTO, "stf_other"),
        ELSEWHERE: (VANCOUVER, "stf_other"),
        NOBODYS: (),
    }
    for client_id, scopes in met.items():
        save_clients(make_client(client_id, "Ana", client_id[4:], email="ana@example.org"), known_to=scopes)


def within(role: Role) -> set[str]:
    """The clients that the role reaches."""
    return {OWN, BRANCH, ELSEWHERE, NOBODYS} if role in EVERYWHERE else {OWN, BRANCH} if role in HERE else {OWN}


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("role", list(Role))
def test_each_role_reaches_its_own_clients_and_knows_of_no_others(org: Organisation, role: Role, shared: bool) -> None:
    who, everybody = caller(role), {OWN, BRANCH, ELSEWHERE, NOBODYS}
    people(role)
    org.update_settings(all_staff_view_all_clients=shared)
    reached, seen = within(role), everybody if shared else within(role)
    for query in ({}, {"q": "ana"}, {"q": "ana@example.org"}, {"limit": 1}, {"q": "ana", "limit": 1}):
        assert set(org.clients.all_ids(who, **query)) == seen
        assert set(org.clients.all_ids(who, filter="mine", **query)) == {OWN}
    for client_id in everybody:
        path = f"/clients/{client_id}"
        refusal = 403 if client_id in seen else 404
        expected = 200 if client_id in reached else refusal
        assert org.as_staff("GET", path, who=who).status == (200 if client_id in seen else 404)
        assert org.as_staff("GET", f"{path}/log", who=who).status == expected
        assert org.as_staff("PATCH", path, {"city": role.value}, who).status == expected
        deleted = org.as_staff("DELETE", path, who=who)
        assert deleted.status == (204 if client_id in reached else refusal), deleted.text


@pytest.mark.parametrize("role", list(Role))
def test_whoever_makes_a_client_sees_them_until_somebody_books_them(org: Organisation, role: Role) -> None:
    who = caller(role)
    made = org.as_staff("POST", "/clients", {"first_name": "Bo", "last_name": "Lind", "email": "bo@x.org"}, who).body(
        201
    )
    client_id = made["id"]
    for query in ({}, {"q": "bo"}, {"filter": "mine"}, {"q": "lind", "filter": "mine"}):
        assert org.clients.all_ids(who, **query) == [client_id]
    assert org.as_staff("PATCH", f"/clients/{client_id}", {"city": "Ajax"}, who).status == 200
    assert org.clients.all_ids(SAM_EMAIL) == []
    assert org.as_staff("GET", f"/clients/{client_id}", who=SAM_EMAIL).status == 404
    org.add_staff()
    org.open_vancouver()
    booking = staff_body(channel="contact_centre", client_id=client_id, location_id=VANCOUVER)
    del booking["client"]
    booked = org.as_staff("POST", "/appointments", booking, CENTRAL)
    assert booked.status == 201, booked.text
    assert org.clients.all_ids(who, filter="mine") == []
    assert org.as_staff("GET", f"/clients/{client_id}", who=who).status == (200 if role in EVERYWHERE else 404)


def sees(org: Organisation, client_id: str, who: str = SAM_EMAIL) -> bool:
    """True if the client is shown and listed; both must agree."""
    shown = org.as_staff("GET", f"/clients/{client_id}", who=who).status == 200
    lists = [client_id in org.clients.all_ids(who, **q) for q in ({}, {"q": "ana"}, {"filter": "mine"})]
    assert lists == [shown] * 3
    return shown


def act(org: Organisation, booked: Any, verb: str, body: Any = None, who: str = ALEX_EMAIL) -> Reply:
    """One of the dashboard's actions."""
    reply = org.as_staff("POST", f"/appointments/{booked}/{verb}", body or {}, who)
    assert reply.status == 200, reply.text
    return reply


def test_access_follows_who_has_the_appointment(org: Organisation) -> None:
    org.create_block(limit=3)
    booked = org.book()["id"]
    (client_id,) = org.clients.all_ids()
    assert not sees(org, client_id)
    act(org, booked, "claim", who=SAM_EMAIL)
    assert sees(org, client_id)
    act(org, booked, "unassign")
    assert not sees(org, client_id)
    act(org, booked, "assign", {"staff_id": SAM})
    assert sees(org, client_id)
    act(org, booked, "assign", {"staff_id": hire("stf_other", "manager@example.org", TORONTO, role=Role.MANAGER)})
    assert not sees(org, client_id)
    act(org, booked, "assign", {"staff_id": SAM})
    act(org, booked, "cancel")
    assert not sees(org, client_id)
    assert org.clients.all_ids() == []


def reaches(org: Organisation, client_id: str, who: str, spare: str) -> bool:
    """True if they may look at, list, edit and merge the client; all of these must agree."""
    path, pair = f"/clients/{client_id}", {"duplicate_id": client_id, "primary_id": spare, "dry_run": True}
    answers = [org.as_staff("GET", each, who=who) for each in (path, f"{path}/log", f"{path}/activity")]
    answers += [org.as_staff("PATCH", path, {}, who), org.as_staff("POST", "/clients/merge", pair, who)]
    found = client_id in org.clients.all_ids(who)
    assert {answer.status for answer in answers} == {200 if found else 404}
    return found


@pytest.mark.parametrize("role", list(Role))
def test_every_roles_reach_follows_reassignment_cancelling_and_merging(org: Organisation, role: Role) -> None:
    org.create_block(limit=5)
    org.add_staff()
    org.open_vancouver()
    who, wider = caller(role), role in EVERYWHERE | HERE
    spare = org.as_staff("POST", "/clients", {"first_name": "Bo", "last_name": "Lind", "email": "bo@x.org"}, who)
    booked = org.book()["id"]
    (client_id,) = org.clients.all_ids(BOSS, q="ana")
    assert reaches(org, client_id, who, spare.json["id"]) is wider
    act(org, booked, "assign", {"staff_id": f"stf_{role.value}"})
    assert reaches(org, client_id, who, spare.json["id"])
    act(org, booked, "assign", {"staff_id": SAM})
    assert reaches(org, client_id, who, spare.json["id"]) is wider
    act(org, booked, "cancel")
    assert reaches(org, client_id, who, spare.json["id"]) is (role in EVERYWHERE)
    if role not in EVERYWHERE:
        assert org.as_staff("DELETE", f"/clients/{client_id}", who=who).status == 404

    elsewhere = org.as_staff("POST", "/appointments", staff_body(location_id=VANCOUVER), BOSS).json
    primary = elsewhere["attendees"][0]["client_id"]
    assert reaches(org, primary, who, spare.json["id"]) is (role in EVERYWHERE)
    act(org, org.book(at(30))["id"], "assign", {"staff_id": f"stf_{role.value}"})
    merge = {"duplicate_id": client_id, "primary_id": primary}
    merged = org.as_staff("POST", "/clients/merge", merge, BOSS)
    assert reaches(org, primary, who, spare.json["id"])
    did = org.as_staff("GET", f"/clients/{primary}/activity", who=who).json["items"]
    assert elsewhere["id"] in [row["id"] for row in did]
    assert org.as_staff("POST", f"/clients/merges/{merged.json['merge_id']}/undo", {}, BOSS).status == 200
    assert reaches(org, primary, who, spare.json["id"]) is (role in EVERYWHERE)
    assert org.as_staff("DELETE", f"/clients/{client_id}?cancel_upcoming=true", who=who).status == 204


def test_one_appointment_that_is_left_goes_on_giving_access(org: Organisation) -> None:
    org.create_block(limit=3)
    first, second = (org.book(start)["id"] for start in (at(0), at(30)))
    (client_id,) = org.clients.all_ids()
    for booked in (first, second):
        act(org, booked, "claim", who=SAM_EMAIL)
    act(org, first, "cancel")
    assert sees(org, client_id)
    act(org, second, "unassign")
    assert not sees(org, client_id)


def test_an_appointment_that_is_over_gives_access_for_good(org: Organisation) -> None:
    org.create_block()
    booked = org.book()["id"]
    act(org, booked, "claim", who=SAM_EMAIL)
    org.now = at(600)
    (client_id,) = org.clients.all_ids()
    assert sees(org, client_id)


def test_an_appointment_moved_to_another_branch_ends_what_it_gave_here(org: Organisation) -> None:
    org.create_block()
    org.add_staff()
    org.open_vancouver()
    booked = org.book()["id"]
    (client_id,) = org.clients.all_ids()
    moved = org.as_staff("PATCH", f"/appointments/{booked}", {"location_id": VANCOUVER}, BOSS)
    assert moved.status == 200, moved.text
    assert org.clients.all_ids() == []
    assert org.as_staff("GET", f"/clients/{client_id}").status == 404


def test_each_client_is_listed_once_however_they_are_known(org: Organisation) -> None:
    """Several scopes, a family, a prospect: the list of one who reaches little is walked in steps of every size."""
    hire("stf_two", "manager@example.org", TORONTO, VANCOUVER, role=Role.MANAGER)
    family = make_client(9, "Ana", "Ito", absorbed=(make_client(2).id, make_client(14).id))
    save_clients(family, known_to=(TORONTO,))
    for member in family.absorbed:
        save_clients(make_client(member, "", "", merged_into=family.id), known_to=(VANCOUVER, "stf_two"))
    for number in range(3, 8):
        save_clients(make_client(number), known_to=(TORONTO, VANCOUVER)[number % 2 :])
    save_clients(make_client(8, prospect_of="stf_two"), make_client(10, deleted_at=NOW), known_to=(TORONTO,))
    save_clients(make_client(11, prospect_of="stf_two"))
    expected = [family.id, *(make_client(n).id for n in (*range(3, 8), 8, 11))]
    for limit in range(1, 10):
        assert org.clients.all_ids("manager@example.org", limit=limit) == expected
    mine = [family.id, make_client(8).id, make_client(11).id]
    assert [org.clients.all_ids("manager@example.org", filter="mine", limit=n) for n in (1, 2, 50)] == [mine] * 3


def test_many_clients_are_listed_in_rounds(org: Organisation, monkeypatch: pytest.MonkeyPatch) -> None:
    from chalicelib.services.clients import client_lists

    monkeypatch.setattr(client_lists, "BATCH_SIZE", 3)
    with committed() as work:
        for number in range(25):
            work.save(make_client(number))
            work.relation_counts.update(
                (scope, make_client(number).id) for scope in ((TORONTO, SAM), (TORONTO,), (SAM,))[number % 3]
            )
    here = [make_client(n).id for n in range(25) if n % 3 != 2]
    assert org.clients.all_ids(limit=4) == org.clients.all_ids(limit=50) == here
    assert org.clients.all_ids(SAM_EMAIL, limit=7) == [make_client(n).id for n in range(25) if n % 3 != 1]


def test_who_is_not_known_cannot_be_brought_along(org: Organisation) -> None:
    org.create_block(limit=3)
    own = org.book()["id"]
    act(org, own, "claim", who=SAM_EMAIL)
    save_clients(make_client(1), known_to=(VANCOUVER,))
    for client_id in (make_client(1).id, "cli_9"):
        reply = org.as_staff("POST", f"/appointments/{own}/attendees", {"client_id": client_id}, SAM_EMAIL)
        assert reply.refusal == (422, "unknown_client")
    org.update_settings(all_staff_view_all_clients=True)
    joined = org.as_staff("POST", f"/appointments/{own}/attendees", {"client_id": make_client(1).id}, SAM_EMAIL)
    assert joined.status == 201, joined.text


def test_a_merged_client_is_shown_as_who_they_are_and_changed_under_that_id_only(org: Organisation) -> None:
    save_clients(make_client(1, absorbed=(make_client(2).id,)), make_client(2, merged_into=make_client(1).id))
    save_clients(make_client(3), known_to=(TORONTO,))
    path = f"/clients/{make_client(2).id}"
    assert org.as_staff("GET", path).status == 404
    with committed() as work:
        work.relation_counts[(TORONTO, make_client(2).id)] = 1
    shown = org.as_staff("GET", path)
    assert (shown.status, shown.json["id"], shown.json["merged_from"]) == (200, make_client(1).id, [make_client(2).id])
    for method, body in (("PATCH", {"city": "Ajax"}), ("DELETE", None)):
        refused = org.as_staff(method, path, body)
        assert refused.refusal == (409, "client_merged")
        assert refused.json["merged_into"] == make_client(1).id
        assert org.as_staff(method, path, body, SAM_EMAIL).status == 404
