"""Nothing is removed while something refers to it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from chalicelib import container
from chalicelib.domain.ledger import Occupant, Sheet
from chalicelib.domain.quickstream import Block, BlockState
from chalicelib.domain.times import minute
from chalicelib.services.ports import Change, Ref
from tests.integration.set_up.calls import PLACE, SERVICE, Api, made, person


def _lay(
    place: str,
    service: str,
    *,
    days_ago: int = -2,
    state: BlockState = BlockState.HELD,
    booked: bool = True,
) -> None:
    at = datetime.now(UTC) - timedelta(days=days_ago)
    start = minute(at.replace(hour=15, minute=0, second=0, microsecond=0))
    block = Block("blk_1", "ser_1", place, start, start + 60, 2, (service,), state)
    occupants = {"apt_1": Occupant("apt_1", start, start + 30, service)} if booked else {}
    day = at.date().isoformat()
    found = container.store().read([Ref.to(Sheet, place, day)]).get(Sheet, place, day)
    assert found is None
    change = Change()
    change.save(Sheet(place, day, {"blk_1": block}, occupants))
    container.store().commit(change)


def test_location_names_services_staff_blocks_and_appointments(api: Api) -> None:
    place = made(api, "/locations", PLACE)["id"]
    service = made(api, "/services", SERVICE | {"location_ids": [place]})
    staff = made(api, "/staff", person("Sam", "staff", location_ids=[place], service_ids=[service["id"]]))
    _lay(place, service["id"])

    reply = api("DELETE", f"/locations/{place}")
    assert (reply.status, reply.json["code"]) == (409, "in_use")
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
    place = made(api, "/locations", PLACE)["id"]
    _lay(place, "svc_old", days_ago=3)
    _lay(place, "svc_old", state=BlockState.CLOSED, booked=False)
    assert api("DELETE", f"/locations/{place}").status == 204


def test_staff_with_upcoming_appointments_stay(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    staff = made(api, "/staff", person("Sam", "staff"))
    appointment = type("Upcoming", (), {"id": "apt_1"})
    page = type("Page", (), {"items": (appointment,)})
    monkeypatch.setattr(container.agenda(), "of_staff", lambda *_: page, raising=False)
    for reply in (
        api("DELETE", f"/staff/{staff['id']}"),
        api("PATCH", f"/staff/{staff['id']}", {"active": False}),
    ):
        assert reply.status == 409
        assert reply.json["used_by"] == {"appointments": [{"id": "apt_1", "name": None}]}
