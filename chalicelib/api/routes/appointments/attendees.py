"""The attendees of an appointment: add one, remove one."""

from __future__ import annotations

from chalicelib.api.http.routing import Call, NoBody, NoQuery, Routes
from chalicelib.api.schemas.appointments.appointments import AppointmentResponse
from chalicelib.api.schemas.appointments.attendees import AddedAttendeeBody, AttendeeRemovalQuery
from chalicelib.container import container
from chalicelib.domain.shared.errors import AlreadyAttending, FeatureDisabled, WrongState
from chalicelib.domain.shared.events import Channel
from chalicelib.domain.shared.permissions import Ability
from chalicelib.services.appointments.appointment_view import AppointmentView

routes = Routes(__name__, tag="Appointments")

_EDIT_ABILITIES = (Ability.APPOINTMENT_EDIT, Ability.GROUP_ATTENDEE_ADD)


@routes.post(
    "/appointments/{appointment_id}/attendees",
    body=AddedAttendeeBody,
    response=AppointmentResponse,
    status=201,
    access=_EDIT_ABILITIES,
    versioned=True,
    refuses=(
        WrongState,
        AlreadyAttending,
        FeatureDisabled,
        "too_many_attendees",
        "unknown_client",
        "client_required",
        "contact_required",
        "invalid_answers",
        "invalid_phone",
        "unknown_timezone",
    ),
)
def add_attendee(call: Call[AddedAttendeeBody, NoQuery]) -> AppointmentView:
    """One more client comes along, on record or new; they get the confirmation and a code of their own."""
    context, added = call.context(Channel.DASHBOARD), call.body
    return container.add_attendee.add(context, call.path["appointment_id"], added.to_request(), added.notify_client)


@routes.delete(
    "/appointments/{appointment_id}/attendees/{client_id}",
    query=AttendeeRemovalQuery,
    access=_EDIT_ABILITIES,
    refuses=(WrongState, FeatureDisabled, "reason_required", "unknown_reason"),
)
def remove_attendee(call: Call[NoBody, AttendeeRemovalQuery]) -> None:
    """A client is taken off; without the last one the appointment is cancelled."""
    context, path = call.context(Channel.DASHBOARD), call.path
    container.cancel_appointment.remove_attendee(
        context, path["appointment_id"], path["client_id"], call.query.to_request()
    )
