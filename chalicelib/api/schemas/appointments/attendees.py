"""Attendees in requests: a client on record or a new one, with notes and answers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from pydantic import Field

from chalicelib.api.schemas.clients.clients import NewClientBody
from chalicelib.api.schemas.shared.fields import Blank, Id, QueryFlag, RequestModel, Text
from chalicelib.domain.appointments.appointment import Answer
from chalicelib.domain.appointments.questions import MAX_ANSWER_LENGTH
from chalicelib.services.appointments import attendee_registration
from chalicelib.services.appointments.cancellation import StaffCancellationRequest

AttendeeNotes = Annotated[str, Text(5000, multiline=True, allow_blank=True), Blank("")]
"""Notes of an attendee, shown to client and staff in messages (CC-5)."""

Reason = Annotated[str, Text(1000, multiline=True, allow_blank=True)]
"""A reason that may be left out."""


class QuestionAnswerBody(RequestModel):
    """The answer to one of the service's questions."""

    question_id: Annotated[str, Text(64)]
    value: Annotated[str, Text(MAX_ANSWER_LENGTH, multiline=True, allow_blank=True)] | bool


QuestionAnswers = Annotated[tuple[QuestionAnswerBody, ...], Field(max_length=50)]
"""Answers to the service's questions."""


class AdditionalAttendeeBody(RequestModel):
    """An additional attendee: `client_id` or else `client`; the service's questions need not be answered."""

    client_id: Id | None = None
    client: NewClientBody | None = None
    notes: AttendeeNotes = ""
    answers: QuestionAnswers = ()

    def to_request(self, pointer: str = "") -> attendee_registration.AttendeeRequest:
        """The attendee's request; ``pointer`` is their place in the body."""
        return attendee_request(self.client_id, self.client, self.notes, self.answers, pointer, additional=True)


class AddedAttendeeBody(AdditionalAttendeeBody):
    """One more client for an appointment; `notify_client` left out means as the appointment has it."""

    notify_client: bool | None = None


class AttendeeRemovalQuery(RequestModel):
    """Why an attendee is removed, and whether they are notified; in the query, as a DELETE has no body."""

    reason_id: Id | None = None
    reason: Reason = ""
    notify_client: QueryFlag | None = None

    def to_request(self) -> StaffCancellationRequest:
        """The cancellation of one attendee."""
        return StaffCancellationRequest(self.reason_id, self.reason, self.notify_client)


def attendee_request(
    client_id: str | None,
    client: NewClientBody | None,
    notes: str,
    answers: tuple[QuestionAnswerBody, ...],
    pointer: str = "",
    *,
    additional: bool = False,
) -> attendee_registration.AttendeeRequest:
    """The request for one attendee, on record or new."""
    new_client = client.to_request() if client else None
    return attendee_registration.AttendeeRequest(client_id, new_client, notes, to_answers(answers), pointer, additional)


def to_answers(answers: Iterable[QuestionAnswerBody]) -> tuple[Answer, ...]:
    """The answers of one attendee."""
    return tuple(Answer(answer.question_id, answer.value) for answer in answers)
