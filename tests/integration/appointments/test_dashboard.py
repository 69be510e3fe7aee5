"""Staff and their appointments: lists, claim, assign, cancel, the log; who sees and may do what."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.container import container
from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.organisation.catalogue import CancellationReason, Login
from chalicelib.domain.shared.permissions import Role
from chalicelib.services.appointments.dashboard import DashboardView
from chalicelib.services.unit_of_work import UnitOfWork
from tests.builders.doubles.api_gateway import claims
from tests.builders.in_process.sample_organisation import ALEX, OPENING, SAM, TORONTO, World, at, employed

SAM_MAIL = "sam@example.org"


@pytest.fixture
def world(world: World) -> World:
    world.lay(limit=3)
    return world


def ids(world: World, query: str, **more: str) -> list[str]:
    reply = world.staff("GET", f"/appointments?{query}", **more)
    assert reply.status == 200, reply.text
    return [a["id"] for a in reply.json["items"]]


def test_a_booking_is_on_the_unassigned_list_until_somebody_claims_it(world: World) -> None:
    booked = world.book().json["id"]
    assert ids(world, f"view=unassigned&location_id={TORONTO}", who=SAM_MAIL) == [booked]
    claimed = world.staff("POST", f"/appointments/{booked}/claim", {}, who=SAM_MAIL)
    assert (claimed.status, claimed.json["staff_id"]) == (200, SAM), claimed.text
    assert ids(world, f"view=unassigned&location_id={TORONTO}", who=SAM_MAIL) == []
    assert ids(world, "view=upcoming&staff_id=me", who=SAM_MAIL) == [booked]
    again = world.staff("POST", f"/appointments/{booked}/claim", {})
    assert (again.status, again.json["code"]) == (409, "already_assigned")


def test_a_claim_that_comes_too_late_is_told_so(world: World) -> None:
    booked = world.book().json["id"]
    world.staff("POST", f"/appointments/{booked}/claim", {})
    assert world.staff("GET", f"/appointments/{booked}", who=SAM_MAIL).status == 404
    late = world.staff("POST", f"/appointments/{booked}/claim", {}, who=SAM_MAIL)
    assert (late.status, late.json["code"]) == (409, "already_assigned")


def test_nobody_is_in_two_places(world: World) -> None:
    first, second = world.book().json["id"], world.book(at(15)).json["id"]
    world.staff("POST", f"/appointments/{first}/claim", {}, who=SAM_MAIL)
    refused = world.staff("POST", f"/appointments/{second}/claim", {}, who=SAM_MAIL)
    assert (refused.status, refused.json["code"]) == (409, "staff_conflict")
    assert world.staff("POST", f"/appointments/{second}/claim", {"force": True}, who=SAM_MAIL).status == 200
    logged = {appointment: world.staff("GET", f"/appointments/{appointment}/log") for appointment in (first, second)}
    forced = {name: {c["field"] for c in log.json["items"][0]["changes"]} for name, log in logged.items()}
    assert forced == {first: {"staff_id"}, second: {"staff_id", "force"}}


def test_a_manager_assigns_and_takes_back(world: World) -> None:
    booked = world.book().json["id"]
    assert world.staff("POST", f"/appointments/{booked}/assign", {"staff_id": SAM}, who=SAM_MAIL).status == 403
    given = world.staff("POST", f"/appointments/{booked}/assign", {"staff_id": SAM})
    assert given.json["staff_id"] == SAM
    assert world.staff("POST", f"/appointments/{booked}/assign", {"staff_id": ALEX}).json["staff_id"] == ALEX
    back = world.staff("POST", f"/appointments/{booked}/unassign")
    assert (back.status, back.json["staff_id"]) == (200, None), back.text
    assert ids(world, f"view=unassigned&location_id={TORONTO}") == [booked]
    assert world.staff("POST", f"/appointments/{booked}/claim", {}, who=SAM_MAIL).status == 200


@pytest.mark.parametrize(("action", "body"), [("unassign", {}), ("assign", {"staff_id": SAM})])
def test_a_late_copy_of_what_changed_nothing_takes_nothing_back(
    world: World, action: str, body: dict[str, str]
) -> None:
    """D45: the key stands for its first answer, whoever has the appointment since."""
    booked = world.book().json["id"]
    if body:
        world.staff("POST", f"/appointments/{booked}/assign", body)
    url, key = f"/appointments/{booked}/{action}", {"Idempotency-Key": "once"}
    first = world.staff("POST", url, body, headers=key)
    assert first.status == 200, first.text
    given = world.staff("POST", f"/appointments/{booked}/assign", {"staff_id": ALEX})
    assert world.staff("POST", url, body, headers=key).json == first.json
    assert world.staff("GET", f"/appointments/{booked}").json == given.json


def test_whoever_takes_an_appointment_is_shown_it_as_it_is(world: World) -> None:
    booked = world.book().json["id"]
    url = f"/appointments/{booked}"
    claimed = world.staff("POST", f"{url}/claim", {}, who=SAM_MAIL, headers={"Idempotency-Key": "k1"})
    assert claimed.json["block_id"] == world.calendar().blocks()[0].id
    for action, body in (("assign", {"staff_id": SAM}), ("assign", {"staff_id": ALEX}), ("unassign", {})):
        answer = world.staff("POST", f"{url}/{action}", body)
        assert answer.json == world.staff("GET", url).json
    again = world.staff("POST", f"{url}/claim", {}, who=SAM_MAIL, headers={"Idempotency-Key": "k1"})
    assert again.status == 200


def test_if_match_guards_an_action(world: World) -> None:
    booked = world.book().json["id"]
    stale = world.staff("POST", f"/appointments/{booked}/claim", {}, headers={"If-Match": '"7"'})
    assert (stale.status, stale.json["code"]) == (412, "version_mismatch")


def test_staff_see_their_own_and_the_unassigned_only(world: World) -> None:
    mine, other = world.book().json["id"], world.book(at(60)).json["id"]
    world.staff("POST", f"/appointments/{mine}/claim", {}, who=SAM_MAIL)
    world.staff("POST", f"/appointments/{other}/claim", {})
    assert world.staff("GET", f"/appointments/{mine}", who=SAM_MAIL).status == 200
    assert world.staff("GET", f"/appointments/{other}", who=SAM_MAIL).status == 404
    assert world.staff("POST", f"/appointments/{other}/cancel", {}, who=SAM_MAIL).status == 404
    assert ids(world, f"view=day&location_id={TORONTO}&date=2026-12-03", who=SAM_MAIL) == [mine]
    assert ids(world, f"view=day&location_id={TORONTO}&date=2026-12-03") == [mine, other]


def test_the_contact_centre_has_no_dashboard(world: World) -> None:
    """CC 2.2: refused before anything is said about the list, complete or not."""
    work = UnitOfWork()
    work.save(replace(employed("stf_cc", "Rosa", Role.CONTACT_CENTRE), location_ids=()))
    work.save(Login("rosa@example.org", "stf_cc"))
    container.store.commit(work)
    rosa = claims("rosa@example.org", "[contact_centre]")
    for view in ("unconfirmed", "unassigned", "orphaned", "upcoming", "day", "none"):
        for rest in (f"&location_id={TORONTO}&date=2026-12-03", "&staff_id=me", ""):
            reply = world.call("GET", f"/appointments?view={view}{rest}", login=rosa)
            assert (reply.status, reply.json["code"]) == (403, "forbidden")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("view=upcoming", "location_required"),
        ("view=unassigned&staff_id=me", "location_required"),
        ("view=orphaned&staff_id=me", "location_required"),
        ("view=unconfirmed&staff_id=me", "location_required"),
        (f"view=day&location_id={TORONTO}", "date_required"),
        (f"view=upcoming&location_id={TORONTO}&cursor=bm8", "invalid_cursor"),
        (f"view=unconfirmed&show_confirmed=true&location_id={TORONTO}&cursor=bm8", "invalid_cursor"),
    ],
)
def test_what_a_list_must_be_told(world: World, query: str, code: str) -> None:
    reply = world.staff("GET", f"/appointments?{query}")
    assert (reply.status, reply.json["code"]) == (422, code)


@pytest.mark.parametrize("query", ["location_id=loc_2", "staff_id=stf_2", f"location_id={TORONTO}&staff_id=stf_2"])
def test_there_is_no_list_of_what_does_not_exist(world: World, query: str) -> None:
    assert world.staff("GET", f"/appointments?view=upcoming&{query}", who="root@example.org").status == 404


def test_requests_are_listed_until_they_are_confirmed(world: World) -> None:
    """AS-7, AS-9: an overdue one stays, with ``show_confirmed`` the confirmed ones to come stand beside them."""
    booked = [world.book(at(30 * n)).json["id"] for n in range(3)]
    work = UnitOfWork()
    for pending in booked[:2]:
        work.save(replace(world.read(Appointment, pending), confirmed=False))
    container.store.commit(work)
    world.now = at(10)
    url = f"view=unconfirmed&location_id={TORONTO}"
    assert ids(world, url) == booked[:2]
    assert ids(world, f"{url}&show_confirmed=true") == booked
    # As Python's own libraries write it.
    assert ids(world, f"{url}&show_confirmed=True") == booked
    assert ids(world, f"{url}&show_confirmed=False") == booked[:2]
    assert world.staff("GET", f"/appointments?{url}&show_confirmed=yes").status == 422
    assert ids(world, f"{url}&show_confirmed=true&staff_id={SAM}") == []
    assert ids(world, f"view=upcoming&location_id={TORONTO}") == booked[1:]
    work = UnitOfWork()
    work.save(replace(world.read(Appointment, booked[1]), confirmed=True))
    container.store.commit(work)
    assert ids(world, url) == booked[:1]
    assert ids(world, f"{url}&show_confirmed=true") == booked


def test_cancelling_needs_one_of_the_organisations_reasons(world: World) -> None:
    booked = world.book().json["id"]
    work = UnitOfWork()
    work.save(CancellationReason("rsn_1", "Branch closed"))
    container.store.commit(work)
    url = f"/appointments/{booked}/cancel"
    assert world.staff("POST", url, {}).json["code"] == "reason_required"
    assert world.staff("POST", url, {"reason_id": "rsn_2"}).json["code"] == "unknown_reason"
    done = world.staff("POST", url, {"reason_id": "rsn_1"})
    assert done.json["cancellation"]["reason"] == "Branch closed"
    assert (done.json["state"], done.json["cancellation"]["by"]) == ("cancelled", "Alex")
    assert ids(world, f"view=upcoming&location_id={TORONTO}") == []
    assert world.staff("POST", url, {"reason_id": "rsn_1"}).json["code"] == "wrong_state"


def test_the_log_says_who_did_what(world: World) -> None:
    booked = world.book().json["id"]
    world.staff("POST", f"/appointments/{booked}/claim", {}, who=SAM_MAIL)
    log = world.staff("GET", f"/appointments/{booked}/log").json["items"]
    assert [(line["action"], line["user"]) for line in log] == [("claimed", "Sam"), ("booked", "Modern Client View")]
    assert log[0]["changes"] == [{"field": "staff_id", "before": None, "after": SAM}]


def test_an_assigned_appointment_that_is_moved_stays_with_who_is_free(world: World) -> None:
    booked = world.book().json
    world.staff("POST", f"/appointments/{booked['id']}/claim", {}, who=SAM_MAIL)
    other = world.book(at(60)).json
    world.staff("POST", f"/appointments/{other['id']}/claim", {}, who=SAM_MAIL)
    body = {"code": other["code"], "start": at(15).isoformat(), "timezone": "America/Toronto"}
    assert world.call("POST", f"/public/appointments/{other['id']}/reschedule", body).status == 200
    assert world.read(Appointment, other["id"]).staff_id is None
    body = {"code": booked["code"], "start": at(90).isoformat(), "timezone": "America/Toronto"}
    assert world.call("POST", f"/public/appointments/{booked['id']}/reschedule", body).status == 200
    assert world.read(Appointment, booked["id"]).staff_id == SAM


def test_orphans_are_listed_and_reseated_by_themselves(world: World) -> None:
    first = world.book().json
    second = world.book(attendee={"first_name": "Bo"}).json
    block = world.calendar().blocks()[0]
    world.rewrite(block.start, block.end, lambda calendar: calendar.with_block(replace(block, limit=1)))
    assert ids(world, f"view=orphaned&location_id={TORONTO}") == [second["id"]]
    assert world.staff("GET", f"/appointments/{second['id']}").json["orphaned"] is True
    world.call("POST", f"/public/appointments/{first['id']}/cancel", {"code": first["code"]})
    assert ids(world, f"view=orphaned&location_id={TORONTO}") == []


def test_staff_see_no_orphans_of_their_colleagues(world: World) -> None:
    booked = [world.book(attendee={"first_name": name}).json["id"] for name in ("Ana", "Bo")]
    world.staff("POST", f"/appointments/{booked[0]}/assign", {"staff_id": ALEX}, who="root@example.org")
    block = world.calendar().blocks()[0]
    world.rewrite(block.start, block.end, lambda calendar: calendar.without_block(block.id))
    url = f"view=orphaned&location_id={TORONTO}"
    assert ids(world, url, who=SAM_MAIL) == booked[1:]
    assert world.staff("GET", f"/appointments?{url}&cursor=x").json["code"] == "invalid_cursor"


def test_orphans_are_paged_without_gaps(world: World) -> None:
    """Every other one is a colleague's, whom Sam does not see."""
    guests = ("Ana", "Bo", "Cy")
    booked = [world.book(at(30 * n), attendee={"first_name": guests[n % 3]}).json["id"] for n in range(6)]
    for theirs in booked[::2]:
        world.staff("POST", f"/appointments/{theirs}/assign", {"staff_id": ALEX}, who="root@example.org")
    block = world.calendar().blocks()[0]
    world.rewrite(block.start, block.end, lambda calendar: calendar.without_block(block.id))
    url = f"/appointments?view=orphaned&location_id={TORONTO}&limit=1"
    page = world.staff("GET", url, who=SAM_MAIL).json
    found = [[a["id"] for a in page["items"]]]
    while page["next_cursor"]:
        page = world.staff("GET", f"{url}&cursor={page['next_cursor']}", who=SAM_MAIL).json
        found.append([a["id"] for a in page["items"]])
    assert found == [[theirs] for theirs in booked[1::2]]
    assert ids(world, f"view=orphaned&location_id={TORONTO}&staff_id={ALEX}") == booked[::2]
    assert ids(world, f"view=orphaned&location_id={TORONTO}&date=2026-12-03") == booked
    assert ids(world, f"view=orphaned&location_id={TORONTO}&date=2026-12-04") == []


