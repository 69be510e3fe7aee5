"""Who may see, edit and delete which clients, and how that changes with appointments (CL-2, CL-3, D26, case 21)."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.container import container
from chalicelib.domain.clients.client import Client
from chalicelib.domain.shared.permissions import Role
from chalicelib.services.unit_of_work import UnitOfWork
from tests.builders.doubles.api_gateway import Reply
from tests.builders.in_process.block_requests import VANCOUVER
from tests.builders.in_process.sample_organisation import NOW, SAM, TORONTO, World, at
from tests.builders.in_process.staff_bookings import (
    BOSS,
    CENTRAL,
    as_role,
    hire,
    open_vancouver,
    setting,
    staff_body,
    staffed,
)
from tests.integration.clients.test_client_search import file, somebody, walked

SAM_MAIL = "sam@example.org"
EVERYWHERE = {Role.ADMIN, Role.CONTACT_CENTRE}
HERE = {Role.MANAGER, Role.STAFF_ADVANCED}
# What they had to do with whom: the caller himself, his branch, another branch, nobody at all.
OWN, BRANCH, ELSEWHERE, NOBODYS = "cli_own", "cli_branch", "cli_elsewhere", "cli_nobodys"


def caller(role: Role) -> str:
    """The address of somebody of this role who works in Toronto."""
    email = f"{role.value}@example.org"
    hire(f"stf_{role.value}", email, TORONTO, role=role)
    return email


def people(role: Role) -> None:
    """The four clients, each with nothing else to tell them apart."""
    met = {
        OWN: (VANCOUVER, f"stf_{role.value}"),
        BRANCH: (TORONTO, "stf_other"),
        ELSEWHERE: (VANCOUVER, "stf_other"),
        NOBODYS: (),
    }
    for client_id, scopes in met.items():
        file(
            Client("Ana", client_id[4:], id=client_id, created_at=NOW, updated_at=NOW, email="ana@example.org"),
            met=scopes,
        )


def within(role: Role) -> set[str]:
    """The clients that the role reaches."""
    return {OWN, BRANCH, ELSEWHERE, NOBODYS} if role in EVERYWHERE else {OWN, BRANCH} if role in HERE else {OWN}


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("role", list(Role))
def test_each_role_reaches_its_own_clients_and_knows_of_no_others(world: World, role: Role, shared: bool) -> None:
    who, everybody = caller(role), {OWN, BRANCH, ELSEWHERE, NOBODYS}
    people(role)
    setting(world, all_staff_view_all_clients=shared)
    reached, seen = within(role), everybody if shared else within(role)
    for query in ({}, {"q": "ana"}, {"q": "ana@example.org"}, {"limit": 1}, {"q": "ana", "limit": 1}):
        assert set(walked(world, who, **query)) == seen
        assert set(walked(world, who, filter="mine", **query)) == {OWN}
    for client_id in everybody:
        path = f"/clients/{client_id}"
        refusal = 403 if client_id in seen else 404
        expected = 200 if client_id in reached else refusal
        assert as_role(world, "GET", path, who=who).status == (200 if client_id in seen else 404)
        assert as_role(world, "GET", f"{path}/log", who=who).status == expected
        assert as_role(world, "PATCH", path, {"city": role.value}, who).status == expected
        deleted = as_role(world, "DELETE", path, who=who)
        assert deleted.status == (204 if client_id in reached else refusal), deleted.text


@pytest.mark.parametrize("role", list(Role))
def test_whoever_makes_a_client_sees_them_until_somebody_books_them(world: World, role: Role) -> None:
    who = caller(role)
    made = as_role(world, "POST", "/clients", {"first_name": "Bo", "last_name": "Lind", "email": "bo@x.org"}, who)
    assert made.status == 201, made.text
    client_id = made.json["id"]
    for query in ({}, {"q": "bo"}, {"filter": "mine"}, {"q": "lind", "filter": "mine"}):
        assert walked(world, who, **query) == [client_id]
    assert as_role(world, "PATCH", f"/clients/{client_id}", {"city": "Ajax"}, who).status == 200
    assert walked(world, SAM_MAIL) == []
    assert as_role(world, "GET", f"/clients/{client_id}", who=SAM_MAIL).status == 404
    staffed(world)
    open_vancouver(world)
    booking = staff_body(channel="contact_centre", client_id=client_id, location_id=VANCOUVER)
    del booking["client"]
    booked = as_role(world, "POST", "/appointments", booking, CENTRAL)
    assert booked.status == 201, booked.text
    assert walked(world, who, filter="mine") == []
    assert as_role(world, "GET", f"/clients/{client_id}", who=who).status == (200 if role in EVERYWHERE else 404)


def sees(world: World, client_id: str, who: str = SAM_MAIL) -> bool:
    """Whether they see the client, in every way there is; all of them agree."""
    shown = as_role(world, "GET", f"/clients/{client_id}", who=who).status == 200
    lists = [client_id in walked(world, who, **q) for q in ({}, {"q": "ana"}, {"filter": "mine"})]
    assert lists == [shown] * 3
    return shown


def act(world: World, booked: Any, verb: str, body: Any = None, who: str = "alex@example.org") -> Reply:
    """One of the dashboard's actions."""
    reply = as_role(world, "POST", f"/appointments/{booked}/{verb}", body or {}, who)
    assert reply.status == 200, reply.text
    return reply


