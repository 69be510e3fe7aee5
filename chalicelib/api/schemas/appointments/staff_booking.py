"""The request of a booking by staff."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from chalicelib.api.schemas.appointments.attendees import (
    AdditionalAttendeeBody,
    AttendeeNotes,
    QuestionAnswers,
    attendee_request,
)
from chalicelib.api.schemas.clients.clients import NewClientBody
from chalicelib.api.schemas.shared.coded_fields import Language
from chalicelib.api.schemas.shared.fields import Blank, DateTimeInput, Id, RequestModel, Text, TimezoneName
from chalicelib.domain.organisation.catalogue import MeetingMethod
from chalicelib.services.appointments.staff_booking import StaffBookingRequest
from chalicelib.services.availability.booking_channels import StaffChannel

PrivateNotes = Annotated[str, Text(5000, multiline=True, allow_blank=True), Blank("")]
"""Notes for staff only; no message ever shows them (CC-6)."""


class ChosenStaffBody(RequestModel):
    """This staff member and nobody else."""

    id: Id


class StaffLanguageBody(RequestModel):
    """Anybody who speaks this language."""

    language: Language


class OverrideBody(RequestModel):
    """The reason for overriding a schedule or another appointment."""

    reason: Annotated[str, Text(1000, multiline=True)]


class StaffBookingBody(RequestModel):
    """A booking for a client on record or a new one; `staff` says who is wanted (CC-2)."""

    channel: StaffChannel
    client_id: Id | None = None
    client: NewClientBody | None = None
    service_id: Id
    location_id: Id
    meeting_method: MeetingMethod
    start: DateTimeInput
    timezone: TimezoneName | None = None
    staff: Literal["anyone"] | ChosenStaffBody | StaffLanguageBody = "anyone"
    additional_attendees: Annotated[tuple[AdditionalAttendeeBody, ...], Field(max_length=19)] = ()
    attendee_notes: AttendeeNotes = ""
    answers: QuestionAnswers = ()
    notes: PrivateNotes = ""
    notify_client: bool = True
    notify_staff: bool = True
    override: OverrideBody | None = None

    def to_request(self) -> StaffBookingRequest:
        """The booking request."""
        additional = enumerate(self.additional_attendees)
        return StaffBookingRequest(
            staff_channel=self.channel,
            attendees=(
                attendee_request(self.client_id, self.client, self.attendee_notes, self.answers),
                *(attendee.to_request(f"/additional_attendees/{index}") for index, attendee in additional),
            ),
            service_id=self.service_id,
            location_id=self.location_id,
            method=self.meeting_method,
            start=self.start,
            timezone=self.timezone,
            staff_id=self.staff.id if isinstance(self.staff, ChosenStaffBody) else None,
            language=self.staff.language if isinstance(self.staff, StaffLanguageBody) else None,
            notes=self.notes,
            notify_client=self.notify_client,
            notify_staff=self.notify_staff,
            override=self.override.reason if self.override else None,
        )
