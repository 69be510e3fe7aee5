"""The video call of an appointment now: its link, and whether one is still to be made (RB-9, RB-22)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.appointments.video_meetings import LinkState, Teleconference, VideoPlatform
from chalicelib.domain.organisation.catalogue import MeetingMethod


def meeting_link(appointment: Appointment) -> str | None:
    """The link to its video call while the appointment is confirmed and the link works until its end; else None."""
    call = appointment.teleconference
    agreed = appointment.occupies_capacity and appointment.confirmed and appointment.method is MeetingMethod.VIDEO
    return call.link if agreed and call and call.lasts_until(appointment.end) else None


def visible_call(appointment: Appointment, *, leaving: bool = False) -> Teleconference | None:
    """The video call to show; the link is hidden once it no longer counts, and from an attendee who is ``leaving``."""
    call = appointment.teleconference if appointment.method is MeetingMethod.VIDEO else None
    hidden = leaving or meeting_link(appointment) is None
    return replace(call, link=None) if call and hidden else call


def call_awaiting_link(appointment: Appointment, now: datetime) -> Teleconference | None:
    """The video call that still needs a link; None before the appointment is confirmed and once it is over.

    If it was moved beyond its link's lifetime, this is a new call with a link of its own.
    """
    call = appointment.teleconference
    if (
        not (call and appointment.is_upcoming(now) and appointment.confirmed)
        or appointment.method is not MeetingMethod.VIDEO
    ):
        return None
    if call.state is LinkState.READY and not call.lasts_until(appointment.end):
        return Teleconference.agreed(call.platform, appointment.sequence)
    return call if call.platform is VideoPlatform.TEAMS and call.state is LinkState.PENDING else None
