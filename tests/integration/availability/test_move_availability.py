"""The times shown to staff who move an appointment are those that the edit accepts (D15, case 3)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest

from chalicelib.domain.organisation.catalogue import Service
from tests.builders.in_process.sample_organisation import Organisation
from tests.builders.in_process.sample_records import ADVICE, ALEX, SAM, TORONTO
from tests.builders.in_process.table_records import write

pytestmark = pytest.mark.organisation(staff=True, checked=True)


def shown(org: Organisation, appointment: dict[str, Any], **more: str) -> set[str]:
    """The starts on its day for Alex through Schedule."""
    query = {
        "channel": "schedule",
        "service_id": appointment["service_id"],
        "location_id": TORONTO,
        "timezone": "America/Toronto",
        "from": "2026-12-03",
        "to": "2026-12-03",
        "moving": appointment["id"],
    }
    reply = org.as_staff("GET", f"/availability?{urlencode(query | more)}").body()
    return {slot["start"] for day in reply["days"] for slot in day["slots"]}


def test_whoever_has_it_keeps_it_unless_somebody_else_is_named(org: Organisation) -> None:
    mine, hers = org.book_advice(0, SAM), org.book_advice(60, SAM)
    assert hers["start"] not in shown(org, mine)
    assert hers["start"] in shown(org, mine, staff_id=ALEX)
    moved = {"start": hers["start"]}
    assert org.edit_appointment(mine, moved).json["code"] == "slot_taken"
    assert org.edit_appointment(mine, moved | {"staff_id": ALEX}).status == 200


def test_it_stays_as_long_as_it_was_booked_for(org: Organisation) -> None:
    appointment = org.book_advice()
    before = shown(org, appointment)
    write(replace(org.read(Service, ADVICE), duration_minutes=120))
    assert shown(org, appointment) == before
    assert org.edit_appointment(appointment, {"start": max(before)}).status == 200


def test_where_whoever_has_it_does_not_work_nothing_is_free(org: Organisation) -> None:
    appointment = org.book_advice()
    org.set_staff_services(SAM, ())
    assert shown(org, appointment) == set()
