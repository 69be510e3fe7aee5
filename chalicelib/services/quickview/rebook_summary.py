"""Before rebooking: the client's sessions and last appointments, and the consultant's work schedules (RB-3, RB-12)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.clients.sessions import SessionBalance
from chalicelib.domain.organisation.rota import WorkSchedule
from chalicelib.services.appointment_access import can_view
from chalicelib.services.client_access import ClientAccess
from chalicelib.services.clients import entitlements
from chalicelib.services.context import Context
from chalicelib.services.quickview.rebook_facts import RebookFacts, read_rebook_facts
from chalicelib.services.store_port import Attendance, ClientDirectory, Ref, Store

_MAX_APPOINTMENTS = 5


@dataclass(frozen=True, slots=True)
class EarlierAppointment:
    """One of the client's appointments; ``notes`` are staff's own, none where the caller may not see them (CC-6)."""

    appointment: Appointment
    notes: str | None


@dataclass(frozen=True, slots=True)
class RebookSummary:
    """What is looked at first; ``notes`` are those on the client's record, none where the caller may not see it."""

    facts: RebookFacts
    sessions: SessionBalance
    notes: str | None
    appointments: tuple[EarlierAppointment, ...]

    @property
    def schedules(self) -> tuple[WorkSchedule, ...]:
        """All of the consultant's, whether they can be rebooked into or not (RB-6)."""
        return self.facts.rota.schedules


class RebookSummaries:
    """Reading them; nothing here writes."""

    def __init__(self, store: Store, directory: ClientDirectory, client_access: ClientAccess) -> None:
        self._store = store
        self._directory = directory
        self._client_access = client_access

    def show(self, context: Context, appointment_id: str) -> RebookSummary:
        """The summary for whoever comes to this appointment; refuses as ``facts_of``.

        Who may not know the client, say because all they had was cancelled, sees no more than their own appointments
        (D26).
        """
        facts = read_rebook_facts(self._store, context, appointment_id)
        client, caller = facts.client, context.staff
        ids = self._latest(client.record_ids)
        refs: list[Ref[Any]] = [*entitlements.refs(client), *(Ref.to(Appointment, i) for i in ids)]
        found = self._store.read(refs)
        known = bool(self._client_access.visible(caller, [client]))
        appointments = (found.require(Appointment, i) for i in ids)
        shown = tuple(
            EarlierAppointment(a, a.notes if can_view(caller, a) else None)
            for a in appointments
            if known or can_view(caller, a)
        )
        return RebookSummary(facts, entitlements.balance(found, client), client.notes if known else None, shown)

    def _latest(self, family: tuple[str, ...]) -> list[str]:
        """The last appointments of one person under all their ids, latest first."""
        seats: dict[str, Attendance] = {}
        for member in family:
            seats |= {
                seat.appointment_id: seat for seat in self._directory.appointments(member, None, _MAX_APPOINTMENTS)
            }
        latest = sorted(seats.values(), key=lambda seat: seat.position, reverse=True)[:_MAX_APPOINTMENTS]
        return [seat.appointment_id for seat in latest]
