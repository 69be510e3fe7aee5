"""Before rebooking: the client's sessions and last appointments, and the consultant's work schedules (RB-3, RB-12)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.clients.sessions import SessionBalance
from chalicelib.domain.organisation.rota import WorkSchedule
from chalicelib.services.appointment_access import can_view
from chalicelib.services.client_access import ClientAccess
from chalicelib.services.clients import session_reservations
from chalicelib.services.context import Context
from chalicelib.services.quickview.rebook_facts import RebookFacts, read_rebook_facts
from chalicelib.services.store_port import Attendance, ClientDirectory, Ref, Store

_MAX_APPOINTMENTS = 5


@dataclass(frozen=True, slots=True)
class EarlierAppointment:
    """One of the client's appointments; ``notes`` are staff's own, None if the caller may not see them (CC-6)."""

    appointment: Appointment
    notes: str | None


@dataclass(frozen=True, slots=True)
class RebookSummary:
    """The summary; ``notes`` are those on the client's record, None if the caller may not see it."""

    facts: RebookFacts
    sessions: SessionBalance
    notes: str | None
    appointments: tuple[EarlierAppointment, ...]

    @property
    def schedules(self) -> tuple[WorkSchedule, ...]:
        """All schedules of the consultant, selectable or not (RB-6)."""
        return self.facts.rota.schedules


class RebookSummaries:
    """Read summaries; writes nothing."""

    def __init__(self, store: Store, directory: ClientDirectory, client_access: ClientAccess) -> None:
        self._store = store
        self._directory = directory
        self._client_access = client_access

    def show(self, context: Context, appointment_id: str) -> RebookSummary:
        """The summary for the appointment's client; errors as ``read_rebook_facts``.

        A caller who may not see the client, as when all their appointments were cancelled, sees only the appointments
        within their own scope (D26).
        """
        facts = read_rebook_facts(self._store, context, appointment_id)
        client, caller = facts.client, context.staff
        ids = self._latest(client.record_ids)
        refs: list[Ref[Any]] = [*session_reservations.refs(client), *(Ref.to(Appointment, i) for i in ids)]
        found = self._store.read(refs)
        known = bool(self._client_access.visible(caller, [client]))
        appointments = (found.require(Appointment, i) for i in ids)
        shown = tuple(
            EarlierAppointment(a, a.notes if can_view(caller, a) else None)
            for a in appointments
            if known or can_view(caller, a)
        )
        return RebookSummary(facts, session_reservations.balance(found, client), client.notes if known else None, shown)

    def _latest(self, client_ids: tuple[str, ...]) -> list[str]:
        """The ids of a person's last appointments under all their client ids, latest first."""
        attendances: dict[str, Attendance] = {}
        for client_id in client_ids:
            found = self._directory.appointments(client_id, None, _MAX_APPOINTMENTS)
            attendances |= {attendance.appointment_id: attendance for attendance in found}
        latest = sorted(attendances.values(), key=lambda attendance: attendance.position, reverse=True)
        return [attendance.appointment_id for attendance in latest[:_MAX_APPOINTMENTS]]
