"""Clients deleted: obstacles, cancellations, and no personal data left (D25, feature 41)."""

from __future__ import annotations

from datetime import timedelta

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
from tests.builders.in_process.client_requests import FULL, PERSONAL
from tests.builders.in_process.moto_table import REGION, keys_containing
from tests.builders.in_process.sample_organisation import Organisation
from tests.builders.in_process.sample_records import ALEX_EMAIL, BOSS, SAM, SAM_EMAIL, at, staff_body
from tests.builders.in_process.table_records import before_the_next_commit, journal, recipients

# Nothing so short that an id might happen to contain it.


pytestmark = pytest.mark.organisation(seats=5, user=ALEX_EMAIL)


def test_nothing_is_left_that_tells_who_it_was(org: Organisation) -> None:
    path = org.clients.create_path(**FULL)
    assert org.clients.edit(path, city="Oshawa", mobile="+14165550122", external_id="CRM-78a").status == 200
    assert keys_containing("Oshawa", *PERSONAL) != []
    assert org.clients.delete(path).status == 204
    assert keys_containing("Oshawa", *PERSONAL) == []
    client: Client = org.read(Client, path.rpartition("/")[2])
    assert (client.name, client.deleted_at, client.erase_at) == ("Deleted client", org.now, None)
    assert [(e.action, e.actor.label) for e in journal(client.id)] == [
        ("deleted", "Alex"),
        ("sms_consent_withdrawn", "Alex"),
        ("updated", "Alex"),
        ("sms_consent_given", "Alex"),
        ("created", "Alex"),
    ]
    assert {c.field for c in journal(client.id)[2].changes} >= {"city", "mobile", "external_id"}
    assert [e.type for e in journal(client.id)[0].events] == ["client.deleted"]


def test_nobody_finds_or_touches_them_any_more(org: Organisation) -> None:
    path = org.clients.create_path(**FULL)
    assert org.clients.delete(path).status == 204
    assert [org.clients.all_ids(q=q) for q in ("ana", "ana@example.org", "4165550100", "CRM-77a")] == [[]] * 4
    assert org.clients.all_ids() == org.clients.all_ids(filter="mine") == []
    for method, url, body in (
        *(("GET", path, None), ("GET", f"{path}/log", None), ("PATCH", path, {"city": "Ajax"})),
        *(("DELETE", path, None), ("DELETE", f"{path}?cancel_upcoming=true", None)),
    ):
        assert org.as_staff(method, url, body).status == 404
    assert org.clients.create_path(**FULL) != path


def test_only_the_version_that_was_seen_is_deleted(org: Organisation) -> None:
    path = org.clients.create_path()
    assert org.clients.edit(path, city="Ajax").status == 200
    assert org.clients.delete(path, headers={"If-Match": '"1"'}).status == 412
    assert org.clients.delete(path, headers={"If-Match": '"2"'}).status == 204


def test_appointments_ahead_stand_in_the_way_and_are_named(org: Organisation) -> None:
    booked = [org.book(at(minutes)) for minutes in (0, 30)]
    (client_id,) = org.clients.all_ids()
    org.now = at(10)  # the first one has begun
    refused = org.clients.delete(f"/clients/{client_id}")
    assert refused.refusal == (409, "has_upcoming")
    assert sorted(a["id"] for a in refused.json["appointments"]) == sorted(b["id"] for b in booked)
    assert {a["start"] for a in refused.json["appointments"]} == {b["start"] for b in booked}
    assert org.as_staff("GET", f"/clients/{client_id}").json["first_name"] == "Ana"


def test_appointments_that_are_over_or_cancelled_stay_and_do_not(org: Organisation) -> None:
    over, cancelled = (org.book(at(minutes))["id"] for minutes in (0, 30))
    (client_id,) = org.clients.all_ids()
    assert org.act(cancelled, "cancel", {}).status == 200
    org.now = at(31)
    assert org.clients.delete(f"/clients/{client_id}").status == 204
    assert org.read(Appointment, over).state is AppointmentState.BOOKED
    shown = org.as_staff("GET", f"/appointments/{over}").json["attendees"]
    assert [(a["client_id"], a["name"]) for a in shown] == [(client_id, "Deleted client")]


def test_whatever_is_ahead_is_cancelled_if_asked_and_its_room_is_free_again(org: Organisation) -> None:
    offered = org.available_starts()
    booked = [org.book(at(minutes))["id"] for minutes in (0, 30)]
    (client_id,) = org.clients.all_ids()
    assert org.clients.delete(f"/clients/{client_id}", "?cancel_upcoming=true").status == 204
    for appointment_id in booked:
        entry = journal(appointment_id)[0]
        assert (entry.action, entry.actor.label) == ("cancelled", "Alex")
        assert (MessageKind.CANCELLED, client_id) in recipients(entry)
    assert org.available_starts() == offered
    assert container.ledger_integrity.check(org.now).differences == ()


