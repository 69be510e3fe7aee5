"""Review tokens: a signed review is verified by the same key only, and only unchanged (D43)."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone

import pytest
from hypothesis import given, strategies as st

from chalicelib.domain.appointments.video_meetings import VideoPlatform
from chalicelib.domain.organisation.catalogue import MeetingMethod
from chalicelib.domain.quickview.rebooking import RebookApproach, RebookRequest
from chalicelib.domain.quickview.rebooking_token import (
    MAX_TOKEN_LENGTH,
    RebookReview,
    ReviewBasis,
    sign_review,
    verify_token,
)
from chalicelib.domain.shared.errors import Forbidden, Refusal, ReviewExpired, ReviewOutdated, ScheduleChanged

KEY = "the key"
OFFSETS = st.integers(-14 * 4, 14 * 4).map(lambda quarters: timezone(timedelta(minutes=15 * quarters)))
REQUESTS = st.builds(
    RebookRequest,
    approach=st.sampled_from(RebookApproach),
    work_schedule_id=st.just("wsl_1"),
    method=st.sampled_from(MeetingMethod),
    day=st.dates(date(2000, 1, 1), date(2099, 12, 31)),
    at=st.times(timezones=st.one_of(st.none(), OFFSETS)).map(lambda at: at.replace(microsecond=0)),
    notify_client=st.booleans(),
    platform=st.one_of(st.none(), st.sampled_from(VideoPlatform)),
    override=st.one_of(st.none(), st.text(min_size=1, max_size=1000).filter(lambda text: text.isprintable())),
)
SHOWN = ReviewBasis("stf_1", "Australia/Perth", 3, 7)


def review(request: RebookRequest) -> RebookReview:
    """Sam's review of one appointment's rebooking."""
    return RebookReview("nonce", "apt_1", "stf_sam", 1_800_000_000, request, SHOWN)


PLAIN = review(RebookRequest(RebookApproach.MANUAL, "wsl_1", MeetingMethod.PHONE, date(2026, 9, 29), time(10)))


@given(REQUESTS)
def test_what_is_sealed_is_opened_again(request: RebookRequest) -> None:
    token = sign_review(review(request), KEY)
    assert verify_token(token, KEY) == review(request)
    assert len(token) <= MAX_TOKEN_LENGTH


def test_the_longest_reason_fits() -> None:
    request = RebookRequest(
        RebookApproach.MANUAL, "wsl_" + "1" * 60, MeetingMethod.VIDEO, date(2026, 9, 29), time(10), override="𝔸" * 1000
    )
    assert len(sign_review(review(request), KEY)) <= MAX_TOKEN_LENGTH


@given(st.data())
def test_a_token_with_any_other_letter_opens_nothing(data: st.DataObject) -> None:
    token = sign_review(PLAIN, KEY)
    at = data.draw(st.integers(0, len(token) - 1))
    letter = data.draw(st.sampled_from("ABCDEFabcdef0123456789-_.").filter(lambda c: c != token[at]))
    with pytest.raises(Refusal) as refused:
        verify_token(token[:at] + letter + token[at + 1 :], KEY)
    assert refused.value.code == "invalid_review_token"


@given(st.text(max_size=80))
def test_what_is_no_token_is_refused_and_nothing_else(text: str) -> None:
    with pytest.raises(Refusal) as refused:
        verify_token(text, KEY)
    assert (refused.value.status, refused.value.code.endswith(("_required", "_token"))) == (422, True)


def test_another_key_opens_nothing() -> None:
    with pytest.raises(Refusal, match="no review"):
        verify_token(sign_review(PLAIN, KEY), "another key")


def test_it_is_for_one_appointment_one_person_and_a_while() -> None:
    PLAIN.require_for("apt_1", "stf_sam")
    with pytest.raises(Refusal, match="no review"):
        PLAIN.require_for("apt_2", "stf_sam")
    with pytest.raises(Forbidden):
        PLAIN.require_for("apt_1", "stf_alex")
    PLAIN.require_not_expired(PLAIN.expires - 1)
    with pytest.raises(ReviewExpired):
        PLAIN.require_not_expired(PLAIN.expires)


@pytest.mark.parametrize(
    ("now", "refusal"),
    [
        (ReviewBasis("stf_1", "Australia/Perth", 4, 7), ScheduleChanged),
        (ReviewBasis("stf_1", "Australia/Perth", 0, 7), ScheduleChanged),
        (ReviewBasis("stf_1", "Australia/Perth", 3, 8), ReviewOutdated),
        (ReviewBasis("stf_1", "Australia/Sydney", 3, 7), ReviewOutdated),
        (ReviewBasis("stf_2", "Australia/Perth", 3, 7), ReviewOutdated),
    ],
)
def test_what_was_shown_must_still_be_so(now: ReviewBasis, refusal: type[Refusal]) -> None:
    SHOWN.require_unchanged(SHOWN)
    with pytest.raises(refusal):
        SHOWN.require_unchanged(now)


def test_times_are_kept_as_they_were_said() -> None:
    request = RebookRequest(
        RebookApproach.MANUAL, "wsl_1", MeetingMethod.PHONE, date(2027, 4, 4), time.fromisoformat("02:30+11:00")
    )
    again = verify_token(sign_review(review(request), KEY), KEY).wish
    assert datetime.combine(again.day, again.at).isoformat() == "2027-04-04T02:30:00+11:00"
