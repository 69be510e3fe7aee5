"""A booking by staff as it is asked for, and the free times they look at first."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from chalicelib.api.schemas.appointments.attendees import AdditionalAttendee, Answers, NewClient, Notes, guest
from chalicelib.api.schemas.availability.availability import AvailabilityQuery
from chalicelib.api.schemas.shared.coded_fields import Language
from chalicelib.api.schemas.shared.fields import Blank, Id, Input, Start, Text, Zone
from chalicelib.domain.organisation.catalog import Method
from chalicelib.services.appointments.staff_booking import StaffWish
from chalicelib.services.availability.availability import Search
from chalicelib.services.availability.booking_channels import Door

PrivateNotes = Annotated[str, Text(5000, lines=True, blank=True), Blank("")]
"""What staff write for one another; no message ever shows it (CC-6)."""


class StaffAvailabilityQuery(AvailabilityQuery):
    """Free times as they are open to staff through one of their channels; `moving` needs no code."""

    channel: Door

    def search(self) -> Search:
        """What the use case is asked."""
        return self.asked(self.channel)


class OneOfStaff(Input):
    """This staff member and nobody else."""

    id: Id


class SpeakerOf(Input):
    """Anybody who speaks this language."""

    language: Language


class Override(Input):
    """Why a schedule or another appointment is to count for nothing."""

    reason: Annotated[str, Text(1000, lines=True)]


class NewStaffBooking(Input):
    """A booking for a client on record or a new one; `staff` says who is wanted (CC-2)."""

    channel: Door
    client_id: Id | None = None
    client: NewClient | None = None
    service_id: Id
    location_id: Id
    meeting_method: Method
    start: Start
    timezone: Zone | None = None
    staff: Literal["anyone"] | OneOfStaff | SpeakerOf = "anyone"
    additional_attendees: Annotated[tuple[AdditionalAttendee, ...], Field(max_length=19)] = ()
    attendee_notes: Notes = ""
    answers: Answers = ()
    notes: PrivateNotes = ""
    notify_client: bool = True
    notify_staff: bool = True
    override: Override | None = None

    def wish(self) -> StaffWish:
        """What the use case is asked."""
        more = enumerate(self.additional_attendees)
        return StaffWish(
            door=self.channel,
            guests=(
                guest(self.client_id, self.client, self.attendee_notes, self.answers),
                *(attendee.guest(f"/additional_attendees/{place}") for place, attendee in more),
            ),
            service_id=self.service_id,
            location_id=self.location_id,
            method=self.meeting_method,
            start=self.start,
            timezone=self.timezone,
            staff_id=self.staff.id if isinstance(self.staff, OneOfStaff) else None,
            language=self.staff.language if isinstance(self.staff, SpeakerOf) else None,
            notes=self.notes,
            notify_client=self.notify_client,
            notify_staff=self.notify_staff,
            override=self.override.reason if self.override else None,
        )