def test_whoever_comes_along_still_comes(org: Organisation) -> None:
    booked = org.book()["id"]
    (ana,) = org.clients.all_ids()
    added = {"client": {"first_name": "Bo", "last_name": "Lind", "email": "bo@example.org"}}
    assert org.as_staff("POST", f"/appointments/{booked}/attendees", added).status == 201
    assert org.clients.delete(f"/clients/{ana}", "?cancel_upcoming=true").status == 204
    shown = org.as_staff("GET", f"/appointments/{booked}").json
    assert (shown["state"], [a["cancelled"] for a in shown["attendees"]]) == ("booked", [True, False])


def test_a_reason_that_staff_must_give_does_not_stand_in_the_way(org: Organisation) -> None:
    assert org.as_staff("POST", "/cancellation-reasons", {"text": "Moved away"}, BOSS).status == 201
    org.try_book()
    (client_id,) = org.clients.all_ids()
    assert org.clients.delete(f"/clients/{client_id}", "?cancel_upcoming=true").status == 204


def test_the_notice_of_the_cancellation_still_reaches_them(org: Organisation) -> None:
    sender = "Frontdesk <bookings@example.org>"
    boto3.client("ses", region_name=REGION).verify_email_identity(EmailAddress="bookings@example.org")
    topic = boto3.client("sns", region_name=REGION).create_topic(Name="events")["TopicArn"]
    known = {"sender": sender, "events_topic_arn": topic, "public_url": "https://api.example.org"}
    settings = container.settings.model_copy(update=known)
    vars(container)["settings"] = settings
    org.try_book()
    (client_id,) = org.clients.all_ids()
    delivery = container.outbox_relay
    delivery.sweep(org.now + timedelta(minutes=5), lambda: True)
    box = ses_backends[DEFAULT_ACCOUNT_ID][REGION].sent_messages
    before = len(box)
    assert org.clients.delete(f"/clients/{client_id}", "?cancel_upcoming=true").status == 204
    delivery.sweep(org.now + timedelta(minutes=5), lambda: True)
    assert any("ana@example.org" in str(message.destinations) for message in box[before:])


def test_whoever_was_told_is_forgotten_hours_later(org: Organisation) -> None:
    org.try_book(attendee={"mobile": "+14165550100", "receive_sms": True, "notes": "None"})
    (client_id,) = org.clients.all_ids()
    assert org.clients.delete(f"/clients/{client_id}", "?cancel_upcoming=true").status == 204
    kept: Client = org.read(Client, client_id)
    assert (kept.email, kept.receive_sms, kept.erase_at) == (
        "ana@example.org",
        True,
        org.now + REACHABLE_AFTER_DELETE,
    )
    assert org.as_staff("GET", f"/clients/{client_id}").status == 404
    erasure_job = container.erasure_job
    assert erasure_job.erase_due(org.now + REACHABLE_AFTER_DELETE - timedelta(seconds=1), lambda: True) == 0
    assert erasure_job.erase_due(org.now + REACHABLE_AFTER_DELETE, lambda: False) == 0
    assert [erasure_job.erase_due(org.now + REACHABLE_AFTER_DELETE, lambda: True) for _ in range(2)] == [1, 0]
    deleted: Client = org.read(Client, client_id)
    assert (deleted.name, deleted.email, deleted.mobile, deleted.receive_sms) == ("Deleted client", None, None, False)
    assert deleted.deleted_at == org.now


def test_the_widget_takes_the_same_person_for_somebody_new(org: Organisation) -> None:
    org.try_book()
    (client_id,) = org.clients.all_ids()
    assert org.clients.delete(f"/clients/{client_id}", "?cancel_upcoming=true").status == 204
    assert org.read(Contact, "ana@example.org") is None
    assert org.try_book().status == 201
    (again,) = org.clients.all_ids(q="ana")
    assert again != client_id


def test_a_deletion_that_an_edit_overtakes_leaves_nothing_of_it(org: Organisation) -> None:
    path = org.clients.create_path(**FULL)
    edits: list[Reply] = []
    left = {"notes": "Left-handed", "email": "left@example.org"}
    before_the_next_commit(lambda: edits.append(org.clients.edit(path, **left)), of=Client)
    assert org.clients.delete(path).status == 204
    assert [reply.status for reply in edits] == [200]
    assert keys_containing("Left", "left@", *PERSONAL) == []


