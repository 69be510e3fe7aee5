"""What becomes of a session when its appointment ends, one way or another (D39, D41, RB-17, RB-18)."""

from __future__ import annotations

from datetime import datetime, timedelta

from chalicelib.domain.appointments.appointment import Appointment, State
from chalicelib.domain.clients.sessions import Use

NOTICE = timedelta(hours=24)


def within_notice(appointment: Appointment, at: datetime) -> bool:
    """Whether calling off at this instant comes less than 24 elapsed hours before the start (D41)."""
    return appointment.start - at < NOTICE


def outcome(before: Appointment, after: Appointment) -> Use | None:
    """What a change of an appointment makes of the session it has, or has not, kept; none while nothing is decided.

    Whoever was never promised the time owes nothing for it. Of several attendees the one whose session it is counts.
    """
    if after.state in (State.COMPLETED, State.NO_SHOW):
        return Use.USED
    called_off = after.state is State.CANCELLED or _left(after)
    if not called_off:
        return None
    return Use.USED if before.confirmed and within_notice(before, after.updated_at) else Use.RETURNED


def _left(after: Appointment) -> bool:
    """Whether the one whose session is kept no longer comes."""
    kept = after.session
    return kept is not None and all(a.client_id != kept.client_id for a in after.live_attendees)
