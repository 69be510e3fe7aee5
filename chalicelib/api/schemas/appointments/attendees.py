"""Who comes to an appointment, as staff requests say it: a client on record or a new one."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from chalicelib.api.schemas.appointments.public_appointments import QuestionAnswerBody
from chalicelib.api.schemas.clients.clients import NewClientBody
from chalicelib.api.schemas.shared.fields import Blank, Id, QueryFlag, RequestModel, Text
from chalicelib.domain.appointments import appointment as domain
from chalicelib.services.appointments import attendees
from chalicelib.services.appointments.cancellation import StaffCancellationRequest

AttendeeNotes = Annotated[str, Text(5000, multiline=True, allow_blank=True), Blank("")]
"""What an attendee wants known, shown to client and staff in notices (CC-5)."""

QuestionAnswers = Annotated[tuple[QuestionAnswerBody, ...], Field(max_length=50)]
"""Answers to the service's questions."""


class AdditionalAttendeeBody(RequestModel):
    """Somebody who comes along: `client_id` or else `client`; the service's questions need not be answered."""

    client_id: Id | None = None
    client: NewClientBody | None = None
    notes: AttendeeNotes = ""
    answers: QuestionAnswers = ()

    def to_request(self, pointer: str = "") -> attendees.AttendeeRequest:
        """As the use case takes them; `pointer` is where in the body they stand."""
        return attendee_request(self.client_id, self.client, self.notes, self.answers, pointer, additional=True)


class AddedAttendeeBody(AdditionalAttendeeBody):
    """One more client for an appointment; `notify_client` left out means as the appointment has it."""

    notify_client: bool | None = None


class AttendeeRemovalQuery(RequestModel):
    """Why an attendee is taken off, and whether they are told; in the query, as a DELETE has no body."""

    reason_id: Id | None = None
    reason: Annotated[str, Text(1000, multiline=True, allow_blank=True)] = ""
    notify_client: QueryFlag | None = None

    def to_request(self) -> StaffCancellationRequest:
        """What the use case is asked."""
        return StaffCancellationRequest(self.reason_id, self.reason, self.notify_client)


def attendee_request(
    client_id: str | None,
    client: NewClientBody | None,
    notes: str,
    answers: tuple[QuestionAnswerBody, ...],
    pointer: str = "",
    *,
    additional: bool = False,
) -> attendees.AttendeeRequest:
    """One person of a request as the use case takes them."""
    given = tuple(domain.Answer(a.question_id, a.value) for a in answers)
    return attendees.AttendeeRequest(
        client_id, client.to_request() if client else None, notes, given, pointer, additional
    )
