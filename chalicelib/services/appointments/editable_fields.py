"""An edit by staff: its fields, the rules for it, and the appointment with them applied (CC-11)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.domain.appointments.appointment import ALREADY_OVER, Answer, Appointment, AppointmentState, Attendee
from chalicelib.domain.appointments.video_meetings import LinkState, Teleconference, VideoPlatform
from chalicelib.domain.availability.unavailable_reasons import Unavailable, refusal_for
from chalicelib.domain.organisation.catalogue import MeetingMethod, Service
from chalicelib.domain.shared.errors import WrongState, invalid
from chalicelib.domain.shared.times import known_zone, wall_text
from chalicelib.services.appointments.attendee_registration import AttendeeRequest, validated_answers
from chalicelib.services.client_identity import ClientIdentities


@dataclass(frozen=True, slots=True)
class AttendeeEdit:
    """The changes to one attendee, by default the first one; ``None`` leaves a field as it is."""

    client_id: str | None = None
    notes: str | None = None
    answers: tuple[Answer, ...] | None = None
    pointer: str = ""


@dataclass(frozen=True, slots=True)
class AppointmentEdit:
    """The changes to an appointment; ``None`` leaves a field as it is.

    ``start`` is an instant or wall time in ``timezone``. ``reassigns`` assigns it to ``staff_id``, or to nobody if that
    is ``None``. ``platform`` is the video platform, by default the organisation's when the method becomes video.
    ``override`` is the reason for taking a time in spite of conflicts.
    """

    start: datetime | None = None
    timezone: str | None = None
    method: MeetingMethod | None = None
    platform: VideoPlatform | None = None
    location_id: str | None = None
    reassigns: bool = False
    staff_id: str | None = None
    notes: str | None = None
    notify_client: bool | None = None
    attendees: tuple[AttendeeEdit, ...] = ()
    override: str | None = None

    def needs_service(self, before: Appointment) -> bool:
        """True if the service must be read: for its methods or its questions."""
        answered = any(attendee.answers is not None for attendee in self.attendees)
        return answered or self.method not in (None, before.method)


def apply_edit(
    before: Appointment,
    edit: AppointmentEdit,
    start: datetime | None,
    service: Service | None,
    default_platform: str | None = None,
) -> Appointment:
    """The appointment with the edit applied, at ``start`` if it moves; free capacity is not checked here.

    ``service`` is required if ``edit.needs_service``; ``default_platform`` is the organisation's. 422
    ``method_not_offered``, ``platform_not_allowed``, ``invalid_answers``, ``unknown_client``, ``client_twice``,
    ``unknown_timezone``; 409 ``wrong_state`` without an active attendee.
    """
    method = edit.method or before.method
    if service and method is not before.method and method not in service.meeting_methods:
        raise refusal_for(Unavailable.METHOD_NOT_OFFERED)
    after = replace(
        before,
        method=method,
        teleconference=_edited_call(before, edit, method, default_platform),
        location_id=edit.location_id or before.location_id,
        notes=before.notes if edit.notes is None else edit.notes,
        notify_client=before.notify_client if edit.notify_client is None else edit.notify_client,
        attendees=_edited_attendees(before, edit.attendees, service),
    )
    if edit.reassigns and edit.staff_id != before.staff_id:
        # The client did not choose the new staff member.
        after = replace(after, staff_id=edit.staff_id, staff_requested=False, handed_over=edit.staff_id is not None)
    return _with_start(after, start or before.start, edit.timezone or before.timezone)


def _edited_call(
    before: Appointment, edit: AppointmentEdit, method: MeetingMethod, default_platform: str | None
) -> Teleconference | None:
    """The video call after the edit: the same one while nothing about it changes, else a new one with its own link.

    Naming Teams again when staff were to send the link requests a link once more.
    """
    if method is not MeetingMethod.VIDEO:
        if edit.platform is not None:
            raise invalid("/platform", "Only a meeting by video has a platform.", "platform_not_allowed")
        return None
    call = before.teleconference if before.method is MeetingMethod.VIDEO else None
    stays = edit.platform is None and before.method is MeetingMethod.VIDEO
    if stays or (call and call.platform is edit.platform and not _lacks_link(call)):
        return call
    platform = edit.platform or default_platform
    return Teleconference.agreed(VideoPlatform(platform), before.sequence + 1) if platform else None


def _lacks_link(call: Teleconference) -> bool:
    return call.platform is VideoPlatform.TEAMS and call.state is LinkState.BY_STAFF


def resolve_attendee_edits(
    before: Appointment, edits: Sequence[AttendeeEdit], identities: ClientIdentities
) -> tuple[AttendeeEdit, ...]:
    """The edits by the attendees' own client ids; an edit of a merged client applies to all their records.

    The earliest record takes the new notes and answers, those of the others are emptied (D17).
    """
    resolved: list[AttendeeEdit] = []
    first = next((attendee.client_id for attendee in before.live_attendees), "")
    for edit in edits:
        records = [a for a in identities.attendees_of(before, edit.client_id or first) if not a.cancelled]
        if not records:
            resolved.append(edit)
            continue
        resolved.append(replace(edit, client_id=records[0].client_id))
        emptied = replace(edit, notes=None if edit.notes is None else "", answers=None if edit.answers is None else ())
        resolved += (replace(emptied, client_id=record.client_id) for record in records[1:])
    return tuple(resolved)


def require_editable(before: Appointment, after: Appointment, now: datetime) -> None:
    """409 ``wrong_state`` once it is over, except for the private notes, and for a move once it is in progress."""
    if not before.is_upcoming(now) and replace(before, notes=after.notes) != after:
        raise WrongState(ALREADY_OVER)
    moved = (before.start, before.location_id) != (after.start, after.location_id)
    if moved and before.state is AppointmentState.IN_PROGRESS:
        raise WrongState("This appointment has already begun.")


def require_same_day(before: Appointment, after: Appointment) -> None:
    """422 ``date_fixed`` if a rebooked appointment would move to another local day: cancel and rebook it (RB-16)."""
    day = wall_text(after.start, known_zone(before.timezone)).partition("T")[0]
    if before.rebooked_from is not None and not before.local_start.startswith(day):
        raise invalid("/start", "What was rebooked keeps its day: cancel it and rebook.", "date_fixed")


def _with_start(appointment: Appointment, start: datetime, timezone: str) -> Appointment:
    if (start, timezone) == (appointment.start, appointment.timezone):
        return appointment
    local_start = wall_text(start, known_zone(timezone))
    end = start + (appointment.end - appointment.start)
    return replace(appointment, start=start, end=end, timezone=timezone, local_start=local_start)


def _edited_attendees(
    before: Appointment, edits: Sequence[AttendeeEdit], service: Service | None
) -> tuple[Attendee, ...]:
    """All attendees, with their edits applied."""
    edited = dict(_edited_pairs(before, edits, service))
    return tuple(edited.get(attendee.client_id, attendee) for attendee in before.attendees)


def _edited_pairs(
    before: Appointment, edits: Sequence[AttendeeEdit], service: Service | None
) -> Iterator[tuple[str, Attendee]]:
    live = {attendee.client_id: attendee for attendee in before.live_attendees}
    if edits and not live:
        raise WrongState("Nobody comes to this appointment any more.")
    first, seen = next(iter(live), None), set[str]()
    for edit in edits:
        client_id = edit.client_id or first or ""
        if client_id not in live:
            raise invalid(f"{edit.pointer}/client_id", "This client does not come.", "unknown_client")
        if client_id in seen:
            raise invalid(f"{edit.pointer}/client_id", "This client is named twice.", "client_twice")
        seen.add(client_id)
        attendee = live[client_id]
        notes = attendee.notes if edit.notes is None else edit.notes
        answers = attendee.answers
        if edit.answers is not None and service is not None:
            request = AttendeeRequest(
                client_id, answers=edit.answers, pointer=edit.pointer, additional=client_id != first
            )
            answers = validated_answers(service, request)
        yield client_id, replace(attendee, notes=notes, answers=answers)
