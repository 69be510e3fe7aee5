"""Bookings by clients: requests and responses."""

from __future__ import annotations

from typing import Annotated, Any, Self
from urllib.parse import urlencode

from chalicelib.api.schemas.appointments.appointments import AppointmentStatusResponse, same_named_fields
from chalicelib.api.schemas.appointments.attendees import AttendeeNotes, QuestionAnswers, Reason, to_answers
from chalicelib.api.schemas.clients.clients import ContactBody
from chalicelib.api.schemas.shared.coded_fields import Language
from chalicelib.api.schemas.shared.fields import (
    Blank,
    DateTimeInput,
    Id,
    Instant,
    RequestModel,
    ResponseModel,
    SecretCode,
    Text,
    TimezoneName,
)
from chalicelib.domain.appointments import appointment as domain
from chalicelib.domain.appointments.meeting_link import meeting_link
from chalicelib.domain.organisation import statuses
from chalicelib.domain.organisation.catalogue import MeetingMethod
from chalicelib.domain.shared.languages import choose_language
from chalicelib.services.appointments.appointment_queries import PublicAppointment
from chalicelib.services.appointments.appointment_view import AppointmentView
from chalicelib.services.appointments.public_booking import AttendeeDetails, BookingRequest, BookingResult
from chalicelib.services.appointments.public_reschedule import RescheduleRequest

_SUCCESS_MESSAGES = {
    "en": {
        "booked": "Your appointment is booked. We have sent you the details.",
        "moved": "Your appointment has been moved. We have sent you the new details.",
        "requested": (
            "We have received your request. It is not confirmed yet: we will write to you as soon as we have decided."
        ),
    },
    "fr": {
        "booked": "Votre rendez-vous est réservé. Nous vous en avons envoyé les détails.",
        "moved": "Votre rendez-vous a été déplacé. Nous vous avons envoyé les nouveaux détails.",
        "requested": (
            "Nous avons reçu votre demande. Elle n’est pas encore confirmée\u00a0: "
            "nous vous écrirons dès que nous aurons décidé."
        ),
    },
}


class PublicAttendeeBody(ContactBody):
    """The attendee; an e-mail address or a mobile number is required."""

    receive_sms: bool = False
    language: Annotated[Language | None, Blank()] = None
    notes: AttendeeNotes = ""
    answers: QuestionAnswers = ()

    def to_request(self) -> AttendeeDetails:
        """The attendee's details."""
        return AttendeeDetails(**dict(self) | {"answers": to_answers(self.answers)})


class UtmBody(RequestModel):
    """The campaign a booking came from."""

    source: Annotated[str, Text(100)] | None = None
    medium: Annotated[str, Text(100)] | None = None
    campaign: Annotated[str, Text(100)] | None = None
    content: Annotated[str, Text(100)] | None = None
    term: Annotated[str, Text(100)] | None = None


class PublicBookingBody(RequestModel):
    """A slot and who it is for."""

    service_id: Id
    location_id: Id
    meeting_method: MeetingMethod
    start: DateTimeInput
    timezone: TimezoneName | None = None
    staff_id: Id | None = None
    language: Language | None = None
    hold_token: SecretCode | None = None
    attendee: PublicAttendeeBody
    utm: UtmBody | None = None

    def to_request(self) -> BookingRequest:
        """The booking request."""
        utm = self.utm.model_dump(exclude_none=True) if self.utm else {}
        return BookingRequest(
            service_id=self.service_id,
            location_id=self.location_id,
            method=self.meeting_method,
            start=self.start,
            timezone=self.timezone,
            attendee=self.attendee.to_request(),
            staff_id=self.staff_id,
            language=self.language,
            hold_token=self.hold_token,
            utm=tuple(sorted(utm.items())),
        )


class _PublicAppointmentFields(ResponseModel):
    id: str
    state: domain.AppointmentState
    confirmed: bool
    status: AppointmentStatusResponse | None
    service_id: str
    location_id: str
    meeting_method: MeetingMethod
    start: Instant
    end: Instant
    timezone: str
    local_start: str


class BookedAppointmentResponse(_PublicAppointmentFields):
    """The appointment just booked or moved; `code` opens it again, `manage_url` is the link with it."""

    code: str
    message: str
    manage_url: str
    staff_name: str | None

    @classmethod
    def from_booking(cls, booked: BookingResult, base_url: str) -> Self:
        """The response, with its link under this base URL."""
        code = booked.attendee.code
        link = f"{base_url}/manage?{urlencode({'id': booked.appointment.id, 'code': code})}"
        return cls(
            **_public_fields(booked.appointment, booked.status),
            code=code,
            message=_success_message(booked),
            manage_url=link,
            staff_name=booked.staff_name,
        )


class CancelledAppointmentResponse(_PublicAppointmentFields):
    """The appointment after an attendee has cancelled; `cancelled` is true for this attendee."""

    cancelled: bool = True

    @classmethod
    def from_domain(cls, result: Any) -> Self:
        """From the appointment with its status."""
        view: AppointmentView = result
        return cls(**_public_fields(view.appointment, view.status))


class AppointmentServiceResponse(ResponseModel):
    """The service, by name."""

    id: str
    name: str
    duration_minutes: int


class AppointmentLocationResponse(ResponseModel):
    """The location and its time zone."""

    id: str
    name: str
    address: str
    timezone: str


class PublicCancellationResponse(ResponseModel):
    """Why it was cancelled."""

    reason: str
    at: Instant


class PublicAttendeeResponse(ResponseModel):
    """The attendee as they gave their details."""

    name: str
    notes: str
    cancelled: bool


class PublicAppointmentResponse(_PublicAppointmentFields):
    """An appointment as its attendee may see it; the deadlines are null once it can no longer be changed."""

    service: AppointmentServiceResponse
    location: AppointmentLocationResponse
    staff_name: str | None
    attendee: PublicAttendeeResponse
    meeting_link: str | None
    cancellation: PublicCancellationResponse | None
    can_cancel_until: Instant | None
    can_rebook_until: Instant | None

    @classmethod
    def from_domain(cls, result: Any) -> Self:
        """From the attendee's view of it."""
        view: PublicAppointment = result
        own = {
            "meeting_link": None if view.attendee.cancelled else meeting_link(view.appointment),
            "cancellation": view.appointment.cancellation,
        }
        return cls.model_validate(same_named_fields(cls, view) | _public_fields(view.appointment, view.status) | own)


class ConfirmationCodeQuery(RequestModel):
    """The code from the mail."""

    code: SecretCode


class PublicRescheduleBody(RequestModel):
    """The new time of an appointment; everything else stays."""

    code: SecretCode
    start: DateTimeInput
    timezone: TimezoneName | None = None
    reason: Reason | None = None

    def to_request(self) -> RescheduleRequest:
        """The move."""
        return RescheduleRequest(self.code, self.start, self.timezone, self.reason or "")


class PublicCancellationBody(RequestModel):
    """The code, and the reason where the organisation asks for one."""

    code: SecretCode
    reason: Reason | None = None


def _success_message(booked: BookingResult) -> str:
    texts = _SUCCESS_MESSAGES[choose_language([booked.attendee.language], _SUCCESS_MESSAGES)]
    if not booked.appointment.confirmed:
        return texts["requested"]
    return texts["moved" if booked.attendee.moves else "booked"]


def _public_fields(appointment: domain.Appointment, status: statuses.Status | None) -> dict[str, Any]:
    own = {"meeting_method": appointment.method, "status": status}
    return same_named_fields(_PublicAppointmentFields, appointment) | own
