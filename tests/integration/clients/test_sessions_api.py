"""Sessions of a client over HTTP: allotted, reserved, used, returned, requested, and merged (D39, D41, RB-12)."""

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
from chalicelib.services.clients import session_reservations
from chalicelib.services.unit_of_work import UnitOfWork
from tests.builders.doubles.api_gateway import Reply
from tests.builders.in_process.sample_organisation import Organisation
from tests.builders.in_process.sample_records import ALEX, ALEX_EMAIL, BLOCK_START, BOSS, CENTRAL, SAM_EMAIL, at
from tests.builders.in_process.table_records import committed, write

DAY = timedelta(hours=24)
MISSED = {"contact_attempted": True, "reason": "No answer"}

pytestmark = pytest.mark.organisation(seats=50, staff=True)


def allot(org: Organisation, client_id: str, allotted: object, who: str = BOSS) -> Reply:
    """An allotment, a second after the request before."""
    org.now += timedelta(seconds=1)
    return org.as_staff("PUT", f"/clients/{client_id}/sessions", {"allotted": allotted}, who)


def sessions(org: Organisation, client_id: str) -> tuple[int | None, int, int, int | None]:
    """Allotted, used, reserved, available."""
    reply = org.as_staff("GET", f"/clients/{client_id}/sessions", who=BOSS).body()
    assert list(reply) == ["allotted", "used", "reserved", "available"]
    return tuple(reply.values())


def keep(org: Organisation, client_id: str, appointment_id: str) -> None:
    """Reserve a session for an appointment as a rebooking does."""
    client: Client = org.read(Client, client_id)
    found = container.store.read(session_reservations.refs(client))
    with committed() as work:
        work.require_unchanged(client)
        kept = session_reservations.reserve(work, found, client)
        work.save(replace(org.read(Appointment, appointment_id), session=kept))


def upcoming(org: Organisation, client_id: str, start: datetime = BLOCK_START, *, kept: bool = True) -> str:
    """The id of the client's appointment with the manager; ``kept`` reserves a session for it."""
    made: str = org.clients.book(client_id, start)["id"]
    assert org.act(made, "assign", {"staff_id": ALEX, "force": True}, BOSS).status == 200
    if kept:
        keep(org, client_id, made)
    return made


def act(org: Organisation, appointment_id: str, what: str, body: object = None) -> Reply:
    """A lifecycle step or cancellation by the manager."""
    return org.as_staff("POST", f"/appointments/{appointment_id}/{what}", body or ({} if what == "cancel" else None))


def through(org: Organisation, appointment_id: str) -> None:
    """Start, serve and complete the appointment."""
    for what in ("commence", "serve", "complete"):
        reply = act(org, appointment_id, what)
        assert reply.status == 200, reply.text


def use(org: Organisation, appointment_id: str) -> SessionUse | None:
    """The use of an appointment's session."""
    session = org.read(Appointment, appointment_id).session
    return session.use if session else None


def test_nobody_has_a_limit_until_somebody_sets_one(org: Organisation, ana: str) -> None:
    assert sessions(org, ana) == (None, 0, 0, None)
    through(org, upcoming(org, ana))
    assert sessions(org, ana) == (None, 0, 0, None)
    assert allot(org, ana, 3).json == {"allotted": 3, "used": 0, "reserved": 0, "available": 3}
    assert allot(org, ana, 0).json == {"allotted": 0, "used": 0, "reserved": 0, "available": 0}
    log = org.all_pages(f"/clients/{ana}/log", BOSS)
    assert [(line["action"], line["changes"][0]["before"], line["changes"][0]["after"]) for line in log[:2]] == [
        ("sessions_allotted", 3, 0),
        ("sessions_allotted", None, 3),
    ]


@pytest.mark.parametrize("wrong", [-1, 10_001, 1.5, "3", None, True])
def test_what_cannot_be_allotted(org: Organisation, ana: str, wrong: object) -> None:
    refused = allot(org, ana, wrong)
    assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, "/allotted")
    assert sessions(org, ana) == (None, 0, 0, None)


def test_what_was_kept_is_used_at_the_end(org: Organisation, ana: str) -> None:
    allot(org, ana, 2)
    done, missed = upcoming(org, ana), upcoming(org, ana, at(60))
    assert sessions(org, ana) == (2, 0, 2, 0)
    through(org, done)
    assert (sessions(org, ana), use(org, done)) == ((2, 1, 1, 0), SessionUse.USED)
    org.now = at(90)
    assert act(org, missed, "no-show", MISSED).status == 200
    assert (sessions(org, ana), use(org, missed)) == ((2, 2, 0, 0), SessionUse.USED)
    line = org.all_pages(f"/appointments/{missed}/log", BOSS)[0]
    assert {"field": "session", "before": "reserved", "after": "used"} in line["changes"]


