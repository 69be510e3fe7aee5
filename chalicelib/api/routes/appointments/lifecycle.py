"""The lifecycle of an appointment: arrive, commence, serve, complete or no-show; and signing off its record."""

from __future__ import annotations

from collections.abc import Callable

from chalicelib.api.http.route import Handler
from chalicelib.api.http.routing import Call, NoBody, NoQuery, Routes
from chalicelib.api.schemas.appointments.appointments import AppointmentResponse, NoShowBody
from chalicelib.api.schemas.shared.fields import RequestModel
from chalicelib.container import container
from chalicelib.domain.appointments.lifecycle import LifecycleStep
from chalicelib.domain.shared.errors import FeatureDisabled, Refusal, TooEarly, WrongState
from chalicelib.domain.shared.events import Channel
from chalicelib.domain.shared.permissions import Ability
from chalicelib.services.appointments.appointment_view import AppointmentView

routes = Routes(__name__, tag="Appointments")


def _lifecycle_route(
    action: str, *refuses: type[Refusal], body: type[RequestModel] = NoBody
) -> Callable[[Handler], Handler]:
    return routes.post(
        f"/appointments/{{appointment_id}}/{action}",
        body=body,
        response=AppointmentResponse,
        access=Ability.APPOINTMENT_PROGRESS,
        versioned=True,
        refuses=refuses,
    )


@_lifecycle_route("arrive", FeatureDisabled, WrongState)
def arrive(call: Call[NoBody, NoQuery]) -> AppointmentView:
    """The client is here; only where the organisation uses the lobby."""
    return _advance(call, LifecycleStep.ARRIVE)


@_lifecycle_route("commence", WrongState)
def commence(call: Call[NoBody, NoQuery]) -> AppointmentView:
    """It begins, once it is confirmed; its duration counts from now."""
    return _advance(call, LifecycleStep.COMMENCE)


@_lifecycle_route("serve", WrongState)
def serve(call: Call[NoBody, NoQuery]) -> AppointmentView:
    """The client has been served; its duration ends."""
    return _advance(call, LifecycleStep.SERVE)


@_lifecycle_route("complete", WrongState)
def complete(call: Call[NoBody, NoQuery]) -> AppointmentView:
    """Everything about it is done."""
    return _advance(call, LifecycleStep.COMPLETE)


@_lifecycle_route("no-show", WrongState, TooEarly, body=NoShowBody)
def miss(call: Call[NoShowBody, NoQuery]) -> AppointmentView:
    """Nobody came; from thirty minutes after its start on."""
    context, body = call.context(Channel.DASHBOARD), call.body
    return container.advance_appointment.mark_no_show(
        context, call.path["appointment_id"], body.contact_attempted, body.reason
    )


@_lifecycle_route("sign-off", WrongState)
def sign_off(call: Call[NoBody, NoQuery]) -> AppointmentView:
    """Close the record of what is completed, missed or cancelled: nothing about it changes afterwards."""
    return container.advance_appointment.sign_off(call.context(Channel.DASHBOARD), call.path["appointment_id"])


def _advance(call: Call[NoBody, NoQuery], step: LifecycleStep) -> AppointmentView:
    return container.advance_appointment.advance(call.context(Channel.DASHBOARD), call.path["appointment_id"], step)
