"""Requests and responses about the options left while staff book."""

from __future__ import annotations

from chalicelib.api.schemas.organisation.services import QuestionResponse
from chalicelib.api.schemas.shared.coded_fields import Language
from chalicelib.api.schemas.shared.fields import Id, RequestModel, ResponseModel
from chalicelib.domain.availability.booking_options import BookingChoices
from chalicelib.domain.organisation.catalogue import AvailabilitySource, MeetingMethod
from chalicelib.services.availability.booking_channels import StaffChannel


class BookingOptionsQuery(RequestModel):
    """The channel, and the choices made so far."""

    channel: StaffChannel
    service_id: Id | None = None
    location_id: Id | None = None
    meeting_method: MeetingMethod | None = None
    staff_id: Id | None = None
    language: Language | None = None

    def to_request(self) -> BookingChoices:
        """The choices for the use case."""
        return BookingChoices(self.service_id, self.location_id, self.meeting_method, self.staff_id, self.language)


class ServiceOptionResponse(ResponseModel):
    """A service, offered at any location and by any method; `questions` are asked before it is booked."""

    id: Id
    name: str
    duration_minutes: int
    meeting_methods: list[MeetingMethod]
    location_ids: list[Id]
    availability: AvailabilitySource
    questions: list[QuestionResponse]


class LocationOptionResponse(ResponseModel):
    """A location and its time zone."""

    id: Id
    name: str
    timezone: str


class StaffOptionResponse(ResponseModel):
    """A staff member who may be chosen."""

    id: Id
    name: str
    languages: list[str]


class BookingOptionsResponse(ResponseModel):
    """Each list holds the values that go with all the other choices; a chosen value is listed with its alternatives."""

    services: list[ServiceOptionResponse]
    locations: list[LocationOptionResponse]
    meeting_methods: list[MeetingMethod]
    staff: list[StaffOptionResponse]
    languages: list[str]