def test_access_follows_who_has_the_appointment(world: World) -> None:
    world.lay(limit=3)
    booked = world.book().json["id"]
    (client_id,) = walked(world)
    assert not sees(world, client_id)
    act(world, booked, "claim", who=SAM_MAIL)
    assert sees(world, client_id)
    act(world, booked, "unassign")
    assert not sees(world, client_id)
    act(world, booked, "assign", {"staff_id": SAM})
    assert sees(world, client_id)
    act(world, booked, "assign", {"staff_id": hire("stf_other", "manager@example.org", TORONTO, role=Role.MANAGER)})
    assert not sees(world, client_id)
    act(world, booked, "assign", {"staff_id": SAM})
    act(world, booked, "cancel")
    assert not sees(world, client_id)
    assert walked(world) == []


def reaches(world: World, client_id: str, who: str, spare: str) -> bool:
    """Whether they may look at, list, edit and merge the client; all of these agree."""
    path, pair = f"/clients/{client_id}", {"duplicate_id": client_id, "primary_id": spare, "dry_run": True}
    answers = [as_role(world, "GET", each, who=who) for each in (path, f"{path}/log", f"{path}/activity")]
    answers += [as_role(world, "PATCH", path, {}, who), as_role(world, "POST", "/clients/merge", pair, who)]
    found = client_id in walked(world, who)
    assert {answer.status for answer in answers} == {200 if found else 404}
    return found


@pytest.mark.parametrize("role", list(Role))
def test_every_roles_reach_follows_reassignment_cancelling_and_merging(world: World, role: Role) -> None:
    world.lay(limit=5)
    open_vancouver(staffed(world))
    who, wider = caller(role), role in EVERYWHERE | HERE
    spare = as_role(world, "POST", "/clients", {"first_name": "Bo", "last_name": "Lind", "email": "bo@x.org"}, who)
    booked = world.book().json["id"]
    (client_id,) = walked(world, BOSS, q="ana")
    assert reaches(world, client_id, who, spare.json["id"]) is wider
    act(world, booked, "assign", {"staff_id": f"stf_{role.value}"})
    assert reaches(world, client_id, who, spare.json["id"])
    act(world, booked, "assign", {"staff_id": SAM})
    assert reaches(world, client_id, who, spare.json["id"]) is wider
    act(world, booked, "cancel")
    assert reaches(world, client_id, who, spare.json["id"]) is (role in EVERYWHERE)
    if role not in EVERYWHERE:
        assert as_role(world, "DELETE", f"/clients/{client_id}", who=who).status == 404

    elsewhere = as_role(world, "POST", "/appointments", staff_body(location_id=VANCOUVER), BOSS).json
    primary = elsewhere["attendees"][0]["client_id"]
    assert reaches(world, primary, who, spare.json["id"]) is (role in EVERYWHERE)
    act(world, world.book(at(30)).json["id"], "assign", {"staff_id": f"stf_{role.value}"})
    merge = {"duplicate_id": client_id, "primary_id": primary}
    merged = as_role(world, "POST", "/clients/merge", merge, BOSS)
    assert reaches(world, primary, who, spare.json["id"])
    did = as_role(world, "GET", f"/clients/{primary}/activity", who=who).json["items"]
    assert elsewhere["id"] in [row["id"] for row in did]
    assert as_role(world, "POST", f"/clients/merges/{merged.json['merge_id']}/undo", {}, BOSS).status == 200
    assert reaches(world, primary, who, spare.json["id"]) is (role in EVERYWHERE)
    assert as_role(world, "DELETE", f"/clients/{client_id}?cancel_upcoming=true", who=who).status == 204


def test_one_appointment_that_is_left_goes_on_giving_access(world: World) -> None:
    world.lay(limit=3)
    first, second = (world.book(start).json["id"] for start in (at(0), at(30)))
    (client_id,) = walked(world)
    for booked in (first, second):
        act(world, booked, "claim", who=SAM_MAIL)
    act(world, first, "cancel")
    assert sees(world, client_id)
    act(world, second, "unassign")
    assert not sees(world, client_id)


