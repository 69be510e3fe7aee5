"""References protect records from deletion."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.container import container
from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.capacity.ledger import Occupant, Sheet
from chalicelib.domain.organisation.catalogue import AvailabilitySource, MeetingMethod
from chalicelib.domain.quickstream.blocks import Block, BlockState
from chalicelib.domain.shared.errors import Stale
from chalicelib.domain.shared.events import Actor, Channel
from chalicelib.domain.shared.times import epoch_minute, from_epoch_minute
from chalicelib.services.store_port import Ref
from tests.builders.in_process.set_up_requests import LOCATION_BODY, SERVICE_BODY, Api, create, staff_body
from tests.builders.in_process.table_records import before_the_next_commit, committed, write
from tests.builders.records.staff_sheet_writer import assign_occupant, make_occupant, write_occupants


def _lay(
    place: str,
    service: str,
    *,
    days_ago: int = -2,
    state: BlockState = BlockState.HELD,
    booked: bool = True,
) -> None:
    at = datetime.now(UTC) - timedelta(days=days_ago)
    start = epoch_minute(at.replace(hour=15, minute=0, second=0, microsecond=0))
    block = Block("blk_1", "ser_1", place, start, start + 60, 2, (service,), state)
    occupants = {"apt_1": Occupant("apt_1", start, start + 30, service)} if booked else {}
    day = at.date().isoformat()
    found = container.store.read([Ref.to(Sheet, place, day)]).get(Sheet, place, day)
    assert found is None
    with committed() as work:
        work.save(Sheet(place, day, {"blk_1": block}, occupants))
        if booked:
            work.save(_booked("apt_1", place, service, from_epoch_minute(start)))


def test_location_names_services_staff_blocks_and_appointments(api: Api) -> None:
    place = create(api, "/locations", LOCATION_BODY)["id"]
    service = create(api, "/services", SERVICE_BODY | {"location_ids": [place]})
    staff = create(api, "/staff", staff_body("Sam", "staff", location_ids=[place], service_ids=[service["id"]]))
    _lay(place, service["id"])

    reply = api("DELETE", f"/locations/{place}")
    assert reply.refusal == (409, "in_use")
    assert reply.json["used_by"] == {
        "services": [{"id": service["id"], "name": "Mortgage advice"}],
        "staff": [{"id": staff["id"], "name": "Sam"}],
        "blocks": [{"id": "blk_1", "name": None}],
        "appointments": [{"id": "apt_1", "name": None}],
    }
    reply = api("DELETE", f"/services/{service['id']}")
    assert reply.status == 409
    assert list(reply.json["used_by"]) == ["staff", "blocks", "appointments"]
    assert api("GET", f"/locations/{place}").status == 200


def test_what_is_over_does_not_count(api: Api) -> None:
    place = create(api, "/locations", LOCATION_BODY)["id"]
    _lay(place, "svc_old", days_ago=3)
    _lay(place, "svc_old", state=BlockState.CLOSED, booked=False)
    assert api("DELETE", f"/locations/{place}").status == 204


@pytest.mark.parametrize("ahead", [timedelta(minutes=2), timedelta(days=400)])
def test_staff_with_upcoming_appointments_stay(api: Api, ahead: timedelta) -> None:
    staff = create(api, "/staff", staff_body("Sam", "staff"))
    write_occupants(staff["id"], [make_occupant("1", datetime.now(UTC) + ahead)])
    for reply in (
        api("DELETE", f"/staff/{staff['id']}"),
        api("PATCH", f"/staff/{staff['id']}", {"active": False}),
    ):
        assert reply.refusal == (409, "in_use")
        assert reply.json["used_by"] == {"appointments": [{"id": "apt_1", "name": None}]}
    assert api("PATCH", f"/staff/{staff['id']}", {"name": "Samuel"}).status == 200


@pytest.mark.parametrize("how", ["begun", "over", "held"])
def test_staff_without_appointments_ahead_may_go(api: Api, how: str) -> None:
    staff = create(api, "/staff", staff_body("Sam", "staff"))
    at = {"begun": timedelta(minutes=-2), "over": timedelta(hours=-20), "held": timedelta(hours=1)}[how]
    write_occupants(staff["id"], [make_occupant("1", datetime.now(UTC) + at, expires=1 if how == "held" else None)])
    assert api("PATCH", f"/staff/{staff['id']}", {"active": False}).status == 200
    assert api("DELETE", f"/staff/{staff['id']}").status == 204


@pytest.mark.parametrize("how", ["DELETE", "PATCH"])
def test_staff_given_an_appointment_meanwhile_stay(api: Api, how: str) -> None:
    place = create(api, "/locations", LOCATION_BODY)["id"]
    staff = create(api, "/staff", staff_body("Sam", "staff", location_ids=[place]))
    before_the_next_commit(lambda: assign_occupant(staff["id"], place, datetime.now(UTC) + timedelta(days=1)))
    reply = api(how, f"/staff/{staff['id']}", {"active": False} if how == "PATCH" else None)
    assert reply.refusal == (409, "in_use")
    assert reply.json["used_by"] == {"appointments": [{"id": "apt_new", "name": None}]}
    assert api("GET", f"/staff/{staff['id']}").json == staff


@pytest.mark.parametrize("how", ["DELETE", "PATCH"])
def test_nobody_is_given_to_staff_who_went_meanwhile(api: Api, how: str) -> None:
    place = create(api, "/locations", LOCATION_BODY)["id"]
    staff = create(api, "/staff", staff_body("Sam", "staff", location_ids=[place]))
    body = {"active": False} if how == "PATCH" else None
    before_the_next_commit(lambda: api(how, f"/staff/{staff['id']}", body))
    with pytest.raises(Stale):
        assign_occupant(staff["id"], place, datetime.now(UTC) + timedelta(days=1))
    assert container.appointment_lists.sheets(staff["id"], "2020", "9999") == []


def test_appointments_on_nobodys_sheets_count_from_the_agenda(api: Api) -> None:
    place = create(api, "/locations", LOCATION_BODY)["id"]
    service = create(api, "/services", SERVICE_BODY)["id"]
    other = create(api, "/services", SERVICE_BODY)["id"]
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    write(
        *(
            _booked(f"apt_{number}", place, service, start)
            for number, start in enumerate(
                (now - timedelta(hours=20), now - timedelta(minutes=5), now + timedelta(days=300))
            )
        )
    )

    for url in (f"/locations/{place}", f"/services/{service}"):
        reply = api("DELETE", url)
        assert reply.refusal == (409, "in_use")
        assert reply.json["used_by"] == {"appointments": [{"id": "apt_1", "name": None}, {"id": "apt_2", "name": None}]}
    assert api("DELETE", f"/services/{other}").status == 204


def test_every_page_of_the_agenda_is_looked_through(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chalicelib.services.paging.PAGE_SIZE", 1)
    place = create(api, "/locations", LOCATION_BODY)["id"]
    service = create(api, "/services", SERVICE_BODY)["id"]
    write(
        *(
            _booked(f"apt_{number}", place, offered, datetime.now(UTC) + timedelta(hours=number + 1))
            for number, offered in enumerate(("svc_a", "svc_b", service))
        )
    )
    assert api("DELETE", f"/services/{service}").json["used_by"] == {"appointments": [{"id": "apt_2", "name": None}]}


def _booked(appointment_id: str, place: str, service: str, start: datetime) -> Appointment:
    return Appointment(
        id=appointment_id,
        service_id=service,
        location_id=place,
        method=MeetingMethod.IN_PERSON,
        start=start,
        end=start + timedelta(minutes=30),
        timezone="UTC",
        local_start=start.isoformat(),
        attendees=(),
        booked_through=Actor(Channel.API),
        created_at=start,
        updated_at=start,
        availability=AvailabilitySource.STAFF,
    )