def test_who_is_booked_meanwhile_is_not_deleted_over_it(org: Organisation) -> None:
    org.try_book()
    org.now = at(31)
    (client_id,) = org.clients.all_ids()
    before_the_next_commit(lambda: org.try_book(at(120)))
    assert org.clients.delete(f"/clients/{client_id}").refusal == (409, "has_upcoming")


def test_whoever_staff_book_in_that_very_moment_is_cancelled_after_all(org: Organisation) -> None:
    org.try_book()
    org.now = at(31)
    (client_id,) = org.clients.all_ids()
    booking = staff_body(client_id=client_id, start=utc_text(at(120)))
    del booking["client"]
    replies: list[Reply] = []
    call = "POST", "/appointments", booking
    before_the_next_commit(lambda: replies.append(org.as_staff(*call)), of=Client)
    assert org.clients.delete(f"/clients/{client_id}").status == 204
    assert [reply.status for reply in replies] == [201]
    (late, _) = container.client_directory.appointments(client_id, None, 10)
    assert org.read(Appointment, late.appointment_id).state is AppointmentState.CANCELLED
    assert container.ledger_integrity.check(org.now).differences == ()


def test_a_client_with_all_that_was_merged_into_them_is_forgotten(org: Organisation) -> None:
    primary = org.clients.create_path(first_name="Bea", email="bea@example.org", external_id="CRM-1")
    duplicate = org.clients.create_path(**FULL)
    other = org.clients.create_path(first_name="Beatrix", email="trix@example.org", external_id="CRM-3", notes="Tall")
    booked = org.book()["id"]
    merge_body = {"primary_id": primary.rpartition("/")[2]}
    for each in (duplicate, other):
        merged = org.as_staff("POST", "/clients/merge", merge_body | {"duplicate_id": each.rpartition("/")[2]}).body()
    assert org.clients.delete(primary).json["appointments"][0]["id"] == booked
    org.now = at(40)
    assert org.clients.delete(primary).status == 204
    # The appointment stays, with who came as they were typed: that is shown to nobody.
    assert [key for key in keys_containing("Bea", "trix", "Tall", *PERSONAL) if booked not in key] == []
    assert [org.read(ExternalId, value) for value in ("CRM-1", "CRM-77a", "CRM-3")] == [None] * 3
    for path in (primary, duplicate, other):
        assert org.as_staff("GET", path).status == 404
    assert org.as_staff("POST", f"/clients/merges/{merged['merge_id']}/undo", {}).status == 404


def test_the_log_of_somebody_alive_keeps_its_values(org: Organisation) -> None:
    deleted, kept = org.clients.create_path(email="gone@example.org"), org.clients.create_path()
    assert org.clients.delete(deleted).status == 204
    assert org.clients.log(kept)[0][1]["email"] == (None, "ana@example.org")


def test_a_merge_that_was_undone_keeps_nothing_of_them_either(org: Organisation) -> None:
    primary = org.clients.create_path(first_name="Bea", email="bea@example.org")
    duplicate = org.clients.create_path(**FULL)
    merge_body = {"primary_id": primary.rpartition("/")[2], "duplicate_id": duplicate.rpartition("/")[2]}
    merged = org.as_staff("POST", "/clients/merge", merge_body)
    assert org.as_staff("POST", f"/clients/merges/{merged.json['merge_id']}/undo", {}).status == 200
    assert org.clients.delete(duplicate).status == 204
    # Bea is a Ruiz too.
    assert keys_containing("Quay", "mornings", "CRM-77a", "ana@") == []
    assert org.as_staff("GET", primary).json["email"] == "bea@example.org"
    assert org.clients.log(primary)[-1][1]["email"] == (None, "bea@example.org")


def test_who_knew_them_only_through_what_was_cancelled_still_deletes_them(org: Organisation) -> None:
    path = org.clients.create_path()
    booking = staff_body(client_id=path.rpartition("/")[2], staff={"id": SAM})
    del booking["client"]
    booked = org.as_staff("POST", "/appointments", booking).body(201)
    edits: list[Reply] = []
    change = "PATCH", path, {"city": "Ajax"}, BOSS
    before_the_next_commit(lambda: edits.append(org.as_staff(*change)), of=Client)
    assert org.clients.delete(path, "?cancel_upcoming=true", who=SAM_EMAIL).status == 204
    assert [reply.status for reply in edits] == [200]
    assert org.read(Appointment, booked["id"]).state is AppointmentState.CANCELLED
    assert keys_containing("Ajax") == []
