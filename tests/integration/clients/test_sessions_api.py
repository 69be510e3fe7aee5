"""Sessions of a client over HTTP: allotted, kept, used, given back, asked for; through merges too (D39, D41, RB-12)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib.container import container
from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.clients.client import Client
from chalicelib.domain.clients.sessions import Entitlement, Session, SessionUse
from chalicelib.domain.shared.errors import NoSessions, Stale
from chalicelib.domain.shared.times import utc_text
from chalicelib.services.clients import entitlements
from chalicelib.services.unit_of_work import UnitOfWork
from tests.builders.doubles.api_gateway import Reply
from tests.builders.in_process.client_requests import items, merge, taken_in, visit
from tests.builders.in_process.sample_organisation import ALEX, OPENING, World, at
from tests.builders.in_process.staff_bookings import BOSS, CENTRAL, as_role, staffed, write

SAM_MAIL = "sam@example.org"
DAY = timedelta(hours=24)
MISSED = {"contact_attempted": True, "reason": "No answer"}


@pytest.fixture
def world(world: World) -> World:
    """A branch with people of every role, and room for whoever comes."""
    staffed(world).lay(limit=50)
    return world


@pytest.fixture
def ana(world: World) -> str:
    """A client nobody has booked."""
    return str(taken_in(world)["id"])


def allot(world: World, client_id: str, allotted: object, who: str = BOSS) -> Reply:
    """The answer to an allotment, a second later than whatever came before."""
    world.now += timedelta(seconds=1)
    return as_role(world, "PUT", f"/clients/{client_id}/sessions", {"allotted": allotted}, who)


def sessions(world: World, client_id: str) -> tuple[int | None, int, int, int | None]:
    """Allotted, used, reserved, available."""
    reply = as_role(world, "GET", f"/clients/{client_id}/sessions", who=BOSS)
    assert reply.status == 200, reply.text
    assert list(reply.json) == ["allotted", "used", "reserved", "available"]
    return tuple(reply.json.values())


def keep(world: World, client_id: str, appointment_id: str) -> None:
    """A session is kept for an appointment, as a rebooking does it."""
    client: Client = world.read(Client, client_id)
    found = container.store.read(entitlements.refs(client))
    work = UnitOfWork()
    work.require_unchanged(client)
    kept = entitlements.reserve(work, found, client)
    work.save(replace(world.read(Appointment, appointment_id), session=kept))
    container.store.commit(work)


def upcoming(world: World, client_id: str, start: datetime = OPENING, *, kept: bool = True) -> str:
    """An appointment of theirs which the manager has, with a session kept for it unless said otherwise."""
    made: str = visit(world, client_id, start)["id"]
    assert as_role(world, "POST", f"/appointments/{made}/assign", {"staff_id": ALEX, "force": True}, BOSS).status == 200
    if kept:
        keep(world, client_id, made)
    return made


def act(world: World, appointment_id: str, what: str, body: object = None) -> Reply:
    """The answer to a step or a cancellation, as the manager."""
    return as_role(world, "POST", f"/appointments/{appointment_id}/{what}", body or ({} if what == "cancel" else None))


def through(world: World, appointment_id: str) -> None:
    """From its beginning to its end."""
    for what in ("commence", "serve", "complete"):
        reply = act(world, appointment_id, what)
        assert reply.status == 200, reply.text


def use(world: World, appointment_id: str) -> SessionUse | None:
    """What became of the session of an appointment."""
    session = world.read(Appointment, appointment_id).session
    return session.use if session else None


def test_nobody_has_a_limit_until_somebody_sets_one(world: World, ana: str) -> None:
    assert sessions(world, ana) == (None, 0, 0, None)
    through(world, upcoming(world, ana))
    assert sessions(world, ana) == (None, 0, 0, None)
    assert allot(world, ana, 3).json == {"allotted": 3, "used": 0, "reserved": 0, "available": 3}
    assert allot(world, ana, 0).json == {"allotted": 0, "used": 0, "reserved": 0, "available": 0}
    log = items(world, f"/clients/{ana}/log", BOSS)
    assert [(line["action"], line["changes"][0]["before"], line["changes"][0]["after"]) for line in log[:2]] == [
        ("sessions_allotted", 3, 0),
        ("sessions_allotted", None, 3),
    ]


@pytest.mark.parametrize("wrong", [-1, 10_001, 1.5, "3", None, True])
def test_what_cannot_be_allotted(world: World, ana: str, wrong: object) -> None:
    refused = allot(world, ana, wrong)
    assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, "/allotted")
    assert sessions(world, ana) == (None, 0, 0, None)


def test_what_was_kept_is_used_at_the_end(world: World, ana: str) -> None:
    allot(world, ana, 2)
    done, missed = upcoming(world, ana), upcoming(world, ana, at(60))
    assert sessions(world, ana) == (2, 0, 2, 0)
    through(world, done)
    assert (sessions(world, ana), use(world, done)) == ((2, 1, 1, 0), SessionUse.USED)
    world.now = at(90)
    assert act(world, missed, "no-show", MISSED).status == 200
    assert (sessions(world, ana), use(world, missed)) == ((2, 2, 0, 0), SessionUse.USED)
    line = items(world, f"/appointments/{missed}/log", BOSS)[0]
    assert {"field": "session", "before": "reserved", "after": "used"} in line["changes"]


@pytest.mark.parametrize(("early", "left"), [(DAY, (1, 0, 0, 1)), (DAY - timedelta(seconds=1), (1, 1, 0, 0))])
@pytest.mark.parametrize("kept", [True, False])
def test_a_days_notice_costs_nothing(
    world: World, ana: str, early: timedelta, left: tuple[int, ...], kept: bool
) -> None:
    allot(world, ana, 1)
    mine = upcoming(world, ana, kept=kept)
    world.now = OPENING - early
    assert act(world, mine, "cancel").json["cancellation"]["within_24h"] is (early < DAY)
    assert sessions(world, ana) == left
    assert act(world, mine, "cancel").status == 409
    assert sessions(world, ana) == left


@pytest.mark.parametrize("early", [DAY, DAY - timedelta(seconds=1)])
def test_whoever_says_which_side_of_a_day_it_is_must_agree_with_the_clock(
    world: World, ana: str, early: timedelta
) -> None:
    mine = upcoming(world, ana, kept=False)
    world.now = OPENING - early
    refused = act(world, mine, "cancel", {"within_24h": early == DAY})
    assert (refused.status, refused.json["code"]) == (422, "within_24h_mismatch")
    assert world.read(Appointment, mine).occupies_capacity
    assert act(world, mine, "cancel", {"within_24h": early < DAY}).status == 200


def test_the_client_who_cancels_and_the_client_who_is_deleted_are_settled_too(world: World, ana: str) -> None:
    allot(world, ana, 2)
    first, second = upcoming(world, ana), upcoming(world, ana, at(60))
    code = world.read(Appointment, first).attendees[0].code
    left = world.call("POST", f"/public/appointments/{first}/cancel", {"code": code})
    assert left.status == 200, left.text
    assert sessions(world, ana) == (2, 0, 1, 1)
    gone = as_role(world, "DELETE", f"/clients/{ana}?cancel_upcoming=true", who=BOSS)
    assert gone.status == 204, gone.text
    assert [use(world, i) for i in (first, second)] == [SessionUse.RETURNED, SessionUse.RETURNED]
    record = world.read(Entitlement, ana)
    assert (record.allotted, record.used, record.reserved) == (2, 0, 0)


def test_of_several_the_one_whose_session_it_is_takes_it_along(world: World, ana: str) -> None:
    allot(world, ana, 1)
    mine = upcoming(world, ana)
    ben = taken_in(world, "Ben Okafor")["id"]
    joined = as_role(world, "POST", f"/appointments/{mine}/attendees", {"client_id": ben}, BOSS)
    assert joined.status == 201, joined.text
    left = as_role(world, "DELETE", f"/appointments/{mine}/attendees/{ana}", who=BOSS)
    assert left.status == 204, left.text
    assert (sessions(world, ana), use(world, mine)) == ((1, 0, 0, 1), SessionUse.RETURNED)
    through(world, mine)
    assert (sessions(world, ana), use(world, mine)) == ((1, 0, 0, 1), SessionUse.RETURNED)


def test_without_one_kept_one_is_used_be_it_one_too_many(world: World, ana: str) -> None:
    allot(world, ana, 1)
    first, second = upcoming(world, ana, kept=False), upcoming(world, ana, at(60), kept=False)
    through(world, first)
    assert sessions(world, ana) == (1, 1, 0, 0)
    through(world, second)
    assert sessions(world, ana) == (1, 2, 0, 0)
    with pytest.raises(NoSessions):
        keep(world, ana, second)


def test_a_request_nobody_had_confirmed_costs_nothing(world: World, ana: str) -> None:
    allot(world, ana, 1)
    mine = upcoming(world, ana)
    write(replace(world.read(Appointment, mine), confirmed=False))
    world.now = OPENING - timedelta(hours=1)
    assert act(world, mine, "cancel").status == 200
    assert sessions(world, ana) == (1, 0, 0, 1)


def test_a_merged_client_has_the_sum_and_an_undone_merge_leaves_each_their_own(world: World, ana: str) -> None:
    twin = taken_in(world, "Anna Ruiz")["id"]
    allot(world, ana, 2)
    allot(world, twin, 3)
    of_twin = upcoming(world, twin)
    before = [sessions(world, i) for i in (ana, twin)]
    merge_id = merge(world, twin, ana)
    assert [sessions(world, i) for i in (ana, twin)] == [(5, 0, 1, 4)] * 2
    as_role(world, "POST", f"/clients/merges/{merge_id}/undo", who=CENTRAL)
    assert [sessions(world, i) for i in (ana, twin)] == before

    merge_id = merge(world, twin, ana)
    since = upcoming(world, ana, at(60))
    assert world.read(Appointment, since).session == Session(ana, SessionUse.RESERVED)
    through(world, of_twin)
    refused = allot(world, twin, 9)
    assert (refused.status, refused.json["code"], refused.json["merged_into"]) == (409, "client_merged", ana)
    assert allot(world, ana, 9).json == {"allotted": 9, "used": 1, "reserved": 1, "available": 7}
    assert allot(world, ana, 1).json == {"allotted": 1, "used": 1, "reserved": 1, "available": 0}
    as_role(world, "POST", f"/clients/merges/{merge_id}/undo", who=CENTRAL)
    assert [sessions(world, i) for i in (ana, twin)] == [(0, 0, 1, 0), (1, 1, 0, 0)]


def test_a_merged_client_without_a_record_of_their_own_draws_on_the_familys(world: World, ana: str) -> None:
    twin = taken_in(world, "Anna Ruiz")["id"]
    allot(world, twin, 1)
    mine = upcoming(world, twin, kept=False)
    merge(world, twin, ana)
    through(world, mine)
    assert (sessions(world, ana), world.read(Appointment, mine).session) == (
        (1, 1, 0, 0),
        Session(ana, SessionUse.USED),
    )
    assert world.read(Entitlement, ana) == Entitlement(ana, used=1, version=1)


def test_whoever_reserves_on_figures_that_have_changed_is_overtaken(world: World, ana: str) -> None:
    allot(world, ana, 1)
    mine = upcoming(world, ana, kept=False)
    client = world.read(Client, ana)
    found = container.store.read(entitlements.refs(client))
    late = UnitOfWork()
    entitlements.reserve(late, found, client)
    keep(world, ana, mine)
    with pytest.raises(Stale):
        container.store.commit(late)
    assert sessions(world, ana) == (1, 0, 1, 0)


def ask(world: World, client_id: str, who: str = SAM_MAIL, **more: Any) -> Reply:
    """The answer to a request for more."""
    world.now += timedelta(seconds=1)
    body = {"sessions": 2, "reason": "Still in need"} | more
    return as_role(world, "POST", f"/clients/{client_id}/session-requests", body, who)


def settle(world: World, client_id: str, request_id: str, who: str = BOSS, **verdict: Any) -> Reply:
    """The answer to a verdict."""
    body = {"outcome": "approved"} | verdict
    return as_role(world, "PATCH", f"/clients/{client_id}/session-requests/{request_id}", body, who)


def test_more_are_asked_for_and_granted_once(world: World, ana: str) -> None:
    assert ask(world, ana, CENTRAL).json["code"] == "wrong_state"
    allot(world, ana, 1)
    through(world, upcoming(world, ana))
    mine = upcoming(world, ana, at(60), kept=False)
    asked = ask(world, ana, "alex@example.org")
    assert asked.status == 201, asked.text
    assert asked.json | {"id": ""} == {
        "id": "",
        "sessions": 2,
        "reason": "Still in need",
        "requested_by": "Alex",
        "requested_by_id": ALEX,
        "requested_at": utc_text(world.now),
        "outcome": "open",
        "note": "",
        "decided_by": None,
        "decided_by_id": None,
        "decided_at": None,
    }
    with pytest.raises(NoSessions):
        keep(world, ana, mine)
    second = ask(world, ana, CENTRAL).json["id"]
    granted = settle(world, ana, asked.json["id"], note="Reviewed")
    assert granted.status == 200, granted.text
    seen = [granted.json[name] for name in ("outcome", "note", "decided_by", "decided_at")]
    assert seen == ["approved", "Reviewed", "Boss", utc_text(world.now)]
    assert sessions(world, ana) == (3, 1, 0, 2)
    assert settle(world, ana, second, outcome="declined").json["outcome"] == "declined"
    assert sessions(world, ana) == (3, 1, 0, 2)
    again = settle(world, ana, second)
    assert (again.status, again.json["code"]) == (409, "wrong_state")
    assert settle(world, ana, "srq_0").status == 404
    listed = items(world, f"/clients/{ana}/session-requests?limit=1", BOSS)
    assert [r["outcome"] for r in listed] == ["declined", "approved"]
    assert [line["action"] for line in items(world, f"/clients/{ana}/log", BOSS)][:4] == [
        *("sessions_declined", "sessions_approved", "sessions_requested", "sessions_requested"),
    ]


def test_who_decides_and_who_may_only_ask(world: World, ana: str) -> None:
    allot(world, ana, 1)
    asked = ask(world, ana, CENTRAL).json["id"]
    assert ask(world, ana).status == 404  # Sam has never met her
    assert allot(world, ana, 1, CENTRAL).status == settle(world, ana, asked, CENTRAL).status == 403
    assert as_role(world, "GET", f"/clients/{ana}/sessions", who=SAM_MAIL).status == 404
    upcoming(world, ana, kept=False)
    assert settle(world, ana, asked, "alex@example.org").status == 200


def test_why_more_were_asked_for_goes_with_the_client(world: World, ana: str) -> None:
    twin = taken_in(world, "Anna Ruiz")["id"]
    for client_id in (ana, twin):
        allot(world, client_id, 1)
        settle(world, client_id, ask(world, client_id, CENTRAL).json["id"], note="Divorce")
    merge(world, twin, ana)
    assert len(items(world, f"/clients/{ana}/session-requests", BOSS)) == 2
    assert as_role(world, "DELETE", f"/clients/{ana}", who=BOSS).status == 204
    for record in (world.read(Entitlement, client_id) for client_id in (ana, twin)):
        assert [(r.reason, r.note, r.sessions) for r in record.requests] == [("", "", 2)]
