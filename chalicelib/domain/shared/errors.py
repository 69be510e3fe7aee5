"""Refusals: the errors that callers may expect, each with its problem code, status and title."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class FieldError:
    """One invalid field: a JSON pointer into the request body and a sentence for people."""

    pointer: str
    message: str


class Refusal(Exception):
    """A request that is understood and refused; ``code`` is the public problem code."""

    status = 409
    code = "refused"
    title = "The request was refused"

    def __init__(
        self,
        detail: str = "",
        *,
        code: str | None = None,
        errors: Sequence[FieldError] = (),
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.code = code or type(self).code
        self.errors = tuple(errors)
        self.extra = dict(extra or {})


class Invalid(Refusal):
    """Well-formed, but a value is not acceptable (422)."""

    status = 422
    code = "invalid"
    title = "A value is not acceptable"


def invalid(pointer: str, message: str, code: str = "invalid", **extra: Any) -> Invalid:
    """A 422 about one field."""
    return Invalid(message, code=code, errors=[FieldError(pointer, message)], extra=extra)


class NotFound(Refusal):
    """Unknown, or outside the caller's data scope: the response does not tell which (404)."""

    status = 404
    code = "not_found"
    title = "There is no such thing here"


class Forbidden(Refusal):
    """Within the caller's data scope, but without the ability (403)."""

    status = 403
    code = "forbidden"
    title = "Your role does not allow this"


class FeatureDisabled(Refusal):
    """The organisation has switched this feature off (CC-16)."""

    status = 403
    code = "feature_disabled"
    title = "This function is switched off"


class Unauthenticated(Refusal):
    """No login, or an invalid or expired one (401)."""

    status = 401
    code = "unauthenticated"
    title = "Sign in first"


class SlotTaken(Refusal):
    """No staff member is free, or the slot has been taken meanwhile."""

    code = "slot_taken"
    title = "This time has just been taken"


class NoStaffForLanguage(Refusal):
    """No staff member who offers the service there speaks the language (CC-3)."""

    code = "no_staff_for_language"
    title = "Nobody here speaks this language"


class CapacityExhausted(Refusal):
    """A released block covers the time and the service, but it is full (D1)."""

    code = "capacity_exhausted"
    title = "This time is full"


class DayFull(Refusal):
    """The day has as many blocks, appointments and holds as its record can hold (TR-65)."""

    code = "day_full"
    title = "This day holds no more appointments"


class OutsideBlock(Refusal):
    """No released block covers the time and the service (D4, D7)."""

    code = "outside_block"
    title = "There are no appointments at this time"


class BlockNotReleased(Refusal):
    """Only blocks that are still held cover the time (D12)."""

    code = "block_not_released"
    title = "This time cannot be booked yet"


class BookingsAffected(Refusal):
    """The change would leave future appointments without a seat (D10)."""

    code = "bookings_affected"
    title = "Appointments would lose their place"


class WrongState(Refusal):
    """The appointment, block or login is in a state that does not allow this."""

    code = "wrong_state"
    title = "This is not possible in the present state"


class LastAdmin(Refusal):
    """The organisation would have no administrator left."""

    code = "last_admin"
    title = "Somebody must be left to administer the organisation"


class AlreadyAssigned(Refusal):
    """The appointment already has a staff member (D14)."""

    code = "already_assigned"
    title = "Somebody has already taken this appointment"


class AlreadyAttending(Refusal):
    """The client is already an attendee of this appointment (CC-4)."""

    code = "already_attending"
    title = "This client already comes to this appointment"


class TooEarly(Refusal):
    """The time for this has not come yet (D41)."""

    code = "too_early"
    title = "It is too early for this"


class StaffConflict(Refusal):
    """The staff member has another appointment at that time (D14)."""

    code = "staff_conflict"
    title = "There is another appointment at that time"


class ConsultantConflict(Refusal):
    """The consultant has an appointment, leave or a public holiday then (D38), listed in ``conflicts``."""

    code = "consultant_conflict"
    title = "The consultant is not free at that time"


class ConsultantUnavailable(Refusal):
    """The consultant does not offer the appointment's service at its location, or no longer works there."""

    code = "consultant_unavailable"
    title = "The consultant does not offer this service here"


class ScheduleChanged(Refusal):
    """The work schedule was changed or removed since it was reviewed (D43)."""

    code = "schedule_changed"
    title = "The work schedule has changed: review again"


class ReviewOutdated(Refusal):
    """The reviewed data has changed since (D43)."""

    code = "review_outdated"
    title = "What was reviewed has changed: review again"


class ReviewExpired(Refusal):
    """The review is too old (D43)."""

    code = "review_expired"
    title = "This review has expired: review again"


class DeadlinePassed(Refusal):
    """Too late for the client to change this on their own (WG-3, WG-4)."""

    code = "deadline_passed"
    title = "It is too late to change this online"


class AlreadyRebooked(Refusal):
    """A client may move an appointment only once (WG-4)."""

    code = "already_rebooked"
    title = "This appointment has already been moved once"


class TooManyBookings(Refusal):
    """The contact already has as many upcoming appointments as the organisation allows."""

    code = "too_many_bookings"
    title = "There are already as many upcoming appointments as allowed"


class NoSessions(Refusal):
    """The client has no session left (D39)."""

    code = "no_sessions"
    title = "This client has no sessions left"


class ClientMerged(Refusal):
    """The client has been merged into another, whose id ``merged_into`` names (D21)."""

    code = "client_merged"
    title = "This client has been merged into another"


class TooManyMerged(Refusal):
    """The client already has the maximum number of merged records."""

    code = "too_many_merged"
    title = "Too many records have been merged into these two"


class HasUpcoming(Refusal):
    """The client still has upcoming appointments (D25)."""

    code = "has_upcoming"
    title = "There are appointments ahead"


class InUse(Refusal):
    """Other records still refer to it."""

    code = "in_use"
    title = "This is still in use"


class StatusInUse(Refusal):
    """Appointments have this status, so its meaning must not change (D30)."""

    code = "status_in_use"
    title = "Appointments hold this status: add another one and archive this"


class StatusNeeded(Refusal):
    """It is the last status of a kind of which one is required (D30)."""

    code = "status_needed"
    title = "This is the last status of its kind, and one is needed"


class StatusChanged(Refusal):
    """The appointment has been moved to another status meanwhile (D28, case 22)."""

    code = "status_changed"
    title = "This appointment has just been moved to another status"


class Duplicate(Refusal):
    """A value that must be unique is taken."""

    code = "already_exists"
    title = "This already exists"


class VersionMismatch(Refusal):
    """``If-Match`` names another version than the present one (412)."""

    status = 412
    code = "version_mismatch"
    title = "Somebody has changed this in the meantime"


class Busy(Refusal):
    """Too much contention at present; the same request may succeed later (503)."""

    status = 503
    code = "busy"
    title = "Too busy just now, please try again"


class Stale(Exception):
    """A conditional write failed because data read for it has changed: read and decide again."""


class AlreadyDone(Exception):
    """The idempotency row exists: another copy of this request was carried out."""
