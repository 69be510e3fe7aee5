"""What becomes of a session when its appointment ends, one way or another (D39, D41, RB-17, RB-18)."""

from __future__ import annotations

from datetime import datetime, timedelta

from chalicelib.domain.appointments.appointment import Appointment, AppointmentState
from chalicelib.domain.clients.sessions import SessionUse

LATE_CANCEL = timedelta(hours=24)


def is_late_cancel(appointment: Appointment, at: datetime) -> bool:
    """Whether calling off at this instant comes less than 24 elapsed hours before the start (D41)."""
    return appointment.start - at < LATE_CANCEL


def session_outcome(before: Appointment, after: Appointment) -> SessionUse | None:
    """What a change of an appointment makes of the session it has, or has not, kept; none while nothing is decided.

    Whoever was never promised the time owes nothing for it. Of several attendees the one whose session it is counts.
    """
    if after.state in (AppointmentState.COMPLETED, AppointmentState.NO_SHOW):
        return SessionUse.USED
    called_off = after.state is AppointmentState.CANCELLED or _owner_left(after)
    if not called_off:
        return None
    return SessionUse.USED if before.confirmed and is_late_cancel(before, after.updated_at) else SessionUse.RETURNED


def _owner_left(after: Appointment) -> bool:
    """Whether the one whose session is kept no longer comes."""
    kept = after.session
    return kept is not None and all(a.client_id != kept.client_id for a in after.live_attendees)
