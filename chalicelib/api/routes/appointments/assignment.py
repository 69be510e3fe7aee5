"""The staff member of an appointment: claim, assign, unassign."""

from __future__ import annotations

from chalicelib.api.http.routing import Call, NoBody, NoQuery, Routes
from chalicelib.api.schemas.appointments.appointments import (
    AppointmentResponse,
    AssignmentBody,
    ClaimBody,
)
from chalicelib.container import container
from chalicelib.domain.shared.errors import (
    AlreadyAssigned,
    StaffConflict,
    VersionMismatch,
    WrongState,
)
from chalicelib.domain.shared.events import Channel
from chalicelib.domain.shared.permissions import Ability
from chalicelib.services.appointments.appointment_view import AppointmentView

routes = Routes(__name__, tag="Appointments")


@routes.post(
    "/appointments/{appointment_id}/claim",
    body=ClaimBody,
    response=AppointmentResponse,
    access=Ability.APPOINTMENT_CLAIM,
    versioned=True,
    refuses=(AlreadyAssigned, StaffConflict, WrongState, VersionMismatch),
)
def claim_appointment(call: Call[ClaimBody, NoQuery]) -> AppointmentView:
    """Take an unassigned appointment."""
    context = call.context(Channel.DASHBOARD)
    return container.assign_appointment.claim(context, call.path["appointment_id"], call.body.force)


@routes.post(
    "/appointments/{appointment_id}/assign",
    body=AssignmentBody,
    response=AppointmentResponse,
    access=Ability.APPOINTMENT_ASSIGN,
    versioned=True,
    refuses=(StaffConflict, WrongState, VersionMismatch, "not_eligible"),
)
def assign_appointment(call: Call[AssignmentBody, NoQuery]) -> AppointmentView:
    """Give an appointment to somebody."""
    context, body = call.context(Channel.DASHBOARD), call.body
    return container.assign_appointment.assign(context, call.path["appointment_id"], body.staff_id, body.force)


@routes.post(
    "/appointments/{appointment_id}/unassign",
    response=AppointmentResponse,
    access=Ability.APPOINTMENT_ASSIGN,
    versioned=True,
    refuses=(WrongState, VersionMismatch),
)
def unassign_appointment(call: Call[NoBody, NoQuery]) -> AppointmentView:
    """Give an appointment back to nobody."""
    return container.assign_appointment.unassign(call.context(Channel.DASHBOARD), call.path["appointment_id"])
