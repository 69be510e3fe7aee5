"""The outcome for a client's session when its appointment ends (D39, D41, RB-17, RB-18)."""

from __future__ import annotations

from datetime import datetime, timedelta

from chalicelib.domain.appointments.appointment import Appointment, AppointmentState
from chalicelib.domain.clients.sessions import SessionUse

LATE_CANCEL = timedelta(hours=24)


def is_late_cancel(appointment: Appointment, at: datetime) -> bool:
    """True if a cancellation at this instant is less than 24 elapsed hours before the start (D41)."""
    return appointment.start - at < LATE_CANCEL


def session_outcome(before: Appointment, after: Appointment) -> SessionUse | None:
    """How a change of the appointment settles its session; None while that is undecided.

    An unconfirmed appointment never uses a session. Of several attendees the owner of the session counts.
    """
    if after.state in (AppointmentState.COMPLETED, AppointmentState.NO_SHOW):
        return SessionUse.USED
    if after.state is not AppointmentState.CANCELLED and not _owner_left(after):
        return None
    return SessionUse.USED if before.confirmed and is_late_cancel(before, after.updated_at) else SessionUse.RETURNED


def _owner_left(after: Appointment) -> bool:
    session = after.session
    return session is not None and all(a.client_id != session.client_id for a in after.live_attendees)
