"""The seeded organisations, created through the whole application as ``make up`` does."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlsplit

import httpx
import pytest

from infra import stages
from infra.seed import api_client, demo, demo_hours, demo_organisation, empty
from infra.seed.api_client import ApiClient
from infra.seed.demo_clients import demo_clients
from tests.builders.doubles.api_gateway import Reply, send
from tests.builders.in_process.moto_table import reset_container
from tests.builders.in_process.set_up_requests import ADMIN, UserPool


class Gateway(httpx.BaseTransport):
    """An HTTP transport to the application; the only token is the first administrator's."""

    def __init__(self) -> None:
        from app import app

        self._app = app

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """One request through the app."""
        split = urlsplit(str(request.url))
        signed_in = request.headers.get("authorization") == "Bearer token"
        reply = self.call(
            request.method,
            f"{split.path}?{split.query}" if split.query else split.path,
            body=request.content.decode() or None,
            headers={k: v for k, v in request.headers.items() if k in ("idempotency-key", "content-type")},
            login=ADMIN if signed_in else None,
        )
        return httpx.Response(reply.status, headers={"content-type": "application/json"}, text=reply.text)

    def call(self, method: str, url: str, **request: object) -> Reply:
        """The app's reply."""
        return send(self._app, method, url, **request)


@pytest.fixture
def api(user_pool: UserPool, monkeypatch: pytest.MonkeyPatch) -> Iterator[ApiClient]:
    """A client of the whole application, one request at a time because of moto."""
    monkeypatch.setattr(api_client, "MAX_PARALLEL_REQUESTS", 1)
    reset_container()
    with ApiClient("http://frontdesk", "token", Gateway()) as found:
        yield found
    reset_container()


def test_empty_has_one_member_of_staff_per_role_and_settings(api: ApiClient) -> None:
    empty.create_staff_and_settings(api)
    staff = api.get("/staff")["items"]
    assert {member["email"]: member["role"] for member in staff} == {
        f"{role}@example.org": role for role in stages.ROLES
    }
    assert api.get("/settings")["version"] == 1
    assert api.get("/locations")["items"] == api.get("/services")["items"] == []


def test_demo_is_a_working_organisation(api: ApiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "CLIENTS", 8)
    monkeypatch.setattr(demo, "APPOINTMENTS", 12)
    monkeypatch.setattr(demo, "WEEKS", 4)
    demo.build_organisation(api, datetime.now(UTC))

    locations = api.get("/locations")["items"]
    zones = {"America/Toronto", "America/Vancouver", "America/St_Johns"}
    assert {location["timezone"] for location in locations} == zones
    assert len(api.get("/services")["items"]) == 6
    staff = api.get("/staff")["items"]
    assert len(staff) == 12
    assert {f"{role}@example.org" for role in stages.ROLES} <= {member["email"] for member in staff}
    assert {member["role"] for member in staff} == set(stages.ROLES)

    working = next(member for member in staff if member["service_ids"])
    kept = api.get(f"/staff/{working['id']}/work-schedules")["items"]
    assert [schedule["calendar_type"] for schedule in kept] == ["open", "ad_hoc"]

    booked = 0
    states = set()
    for location in locations:
        days = demo.date_range(datetime.now(UTC), location["timezone"])
        blocks = api.get("/quickstream/blocks", location_id=location["id"], **days)["items"]
        states |= {block["state"] for block in blocks}
        booked += len(api.get("/appointments", view="upcoming", location_id=location["id"])["items"])
    assert states == {"held", "released"}
    assert booked == 12


def test_demo_has_a_service_whose_bookings_are_requests(api: ApiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "CLIENTS", 6)
    monkeypatch.setattr(demo, "APPOINTMENTS", 6)
    business = {"business": demo_organisation.SERVICES["business"]}
    monkeypatch.setattr(demo_organisation, "SERVICES", business)
    monkeypatch.setattr(demo, "_BRANCH_WEIGHTS", {"toronto": 1, "vancouver": 0, "st_johns": 0})
    patterns = [replace(p, services=("business",)) for p in demo_organisation.PATTERNS if "business" in p.services]
    monkeypatch.setattr(demo_organisation, "PATTERNS", patterns)
    people = [replace(person, services=()) for person in demo_organisation.STAFF]
    monkeypatch.setattr(demo_organisation, "STAFF", people)
    demo.build_organisation(api, datetime.now(UTC))

    [toronto] = [place["id"] for place in api.get("/locations")["items"] if "Toronto" in place["name"]]
    everything = api.get("/appointments", view="unconfirmed", location_id=toronto, show_confirmed="true")["items"]
    assert Counter(one["status"]["name"] for one in everything) == {
        "Request received": 2,
        "Papers being looked at": 2,
        "Confirmed": 2,
    }
    assert all(one["confirmed"] == (one["status"]["name"] == "Confirmed") for one in everything)


