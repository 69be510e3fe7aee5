"""Before rebooking: the client's sessions and last appointments, and the consultant's work schedules (RB-3, RB-12)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.clients.sessions import Figures
from chalicelib.domain.organisation.rota import WorkSchedule
from chalicelib.services.appointment_access import sees
from chalicelib.services.client_access import Acquaintances
from chalicelib.services.clients import entitlements
from chalicelib.services.quickview.rebook_facts import Facts, facts_of
from chalicelib.services.unit_of_work import Attendance, Context, Directory, Ref, Store

_LAST = 5


@dataclass(frozen=True, slots=True)
class Earlier:
    """One of the client's appointments; ``notes`` are staff's own, none where the caller may not see them (CC-6)."""

    appointment: Appointment
    notes: str | None


@dataclass(frozen=True, slots=True)
class Summary:
    """What is looked at first; ``notes`` are those on the client's record, none where the caller may not see it."""

    facts: Facts
    sessions: Figures
    notes: str | None
    appointments: tuple[Earlier, ...]

    @property
    def schedules(self) -> tuple[WorkSchedule, ...]:
        """All of the consultant's, whether they can be rebooked into or not (RB-6)."""
        return self.facts.rota.schedules


class Summaries:
    """Reading them; nothing here writes."""

    def __init__(self, store: Store, directory: Directory, acquaintances: Acquaintances) -> None:
        self._store = store
        self._directory = directory
        self._acquaintances = acquaintances

    def of(self, context: Context, appointment_id: str) -> Summary:
        """The summary for whoever comes to this appointment; refuses as ``facts_of``.

        Who may not know the client, say because all they had was cancelled, sees no more than their own appointments
        (D26).
        """
        facts = facts_of(self._store, context, appointment_id)
        client, caller = facts.client, context.staff
        ids = self._latest(client.family)
        refs: list[Ref[Any]] = [*entitlements.refs(client), *(Ref.to(Appointment, i) for i in ids)]
        found = self._store.read(refs)
        known = bool(self._acquaintances.visible(caller, [client]))
        appointments = (found.require(Appointment, i) for i in ids)
        shown = tuple(
            Earlier(a, a.notes if sees(caller, a) else None) for a in appointments if known or sees(caller, a)
        )
        return Summary(facts, entitlements.figures(found, client), client.notes if known else None, shown)

    def _latest(self, family: tuple[str, ...]) -> list[str]:
        """The last appointments of one person under all their ids, latest first."""
        seats: dict[str, Attendance] = {}
        for member in family:
            seats |= {seat.appointment_id: seat for seat in self._directory.appointments(member, None, _LAST)}
        latest = sorted(seats.values(), key=lambda seat: seat.place, reverse=True)[:_LAST]
        return [seat.appointment_id for seat in latest]
