"""Deleting clients: what stands in the way, what is cancelled, and that nothing tells who it was (D25, feature 41)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import boto3
import pytest
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends

from chalicelib.container import container
from chalicelib.domain.appointments.appointment import Appointment, AppointmentState
from chalicelib.domain.clients.client import REACHABLE_AFTER_DELETE, Client, Contact, ExternalId
from chalicelib.domain.shared.events import MessageKind
from chalicelib.domain.shared.times import utc_text
from tests.builders.doubles.api_gateway import Reply
from tests.builders.in_process.planned_block_branch import rows
from tests.builders.in_process.sample_organisation import SAM, World, at
from tests.builders.in_process.staff_bookings import as_role, before_the_next_commit, journal, staff_body, told
from tests.integration.clients.test_audit_log import logged
from tests.integration.clients.test_client_profiles import FULL, edit, made
from tests.integration.clients.test_client_search import walked
from tests.integration.conftest import REGION

# Nothing so short that an id might happen to contain it.
PERSONAL = ("Ana", "Ruiz", "ana@", "+1416555", "Quay", "mornings", "CRM-77a", "ana ruiz", "M5H 1A1")


def delete(world: World, path: str, query: str = "", **more: Any) -> Reply:
    """A deletion by Alex."""
    return as_role(world, "DELETE", f"{path}{query}", **more)


def traces(*words: str) -> list[str]:
    """The keys of everything in the table that contains one of these words."""
    found = {key: str(row) for key, row in rows().items()}
    return sorted(key for key, text in found.items() if any(word in f"{key} {text}" for word in words))


@pytest.fixture
def world(world: World) -> World:
    world.lay(limit=5)
    return world


def test_nothing_is_left_that_tells_who_it_was(world: World) -> None:
    path = made(world, **FULL)
    assert edit(world, path, city="Oshawa", mobile="+14165550122", external_id="CRM-78a").status == 200
    assert traces("Oshawa", *PERSONAL) != []
    assert delete(world, path).status == 204
    assert traces("Oshawa", *PERSONAL) == []
    client: Client = world.read(Client, path.rpartition("/")[2])
    assert (client.name, client.deleted_at, client.erase_at) == ("Deleted client", world.now, None)
    assert [(e.action, e.actor.label) for e in journal(client.id)] == [
        ("deleted", "Alex"),
        ("sms_consent_withdrawn", "Alex"),
        ("updated", "Alex"),
        ("sms_consent_given", "Alex"),
        ("created", "Alex"),
    ]
    assert {c.field for c in journal(client.id)[2].changes} >= {"city", "mobile", "external_id"}
    assert [e.type for e in journal(client.id)[0].events] == ["client.deleted"]


def test_nobody_finds_or_touches_them_any_more(world: World) -> None:
    path = made(world, **FULL)
    assert delete(world, path).status == 204
    assert [walked(world, q=q) for q in ("ana", "ana@example.org", "4165550100", "CRM-77a")] == [[]] * 4
    assert walked(world) == walked(world, filter="mine") == []
    for method, url, body in (
        *(("GET", path, None), ("GET", f"{path}/log", None), ("PATCH", path, {"city": "Ajax"})),
        *(("DELETE", path, None), ("DELETE", f"{path}?cancel_upcoming=true", None)),
    ):
        assert as_role(world, method, url, body).status == 404
    assert made(world, **FULL) != path


def test_only_the_version_that_was_seen_is_deleted(world: World) -> None:
    path = made(world)
    assert edit(world, path, city="Ajax").status == 200
    assert delete(world, path, headers={"If-Match": '"1"'}).status == 412
    assert delete(world, path, headers={"If-Match": '"2"'}).status == 204


def test_appointments_ahead_stand_in_the_way_and_are_named(world: World) -> None:
    booked = [world.book(at(minutes)).json for minutes in (0, 30)]
    (client_id,) = walked(world)
    world.now = at(10)  # the first one has begun
    refused = delete(world, f"/clients/{client_id}")
    assert (refused.status, refused.json["code"]) == (409, "has_upcoming")
    assert sorted(a["id"] for a in refused.json["appointments"]) == sorted(b["id"] for b in booked)
    assert {a["start"] for a in refused.json["appointments"]} == {b["start"] for b in booked}
    assert as_role(world, "GET", f"/clients/{client_id}").json["first_name"] == "Ana"


def test_appointments_that_are_over_or_cancelled_stay_and_do_not(world: World) -> None:
    over, cancelled = (world.book(at(minutes)).json["id"] for minutes in (0, 30))
    (client_id,) = walked(world)
    assert as_role(world, "POST", f"/appointments/{cancelled}/cancel", {}).status == 200
    world.now = at(31)
    assert delete(world, f"/clients/{client_id}").status == 204
    assert world.read(Appointment, over).state is AppointmentState.BOOKED
    shown = as_role(world, "GET", f"/appointments/{over}").json["attendees"]
    assert [(a["client_id"], a["name"]) for a in shown] == [(client_id, "Deleted client")]


def test_whatever_is_ahead_is_cancelled_if_asked_and_its_room_is_free_again(world: World) -> None:
    offered = world.offers()
    booked = [world.book(at(minutes)).json["id"] for minutes in (0, 30)]
    (client_id,) = walked(world)
    assert delete(world, f"/clients/{client_id}", "?cancel_upcoming=true").status == 204
    for appointment_id in booked:
        entry = journal(appointment_id)[0]
        assert (entry.action, entry.actor.label) == ("cancelled", "Alex")
        assert (MessageKind.CANCELLED, client_id) in told(entry)
    assert world.offers() == offered
    assert container.ledger_integrity.check(world.now).differences == ()


def test_whoever_comes_along_still_comes(world: World) -> None:
    booked = world.book().json["id"]
    (ana,) = walked(world)
    added = {"client": {"first_name": "Bo", "last_name": "Lind", "email": "bo@example.org"}}
    assert as_role(world, "POST", f"/appointments/{booked}/attendees", added).status == 201
    assert delete(world, f"/clients/{ana}", "?cancel_upcoming=true").status == 204
    shown = as_role(world, "GET", f"/appointments/{booked}").json
    assert (shown["state"], [a["cancelled"] for a in shown["attendees"]]) == ("booked", [True, False])


def test_a_reason_that_staff_must_give_does_not_stand_in_the_way(world: World) -> None:
    reason = as_role(world, "POST", "/cancellation-reasons", {"text": "Moved away"}, "boss@example.org")
    assert reason.status == 201
    world.book()
    (client_id,) = walked(world)
    assert delete(world, f"/clients/{client_id}", "?cancel_upcoming=true").status == 204


def test_the_notice_of_the_cancellation_still_reaches_them(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    sender = "Frontdesk <bookings@example.org>"
    boto3.client("ses", region_name=REGION).verify_email_identity(EmailAddress="bookings@example.org")
    topic = boto3.client("sns", region_name=REGION).create_topic(Name="events")["TopicArn"]
    known = {"sender": sender, "events_topic_arn": topic, "public_url": "https://api.example.org"}
    settings = container.settings.model_copy(update=known)
    vars(container)["settings"] = settings
    world.book()
    (client_id,) = walked(world)
    delivery = container.outbox_relay
    delivery.sweep(world.now + timedelta(minutes=5), lambda: True)
    box = ses_backends[DEFAULT_ACCOUNT_ID][REGION].sent_messages
    before = len(box)
    assert delete(world, f"/clients/{client_id}", "?cancel_upcoming=true").status == 204
    delivery.sweep(world.now + timedelta(minutes=5), lambda: True)
    assert any("ana@example.org" in str(message.destinations) for message in box[before:])


def test_whoever_was_told_is_forgotten_hours_later(world: World) -> None:
    world.book(attendee={"mobile": "+14165550100", "receive_sms": True, "notes": "None"})
    (client_id,) = walked(world)
    assert delete(world, f"/clients/{client_id}", "?cancel_upcoming=true").status == 204
    kept: Client = world.read(Client, client_id)
    assert (kept.email, kept.receive_sms, kept.erase_at) == (
        "ana@example.org",
        True,
        world.now + REACHABLE_AFTER_DELETE,
    )
    assert as_role(world, "GET", f"/clients/{client_id}").status == 404
    farewells = container.erasure_job
    assert farewells.erase_due(world.now + REACHABLE_AFTER_DELETE - timedelta(seconds=1), lambda: True) == 0
    assert farewells.erase_due(world.now + REACHABLE_AFTER_DELETE, lambda: False) == 0
    assert [farewells.erase_due(world.now + REACHABLE_AFTER_DELETE, lambda: True) for _ in range(2)] == [1, 0]
    gone: Client = world.read(Client, client_id)
    assert (gone.name, gone.email, gone.mobile, gone.receive_sms) == ("Deleted client", None, None, False)
    assert gone.deleted_at == world.now


def test_the_widget_takes_the_same_person_for_somebody_new(world: World) -> None:
    world.book()
    (client_id,) = walked(world)
    assert delete(world, f"/clients/{client_id}", "?cancel_upcoming=true").status == 204
    assert world.read(Contact, "ana@example.org") is None
    assert world.book().status == 201
    (again,) = walked(world, q="ana")
    assert again != client_id


def test_a_deletion_that_an_edit_overtakes_leaves_nothing_of_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    path = made(world, **FULL)
    edits: list[Reply] = []
    left = {"notes": "Left-handed", "email": "left@example.org"}
    before_the_next_commit(monkeypatch, lambda: edits.append(edit(world, path, **left)), of=Client)
    assert delete(world, path).status == 204
    assert [reply.status for reply in edits] == [200]
    assert traces("Left", "left@", *PERSONAL) == []


def test_who_is_booked_meanwhile_is_not_deleted_over_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.book()
    world.now = at(31)
    (client_id,) = walked(world)
    before_the_next_commit(monkeypatch, lambda: world.book(at(120)))
    refused = delete(world, f"/clients/{client_id}")
    assert (refused.status, refused.json["code"]) == (409, "has_upcoming")


def test_whoever_staff_book_in_that_very_moment_is_cancelled_after_all(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.book()
    world.now = at(31)
    (client_id,) = walked(world)
    booking = staff_body(client_id=client_id, start=utc_text(at(120)))
    del booking["client"]
    replies: list[Reply] = []
    call = "POST", "/appointments", booking
    before_the_next_commit(monkeypatch, lambda: replies.append(as_role(world, *call)), of=Client)
    assert delete(world, f"/clients/{client_id}").status == 204
    assert [reply.status for reply in replies] == [201]
    (late, _) = container.client_directory.appointments(client_id, None, 10)
    assert world.read(Appointment, late.appointment_id).state is AppointmentState.CANCELLED
    assert container.ledger_integrity.check(world.now).differences == ()


def test_a_client_with_all_that_was_merged_into_them_is_forgotten(world: World) -> None:
    primary = made(world, first_name="Bea", email="bea@example.org", external_id="CRM-1")
    duplicate = made(world, **FULL)
    other = made(world, first_name="Beatrix", email="trix@example.org", external_id="CRM-3", notes="Tall")
    booked = world.book().json["id"]
    wish = {"primary_id": primary.rpartition("/")[2]}
    for each in (duplicate, other):
        merged = as_role(world, "POST", "/clients/merge", wish | {"duplicate_id": each.rpartition("/")[2]})
        assert merged.status == 200, merged.text
    assert delete(world, primary).json["appointments"][0]["id"] == booked
    world.now = at(40)
    assert delete(world, primary).status == 204
    # The appointment stays, with who came as they were typed: that is shown to nobody.
    assert [key for key in traces("Bea", "trix", "Tall", *PERSONAL) if booked not in key] == []
    assert [world.read(ExternalId, value) for value in ("CRM-1", "CRM-77a", "CRM-3")] == [None] * 3
    for path in (primary, duplicate, other):
        assert as_role(world, "GET", path).status == 404
    undo = as_role(world, "POST", f"/clients/merges/{merged.json['merge_id']}/undo", {})
    assert undo.status == 404


def test_the_log_of_somebody_alive_keeps_its_values(world: World) -> None:
    gone, kept = made(world, email="gone@example.org"), made(world)
    assert delete(world, gone).status == 204
    assert logged(world, kept)[0][1]["email"] == (None, "ana@example.org")


def test_a_merge_that_was_undone_keeps_nothing_of_them_either(world: World) -> None:
    primary = made(world, first_name="Bea", email="bea@example.org")
    duplicate = made(world, **FULL)
    wish = {"primary_id": primary.rpartition("/")[2], "duplicate_id": duplicate.rpartition("/")[2]}
    merged = as_role(world, "POST", "/clients/merge", wish)
    assert as_role(world, "POST", f"/clients/merges/{merged.json['merge_id']}/undo", {}).status == 200
    assert delete(world, duplicate).status == 204
    # Bea is a Ruiz too.
    assert traces("Quay", "mornings", "CRM-77a", "ana@") == []
    assert as_role(world, "GET", primary).json["email"] == "bea@example.org"
    assert logged(world, primary)[-1][1]["email"] == (None, "bea@example.org")


def test_who_knew_them_only_through_what_was_cancelled_still_deletes_them(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = made(world)
    booking = staff_body(client_id=path.rpartition("/")[2], staff={"id": SAM})
    del booking["client"]
    booked = as_role(world, "POST", "/appointments", booking)
    assert booked.status == 201, booked.text
    edits: list[Reply] = []
    change = "PATCH", path, {"city": "Ajax"}, "boss@example.org"
    before_the_next_commit(monkeypatch, lambda: edits.append(as_role(world, *change)), of=Client)
    assert delete(world, path, "?cancel_upcoming=true", who="sam@example.org").status == 204
    assert [reply.status for reply in edits] == [200]
    assert world.read(Appointment, booked.json["id"]).state is AppointmentState.CANCELLED
    assert traces("Ajax") == []
