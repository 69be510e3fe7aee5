"""What staff change about an appointment."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import Field

from chalicelib.api.schemas.appointments.attendees import AttendeeNotes, QuestionAnswers
from chalicelib.api.schemas.appointments.public_appointments import QuestionAnswerBody
from chalicelib.api.schemas.appointments.staff_booking import OverrideBody, PrivateNotes
from chalicelib.api.schemas.shared.fields import DateTimeInput, Id, TimezoneName
from chalicelib.api.schemas.shared.record_models import RecordBody, patch_model
from chalicelib.domain.appointments.appointment import Answer
from chalicelib.domain.appointments.video_meetings import VideoPlatform
from chalicelib.domain.organisation.catalog import MeetingMethod
from chalicelib.services.appointments.edit_request import AppointmentEdit, AttendeeEdit


class AttendeeTextBody(RecordBody):
    """The notes and answers of one who comes."""

    notes: AttendeeNotes
    answers: QuestionAnswers


class AttendeeChangeBody(patch_model(AttendeeTextBody, "AttendeeTextChangeBody")):  # type: ignore[misc]  # made at run time
    """What changes about the client who comes under this id. Only what is sent changes."""

    client_id: Id


class AppointmentTermsBody(RecordBody):
    """An appointment as staff want it. `staff_id` null gives it to nobody.

    `platform` is for a meeting by video: naming the one it has asks anew for a link where none could be made.
    `attendee_notes` and `answers` are those of the first client who still comes, `attendees` names the others.
    """

    start: DateTimeInput
    timezone: TimezoneName
    meeting_method: MeetingMethod
    platform: VideoPlatform
    staff_id: Id | None
    location_id: Id
    notes: PrivateNotes
    attendee_notes: AttendeeNotes
    answers: QuestionAnswers
    attendees: Annotated[tuple[AttendeeChangeBody, ...], Field(max_length=50)]
    notify_client: bool
    override: OverrideBody


AppointmentChangeBody = patch_model(AppointmentTermsBody, "AppointmentChangeBody")


def to_edit(sent: dict[str, Any]) -> AppointmentEdit:
    """What the use case is asked, from what an ``AppointmentChange`` carries."""
    override: OverrideBody | None = sent.get("override")
    return AppointmentEdit(
        start=sent.get("start"),
        timezone=sent.get("timezone"),
        method=sent.get("meeting_method"),
        platform=sent.get("platform"),
        location_id=sent.get("location_id"),
        reassigns="staff_id" in sent,
        staff_id=sent.get("staff_id"),
        notes=sent.get("notes"),
        notify_client=sent.get("notify_client"),
        attendees=tuple(_attendee_edits(sent)),
        override=override.reason if override else None,
    )


def _attendee_edits(sent: dict[str, Any]) -> Iterator[AttendeeEdit]:
    if "attendee_notes" in sent or "answers" in sent:
        yield AttendeeEdit(notes=sent.get("attendee_notes"), answers=_to_answers(sent))
    for place, attendee in enumerate(sent.get("attendees", ())):
        values = attendee.values()
        yield AttendeeEdit(values["client_id"], values.get("notes"), _to_answers(values), f"/attendees/{place}")


def _to_answers(sent: dict[str, Any]) -> tuple[Answer, ...] | None:
    given: tuple[QuestionAnswerBody, ...] | None = sent.get("answers")
    return None if given is None else tuple(Answer(a.question_id, a.value) for a in given)
