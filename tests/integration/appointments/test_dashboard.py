"""The dashboard: lists, claims, assignments, cancellations and the log, by role."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.organisation.catalogue import CancellationReason
from chalicelib.services.appointments.dashboard import DashboardView
from tests.builders.in_process.sample_organisation import Organisation
from tests.builders.in_process.sample_records import ALEX, BLOCK_START, CENTRAL, ROOT, SAM, SAM_EMAIL, TORONTO, at, hire
from tests.builders.in_process.table_records import write

pytestmark = pytest.mark.organisation(seats=3)


def ids(org: Organisation, query: str, **more: str) -> list[str]:
    return [a["id"] for a in org.as_staff("GET", f"/appointments?{query}", **more).body()["items"]]


def test_a_booking_is_on_the_unassigned_list_until_somebody_claims_it(org: Organisation) -> None:
    booked = org.book()["id"]
    assert ids(org, f"view=unassigned&location_id={TORONTO}", who=SAM_EMAIL) == [booked]
    claimed = org.act(booked, "claim", {}, who=SAM_EMAIL)
    assert (claimed.status, claimed.json["staff_id"]) == (200, SAM), claimed.text
    assert ids(org, f"view=unassigned&location_id={TORONTO}", who=SAM_EMAIL) == []
    assert ids(org, "view=upcoming&staff_id=me", who=SAM_EMAIL) == [booked]
    assert org.act(booked, "claim", {}).refusal == (409, "already_assigned")


def test_a_claim_that_comes_too_late_is_told_so(org: Organisation) -> None:
    booked = org.book()["id"]
    org.act(booked, "claim", {})
    assert org.as_staff("GET", f"/appointments/{booked}", who=SAM_EMAIL).status == 404
    assert org.act(booked, "claim", {}, who=SAM_EMAIL).refusal == (409, "already_assigned")


def test_nobody_is_in_two_places(org: Organisation) -> None:
    first, second = org.book()["id"], org.book(at(15))["id"]
    org.act(first, "claim", {}, who=SAM_EMAIL)
    assert org.act(second, "claim", {}, who=SAM_EMAIL).refusal == (409, "staff_conflict")
    assert org.act(second, "claim", {"force": True}, who=SAM_EMAIL).status == 200
    logged = {appointment: org.as_staff("GET", f"/appointments/{appointment}/log") for appointment in (first, second)}
    forced = {name: {c["field"] for c in log.json["items"][0]["changes"]} for name, log in logged.items()}
    assert forced == {first: {"staff_id"}, second: {"staff_id", "force"}}


def test_a_manager_assigns_and_takes_back(org: Organisation) -> None:
    booked = org.book()["id"]
    assert org.act(booked, "assign", {"staff_id": SAM}, who=SAM_EMAIL).status == 403
    assert org.act(booked, "assign", {"staff_id": SAM}).json["staff_id"] == SAM
    assert org.act(booked, "assign", {"staff_id": ALEX}).json["staff_id"] == ALEX
    back = org.act(booked, "unassign")
    assert (back.status, back.json["staff_id"]) == (200, None), back.text
    assert ids(org, f"view=unassigned&location_id={TORONTO}") == [booked]
    assert org.act(booked, "claim", {}, who=SAM_EMAIL).status == 200


@pytest.mark.parametrize(("action", "body"), [("unassign", {}), ("assign", {"staff_id": SAM})])
def test_a_late_copy_of_what_changed_nothing_takes_nothing_back(
    org: Organisation, action: str, body: dict[str, str]
) -> None:
    """D45: the key stands for its first answer, whoever has the appointment since."""
    booked = org.book()["id"]
    if body:
        org.act(booked, "assign", body)
    url, key = f"/appointments/{booked}/{action}", {"Idempotency-Key": "once"}
    first = org.as_staff("POST", url, body, headers=key).body()
    given = org.act(booked, "assign", {"staff_id": ALEX})
    assert org.as_staff("POST", url, body, headers=key).json == first
    assert org.as_staff("GET", f"/appointments/{booked}").json == given.json


def test_whoever_takes_an_appointment_is_shown_it_as_it_is(org: Organisation) -> None:
    booked = org.book()["id"]
    url = f"/appointments/{booked}"
    claimed = org.as_staff("POST", f"{url}/claim", {}, who=SAM_EMAIL, headers={"Idempotency-Key": "k1"})
    assert claimed.json["block_id"] == org.calendar().blocks()[0].id
    for action, body in (("assign", {"staff_id": SAM}), ("assign", {"staff_id": ALEX}), ("unassign", {})):
        assert org.as_staff("POST", f"{url}/{action}", body).json == org.as_staff("GET", url).json
    assert org.as_staff("POST", f"{url}/claim", {}, who=SAM_EMAIL, headers={"Idempotency-Key": "k1"}).status == 200


def test_if_match_guards_an_action(org: Organisation) -> None:
    booked = org.book()["id"]
    assert org.act(booked, "claim", {}, headers={"If-Match": '"7"'}).refusal == (412, "version_mismatch")


def test_staff_see_their_own_and_the_unassigned_only(org: Organisation) -> None:
    mine, other = org.book()["id"], org.book(at(60))["id"]
    org.act(mine, "claim", {}, who=SAM_EMAIL)
    org.act(other, "claim", {})
    assert org.as_staff("GET", f"/appointments/{mine}", who=SAM_EMAIL).status == 200
    assert org.as_staff("GET", f"/appointments/{other}", who=SAM_EMAIL).status == 404
    assert org.act(other, "cancel", {}, who=SAM_EMAIL).status == 404
    assert ids(org, f"view=day&location_id={TORONTO}&date=2026-12-03", who=SAM_EMAIL) == [mine]
    assert ids(org, f"view=day&location_id={TORONTO}&date=2026-12-03") == [mine, other]


def test_the_contact_centre_has_no_dashboard(org: Organisation) -> None:
    """CC 2.2: refused before anything is said about the list, complete or not."""
    hire("stf_rosa", CENTRAL)
    for view in ("unconfirmed", "unassigned", "orphaned", "upcoming", "day", "none"):
        for rest in (f"&location_id={TORONTO}&date=2026-12-03", "&staff_id=me", ""):
            assert org.as_staff("GET", f"/appointments?view={view}{rest}", who=CENTRAL).refusal == (403, "forbidden")


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
def test_what_a_list_must_be_told(org: Organisation, query: str, code: str) -> None:
    assert org.as_staff("GET", f"/appointments?{query}").refusal == (422, code)


@pytest.mark.parametrize("query", ["location_id=loc_2", "staff_id=stf_2", f"location_id={TORONTO}&staff_id=stf_2"])
def test_there_is_no_list_of_what_does_not_exist(org: Organisation, query: str) -> None:
    assert org.as_staff("GET", f"/appointments?view=upcoming&{query}", who=ROOT).status == 404


def test_requests_are_listed_until_they_are_confirmed(org: Organisation) -> None:
    """AS-7, AS-9: an overdue one stays, with ``show_confirmed`` the confirmed ones to come stand beside them."""
    booked = [org.book(at(30 * n))["id"] for n in range(3)]
    write(*(replace(org.read(Appointment, pending), confirmed=False) for pending in booked[:2]))
    org.now = at(10)
    url = f"view=unconfirmed&location_id={TORONTO}"
    assert ids(org, url) == booked[:2]
    assert ids(org, f"{url}&show_confirmed=true") == booked
    # As Python's own libraries write it.
    assert ids(org, f"{url}&show_confirmed=True") == booked
    assert ids(org, f"{url}&show_confirmed=False") == booked[:2]
    assert org.as_staff("GET", f"/appointments?{url}&show_confirmed=yes").status == 422
    assert ids(org, f"{url}&show_confirmed=true&staff_id={SAM}") == []
    assert ids(org, f"view=upcoming&location_id={TORONTO}") == booked[1:]
    write(replace(org.read(Appointment, booked[1]), confirmed=True))
    assert ids(org, url) == booked[:1]
    assert ids(org, f"{url}&show_confirmed=true") == booked


def test_cancelling_needs_one_of_the_organisations_reasons(org: Organisation) -> None:
    booked = org.book()["id"]
    write(CancellationReason("rsn_1", "Branch closed"))
    url = f"/appointments/{booked}/cancel"
    assert org.as_staff("POST", url, {}).json["code"] == "reason_required"
    assert org.as_staff("POST", url, {"reason_id": "rsn_2"}).json["code"] == "unknown_reason"
    done = org.as_staff("POST", url, {"reason_id": "rsn_1"})
    assert done.json["cancellation"]["reason"] == "Branch closed"
    assert (done.json["state"], done.json["cancellation"]["by"]) == ("cancelled", "Alex")
    assert ids(org, f"view=upcoming&location_id={TORONTO}") == []
    assert org.as_staff("POST", url, {"reason_id": "rsn_1"}).json["code"] == "wrong_state"


def test_the_log_says_who_did_what(org: Organisation) -> None:
    booked = org.book()["id"]
    org.act(booked, "claim", {}, who=SAM_EMAIL)
    log = org.as_staff("GET", f"/appointments/{booked}/log").json["items"]
    assert [(line["action"], line["user"]) for line in log] == [("claimed", "Sam"), ("booked", "Modern Client View")]
    assert log[0]["changes"] == [{"field": "staff_id", "before": None, "after": SAM}]


def test_an_assigned_appointment_that_is_moved_stays_with_who_is_free(org: Organisation) -> None:
    booked = org.book()
    org.act(booked["id"], "claim", {}, who=SAM_EMAIL)
    other = org.book(at(60))
    org.act(other["id"], "claim", {}, who=SAM_EMAIL)
    body = {"code": other["code"], "start": at(15).isoformat(), "timezone": "America/Toronto"}
    assert org.call("POST", f"/public/appointments/{other['id']}/reschedule", body).status == 200
    assert org.read(Appointment, other["id"]).staff_id is None
    body = {"code": booked["code"], "start": at(90).isoformat(), "timezone": "America/Toronto"}
    assert org.call("POST", f"/public/appointments/{booked['id']}/reschedule", body).status == 200
    assert org.read(Appointment, booked["id"]).staff_id == SAM


def test_orphans_are_listed_and_reseated_by_themselves(org: Organisation) -> None:
    first = org.book()
    second = org.book(attendee={"first_name": "Bo"})
    block = org.calendar().blocks()[0]
    org.update_sheets(block.start, block.end, lambda calendar: calendar.with_block(replace(block, limit=1)))
    assert ids(org, f"view=orphaned&location_id={TORONTO}") == [second["id"]]
    assert org.as_staff("GET", f"/appointments/{second['id']}").json["orphaned"] is True
    org.cancel(first)
    assert ids(org, f"view=orphaned&location_id={TORONTO}") == []


def test_staff_see_no_orphans_of_their_colleagues(org: Organisation) -> None:
    booked = [org.book(attendee={"first_name": name})["id"] for name in ("Ana", "Bo")]
    org.as_staff("POST", f"/appointments/{booked[0]}/assign", {"staff_id": ALEX}, who=ROOT)
    block = org.calendar().blocks()[0]
    org.update_sheets(block.start, block.end, lambda calendar: calendar.without_block(block.id))
    url = f"view=orphaned&location_id={TORONTO}"
    assert ids(org, url, who=SAM_EMAIL) == booked[1:]
    assert org.as_staff("GET", f"/appointments?{url}&cursor=x").json["code"] == "invalid_cursor"


def test_orphans_are_paged_without_gaps(org: Organisation) -> None:
    """Every other one is a colleague's, whom Sam does not see."""
    guests = ("Ana", "Bo", "Cy")
    booked = [org.book(at(30 * n), attendee={"first_name": guests[n % 3]})["id"] for n in range(6)]
    for theirs in booked[::2]:
        org.act(theirs, "assign", {"staff_id": ALEX}, who=ROOT)
    block = org.calendar().blocks()[0]
    org.update_sheets(block.start, block.end, lambda calendar: calendar.without_block(block.id))
    url = f"/appointments?view=orphaned&location_id={TORONTO}&limit=1"
    page = org.as_staff("GET", url, who=SAM_EMAIL).json
    found = [[a["id"] for a in page["items"]]]
    while page["next_cursor"]:
        page = org.as_staff("GET", f"{url}&cursor={page['next_cursor']}", who=SAM_EMAIL).json
        found.append([a["id"] for a in page["items"]])
    assert found == [[theirs] for theirs in booked[1::2]]
    assert ids(org, f"view=orphaned&location_id={TORONTO}&staff_id={ALEX}") == booked[::2]
    assert ids(org, f"view=orphaned&location_id={TORONTO}&date=2026-12-03") == booked
    assert ids(org, f"view=orphaned&location_id={TORONTO}&date=2026-12-04") == []