def test_a_list_that_begins_now_goes_on_after_its_cursor_has_passed(world: World) -> None:
    booked = [world.book(at(30 * n)).json["id"] for n in range(3)]
    url = f"/appointments?view=upcoming&location_id={TORONTO}&limit=1"
    first = world.staff("GET", url).json
    world.now = at(10)
    rest = world.staff("GET", f"{url}&cursor={first['next_cursor']}").json
    assert [a["id"] for a in first["items"] + rest["items"]] == booked[:2]


def test_lists_are_paged_and_cursors_belong_to_their_list(world: World) -> None:
    booked = [world.book(at(15 * n)).json["id"] for n in range(3)]
    url = f"/appointments?view=unassigned&location_id={TORONTO}&limit=2"
    first = world.staff("GET", url).json
    rest = world.staff("GET", f"{url}&cursor={first['next_cursor']}").json
    assert [a["id"] for a in first["items"] + rest["items"]] == booked
    for view in DashboardView:
        # An empty list as well: nothing has given out such a cursor.
        odd = world.staff("GET", f"/appointments?view={view}&location_id={TORONTO}&date=2026-12-04&cursor=x")
        assert (odd.status, odd.json["code"]) == (422, "invalid_cursor")


def test_a_staff_members_ledger_follows_assignments(world: World) -> None:
    booked = world.book().json["id"]
    world.staff("POST", f"/appointments/{booked}/claim", {}, who=SAM_MAIL)
    world.staff("POST", f"/appointments/{booked}/unassign")
    assert world.staff("POST", f"/appointments/{booked}/claim", {}, who=SAM_MAIL).status == 200
    world.staff("POST", f"/appointments/{booked}/cancel", {})
    world.now = OPENING - timedelta(hours=30)
    assert world.staff("POST", f"/appointments/{world.book().json['id']}/claim", {}, who=SAM_MAIL).status == 200
