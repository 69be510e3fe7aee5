"""The request of an edit by staff."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import Field

from chalicelib.api.schemas.appointments.attendees import AttendeeNotes, QuestionAnswerBody, QuestionAnswers, to_answers
from chalicelib.api.schemas.appointments.staff_booking import OverrideBody, PrivateNotes
from chalicelib.api.schemas.shared.fields import DateTimeInput, Id, TimezoneName
from chalicelib.api.schemas.shared.record_models import RecordBody, patch_model
from chalicelib.domain.appointments.appointment import Answer
from chalicelib.domain.appointments.video_meetings import VideoPlatform
from chalicelib.domain.organisation.catalogue import MeetingMethod
from chalicelib.services.appointments.editable_fields import AppointmentEdit, AttendeeEdit


class AttendeeTextBody(RecordBody):
    """The notes and answers of an attendee."""

    notes: AttendeeNotes
    answers: QuestionAnswers


class AttendeeChangeBody(patch_model(AttendeeTextBody, "AttendeeTextChangeBody")):  # type: ignore[misc]  # made at run time
    """Changes to the attendee with this client id. Only the fields sent change."""

    client_id: Id


class AppointmentTermsBody(RecordBody):
    """Changes to an appointment. `staff_id` null unassigns it.

    `platform` is for a meeting by video: naming the current one requests a link again if none could be made.
    `attendee_notes` and `answers` are those of the first client who still attends, `attendees` names the others.
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
    """The edit from the values of an ``AppointmentChangeBody``."""
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
        yield AttendeeEdit(notes=sent.get("attendee_notes"), answers=_optional_answers(sent))
    for index, attendee in enumerate(sent.get("attendees", ())):
        values = attendee.values()
        yield AttendeeEdit(values["client_id"], values.get("notes"), _optional_answers(values), f"/attendees/{index}")


def _optional_answers(sent: dict[str, Any]) -> tuple[Answer, ...] | None:
    answers: tuple[QuestionAnswerBody, ...] | None = sent.get("answers")
    return None if answers is None else to_answers(answers)
