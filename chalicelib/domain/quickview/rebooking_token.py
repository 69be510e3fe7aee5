"""Review tokens: what somebody was shown before they book, signed, so that nothing else is booked (D43).

A token is kept nowhere. It carries what was asked for and what was shown, for whom and until when, with an HMAC over
all of it; only that it has been used is remembered, under its nonce.
"""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, time, timedelta

from chalicelib.domain.appointments.video_meetings import VideoPlatform
from chalicelib.domain.organisation.catalog import MeetingMethod
from chalicelib.domain.quickview.rebooking import RebookApproach, RebookRequest
from chalicelib.domain.shared.errors import Forbidden, Invalid, ReviewExpired, ReviewOutdated, ScheduleChanged, invalid

TOKEN_LIFETIME = timedelta(minutes=15)
MAX_TOKEN_LENGTH = 8192
# What is signed here is signed for nothing else.
_PURPOSE = b"frontdesk rebooking review 1\n"


@dataclass(frozen=True, slots=True)
class ReviewBasis:
    """What the review rested on: whose time it is, by which clocks, in which schedule and service as they were."""

    consultant_id: str
    timezone: str
    schedule_version: int
    service_version: int

    def require_unchanged(self, current: ReviewBasis) -> None:
        """Refuses what has changed since: 409 ``schedule_changed`` (version 0 is gone), ``review_outdated``."""
        if self.schedule_version != current.schedule_version:
            raise ScheduleChanged()
        if self != current:
            raise ReviewOutdated()


@dataclass(frozen=True, slots=True)
class RebookReview:
    """One review: of which appointment's rebooking, for whom, until when (epoch seconds)."""

    nonce: str
    appointment_id: str
    staff_id: str
    expires: int
    wish: RebookRequest
    shown: ReviewBasis

    def require_for(self, appointment_id: str, staff_id: str) -> None:
        """422 for another appointment's token, 403 for another person's."""
        if self.appointment_id != appointment_id:
            raise _refused()
        if self.staff_id != staff_id:
            raise Forbidden("Somebody else has reviewed this.")

    def require_not_expired(self, now: int) -> None:
        """409 ``review_expired`` once its time is over (epoch seconds)."""
        if self.expires <= now:
            raise ReviewExpired()


@dataclass(frozen=True, slots=True)
class UsedReview:
    """That a review has been booked, as which appointment; kept until ``forget`` (epoch seconds)."""

    nonce: str
    appointment_id: str
    forget: int
    version: int = 0


def sign_review(review: RebookReview, key: str) -> str:
    """The token that stands for the review."""
    text = json.dumps(asdict(review), default=_json_default, separators=(",", ":"), ensure_ascii=False).encode()
    return f"{_encoded(text)}.{_encoded(_signature(text, key))}"


def verify_token(token: str | None, key: str) -> RebookReview:
    """The review a token stands for; 422 ``review_required``, ``invalid_review_token``."""
    if not token or token.isspace():
        raise invalid("/review_token", "Review the rebooking first.", "review_required")
    try:
        text, signature = map(_decoded, token.split("."))
    except ValueError:
        raise _refused() from None
    if not hmac.compare_digest(signature, _signature(text, key)):
        raise _refused()
    facts = json.loads(text)
    return replace(RebookReview(**facts), wish=_parse_request(facts["wish"]), shown=ReviewBasis(**facts["shown"]))


def _parse_request(facts: dict[str, str]) -> RebookRequest:
    platform = facts["platform"]
    return replace(
        RebookRequest(**facts),  # type: ignore[arg-type]  # those that are more than text follow
        approach=RebookApproach(facts["approach"]),
        method=MeetingMethod(facts["method"]),
        day=date.fromisoformat(facts["day"]),
        at=time.fromisoformat(facts["at"]),
        platform=VideoPlatform(platform) if platform else None,
    )


def _json_default(value: date | time | datetime) -> str:
    return value.isoformat()


def _signature(text: bytes, key: str) -> bytes:
    return hmac.digest(key.encode(), _PURPOSE + text, "sha256")


def _encoded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    # One token has one spelling: what decodes to the same in another is not it.
    if _encoded(raw) != text:
        raise ValueError(text)
    return raw


def _refused() -> Invalid:
    return invalid("/review_token", "This is no review of this rebooking.", "invalid_review_token")