@pytest.mark.parametrize(("early", "left"), [(DAY, (1, 0, 0, 1)), (DAY - timedelta(seconds=1), (1, 1, 0, 0))])
@pytest.mark.parametrize("kept", [True, False])
def test_a_days_notice_costs_nothing(
    org: Organisation, ana: str, early: timedelta, left: tuple[int, ...], kept: bool
) -> None:
    allot(org, ana, 1)
    mine = upcoming(org, ana, kept=kept)
    org.now = BLOCK_START - early
    assert act(org, mine, "cancel").json["cancellation"]["within_24h"] is (early < DAY)
    assert sessions(org, ana) == left
    assert act(org, mine, "cancel").status == 409
    assert sessions(org, ana) == left


@pytest.mark.parametrize("early", [DAY, DAY - timedelta(seconds=1)])
def test_whoever_says_which_side_of_a_day_it_is_must_agree_with_the_clock(
    org: Organisation, ana: str, early: timedelta
) -> None:
    mine = upcoming(org, ana, kept=False)
    org.now = BLOCK_START - early
    assert act(org, mine, "cancel", {"within_24h": early == DAY}).refusal == (422, "within_24h_mismatch")
    assert org.read(Appointment, mine).occupies_capacity
    assert act(org, mine, "cancel", {"within_24h": early < DAY}).status == 200


def test_the_client_who_cancels_and_the_client_who_is_deleted_are_settled_too(org: Organisation, ana: str) -> None:
    allot(org, ana, 2)
    first, second = upcoming(org, ana), upcoming(org, ana, at(60))
    code = org.read(Appointment, first).attendees[0].code
    left = org.call("POST", f"/public/appointments/{first}/cancel", {"code": code})
    assert left.status == 200, left.text
    assert sessions(org, ana) == (2, 0, 1, 1)
    gone = org.as_staff("DELETE", f"/clients/{ana}?cancel_upcoming=true", who=BOSS)
    assert gone.status == 204, gone.text
    assert [use(org, i) for i in (first, second)] == [SessionUse.RETURNED, SessionUse.RETURNED]
    record = org.read(Entitlement, ana)
    assert (record.allotted, record.used, record.reserved) == (2, 0, 0)


def test_of_several_the_one_whose_session_it_is_takes_it_along(org: Organisation, ana: str) -> None:
    allot(org, ana, 1)
    mine = upcoming(org, ana)
    ben = org.clients.create("Ben Okafor")["id"]
    joined = org.as_staff("POST", f"/appointments/{mine}/attendees", {"client_id": ben}, BOSS)
    assert joined.status == 201, joined.text
    left = org.as_staff("DELETE", f"/appointments/{mine}/attendees/{ana}", who=BOSS)
    assert left.status == 204, left.text
    assert (sessions(org, ana), use(org, mine)) == ((1, 0, 0, 1), SessionUse.RETURNED)
    through(org, mine)
    assert (sessions(org, ana), use(org, mine)) == ((1, 0, 0, 1), SessionUse.RETURNED)


def test_without_one_kept_one_is_used_be_it_one_too_many(org: Organisation, ana: str) -> None:
    allot(org, ana, 1)
    first, second = upcoming(org, ana, kept=False), upcoming(org, ana, at(60), kept=False)
    through(org, first)
    assert sessions(org, ana) == (1, 1, 0, 0)
    through(org, second)
    assert sessions(org, ana) == (1, 2, 0, 0)
    with pytest.raises(NoSessions):
        keep(org, ana, second)


def test_a_request_nobody_had_confirmed_costs_nothing(org: Organisation, ana: str) -> None:
    allot(org, ana, 1)
    mine = upcoming(org, ana)
    write(replace(org.read(Appointment, mine), confirmed=False))
    org.now = BLOCK_START - timedelta(hours=1)
    assert act(org, mine, "cancel").status == 200
    assert sessions(org, ana) == (1, 0, 0, 1)


def test_a_merged_client_has_the_sum_and_an_undone_merge_leaves_each_their_own(org: Organisation, ana: str) -> None:
    twin = org.clients.create("Anna Ruiz")["id"]
    allot(org, ana, 2)
    allot(org, twin, 3)
    of_twin = upcoming(org, twin)
    before = [sessions(org, i) for i in (ana, twin)]
    merge_id = org.clients.merge(twin, ana)["merge_id"]
    assert [sessions(org, i) for i in (ana, twin)] == [(5, 0, 1, 4)] * 2
    org.as_staff("POST", f"/clients/merges/{merge_id}/undo", who=CENTRAL)
    assert [sessions(org, i) for i in (ana, twin)] == before

    merge_id = org.clients.merge(twin, ana)["merge_id"]
    since = upcoming(org, ana, at(60))
    assert org.read(Appointment, since).session == Session(ana, SessionUse.RESERVED)
    through(org, of_twin)
    refused = allot(org, twin, 9)
    assert (refused.status, refused.json["code"], refused.json["merged_into"]) == (409, "client_merged", ana)
    assert allot(org, ana, 9).json == {"allotted": 9, "used": 1, "reserved": 1, "available": 7}
    assert allot(org, ana, 1).json == {"allotted": 1, "used": 1, "reserved": 1, "available": 0}
    org.as_staff("POST", f"/clients/merges/{merge_id}/undo", who=CENTRAL)
    assert [sessions(org, i) for i in (ana, twin)] == [(0, 0, 1, 0), (1, 1, 0, 0)]


