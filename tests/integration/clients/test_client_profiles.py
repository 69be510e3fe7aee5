"""Clients over HTTP: made, shown, edited and what their log says (features 23, 24, 31, 40; D19, D25b)."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.container import container
from chalicelib.domain.clients.client import Client, Contact, ExternalId
from chalicelib.domain.organisation.settings import HolidayCalendar
from tests.builders.doubles.api_gateway import Reply
from tests.builders.in_process.sample_organisation import ALEX, SAM, World
from tests.builders.in_process.staff_bookings import as_role, before_the_next_commit, setting

ANA = {"first_name": "Ana", "last_name": "Ruiz", "email": "ana@example.org"}
FULL = ANA | {
    "mobile": "(416) 555-0100",
    "phone": "+44 20 7946 0018",
    "work_phone": "416.555.0199",
    "address": "7 Quay St\nFloor 2",
    "city": "Toronto",
    "region": "ON",
    "postal_code": "M5H 1A1",
    "country": "CA",
    "timezone": "America/Toronto",
    "language": "fr",
    "notes": "Prefers mornings",
    "external_id": "CRM-77a",
    "receive_sms": True,
    "receive_email": False,
}
LINES = ("address", "city", "region", "postal_code", "external_id")


def create(world: World, who: str = "alex@example.org", /, **fields: Any) -> Reply:
    """A new client; keywords add fields or replace Ana's."""
    return as_role(world, "POST", "/clients", ANA | fields, who)


def made(world: World, who: str = "alex@example.org", /, **fields: Any) -> str:
    """The path of a new client."""
    reply = create(world, who, **fields)
    assert reply.status == 201, reply.text
    return f"/clients/{reply.json['id']}"


def edit(world: World, path: str, **fields: Any) -> Reply:
    """An edit by Alex."""
    return as_role(world, "PATCH", path, fields)


def test_a_client_is_kept_as_typed_with_numbers_and_address_made_alike(world: World) -> None:
    reply = create(world, **FULL | {"first_name": "  Ane\u0301 ", "email": " Ana@Example.ORG "})
    assert reply.status == 201, reply.text
    others = {"id", "version", "merged_from", "created_at", "updated_at", "hint"}
    kept = {"first_name": "An\u00e9", "mobile": "+14165550100", "phone": "+442079460018", "work_phone": "+14165550199"}
    assert {k: v for k, v in reply.json.items() if k not in others} == FULL | kept
    assert (reply.json["version"], reply.json["merged_from"]) == (1, [])
    shown = as_role(world, "GET", f"/clients/{reply.json['id']}").json
    assert shown == {name: value for name, value in reply.json.items() if name != "hint"}


def test_what_is_left_out_is_blank_and_nobody_has_consented_to_texts(world: World) -> None:
    client = create(world, mobile="+14165550100").json
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
    world: World, fields: dict[str, Any], status: int
) -> None:
    body = {"first_name": "Bo", "last_name": "Lind"} | fields
    if body["last_name"] is None:
        del body["last_name"]
    assert as_role(world, "POST", "/clients", body).status == status


@pytest.mark.parametrize(
    ("field", "longest"),
    [
        *(("first_name", 100), ("last_name", 100), ("notes", 5000)),
        *((name, 255) for name in LINES),
    ],
)
def test_as_long_as_allowed_is_taken_and_one_more_is_not(world: World, field: str, longest: int) -> None:
    text = "e\u0301" * longest
    assert create(world, **{field: f" {text} "}).json[field] == "\u00e9" * longest
    path = made(world)
    assert edit(world, path, **{field: text}).status == (200 if field != "external_id" else 409)
    for reply in (create(world, **{field: text + "x"}), edit(world, path, **{field: text + "x"})):
        assert (reply.status, reply.json["errors"][0]["pointer"]) == (422, f"/{field}")


def test_a_postal_code_of_wide_letters_is_kept_too(world: World) -> None:
    reply = create(world, address="Quay", postal_code="\U00020000" * 255)
    assert (reply.status, len(reply.json["postal_code"])) == (201, 255)


