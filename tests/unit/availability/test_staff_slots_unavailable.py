"""The reason why no staff member is available: each fact outweighs all that follow it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from chalicelib.domain.availability.booking_window import Requester
from chalicelib.domain.availability.staff_choice import StaffPreference
from chalicelib.domain.availability.unavailable_reasons import Unavailable
from chalicelib.domain.capacity.ledger import SeatAccess
from chalicelib.domain.organisation.settings import HolidayCalendar
from chalicelib.domain.shared.errors import Invalid, NoStaffForLanguage, SlotTaken
from chalicelib.domain.shared.times import from_epoch_minute
from tests.builders.records import roster_builder as build
from tests.builders.records.roster_builder import NINE_TO_FIVE, day_minute, day_slots, member, occupant, schedule

CHRISTMAS = build.at("2026-12-25 10:00")


def why(*facts: str) -> Unavailable | None:
    """The reason why Christmas at ten cannot be booked when these facts hold."""
    now = {"past": timedelta(minutes=1), "too_soon": timedelta(minutes=-30), "too_far": timedelta(days=-3)}
    when = next(
        (from_epoch_minute(CHRISTMAS) + ahead for name, ahead in now.items() if name in facts), build.LONG_BEFORE
    )
    busy = [occupant("1", CHRISTMAS + 15)] if "busy" in facts else []
    busy += [occupant("2", CHRISTMAS + 120)] if "limit" in facts else []
    begins = "14:00" if "away" in facts else "09:50" if "off_grid" in facts else "10:00"
    who = member("a", schedule(f"{begins}-17:00"), booked=busy, limit=1 if "limit" in facts else None)
    offered = build.offer(
        lead=60 if "too_soon" in facts else 0,
        horizon=2 if "too_far" in facts else 400,
        holidays=HolidayCalendar("CA", "ON") if "holiday" in facts else None,
    )
    hours = build.opening("14:00-17:00" if "closed" in facts else "08:00-17:00")
    requester = Requester(SeatAccess.WIDGET, when)
    wanted = StaffPreference(language="fr" if "language" in facts else None)
    return build.slots(
        offered, hours, [who], CHRISTMAS, CHRISTMAS + 1, requester=requester, wanted=wanted
    ).unavailable_reason(CHRISTMAS)


ORDER = (
    ("holiday", Unavailable.HOLIDAY),
    ("closed", Unavailable.CLOSED),
    ("language", Unavailable.LANGUAGE_UNAVAILABLE),
    ("away", Unavailable.STAFF_NOT_WORKING),
    ("off_grid", Unavailable.OFF_GRID),
    ("limit", Unavailable.DAILY_LIMIT),
    ("busy", Unavailable.STAFF_BUSY),
)
TIMES = (("past", Unavailable.PAST), ("too_soon", Unavailable.TOO_SOON), ("too_far", Unavailable.TOO_FAR))


@pytest.mark.parametrize(("fact", "reason"), TIMES)
def test_time_outweighs_everything_about_branch_and_staff(fact: str, reason: Unavailable) -> None:
    assert why(fact, *dict(ORDER)) is reason


@pytest.mark.parametrize(("fact", "reason"), ORDER[:-1])
def test_a_fact_outweighs_all_that_follow_it(fact: str, reason: Unavailable) -> None:
    facts = list(dict(ORDER))
    assert why(*facts[facts.index(fact) :]) is reason


def test_busy_comes_last_and_nothing_means_bookable() -> None:
    assert why("busy") is Unavailable.STAFF_BUSY
    assert why() is None


def test_a_fact_about_one_person_does_not_hide_that_another_is_free() -> None:
    """The member who gets furthest decides: one is away, one off the grid, one full, one busy."""
    people: Sequence[build.RosterMember] = (
        member("a", schedule("14:00-17:00")),
        member("b", schedule("09:10-17:00")),
        member("c", NINE_TO_FIVE, limit=0),
        member("d", NINE_TO_FIVE, booked=[occupant("1", day_minute("10:00"))]),
        member("e", NINE_TO_FIVE),
    )
    reasons = [day_slots(*people[:n]).unavailable_reason(day_minute("10:00")) for n in range(6)]

    assert reasons == [
        Unavailable.STAFF_NOT_WORKING,
        Unavailable.STAFF_NOT_WORKING,
        Unavailable.OFF_GRID,
        Unavailable.DAILY_LIMIT,
        Unavailable.STAFF_BUSY,
        None,
    ]


def test_a_wanted_person_without_the_language_is_a_language_nobody_speaks() -> None:
    french, english = member("a", NINE_TO_FIVE, languages=("fr",)), member("b", NINE_TO_FIVE)

    assert (
        day_slots(french, english, wanted=StaffPreference(None, "fr")).allocate(day_minute("09:00")).staff_id == "stf_a"
    )
    assert build.reasons(day_slots(french, english, wanted=StaffPreference("stf_b", "fr")), "09:00") == [
        Unavailable.LANGUAGE_UNAVAILABLE
    ]


def test_each_fact_is_refused_with_the_contracts_code() -> None:
    with pytest.raises(SlotTaken):
        day_slots().allocate(day_minute("09:00"))
    with pytest.raises(NoStaffForLanguage):
        day_slots(wanted=StaffPreference(language="fr")).allocate(day_minute("09:00"))
    with pytest.raises(Invalid) as refused:
        day_slots(member("a", NINE_TO_FIVE)).allocate(day_minute("09:05"))
    assert refused.value.code == "off_grid"
