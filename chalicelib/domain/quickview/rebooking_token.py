"""Review tokens: the signed preview of a rebooking, so that nothing else is booked (D43).

A token is not stored. It carries the request, the basis of its preview, the reviewer and its expiry, with an HMAC
over all of it; only its use is stored, under its nonce.
"""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, time, timedelta

from chalicelib.domain.appointments.video_meetings import VideoPlatform
from chalicelib.domain.organisation.catalogue import MeetingMethod
from chalicelib.domain.quickview.rebooking import RebookApproach, RebookRequest
from chalicelib.domain.shared.errors import Forbidden, Invalid, ReviewExpired, ReviewOutdated, ScheduleChanged, invalid

TOKEN_LIFETIME = timedelta(minutes=15)
MAX_TOKEN_LENGTH = 8192
# Part of the signature, so that a token is valid for nothing else.
_PURPOSE = b"frontdesk rebooking review 1\n"


@dataclass(frozen=True, slots=True)
class ReviewBasis:
    """The basis of a review: the consultant, the client's zone, and the versions of schedule and service."""

    consultant_id: str
    timezone: str
    schedule_version: int
    service_version: int

    def require_unchanged(self, current: ReviewBasis) -> None:
        """409 ``schedule_changed`` (version 0: it no longer exists), ``review_outdated`` if the basis has changed."""
        if self.schedule_version != current.schedule_version:
            raise ScheduleChanged()
        if self != current:
            raise ReviewOutdated()


@dataclass(frozen=True, slots=True)
class RebookReview:
    """One review of an appointment's rebooking by a staff member, until ``expires`` (epoch seconds)."""

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
        """409 ``review_expired`` after its expiry; ``now`` is epoch seconds."""
        if self.expires <= now:
            raise ReviewExpired()


@dataclass(frozen=True, slots=True)
class UsedReview:
    """The use of a review: the appointment it booked; stored until ``forget`` (epoch seconds)."""

    nonce: str
    appointment_id: str
    forget: int
    version: int = 0


def sign_review(review: RebookReview, key: str) -> str:
    """The token of the review."""
    text = json.dumps(asdict(review), default=_json_default, separators=(",", ":"), ensure_ascii=False).encode()
    return f"{_encoded(text)}.{_encoded(_signature(text, key))}"


def verify_token(token: str | None, key: str) -> RebookReview:
    """The review of a token; 422 ``review_required``, ``invalid_review_token``."""
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
        RebookRequest(**facts),  # type: ignore[arg-type]  # the fields that are not text follow
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
    # Base64 has several spellings of the same bytes; only the canonical one is valid.
    if _encoded(raw) != text:
        raise ValueError(text)
    return raw


def _refused() -> Invalid:
    return invalid("/review_token", "This is no review of this rebooking.", "invalid_review_token")