def test_an_address_has_at_most_254_characters(world: World) -> None:
    longest = "a" * 64 + "@" + ".".join(["d" * 61, "e" * 61, "f" * 61, "org"])
    assert len(longest) == 254
    path = made(world)
    assert create(world, email=longest).json["email"] == edit(world, path, email=longest).json["email"] == longest
    for reply in (create(world, email=longest[:-3] + "info"), edit(world, path, email=longest[:-3] + "info")):
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
def test_what_is_no_such_thing_is_refused_and_nothing_changes(world: World, fields: dict[str, Any], code: str) -> None:
    path = made(world)
    before = as_role(world, "GET", path).json
    for reply in (create(world, **fields), edit(world, path, **fields)):
        assert (reply.status, reply.json["code"]) == (422, code)
        assert reply.json["errors"][0]["pointer"] == f"/{next(iter(fields))}"
    assert as_role(world, "GET", path).json == before


def test_a_national_number_is_read_in_the_clients_country_else_where_the_organisation_is(world: World) -> None:
    assert create(world, country="GB", phone="020 7946 0018").json["phone"] == "+442079460018"
    assert create(world, phone="020 7946 0018").status == 422
    setting(world, holidays=HolidayCalendar("GB"))
    assert create(world, phone="020 7946 0018").json["phone"] == "+442079460018"
    path = made(world)
    assert edit(world, path, country="DE", phone="030 123456").json["phone"] == "+4930123456"


def test_only_what_is_sent_changes_and_null_clears_what_may_be_blank(world: World) -> None:
    path = made(world, **FULL)
    before = as_role(world, "GET", path).json
    after = edit(world, path, last_name="Ruiz-Vega", phone=None, language=None, city="").json
    assert after == before | {"last_name": "Ruiz-Vega", "phone": None, "language": None, "city": "", "version": 2}
    assert edit(world, path, first_name=None).status == 422


@pytest.mark.parametrize("nothing", [None, "", "  "])
def test_null_and_blank_text_are_both_nothing(world: World, nothing: str | None) -> None:
    blank = {name: nothing for name in FULL if name not in {*ANA, "mobile", "receive_sms", "receive_email"}}
    reply = create(world, **blank)
    assert reply.status == 201, reply.text
    bare = as_role(world, "GET", made(world)).json
    assert {name: reply.json[name] for name in blank} == {name: bare[name] for name in blank}
    path = made(world, **FULL)
    cleared = edit(world, path, **blank)
    assert {name: cleared.json[name] for name in blank} == {name: bare[name] for name in blank}
    assert edit(world, path, email=nothing).json["email"] is None
    assert edit(world, path, mobile=nothing).json["code"] == "contact_required"


def test_the_last_way_to_reach_somebody_stays(world: World) -> None:
    path = made(world, phone="+14165550199")
    assert edit(world, path, email=None).json["code"] == "contact_required"
    assert edit(world, path, email=None, mobile="+14165550100").status == 200
    assert edit(world, path, mobile=None).json["code"] == "contact_required"


def test_an_edit_that_changes_nothing_is_not_written(world: World) -> None:
    path = made(world, **FULL)
    assert edit(world, path, mobile="416 555 0100", first_name=" Ana ").json["version"] == 1
    log = container.appointment_lists.journal(path.rpartition("/")[2], 9, None).items
    assert [entry.action for entry in log] == ["sms_consent_given", "created"]


def test_an_edit_of_another_version_than_the_one_seen_is_refused(world: World) -> None:
    path = made(world)
    assert as_role(world, "PATCH", path, {"city": "Oshawa"}, headers={"If-Match": '"1"'}).json["version"] == 2
    refused = as_role(world, "PATCH", path, {"city": "Ajax"}, headers={"If-Match": '"1"'})
    assert (refused.status, refused.json["code"]) == (412, "version_mismatch")


