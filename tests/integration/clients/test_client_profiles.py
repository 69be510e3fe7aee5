"""Clients over HTTP: created, shown, edited and logged (features 23, 24, 31, 40; D19, D25b)."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.container import container
from chalicelib.domain.clients.client import Client, Contact, ExternalId
from chalicelib.domain.organisation.settings import HolidayCalendar
from tests.builders.in_process.client_requests import ANA, FULL
from tests.builders.in_process.sample_organisation import Organisation
from tests.builders.in_process.sample_records import ALEX, ALEX_EMAIL, SAM
from tests.builders.in_process.table_records import before_the_next_commit

pytestmark = pytest.mark.organisation(user=ALEX_EMAIL)

LINES = ("address", "city", "region", "postal_code", "external_id")


def test_a_client_is_kept_as_typed_with_numbers_and_address_made_alike(org: Organisation) -> None:
    reply = org.clients.try_create(**FULL | {"first_name": "  Ane\u0301 ", "email": " Ana@Example.ORG "}).body(201)
    others = {"id", "version", "merged_from", "created_at", "updated_at", "hint"}
    kept = {"first_name": "An\u00e9", "mobile": "+14165550100", "phone": "+442079460018", "work_phone": "+14165550199"}
    assert {k: v for k, v in reply.items() if k not in others} == FULL | kept
    assert (reply["version"], reply["merged_from"]) == (1, [])
    shown = org.as_staff("GET", f"/clients/{reply['id']}").json
    assert shown == {name: value for name, value in reply.items() if name != "hint"}


def test_what_is_left_out_is_blank_and_nobody_has_consented_to_texts(org: Organisation) -> None:
    client = org.clients.try_create(mobile="+14165550100").json
    assert {name for name in FULL if client[name] in ("", None)} == set(FULL) - {*ANA, "mobile"} - {
        "receive_sms",
        "receive_email",
    }
    assert (client["receive_sms"], client["receive_email"]) == (False, True)


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"email": "bo@example.org"}, 201),
        ({"mobile": "+14165550100"}, 201),
        ({"phone": "+14165550100"}, 422),
        ({}, 422),
        ({"email": "bo@example.org", "last_name": None}, 422),
        ({"email": "bo@example.org", "first_name": " \u200b"}, 422),
    ],
)
def test_first_name_last_name_and_a_way_to_reach_them_are_needed(
    org: Organisation, fields: dict[str, Any], status: int
) -> None:
    body = {"first_name": "Bo", "last_name": "Lind"} | fields
    if body["last_name"] is None:
        del body["last_name"]
    assert org.as_staff("POST", "/clients", body).status == status


@pytest.mark.parametrize(
    ("field", "longest"),
    [
        *(("first_name", 100), ("last_name", 100), ("notes", 5000)),
        *((name, 255) for name in LINES),
    ],
)
def test_as_long_as_allowed_is_taken_and_one_more_is_not(org: Organisation, field: str, longest: int) -> None:
    text = "e\u0301" * longest
    assert org.clients.try_create(**{field: f" {text} "}).json[field] == "\u00e9" * longest
    path = org.clients.create_path()
    assert org.clients.edit(path, **{field: text}).status == (200 if field != "external_id" else 409)
    for reply in (org.clients.try_create(**{field: text + "x"}), org.clients.edit(path, **{field: text + "x"})):
        assert (reply.status, reply.json["errors"][0]["pointer"]) == (422, f"/{field}")


def test_a_postal_code_of_wide_letters_is_kept_too(org: Organisation) -> None:
    reply = org.clients.try_create(address="Quay", postal_code="\U00020000" * 255)
    assert (reply.status, len(reply.json["postal_code"])) == (201, 255)


def test_an_address_has_at_most_254_characters(org: Organisation) -> None:
    longest = "a" * 64 + "@" + ".".join(["d" * 61, "e" * 61, "f" * 61, "org"])
    assert len(longest) == 254
    path = org.clients.create_path()
    assert (
        org.clients.try_create(email=longest).json["email"]
        == org.clients.edit(path, email=longest).json["email"]
        == longest
    )
    for reply in (
        org.clients.try_create(email=longest[:-3] + "info"),
        org.clients.edit(path, email=longest[:-3] + "info"),
    ):
        assert (reply.status, reply.json["errors"][0]["pointer"]) == (422, "/email")


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"mobile": "12"}, "invalid_phone"),
        ({"phone": "call me"}, "invalid_phone"),
        ({"mobile": "1" * 33}, "invalid"),
        ({"timezone": "Mars/Olympus"}, "unknown_timezone"),
        ({"language": "english"}, "invalid"),
        ({"country": "Canada"}, "invalid"),
        ({"email": "ana@"}, "invalid"),
        ({"receive_sms": "yes"}, "invalid"),
        ({"cell_phone": "+14165550100"}, "invalid"),
        ({"notes": 5}, "invalid"),
        ({"first_name": None}, "invalid"),
        ({"receive_sms": None}, "invalid"),
        ({"city": "a\x00b"}, "invalid"),
    ],
)
def test_what_is_no_such_thing_is_refused_and_nothing_changes(
    org: Organisation, fields: dict[str, Any], code: str
) -> None:
    path = org.clients.create_path()
    before = org.as_staff("GET", path).json
    for reply in (org.clients.try_create(**fields), org.clients.edit(path, **fields)):
        assert reply.refusal == (422, code)
        assert reply.json["errors"][0]["pointer"] == f"/{next(iter(fields))}"
    assert org.as_staff("GET", path).json == before


def test_a_national_number_is_read_in_the_clients_country_else_where_the_organisation_is(
    org: Organisation,
) -> None:
    assert org.clients.try_create(country="GB", phone="020 7946 0018").json["phone"] == "+442079460018"
    assert org.clients.try_create(phone="020 7946 0018").status == 422
    org.update_settings(holidays=HolidayCalendar("GB"))
    assert org.clients.try_create(phone="020 7946 0018").json["phone"] == "+442079460018"
    path = org.clients.create_path()
    assert org.clients.edit(path, country="DE", phone="030 123456").json["phone"] == "+4930123456"


def test_only_what_is_sent_changes_and_null_clears_what_may_be_blank(org: Organisation) -> None:
    path = org.clients.create_path(**FULL)
    before = org.as_staff("GET", path).json
    after = org.clients.edit(path, last_name="Ruiz-Vega", phone=None, language=None, city="").json
    assert after == before | {"last_name": "Ruiz-Vega", "phone": None, "language": None, "city": "", "version": 2}
    assert org.clients.edit(path, first_name=None).status == 422


@pytest.mark.parametrize("nothing", [None, "", "  "])
def test_null_and_blank_text_are_both_nothing(org: Organisation, nothing: str | None) -> None:
    empty_organisation = {
        name: nothing for name in FULL if name not in {*ANA, "mobile", "receive_sms", "receive_email"}
    }
    reply = org.clients.try_create(**empty_organisation).body(201)
    bare = org.as_staff("GET", org.clients.create_path()).json
    assert {name: reply[name] for name in empty_organisation} == {name: bare[name] for name in empty_organisation}
    path = org.clients.create_path(**FULL)
    cleared = org.clients.edit(path, **empty_organisation)
    assert {name: cleared.json[name] for name in empty_organisation} == {
        name: bare[name] for name in empty_organisation
    }
    assert org.clients.edit(path, email=nothing).json["email"] is None
    assert org.clients.edit(path, mobile=nothing).json["code"] == "contact_required"


def test_the_last_way_to_reach_somebody_stays(org: Organisation) -> None:
    path = org.clients.create_path(phone="+14165550199")
    assert org.clients.edit(path, email=None).json["code"] == "contact_required"
    assert org.clients.edit(path, email=None, mobile="+14165550100").status == 200
    assert org.clients.edit(path, mobile=None).json["code"] == "contact_required"


def test_an_edit_that_changes_nothing_is_not_written(org: Organisation) -> None:
    path = org.clients.create_path(**FULL)
    assert org.clients.edit(path, mobile="416 555 0100", first_name=" Ana ").json["version"] == 1
    log = container.appointment_lists.journal(path.rpartition("/")[2], 9, None).items
    assert [entry.action for entry in log] == ["sms_consent_given", "created"]


def test_an_edit_of_another_version_than_the_one_seen_is_refused(org: Organisation) -> None:
    path = org.clients.create_path()
    assert org.as_staff("PATCH", path, {"city": "Oshawa"}, headers={"If-Match": '"1"'}).json["version"] == 2
    refused = org.as_staff("PATCH", path, {"city": "Ajax"}, headers={"If-Match": '"1"'})
    assert refused.refusal == (412, "version_mismatch")


def test_an_edit_that_is_overtaken_keeps_both(org: Organisation) -> None:
    path = org.clients.create_path()
    before_the_next_commit(lambda: org.clients.edit(path, city="Oshawa"))
    assert org.clients.edit(path, region="ON").json["city"] == "Oshawa"
    assert org.as_staff("GET", path).json["region"] == "ON"


def test_the_same_request_twice_makes_one_client(org: Organisation) -> None:
    first, again = (org.as_staff("POST", "/clients", ANA, headers={"Idempotency-Key": "k1"}) for _ in range(2))
    assert (first.status, again.status, again.json) == (201, 201, first.json)
    assert len(org.as_staff("GET", "/clients").json["items"]) == 1


def test_an_outside_id_belongs_to_one_client(org: Organisation) -> None:
    path = org.clients.create_path(external_id="CRM-1")
    for refused in (
        org.clients.try_create(external_id="CRM-1"),
        org.clients.edit(org.clients.create_path(), external_id="CRM-1"),
    ):
        assert refused.refusal == (409, "already_exists")
        assert refused.json["errors"][0]["pointer"] == "/external_id"
    assert org.clients.edit(path, external_id="CRM-2").status == 200
    assert org.clients.edit(path, external_id="CRM-2", city="Ajax").status == 200
    assert org.clients.try_create(external_id="CRM-1").status == 201
    assert org.clients.edit(path, external_id=None).status == 200
    assert org.read(ExternalId, "CRM-2") is None


def test_of_two_who_give_the_same_outside_id_at_once_one_is_refused(org: Organisation) -> None:
    before_the_next_commit(lambda: org.clients.create_path(external_id="CRM-1"))
    assert org.clients.try_create(external_id="CRM-1").status == 409
    assert len(org.as_staff("GET", "/clients").json["items"]) == 1


def test_two_new_attendees_of_one_appointment_cannot_share_an_outside_id(org: Organisation) -> None:
    org.create_block(limit=2)
    booked = org.book()["id"]
    first = {"client": {**ANA, "first_name": "Bo", "external_id": "CRM-1"}}
    assert org.as_staff("POST", f"/appointments/{booked}/attendees", first).status == 201
    again = org.as_staff("POST", f"/appointments/{booked}/attendees", first)
    assert (again.status, again.json["errors"][0]["pointer"]) == (409, "/client/external_id")


def test_the_widget_finds_a_client_where_they_are_reached_now(org: Organisation) -> None:
    org.create_block(limit=3)
    path = org.clients.create_path()
    assert org.clients.edit(path, email="a.vega@example.org", last_name="Vega").status == 200
    assert org.read(Contact, "ana@example.org") is None
    assert org.try_book(attendee={"email": "A.Vega@example.org", "last_name": "Vega"}).status == 201
    assert org.try_book(attendee={"email": "ana@example.org"}).status == 201
    names = [client["last_name"] for client in org.as_staff("GET", "/clients?q=ana").json["items"]]
    assert names == ["Ruiz", "Vega"]


def test_an_address_that_still_counts_bookings_goes_on_doing_so(org: Organisation) -> None:
    org.create_block()
    booked = org.book()
    (client,) = org.as_staff("GET", "/clients?q=ana").json["items"]
    assert org.clients.edit(f"/clients/{client['id']}", email="new@example.org").status == 200
    contact = org.read(Contact, "ana@example.org")
    assert (contact.clients, [i for i, _ in contact.upcoming]) == ((), [booked["id"]])
    cancelled = org.cancel(booked)
    assert cancelled.status == 200, cancelled.text


def test_whoever_made_a_client_is_kept_and_nobody_after_a_booking_alone_knows_them(org: Organisation) -> None:
    path = org.clients.create_path()
    client: Client = org.read(Client, path.rpartition("/")[2])
    assert (client.created_by, client.prospect_of) == (ALEX, ALEX)
    org.create_block()
    assert org.try_book().status == 201
    client = org.read(Client, client.id)
    assert (client.created_by, client.prospect_of) == (ALEX, None)
    assert SAM not in (client.created_by, client.prospect_of)


@pytest.mark.parametrize("path", ["/clients/cli_9", "/clients/apt_1", "/clients/x"])
def test_whom_nobody_knows_is_not_found(org: Organisation, path: str) -> None:
    for method, body in (("GET", None), ("PATCH", {"city": "Ajax"}), ("DELETE", None)):
        assert org.as_staff(method, path, body).status == 404
    assert org.as_staff("GET", f"{path}/log").status == 404
