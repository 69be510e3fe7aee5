"""A day, or a record, that holds no more is refused in words before DynamoDB refuses it (TR-65)."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.domain.shared.times import epoch_minute
from chalicelib.persistence import keys
from chalicelib.persistence.item_size import MAX_ITEM_BYTES, item_bytes
from chalicelib.persistence.table import Row
from tests.builders.in_process.sample_organisation import Organisation
from tests.builders.in_process.sample_records import BLOCK_START, MORTGAGE, TORONTO, booking_body


@pytest.fixture
def full(org: Organisation) -> Organisation:
    """Occupants of another time fill the sheet up to some bytes."""
    org.create_block(limit=4)
    row = Row.get(*keys.sheet(TORONTO, BLOCK_START.date().isoformat()))
    midnight = epoch_minute(BLOCK_START.replace(hour=0))
    occupants = dict(row.occupants or {})
    text = f"{midnight},5,{MORTGAGE},1,1,"
    number = 0
    while item_bytes(row) + (len(text) + 31) * number < MAX_ITEM_BYTES - 150:
        occupants[f"apt_{number:026d}"] = text
        number += 1
    row.occupants = occupants
    row.save()
    assert MAX_ITEM_BYTES - 200 < item_bytes(row) < MAX_ITEM_BYTES
    return org


def test_a_day_that_is_full_says_so(full: Organisation) -> None:
    """The seats are free; the record of the day is full."""
    assert full.try_book().status == 201
    refused = [full.try_book(), full.call("POST", "/public/holds", slot())]

    assert [(r.status, r.json["code"]) for r in refused] == [(409, "day_full")] * 2


def test_giving_room_back_is_possible_on_a_full_day(full: Organisation) -> None:
    booked = full.try_book().json
    cancelled = full.call("POST", f"/public/appointments/{booked['id']}/cancel", {"code": booked["code"]})

    assert cancelled.status == 200, cancelled.text
    assert full.try_book().status == 201


def slot() -> dict[str, Any]:
    return {name: value for name, value in booking_body().items() if name != "attendee"}