@pytest.fixture
def small(api: ApiClient, monkeypatch: pytest.MonkeyPatch) -> ApiClient:
    """The demo organisation without any appointments, as the administrator calls it."""
    monkeypatch.setattr(demo, "CLIENTS", 0)
    monkeypatch.setattr(demo, "APPOINTMENTS", 0)
    demo.build_organisation(api, datetime.now(UTC))
    return api


def test_demo_has_a_service_whose_clients_choose_whom_to_see(small: ApiClient) -> None:
    [service] = [one for one in small.get("/public/services")["items"] if one["client_chooses_staff"]]
    now = datetime.now(UTC)
    for place in small.get("/public/locations", service_id=service["id"])["items"]:
        here = {"service_id": service["id"], "location_id": place["id"]}
        people = small.get("/public/staff", **here)["items"]
        assert len(people) >= 2
        for person in people:
            days = small.get(
                "/public/availability",
                **here,
                staff_id=person["id"],
                meeting_method="phone",
                timezone=place["timezone"],
                **demo.date_range(now, place["timezone"]),
            )["days"]
            assert any(day["slots"] for day in days), (place["name"], person["name"])


def test_demo_is_open_on_weekdays_and_saturdays_but_not_for_its_training(small: ApiClient) -> None:
    assert small.get("/settings")["holidays"] == {"country": "CA", "region": "ON"}
    closures = {}
    for place in small.get("/locations")["items"]:
        lines = small.get(f"/locations/{place['id']}/hours")["items"]
        assert [line["weekdays"] for line in lines] == [[1, 2, 3, 4, 5], [6]]
        closures[place["name"]] = small.get(f"/locations/{place['id']}/closures")["items"]
    [training] = closures.pop("Toronto King Street")
    assert date.fromisoformat(training["date"]).isoweekday() == 3
    assert list(closures.values()) == [[], []]


def test_work_schedules_of_the_demo_show_what_they_can() -> None:
    working = [person for person in demo_organisation.STAFF if person.services]
    schedules = {person.name: demo_hours.open_schedule(person) for person in working}
    assert len(schedules["Samuel Okafor"]["lines"]) == 2
    abroad = [
        person.name
        for person in working
        for place in person.locations
        if demo_organisation.LOCATIONS[place]["timezone"] != schedules[person.name]["timezone"]
    ]
    assert abroad == ["Luc Bergeron"]


@pytest.mark.parametrize("day", [date(2026, 3, 2) + timedelta(days=n) for n in range(7)])
def test_the_training_is_on_the_next_wednesday(day: date) -> None:
    found = date.fromisoformat(demo_hours.training_closure(day)["date"])
    assert found.isoweekday() == 3
    assert 1 <= (found - day).days <= 7


def test_everybody_has_another_name_and_address_every_time_the_same() -> None:
    people = demo_clients(200)
    assert len({person["email"] for person in people}) == 200
    assert people == demo_clients(200)
    assert all(person["email"].isascii() for person in people)
    assert any(person.get("receive_sms") for person in people)


def test_staff_of_the_demo_stand_for_every_role_once() -> None:
    standing = [person for person in demo_organisation.STAFF if person.stands_for_role]
    assert sorted(person.role for person in standing) == sorted(stages.ROLES)
    assert len({person.email for person in demo_organisation.STAFF}) == 12


def test_patience_has_an_end() -> None:
    asked: list[str] = []

    def busy(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers["idempotency-key"])
        return httpx.Response(503, headers={"Retry-After": "0"}, json={"code": "busy"})

    with (
        ApiClient("http://frontdesk", "token", httpx.MockTransport(busy)) as patient,
        pytest.raises(api_client.SeedFailed, match="503"),
    ):
        patient.post("/locations", {})
    assert len(asked) == api_client.ATTEMPTS
    assert len(set(asked)) == 1


def test_a_conflict_is_an_answer_and_anything_else_is_not() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        status = json.loads(request.content)["status"]
        return httpx.Response(status, json={"code": "capacity_exhausted"})

    with ApiClient("http://frontdesk", "token", httpx.MockTransport(answer)) as api:
        assert api.attempt("/public/appointments", {"status": 201}) is None
        assert api.attempt("/public/appointments", {"status": 409}) == "capacity_exhausted"
        with pytest.raises(api_client.SeedFailed):
            api.attempt("/public/appointments", {"status": 422})
