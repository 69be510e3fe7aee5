"""A credit union with three branches: six weeks of Quickstream blocks, staff with working hours, appointments."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from infra.seed import demo_hours, demo_organisation
from infra.seed.api_client import ApiClient, SeedFailed
from infra.seed.demo_clients import demo_clients
from infra.seed.demo_organisation import BlockPattern, StaffPerson

CLIENTS = 200
APPOINTMENTS = 300
WEEKS = 6
_BRANCH_WEIGHTS = {"toronto": 5, "vancouver": 3, "st_johns": 2}
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
# If a time fills up in the meantime, another one is booked.
_BOOKING_ATTEMPTS = 8
# Of this many requests one is new and one is in review; the others are confirmed.
_UNDECIDED_EVERY = 4


@dataclass(frozen=True)
class BookableService:
    """One service at one branch and the starts at which it was free."""

    location_id: str
    service_id: str
    service: str
    timezone: str
    weight: int
    starts: tuple[str, ...]


def seed(api_url: str, token: str) -> None:
    """Fill the organisation; ``token`` is the first administrator's, who becomes a staff member first."""
    with ApiClient(api_url, token) as api:
        build_organisation(api, datetime.now(UTC))


def build_organisation(api: ApiClient, now: datetime) -> None:
    """The organisation as seen at ``now``: its blocks begin tomorrow, local time."""
    admin, *others = demo_organisation.STAFF
    api.post("/staff", _staff_body(admin, {}, {}))
    statuses = _create_all(api, "/statuses", demo_organisation.STATUSES)
    api.patch("/settings", demo_organisation.SETTINGS)
    places = _create_all(api, "/locations", demo_organisation.LOCATIONS)
    everywhere = {"location_ids": list(places.values()), "availability": "quickstream"}
    services = _create_all(api, "/services", {k: everywhere | s for k, s in demo_organisation.SERVICES.items()})
    api.each(lambda person: _create_staff(api, person, places, services), others)
    api.patch(f"/staff/{api.get('/me')['id']}", {"location_ids": list(places.values())})
    # Branches in parallel, but each in order: the blocks of one day are on one sheet.
    api.each(lambda key: _set_up_branch(api, key, places[key], services, now), places)
    _book_clients(api, _bookable_services(api, places, services, now))
    api.each(lambda location_id: _set_statuses(api, location_id, statuses), places.values())


def _create_all(api: ApiClient, path: str, bodies: dict[str, dict[str, Any]]) -> dict[str, str]:
    # One by one: lists are in order of creation.
    return {key: api.post(path, body)["id"] for key, body in bodies.items()}


def _staff_body(person: StaffPerson, places: dict[str, str], services: dict[str, str]) -> dict[str, Any]:
    return {
        "name": person.name,
        "email": person.email,
        "role": person.role,
        "location_ids": [places[key] for key in person.locations if key in places],
        "service_ids": [services[key] for key in person.services if key in services],
        "languages": list(person.languages),
    }


def _create_staff(api: ApiClient, person: StaffPerson, places: dict[str, str], services: dict[str, str]) -> None:
    made = api.post("/staff", _staff_body(person, places, services))
    for schedule in demo_hours.work_schedules(person) if person.services else ():
        api.post(f"/staff/{made['id']}/work-schedules", schedule)


def _set_up_branch(api: ApiClient, key: str, location_id: str, services: dict[str, str], now: datetime) -> None:
    today = now.astimezone(ZoneInfo(demo_organisation.LOCATIONS[key]["timezone"])).date()
    for line in demo_hours.OPENING_HOURS:
        api.post(f"/locations/{location_id}/hours", line)
    if key == demo_hours.TRAINING_BRANCH:
        # After the last block: Quickstream ignores closures, and no client should be invited to a closed branch.
        api.post(f"/locations/{location_id}/closures", demo_hours.training_closure(today + timedelta(weeks=WEEKS)))
    for pattern in demo_organisation.PATTERNS:
        api.post("/quickstream/blocks", _block_body(pattern, location_id, services, today + timedelta(days=1)))