def test_an_edit_that_is_overtaken_keeps_both(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    path = made(world)
    before_the_next_commit(monkeypatch, lambda: edit(world, path, city="Oshawa"))
    assert edit(world, path, region="ON").json["city"] == "Oshawa"
    assert as_role(world, "GET", path).json["region"] == "ON"


def test_the_same_request_twice_makes_one_client(world: World) -> None:
    first, again = (as_role(world, "POST", "/clients", ANA, headers={"Idempotency-Key": "k1"}) for _ in range(2))
    assert (first.status, again.status, again.json) == (201, 201, first.json)
    assert len(as_role(world, "GET", "/clients").json["items"]) == 1


def test_an_outside_id_belongs_to_one_client(world: World) -> None:
    path = made(world, external_id="CRM-1")
    for refused in (create(world, external_id="CRM-1"), edit(world, made(world), external_id="CRM-1")):
        assert (refused.status, refused.json["code"]) == (409, "already_exists")
        assert refused.json["errors"][0]["pointer"] == "/external_id"
    assert edit(world, path, external_id="CRM-2").status == 200
    assert edit(world, path, external_id="CRM-2", city="Ajax").status == 200
    assert create(world, external_id="CRM-1").status == 201
    assert edit(world, path, external_id=None).status == 200
    assert world.read(ExternalId, "CRM-2") is None


def test_of_two_who_give_the_same_outside_id_at_once_one_is_refused(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    before_the_next_commit(monkeypatch, lambda: made(world, external_id="CRM-1"))
    assert create(world, external_id="CRM-1").status == 409
    assert len(as_role(world, "GET", "/clients").json["items"]) == 1


def test_two_new_attendees_of_one_appointment_cannot_share_an_outside_id(world: World) -> None:
    world.lay(limit=2)
    booked = world.book().json["id"]
    first = {"client": {**ANA, "first_name": "Bo", "external_id": "CRM-1"}}
    assert as_role(world, "POST", f"/appointments/{booked}/attendees", first).status == 201
    again = as_role(world, "POST", f"/appointments/{booked}/attendees", first)
    assert (again.status, again.json["errors"][0]["pointer"]) == (409, "/client/external_id")


def test_the_widget_finds_a_client_where_they_are_reached_now(world: World) -> None:
    world.lay(limit=3)
    path = made(world)
    assert edit(world, path, email="a.vega@example.org", last_name="Vega").status == 200
    assert world.read(Contact, "ana@example.org") is None
    assert world.book(attendee={"email": "A.Vega@example.org", "last_name": "Vega"}).status == 201
    assert world.book(attendee={"email": "ana@example.org"}).status == 201
    names = [client["last_name"] for client in as_role(world, "GET", "/clients?q=ana").json["items"]]
    assert names == ["Ruiz", "Vega"]


def test_an_address_that_still_counts_bookings_goes_on_doing_so(world: World) -> None:
    world.lay()
    booked = world.book().json
    (client,) = as_role(world, "GET", "/clients?q=ana").json["items"]
    assert edit(world, f"/clients/{client['id']}", email="new@example.org").status == 200
    contact = world.read(Contact, "ana@example.org")
    assert (contact.clients, [i for i, _ in contact.upcoming]) == ((), [booked["id"]])
    cancelled = world.call("POST", f"/public/appointments/{booked['id']}/cancel", {"code": booked["code"]})
    assert cancelled.status == 200, cancelled.text


def test_whoever_made_a_client_is_kept_and_nobody_after_a_booking_alone_knows_them(world: World) -> None:
    path = made(world)
    client: Client = world.read(Client, path.rpartition("/")[2])
    assert (client.created_by, client.prospect_of) == (ALEX, ALEX)
    world.lay()
    assert world.book().status == 201
    client = world.read(Client, client.id)
    assert (client.created_by, client.prospect_of) == (ALEX, None)
    assert SAM not in (client.created_by, client.prospect_of)


@pytest.mark.parametrize("path", ["/clients/cli_9", "/clients/apt_1", "/clients/x"])
def test_whom_nobody_knows_is_not_found(world: World, path: str) -> None:
    for method, body in (("GET", None), ("PATCH", {"city": "Ajax"}), ("DELETE", None)):
        assert as_role(world, method, path, body).status == 404
    assert as_role(world, "GET", f"{path}/log").status == 404
