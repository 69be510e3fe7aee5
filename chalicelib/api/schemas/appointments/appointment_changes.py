"""What staff change about an appointment."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import Field

from chalicelib.api.schemas.appointments.attendees import Answers, Notes
from chalicelib.api.schemas.appointments.public_appointments import AnswerGiven
from chalicelib.api.schemas.appointments.staff_booking import Override, PrivateNotes
from chalicelib.api.schemas.shared.fields import Id, Start, Zone
from chalicelib.api.schemas.shared.record_models import Record, partial
from chalicelib.domain.appointments.appointment import Answer
from chalicelib.domain.appointments.video_meetings import Platform
from chalicelib.domain.organisation.catalog import Method
from chalicelib.services.appointments.edit_request import AttendeeEdit, Edit


class AttendeeText(Record):
    """The notes and answers of one who comes."""

    notes: Notes
    answers: Answers


class AttendeeChange(partial(AttendeeText, "AttendeeTextChange")):  # type: ignore[misc]  # made at run time
    """What changes about the client who comes under this id. Only what is sent changes."""

    client_id: Id


class AppointmentTerms(Record):
    """An appointment as staff want it. `staff_id` null gives it to nobody.

    `platform` is for a meeting by video: naming the one it has asks anew for a link where none could be made.
    `attendee_notes` and `answers` are those of the first client who still comes, `attendees` names the others.
    """

    start: Start
    timezone: Zone
    meeting_method: Method
    platform: Platform
    staff_id: Id | None
    location_id: Id
    notes: PrivateNotes
    attendee_notes: Notes
    answers: Answers
    attendees: Annotated[tuple[AttendeeChange, ...], Field(max_length=50)]
    notify_client: bool
    override: Override


AppointmentChange = partial(AppointmentTerms, "AppointmentChange")


def edit(sent: dict[str, Any]) -> Edit:
    """What the use case is asked, from what an ``AppointmentChange`` carries."""
    override: Override | None = sent.get("override")
    return Edit(
        start=sent.get("start"),
        timezone=sent.get("timezone"),
        method=sent.get("meeting_method"),
        platform=sent.get("platform"),
        location_id=sent.get("location_id"),
        gives="staff_id" in sent,
        staff_id=sent.get("staff_id"),
        notes=sent.get("notes"),
        notify_client=sent.get("notify_client"),
        attendees=tuple(_attendees(sent)),
        override=override.reason if override else None,
    )


def _attendees(sent: dict[str, Any]) -> Iterator[AttendeeEdit]:
    if "attendee_notes" in sent or "answers" in sent:
        yield AttendeeEdit(notes=sent.get("attendee_notes"), answers=_answers(sent))
    for place, attendee in enumerate(sent.get("attendees", ())):
        values = attendee.values()
        yield AttendeeEdit(values["client_id"], values.get("notes"), _answers(values), f"/attendees/{place}")


def _answers(sent: dict[str, Any]) -> tuple[Answer, ...] | None:
    given: tuple[AnswerGiven, ...] | None = sent.get("answers")
    return None if given is None else tuple(Answer(a.question_id, a.value) for a in given)