def _block_body(pattern: BlockPattern, location_id: str, services: dict[str, str], earliest: date) -> dict[str, Any]:
    days = pattern.days.split(",")
    first = next(d for d in (earliest + timedelta(days=n) for n in range(7)) if _DAYS[d.weekday()] in days)
    rule = f"FREQ=WEEKLY;BYDAY={pattern.days};COUNT={WEEKS * len(days)}"
    return {
        "location_id": location_id,
        "start": f"{first}T{pattern.start}",
        "end": f"{first}T{pattern.end}",
        "limit": pattern.limit,
        "services": [services[key] for key in pattern.services],
        "recurrence": {"rrule": rule},
        **pattern.more,
    }


def _bookable_services(
    api: ApiClient, places: dict[str, str], services: dict[str, str], now: datetime
) -> list[BookableService]:
    """Every service at every branch, with its free times."""
    pairs = [(place, service) for place in places for service in services]

    def offer(pair: tuple[str, str]) -> BookableService:
        place, service = pair
        timezone = demo_organisation.LOCATIONS[place]["timezone"]
        answer = api.get(
            "/public/availability",
            service_id=services[service],
            location_id=places[place],
            meeting_method="in_person",
            timezone=timezone,
            **date_range(now, timezone),
        )
        starts = tuple(slot["start"] for day in answer["days"] for slot in day["slots"])
        return BookableService(places[place], services[service], service, timezone, _BRANCH_WEIGHTS[place], starts)

    return api.each(offer, pairs)


def _set_statuses(api: ApiClient, location_id: str, statuses: dict[str, str]) -> None:
    """Set the statuses of a branch's requests as after some days' work."""
    requests = api.get("/appointments", view="unconfirmed", location_id=location_id, limit="100")["items"]
    for number, request in enumerate(requests):
        status = {0: "received", 1: "review"}.get(number % _UNDECIDED_EVERY, "confirmed")
        api.post(f"/appointments/{request['id']}/status", {"status_id": statuses[status]})


def date_range(now: datetime, timezone: str) -> dict[str, str]:
    """The weeks with blocks, as the API takes a range of days."""
    today = now.astimezone(ZoneInfo(timezone)).date()
    return {"from": str(today), "to": str(today + timedelta(weeks=WEEKS, days=7))}


def _book_clients(api: ApiClient, offers: list[BookableService]) -> None:
    """Book every client once and some again, the coming days more than later ones."""
    chance = random.Random(11)  # noqa: S311  # the same appointments every time, and no secret
    people = demo_clients(CLIENTS)
    people += chance.sample(people, APPOINTMENTS - CLIENTS)
    # Random values are drawn before the requests run in parallel, so that they are the same every time.
    bodies = [[_booking_body(offers, person, chance) for _ in range(_BOOKING_ATTEMPTS)] for person in people]
    api.each(lambda attempts: _book_first_free(api, attempts), bodies)


def _booking_body(offers: list[BookableService], person: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    # More is booked where more is free, so that no branch or service fills up before the others.
    offer = chance.choices(offers, [offer.weight * len(offer.starts) for offer in offers])[0]
    service = demo_organisation.SERVICES[offer.service]
    answers = [
        {"question_id": question["id"], "value": chance.choice(question["options"])}
        for question in service.get("questions", [])
        if question["type"] == "choice"
    ]
    return {
        "service_id": offer.service_id,
        "location_id": offer.location_id,
        "meeting_method": chance.choice(service["meeting_methods"]),
        "start": offer.starts[int(len(offer.starts) * chance.random() ** 1.5)],
        "timezone": offer.timezone,
        "attendee": {**person, "answers": answers},
    }


def _book_first_free(api: ApiClient, attempts: list[dict[str, Any]]) -> None:
    """Book the first of these that is still free; ``SeedFailed`` if none is."""
    refusals = []
    for body in attempts:
        refusal = api.attempt("/public/appointments", body)
        if refusal is None:
            return
        refusals.append(refusal)
    raise SeedFailed(f"no appointment could be booked: {', '.join(refusals)}")
