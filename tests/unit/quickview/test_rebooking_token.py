"""Review tokens: what is sealed is opened again, by the same key only and only as it was (D43)."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone

import pytest
from hypothesis import given, strategies as st

from chalicelib.domain.appointments.video_meetings import Platform
from chalicelib.domain.organisation.catalog import Method
from chalicelib.domain.quickview.rebooking import Approach, RebookWish
from chalicelib.domain.quickview.rebooking_token import LONGEST, Review, Shown, opened, sealed
from chalicelib.domain.shared.errors import Forbidden, Refusal, ReviewExpired, ReviewOutdated, ScheduleChanged

KEY = "the key"
OFFSETS = st.integers(-14 * 4, 14 * 4).map(lambda quarters: timezone(timedelta(minutes=15 * quarters)))
WISHES = st.builds(
    RebookWish,
    approach=st.sampled_from(Approach),
    work_schedule_id=st.just("wsl_1"),
    method=st.sampled_from(Method),
    day=st.dates(date(2000, 1, 1), date(2099, 12, 31)),
    at=st.times(timezones=st.one_of(st.none(), OFFSETS)).map(lambda at: at.replace(microsecond=0)),
    notify_client=st.booleans(),
    platform=st.one_of(st.none(), st.sampled_from(Platform)),
    override=st.one_of(st.none(), st.text(min_size=1, max_size=1000).filter(lambda text: text.isprintable())),
)
SHOWN = Shown("stf_1", "Australia/Perth", 3, 7)


def review(wish: RebookWish) -> Review:
    """Sam's review of one appointment's rebooking."""
    return Review("nonce", "apt_1", "stf_sam", 1_800_000_000, wish, SHOWN)


PLAIN = review(RebookWish(Approach.MANUAL, "wsl_1", Method.PHONE, date(2026, 9, 29), time(10)))


@given(WISHES)
def test_what_is_sealed_is_opened_again(wish: RebookWish) -> None:
    token = sealed(review(wish), KEY)
    assert opened(token, KEY) == review(wish)
    assert len(token) <= LONGEST


def test_the_longest_reason_fits() -> None:
    wish = RebookWish(
        Approach.MANUAL, "wsl_" + "1" * 60, Method.VIDEO, date(2026, 9, 29), time(10), override="𝔸" * 1000
    )
    assert len(sealed(review(wish), KEY)) <= LONGEST


@given(st.data())
def test_a_token_with_any_other_letter_opens_nothing(data: st.DataObject) -> None:
    token = sealed(PLAIN, KEY)
    at = data.draw(st.integers(0, len(token) - 1))
    letter = data.draw(st.sampled_from("ABCDEFabcdef0123456789-_.").filter(lambda c: c != token[at]))
    with pytest.raises(Refusal) as refused:
        opened(token[:at] + letter + token[at + 1 :], KEY)
    assert refused.value.code == "invalid_review_token"


@given(st.text(max_size=80))
def test_what_is_no_token_is_refused_and_nothing_else(text: str) -> None:
    with pytest.raises(Refusal) as refused:
        opened(text, KEY)
    assert (refused.value.status, refused.value.code.endswith(("_required", "_token"))) == (422, True)


def test_another_key_opens_nothing() -> None:
    with pytest.raises(Refusal, match="no review"):
        opened(sealed(PLAIN, KEY), "another key")


def test_it_is_for_one_appointment_one_person_and_a_while() -> None:
    PLAIN.require_for("apt_1", "stf_sam")
    with pytest.raises(Refusal, match="no review"):
        PLAIN.require_for("apt_2", "stf_sam")
    with pytest.raises(Forbidden):
        PLAIN.require_for("apt_1", "stf_alex")
    PLAIN.require_fresh(PLAIN.expires - 1)
    with pytest.raises(ReviewExpired):
        PLAIN.require_fresh(PLAIN.expires)


@pytest.mark.parametrize(
    ("now", "refusal"),
    [
        (Shown("stf_1", "Australia/Perth", 4, 7), ScheduleChanged),
        (Shown("stf_1", "Australia/Perth", 0, 7), ScheduleChanged),
        (Shown("stf_1", "Australia/Perth", 3, 8), ReviewOutdated),
        (Shown("stf_1", "Australia/Sydney", 3, 7), ReviewOutdated),
        (Shown("stf_2", "Australia/Perth", 3, 7), ReviewOutdated),
    ],
)
def test_what_was_shown_must_still_be_so(now: Shown, refusal: type[Refusal]) -> None:
    SHOWN.require_still(SHOWN)
    with pytest.raises(refusal):
        SHOWN.require_still(now)


def test_times_are_kept_as_they_were_said() -> None:
    said = RebookWish(Approach.MANUAL, "wsl_1", Method.PHONE, date(2027, 4, 4), time.fromisoformat("02:30+11:00"))
    again = opened(sealed(review(said), KEY), KEY).wish
    assert datetime.combine(again.day, again.at).isoformat() == "2027-04-04T02:30:00+11:00"