def test_a_list_that_begins_now_goes_on_after_its_cursor_has_passed(org: Organisation) -> None:
    booked = [org.book(at(30 * n))["id"] for n in range(3)]
    url = f"/appointments?view=upcoming&location_id={TORONTO}&limit=1"
    first = org.as_staff("GET", url).json
    org.now = at(10)
    rest = org.as_staff("GET", f"{url}&cursor={first['next_cursor']}").json
    assert [a["id"] for a in first["items"] + rest["items"]] == booked[:2]


def test_lists_are_paged_and_cursors_belong_to_their_list(org: Organisation) -> None:
    booked = [org.book(at(15 * n))["id"] for n in range(3)]
    url = f"/appointments?view=unassigned&location_id={TORONTO}&limit=2"
    first = org.as_staff("GET", url).json
    rest = org.as_staff("GET", f"{url}&cursor={first['next_cursor']}").json
    assert [a["id"] for a in first["items"] + rest["items"]] == booked
    for view in DashboardView:
        # An empty list as well: nothing has given out such a cursor.
        odd = org.as_staff("GET", f"/appointments?view={view}&location_id={TORONTO}&date=2026-12-04&cursor=x")
        assert odd.refusal == (422, "invalid_cursor")


def test_a_staff_members_ledger_follows_assignments(org: Organisation) -> None:
    booked = org.book()["id"]
    org.act(booked, "claim", {}, who=SAM_EMAIL)
    org.act(booked, "unassign")
    assert org.act(booked, "claim", {}, who=SAM_EMAIL).status == 200
    org.act(booked, "cancel", {})
    org.now = BLOCK_START - timedelta(hours=30)
    assert org.as_staff("POST", f"/appointments/{org.book()['id']}/claim", {}, who=SAM_EMAIL).status == 200