def test_a_merged_client_without_a_record_of_their_own_draws_on_the_familys(org: Organisation, ana: str) -> None:
    twin = org.clients.create("Anna Ruiz")["id"]
    allot(org, twin, 1)
    mine = upcoming(org, twin, kept=False)
    org.clients.merge(twin, ana)["merge_id"]
    through(org, mine)
    assert (sessions(org, ana), org.read(Appointment, mine).session) == (
        (1, 1, 0, 0),
        Session(ana, SessionUse.USED),
    )
    assert org.read(Entitlement, ana) == Entitlement(ana, used=1, version=1)


def test_whoever_reserves_on_figures_that_have_changed_is_overtaken(org: Organisation, ana: str) -> None:
    allot(org, ana, 1)
    mine = upcoming(org, ana, kept=False)
    client = org.read(Client, ana)
    found = container.store.read(session_reservations.refs(client))
    late = UnitOfWork()
    session_reservations.reserve(late, found, client)
    keep(org, ana, mine)
    with pytest.raises(Stale):
        container.store.commit(late)
    assert sessions(org, ana) == (1, 0, 1, 0)


def ask(org: Organisation, client_id: str, who: str = SAM_EMAIL, **more: Any) -> Reply:
    """A request for more sessions."""
    org.now += timedelta(seconds=1)
    body = {"sessions": 2, "reason": "Still in need"} | more
    return org.as_staff("POST", f"/clients/{client_id}/session-requests", body, who)


def settle(org: Organisation, client_id: str, request_id: str, who: str = BOSS, **verdict: Any) -> Reply:
    """A decision on a request."""
    body = {"outcome": "approved"} | verdict
    return org.as_staff("PATCH", f"/clients/{client_id}/session-requests/{request_id}", body, who)


def test_more_are_asked_for_and_granted_once(org: Organisation, ana: str) -> None:
    assert ask(org, ana, CENTRAL).json["code"] == "wrong_state"
    allot(org, ana, 1)
    through(org, upcoming(org, ana))
    mine = upcoming(org, ana, at(60), kept=False)
    asked = ask(org, ana, ALEX_EMAIL).body(201)
    assert asked | {"id": ""} == {
        "id": "",
        "sessions": 2,
        "reason": "Still in need",
        "requested_by": "Alex",
        "requested_by_id": ALEX,
        "requested_at": utc_text(org.now),
        "outcome": "open",
        "note": "",
        "decided_by": None,
        "decided_by_id": None,
        "decided_at": None,
    }
    with pytest.raises(NoSessions):
        keep(org, ana, mine)
    second = ask(org, ana, CENTRAL).json["id"]
    granted = settle(org, ana, asked["id"], note="Reviewed").body()
    seen = [granted[name] for name in ("outcome", "note", "decided_by", "decided_at")]
    assert seen == ["approved", "Reviewed", "Boss", utc_text(org.now)]
    assert sessions(org, ana) == (3, 1, 0, 2)
    assert settle(org, ana, second, outcome="declined").json["outcome"] == "declined"
    assert sessions(org, ana) == (3, 1, 0, 2)
    assert settle(org, ana, second).refusal == (409, "wrong_state")
    assert settle(org, ana, "srq_0").status == 404
    listed = org.all_pages(f"/clients/{ana}/session-requests?limit=1", BOSS)
    assert [r["outcome"] for r in listed] == ["declined", "approved"]
    assert [line["action"] for line in org.all_pages(f"/clients/{ana}/log", BOSS)][:4] == [
        *("sessions_declined", "sessions_approved", "sessions_requested", "sessions_requested"),
    ]


def test_who_decides_and_who_may_only_ask(org: Organisation, ana: str) -> None:
    allot(org, ana, 1)
    asked = ask(org, ana, CENTRAL).json["id"]
    assert ask(org, ana).status == 404  # Sam has never met her
    assert allot(org, ana, 1, CENTRAL).status == settle(org, ana, asked, CENTRAL).status == 403
    assert org.as_staff("GET", f"/clients/{ana}/sessions", who=SAM_EMAIL).status == 404
    upcoming(org, ana, kept=False)
    assert settle(org, ana, asked, ALEX_EMAIL).status == 200


def test_why_more_were_asked_for_goes_with_the_client(org: Organisation, ana: str) -> None:
    twin = org.clients.create("Anna Ruiz")["id"]
    for client_id in (ana, twin):
        allot(org, client_id, 1)
        settle(org, client_id, ask(org, client_id, CENTRAL).json["id"], note="Divorce")
    org.clients.merge(twin, ana)["merge_id"]
    assert len(org.all_pages(f"/clients/{ana}/session-requests", BOSS)) == 2
    assert org.as_staff("DELETE", f"/clients/{ana}", who=BOSS).status == 204
    for record in (org.read(Entitlement, client_id) for client_id in (ana, twin)):
        assert [(r.reason, r.note, r.sessions) for r in record.requests] == [("", "", 2)]
