"""The lifecycle of an appointment: arrived, commenced, served, completed, or missed; and the end of its record."""

from __future__ import annotations

from chalicelib.api.http.routing import Call, NoBody, NoQuery, Routes
from chalicelib.api.schemas.appointments.appointments import AppointmentResponse, NoShowBody
from chalicelib.container import container
from chalicelib.domain.appointments.lifecycle import LifecycleStep
from chalicelib.domain.shared.errors import FeatureDisabled, TooEarly, WrongState
from chalicelib.domain.shared.events import Channel
from chalicelib.domain.shared.permissions import Ability
from chalicelib.services.appointments.appointment_view import AppointmentView

routes = Routes(__name__, tag="Appointments")


@routes.post(
    "/appointments/{appointment_id}/arrive",
    answer=AppointmentResponse,
    who=Ability.APPOINTMENT_PROGRESS,
    versioned=True,
    refuses=(FeatureDisabled, WrongState),
)
def arrive(call: Call[NoBody, NoQuery]) -> AppointmentView:
    """The client is here; only where the organisation uses the lobby."""
    return _advance(call, LifecycleStep.ARRIVE)


@routes.post(
    "/appointments/{appointment_id}/commence",
    answer=AppointmentResponse,
    who=Ability.APPOINTMENT_PROGRESS,
    versioned=True,
    refuses=(WrongState,),
)
def commence(call: Call[NoBody, NoQuery]) -> AppointmentView:
    """It begins, once it is confirmed; its duration counts from now."""
    return _advance(call, LifecycleStep.COMMENCE)


@routes.post(
    "/appointments/{appointment_id}/serve",
    answer=AppointmentResponse,
    who=Ability.APPOINTMENT_PROGRESS,
    versioned=True,
    refuses=(WrongState,),
)
def serve(call: Call[NoBody, NoQuery]) -> AppointmentView:
    """The client has been served; its duration ends."""
    return _advance(call, LifecycleStep.SERVE)


@routes.post(
    "/appointments/{appointment_id}/complete",
    answer=AppointmentResponse,
    who=Ability.APPOINTMENT_PROGRESS,
    versioned=True,
    refuses=(WrongState,),
)
def complete(call: Call[NoBody, NoQuery]) -> AppointmentView:
    """Everything about it is done."""
    return _advance(call, LifecycleStep.COMPLETE)


@routes.post(
    "/appointments/{appointment_id}/no-show",
    body=NoShowBody,
    answer=AppointmentResponse,
    who=Ability.APPOINTMENT_PROGRESS,
    versioned=True,
    refuses=(WrongState, TooEarly),
)
def miss(call: Call[NoShowBody, NoQuery]) -> AppointmentView:
    """Nobody came; from thirty minutes after its start on."""
    context, said = call.context(Channel.DASHBOARD), call.body
    return container.advance_appointment.mark_no_show(
        context, call.path["appointment_id"], said.contact_attempted, said.reason
    )


@routes.post(
    "/appointments/{appointment_id}/sign-off",
    answer=AppointmentResponse,
    who=Ability.APPOINTMENT_PROGRESS,
    versioned=True,
    refuses=(WrongState,),
)
def sign_off(call: Call[NoBody, NoQuery]) -> AppointmentView:
    """Close the record of what is completed, missed or cancelled: nothing about it changes afterwards."""
    return container.advance_appointment.sign_off(call.context(Channel.DASHBOARD), call.path["appointment_id"])


def _advance(call: Call[NoBody, NoQuery], step: LifecycleStep) -> AppointmentView:
    return container.advance_appointment.advance(call.context(Channel.DASHBOARD), call.path["appointment_id"], step)
