"""Who comes to an appointment, as staff requests say it: a client on record or a new one."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from chalicelib.api.schemas.appointments.public_appointments import AnswerGiven
from chalicelib.api.schemas.shared.coded_fields import Country, Email, Language
from chalicelib.api.schemas.shared.fields import Blank, Flag, Id, Input, Text, Zone
from chalicelib.domain.appointments import appointment as domain
from chalicelib.services.appointments import attendees
from chalicelib.services.appointments.cancellation import StaffCancellation
from chalicelib.services.clients import registration

Notes = Annotated[str, Text(5000, lines=True, blank=True), Blank("")]
"""What an attendee wants known, shown to client and staff in notices (CC-5)."""

Answers = Annotated[tuple[AnswerGiven, ...], Field(max_length=50)]
"""Answers to the service's questions."""

Number = Annotated[str, Text(32)]
"""A telephone number, international or as it is dialled at the location."""

_Line = Annotated[str, Text(255, blank=True), Blank("")]


class NewClient(Input):
    """A new client; an e-mail address or a mobile number is needed, consent to texts is given by itself."""

    first_name: Annotated[str, Text(100)]
    last_name: Annotated[str, Text(100)]
    email: Annotated[Email | None, Blank()] = None
    mobile: Annotated[Number | None, Blank()] = None
    phone: Annotated[Number | None, Blank()] = None
    work_phone: Annotated[Number | None, Blank()] = None
    address: Annotated[str, Text(255, lines=True, blank=True), Blank("")] = ""
    city: _Line = ""
    region: _Line = ""
    postal_code: _Line = ""
    country: Annotated[Country | None, Blank()] = None
    timezone: Annotated[Zone | None, Blank()] = None
    language: Annotated[Language | None, Blank()] = None
    notes: Notes = ""
    external_id: Annotated[Annotated[str, Text(255)] | None, Blank()] = None
    receive_sms: bool = False
    receive_email: bool = True

    def new(self) -> registration.NewClient:
        """As the use case takes them."""
        return registration.NewClient(**dict(self))


class AdditionalAttendee(Input):
    """Somebody who comes along: `client_id` or else `client`; the service's questions need not be answered."""

    client_id: Id | None = None
    client: NewClient | None = None
    notes: Notes = ""
    answers: Answers = ()

    def guest(self, pointer: str = "") -> attendees.Guest:
        """As the use case takes them; `pointer` is where in the body they stand."""
        return guest(self.client_id, self.client, self.notes, self.answers, pointer, additional=True)


class AddedAttendee(AdditionalAttendee):
    """One more client for an appointment; `notify_client` left out means as the appointment has it."""

    notify_client: bool | None = None


class RemovalQuery(Input):
    """Why an attendee is taken off, and whether they are told; in the query, as a DELETE has no body."""

    reason_id: Id | None = None
    reason: Annotated[str, Text(1000, lines=True, blank=True)] = ""
    notify_client: Flag | None = None

    def wish(self) -> StaffCancellation:
        """What the use case is asked."""
        return StaffCancellation(self.reason_id, self.reason, self.notify_client)


def guest(
    client_id: str | None,
    client: NewClient | None,
    notes: str,
    answers: tuple[AnswerGiven, ...],
    pointer: str = "",
    *,
    additional: bool = False,
) -> attendees.Guest:
    """One person of a request as the use case takes them."""
    given = tuple(domain.Answer(a.question_id, a.value) for a in answers)
    return attendees.Guest(client_id, client.new() if client else None, notes, given, pointer, additional)
