"""What can still be chosen of a booking, as staff ask for it and as it is answered."""

from __future__ import annotations

from chalicelib.api.schemas.organisation.services import Question
from chalicelib.api.schemas.shared.coded_fields import Language
from chalicelib.api.schemas.shared.fields import Answer, Id, Input
from chalicelib.domain.availability.booking_choices import Chosen
from chalicelib.domain.organisation.catalog import Availability, Method
from chalicelib.services.availability.booking_channels import Door


class BookingOptionsQuery(Input):
    """The channel, and whatever has been decided already."""

    channel: Door
    service_id: Id | None = None
    location_id: Id | None = None
    meeting_method: Method | None = None
    staff_id: Id | None = None
    language: Language | None = None

    def chosen(self) -> Chosen:
        """What the use case is asked."""
        return Chosen(self.service_id, self.location_id, self.meeting_method, self.staff_id, self.language)


class ServiceOption(Answer):
    """A service, wherever and however it is offered; `questions` are asked before it is booked."""

    id: Id
    name: str
    duration_minutes: int
    meeting_methods: list[Method]
    location_ids: list[Id]
    availability: Availability
    questions: list[Question]


class LocationOption(Answer):
    """A location and its time zone."""

    id: Id
    name: str
    timezone: str


class StaffOption(Answer):
    """Somebody who may be chosen."""

    id: Id
    name: str
    languages: list[str]


class BookingOptionsAnswer(Answer):
    """Each list holds what goes with all the other answers; a value that is chosen still has its alternatives."""

    services: list[ServiceOption]
    locations: list[LocationOption]
    meeting_methods: list[Method]
    staff: list[StaffOption]
    languages: list[str]