def test_an_appointment_that_is_over_gives_access_for_good(world: World) -> None:
    world.lay()
    booked = world.book().json["id"]
    act(world, booked, "claim", who=SAM_MAIL)
    world.now = at(600)
    (client_id,) = walked(world)
    assert sees(world, client_id)


def test_an_appointment_moved_to_another_branch_ends_what_it_gave_here(world: World) -> None:
    world.lay()
    open_vancouver(staffed(world))
    booked = world.book().json["id"]
    (client_id,) = walked(world)
    moved = as_role(world, "PATCH", f"/appointments/{booked}", {"location_id": VANCOUVER}, BOSS)
    assert moved.status == 200, moved.text
    assert walked(world) == []
    assert as_role(world, "GET", f"/clients/{client_id}").status == 404


def test_each_client_is_listed_once_however_they_are_known(world: World) -> None:
    """Several scopes, a family, a prospect: the list of one who reaches little is walked in steps of every size."""
    hire("stf_two", "manager@example.org", TORONTO, VANCOUVER, role=Role.MANAGER)
    family = Client(
        "Ana", "Ito", id=somebody(9).id, created_at=NOW, updated_at=NOW, absorbed=(somebody(2).id, somebody(14).id)
    )
    file(family, met=(TORONTO,))
    for member in family.absorbed:
        file(
            Client("", "", id=member, created_at=NOW, updated_at=NOW, merged_into=family.id), met=(VANCOUVER, "stf_two")
        )
    for number in range(3, 8):
        file(somebody(number), met=(TORONTO, VANCOUVER)[number % 2 :])
    file(somebody(8, prospect_of="stf_two"), somebody(10, deleted_at=NOW), met=(TORONTO,))
    file(somebody(11, prospect_of="stf_two"))
    expected = [family.id, *(somebody(n).id for n in (*range(3, 8), 8, 11))]
    for limit in range(1, 10):
        assert walked(world, "manager@example.org", limit=limit) == expected
    mine = [family.id, somebody(8).id, somebody(11).id]
    assert [walked(world, "manager@example.org", filter="mine", limit=n) for n in (1, 2, 50)] == [mine] * 3


def test_many_clients_are_listed_in_rounds(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from chalicelib.services.clients import client_lists

    monkeypatch.setattr(client_lists, "BATCH_SIZE", 3)
    work = UnitOfWork()
    for number in range(25):
        work.save(somebody(number))
        work.relation_counts.update(
            (scope, somebody(number).id) for scope in ((TORONTO, SAM), (TORONTO,), (SAM,))[number % 3]
        )
    container.store.commit(work)
    here = [somebody(n).id for n in range(25) if n % 3 != 2]
    assert walked(world, limit=4) == walked(world, limit=50) == here
    assert walked(world, SAM_MAIL, limit=7) == [somebody(n).id for n in range(25) if n % 3 != 1]


def test_who_is_not_known_cannot_be_brought_along(world: World) -> None:
    world.lay(limit=3)
    own = world.book().json["id"]
    act(world, own, "claim", who=SAM_MAIL)
    file(somebody(1), met=(VANCOUVER,))
    for client_id in (somebody(1).id, "cli_9"):
        reply = as_role(world, "POST", f"/appointments/{own}/attendees", {"client_id": client_id}, SAM_MAIL)
        assert (reply.status, reply.json["code"]) == (422, "unknown_client")
    setting(world, all_staff_view_all_clients=True)
    joined = as_role(world, "POST", f"/appointments/{own}/attendees", {"client_id": somebody(1).id}, SAM_MAIL)
    assert joined.status == 201, joined.text


def test_a_merged_client_is_shown_as_who_they_are_and_changed_under_that_id_only(world: World) -> None:
    file(somebody(1, absorbed=(somebody(2).id,)), somebody(2, merged_into=somebody(1).id))
    file(somebody(3), met=(TORONTO,))
    path = f"/clients/{somebody(2).id}"
    assert as_role(world, "GET", path).status == 404
    work = UnitOfWork()
    work.relation_counts[(TORONTO, somebody(2).id)] = 1
    container.store.commit(work)
    shown = as_role(world, "GET", path)
    assert (shown.status, shown.json["id"], shown.json["merged_from"]) == (200, somebody(1).id, [somebody(2).id])
    for method, body in (("PATCH", {"city": "Ajax"}), ("DELETE", None)):
        refused = as_role(world, method, path, body)
        assert (refused.status, refused.json["code"]) == (409, "client_merged")
        assert refused.json["merged_into"] == somebody(1).id
        assert as_role(world, method, path, body, SAM_MAIL).status == 404
