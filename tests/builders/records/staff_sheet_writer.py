"""Appointments on staff members' own sheets."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from chalicelib.container import container
from chalicelib.domain.capacity.ledger import Occupant, Sheet, sheet_days
from chalicelib.domain.organisation.branch_roster import TeamMember
from chalicelib.domain.shared.times import epoch_minute
from chalicelib.services.store_port import Ref
from chalicelib.services.unit_of_work import UnitOfWork


def make_occupant(name: str, start: datetime, minutes: int = 30, **more: Any) -> Occupant:
    """An appointment as the ledger has it."""
    return Occupant(f"apt_{name}", epoch_minute(start), epoch_minute(start) + minutes, "svc_1", **more)


def write_occupants(staff_id: str, occupants: list[Occupant], work: UnitOfWork | None = None) -> None:
    """Add these to a staff member's own sheets, together with the writes of ``work``."""
    work = work or UnitOfWork()
    days = sorted({day for occupant in occupants for day in sheet_days(staff_id, *occupant.busy_span)})
    found = container.store.read([Ref.to(Sheet, staff_id, day) for day in days])
    for day in days:
        sheet = found.get(Sheet, staff_id, day) or Sheet(staff_id, day)
        for occupant in occupants:
            if day in sheet_days(staff_id, *occupant.busy_span):
                sheet = sheet.with_occupant(occupant)
        work.save(sheet)
    container.store.commit(work)


def assign_occupant(staff_id: str, place: str, start: datetime) -> None:
    """Assign ``apt_new`` to a staff member like the product: their roster entry is in the transaction."""
    member = container.store.read([Ref.to(TeamMember, place, staff_id)]).require(TeamMember, place, staff_id)
    work = UnitOfWork()
    work.save(replace(member, assigned_at=start))
    write_occupants(staff_id, [make_occupant("new", start)], work)
