"""Editing from Quick View: the method, the time on the same day, and the client's notification (RB-16)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.appointments.video_meetings import VideoPlatform
from chalicelib.domain.organisation.catalogue import MeetingMethod
from chalicelib.domain.shared.errors import Invalid, Stale, VersionMismatch, invalid
from chalicelib.domain.shared.permissions import Ability
from chalicelib.domain.shared.times import known_zone, resolve_start, wall_text
from chalicelib.services.appointment_access import require_access
from chalicelib.services.appointments.appointment_view import AppointmentView
from chalicelib.services.appointments.edit_appointment import EditAppointment
from chalicelib.services.appointments.editable_fields import AppointmentEdit
from chalicelib.services.context import Context
from chalicelib.services.crud import read_record
from chalicelib.services.retry import Pause, retry_on_conflict
from chalicelib.services.store_port import Store


@dataclass(frozen=True, slots=True)
class QuickViewEdit:
    """The changes; None leaves a field. ``time`` is ``10:30`` by the client's clocks, with an offset if ambiguous."""

    modality: MeetingMethod | None = None
    time: str | None = None
    notify_client: bool | None = None
    platform: VideoPlatform | None = None


# The names of an edit's fields in the dashboard's API and in Quick View's.
_POINTERS = {"/start": "/time", "/meeting_method": "/modality"}


class EditFromQuickView:
    """Edit on the appointment's own day, which stays: the edit applies to the version it was read at."""

    def __init__(self, store: Store, edit_appointment: EditAppointment, pause: Pause) -> None:
        self._store = store
        self._edit_appointment = edit_appointment
        self._pause = pause

    def edit(self, context: Context, appointment_id: str, edit: QuickViewEdit) -> AppointmentView:
        """Edit the appointment; errors as ``EditAppointment.edit``, and 422 ``platform_required``, ``wrong_offset``."""

        def attempt() -> AppointmentView:
            before = read_record(self._store, Appointment, appointment_id)
            require_access(context.staff, Ability.APPOINTMENT_EDIT, before)
            expected = context.expected_version or before.version
            try:
                return self._edit_appointment.edit(
                    replace(context, expected_version=expected), appointment_id, _to_appointment_edit(before, edit)
                )
            except VersionMismatch:
                if context.expected_version is not None:
                    raise
                # Somebody has just changed it, perhaps its day: read it again.
                raise Stale from None
            except Invalid as refusal:
                refusal.errors = tuple(replace(e, pointer=_POINTERS.get(e.pointer, e.pointer)) for e in refusal.errors)
                raise

        return retry_on_conflict(attempt, self._pause)


def _to_appointment_edit(before: Appointment, edit: QuickViewEdit) -> AppointmentEdit:
    becomes_video = edit.modality is MeetingMethod.VIDEO and before.method is not MeetingMethod.VIDEO
    if becomes_video and edit.platform is None:
        raise invalid("/platform", "Say over which platform the video call takes place.", "platform_required")
    return AppointmentEdit(
        start=_start(before, edit.time) if edit.time else None,
        timezone=before.timezone if edit.time else None,
        method=edit.modality,
        platform=edit.platform,
        notify_client=edit.notify_client,
    )


def _start(before: Appointment, time: str) -> datetime:
    """The instant of this time on the appointment's own day, in its agreed zone (RB-8, TZ-7)."""
    day = before.local_start.partition("T")[0]
    start = resolve_start(datetime.fromisoformat(f"{day}T{time}"), before.timezone, "/time")
    if wall_text(start, known_zone(before.timezone))[:16] != f"{day}T{time[:5]}":
        raise invalid("/time", "The client's clocks have another offset then.", "wrong_offset")
    return start
