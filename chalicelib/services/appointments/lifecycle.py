"""Advancing an appointment: arrived, commenced, served, completed, or no-show; then signed off (D35, D41, RB-21)."""

from __future__ import annotations

from collections.abc import Callable

from chalicelib.domain.appointments.appointment import Appointment, NoShow
from chalicelib.domain.appointments.lifecycle import LifecycleStep, mark_no_show, sign_off, take_step
from chalicelib.domain.organisation.settings import Settings
from chalicelib.domain.shared.errors import FeatureDisabled
from chalicelib.domain.shared.events import FieldChange
from chalicelib.domain.shared.permissions import Ability
from chalicelib.services.appointment_access import require_access
from chalicelib.services.appointments.appointment_view import AppointmentView, commit_and_view
from chalicelib.services.appointments.journal_entries import appointment_entry
from chalicelib.services.clients import session_reservations
from chalicelib.services.context import Context
from chalicelib.services.crud import check_version
from chalicelib.services.retry import Pause, retry_on_conflict
from chalicelib.services.settings_reader import settings_in
from chalicelib.services.store_port import Ids, Ref, Store
from chalicelib.services.unit_of_work import UnitOfWork


class AdvanceAppointment:
    """Take a step of the lifecycle; the appointment's seat stays as it is (D2)."""

    def __init__(self, store: Store, ids: Ids, pause: Pause) -> None:
        self._store = store
        self._ids = ids
        self._pause = pause

    def advance(self, context: Context, appointment_id: str, step: LifecycleStep) -> AppointmentView:
        """Take one step; 409 ``wrong_state``, 403 ``feature_disabled`` for an arrival without a lobby."""

        def transition(appointment: Appointment, settings: Settings) -> Appointment:
            if step is LifecycleStep.ARRIVE and not settings.lobby:
                raise FeatureDisabled("The organisation does not use the lobby.")
            return take_step(appointment, step, context.now)

        return self._apply(context, appointment_id, step, transition)

    def mark_no_show(
        self, context: Context, appointment_id: str, contact_attempted: bool, reason: str
    ) -> AppointmentView:
        """Record a no-show; 409 ``too_early`` until thirty minutes after the start, ``wrong_state`` (RB-17)."""
        no_show = NoShow(contact_attempted, reason, context.now)
        return self._apply(
            context, appointment_id, LifecycleStep.MISS, lambda appointment, _: mark_no_show(appointment, no_show)
        )

    def sign_off(self, context: Context, appointment_id: str) -> AppointmentView:
        """Close the record of an ended appointment for good; 409 ``wrong_state`` (RB-21)."""

        def transition(appointment: Appointment, _: Settings) -> Appointment:
            return sign_off(appointment, context.actor.label, context.now)

        return self._apply(context, appointment_id, "signed_off", transition)

    def _apply(
        self,
        context: Context,
        appointment_id: str,
        action: str,
        transition: Callable[[Appointment, Settings], Appointment],
    ) -> AppointmentView:
        def attempt() -> AppointmentView:
            found = self._store.read([Ref.to(Appointment, appointment_id), Ref.to(Settings)])
            before = found.require(Appointment, appointment_id)
            require_access(context.staff, Ability.APPOINTMENT_PROGRESS, before)
            check_version(before, context)
            return self._write(context, action, before, transition(before, settings_in(found)))

        return retry_on_conflict(attempt, self._pause)

    def _write(self, context: Context, action: str, before: Appointment, after: Appointment) -> AppointmentView:
        work = UnitOfWork()
        saved = work.save_appointment(session_reservations.settle(work, self._store, before, after), before)
        work.add_entry(
            appointment_entry(
                self._ids, context, saved, action, changes=_changes(before, saved), events=_events(before, saved)
            )
        )
        return commit_and_view(self._store, work, context, saved)


def _events(before: Appointment, after: Appointment) -> tuple[str, ...]:
    return ("appointment.state_changed",) if after.state is not before.state else ()


def _changes(before: Appointment, after: Appointment) -> tuple[FieldChange, ...]:
    if after.state is before.state:
        return (FieldChange("signed_off", None, after.signed_off.by if after.signed_off else None),)
    steps = (
        FieldChange("state", before.state.value, after.state.value),
        *session_reservations.settlement_changes(before, after),
    )
    if after.no_show is None:
        return steps
    return (
        *steps,
        FieldChange("contact_attempted", None, after.no_show.contact_attempted),
        FieldChange("reason", None, after.no_show.reason),
    )
