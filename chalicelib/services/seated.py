"""Appointments together with what follows from their location's ledger: where each sits, and who has lost a seat."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from chalicelib.domain.appointments import Appointment
from chalicelib.domain.ledger import Calendar
from chalicelib.domain.placement import Placement
from chalicelib.domain.times import minute


@dataclass(frozen=True, slots=True)
class Seated:
    """An appointment, its block if it sits in one, and whether its block was cut from under it (D10)."""

    appointment: Appointment
    block_id: str | None
    orphaned: bool


def seated(appointments: Iterable[Appointment], calendar: Calendar, now: datetime) -> list[Seated]:
    """These appointments of one location as its calendar seats them."""
    placement = Placement(calendar, int(now.timestamp()))
    lost = {o.id for o in placement.orphans() if o.end > minute(now)}
    return [Seated(a, placement.seats.get(a.id), a.id in lost) for a in appointments]
