"""The start of a rebooking, and whether its schedule covers it (RB-8, TZ-7, D37)."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import event, given, settings

from chalicelib.domain.organisation.catalogue import MeetingMethod
from chalicelib.domain.organisation.rota import WorkSchedule
from chalicelib.domain.quickview.rebooking import RebookApproach, RebookRequest, agreed_start, is_within_schedule
from chalicelib.domain.shared.errors import Refusal
from chalicelib.domain.shared.times import epoch_minute, possible_instants
from tests.builders.generators.rebooking_cases import LENGTH, fits_one_line, rebooking_cases

Case = tuple[WorkSchedule, str, datetime]


def rebook_request(wall: datetime, at: datetime | None = None) -> RebookRequest:
    """A request for this local time; with ``at``, by the offset clocks have then."""
    clock = wall.timetz() if at is None else wall.time().replace(tzinfo=at.tzinfo)
    return RebookRequest(RebookApproach.MANUAL, "wsl_1", MeetingMethod.PHONE, wall.date(), clock)


@settings(max_examples=300)
@given(rebooking_cases())
def test_a_schedule_holds_what_one_of_its_lines_holds_by_its_own_clocks(case: Case) -> None:
    schedule, _, at = case
    held = is_within_schedule(schedule, (epoch_minute(at), epoch_minute(at + LENGTH)))
    event("held" if held else "not held")
    assert held == fits_one_line(schedule, at)


@settings(max_examples=300)
@given(rebooking_cases())
def test_the_clients_wall_time_is_the_instant_their_clocks_show_it(case: Case) -> None:
    """With its offset it is always that instant; without one only where clocks show it once."""
    _, timezone, at = case
    tz = ZoneInfo(timezone)
    local = at.astimezone(tz)
    wall = local.replace(tzinfo=None)
    offset = datetime.fromisoformat(local.isoformat())
    assert agreed_start(rebook_request(wall, offset), timezone) == at
    found = possible_instants(wall, tz)
    event(f"shown {len(found)} times")
    if found == [at]:
        assert agreed_start(rebook_request(wall), timezone) == at
        return
    with pytest.raises(Refusal) as refused:
        agreed_start(rebook_request(wall), timezone)
    both = [instant.astimezone(tz).isoformat() for instant in found]
    assert (refused.value.code, refused.value.extra["candidates"]) == ("ambiguous_local_time", both)
    assert at in found
