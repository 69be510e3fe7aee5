"""Keeping rosters equal to their sources: every edit of a staff record or rota updates the team members with it.

An active staff member has exactly one team member record per location of theirs, an inactive one none. An edit
writes or guards both sources, the staff record and the rota: two edits at the same moment collide instead of leaving
a team member that matches neither. A booking writes the team member, too, so it collides with a deactivation that has
read the team member before.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from chalicelib.domain.organisation.branch_roster import TeamMember
from chalicelib.domain.organisation.catalogue import Staff
from chalicelib.domain.organisation.rota import Rota
from chalicelib.domain.shared.errors import invalid
from chalicelib.services.store_port import MAX_TRANSACTION_ITEMS, ReadResult, Ref
from chalicelib.services.unit_of_work import UnitOfWork

# The caller adds the rota and perhaps a stored response; a transaction holds no more than four megabytes.
MAX_ITEMS = MAX_TRANSACTION_ITEMS - 2
MAX_BYTES = 3_000_000


def refs(staff_id: str, location_ids: Iterable[str]) -> list[Ref[Any]]:
    """The rota of a staff member and their team member records at these locations."""
    return [
        Ref.to(Rota, staff_id),
        *(Ref.to(TeamMember, location_id, staff_id) for location_id in sorted(set(location_ids))),
    ]


def rota_in(found: ReadResult, staff_id: str) -> Rota:
    """The rota from what was read; an empty one of version 0 while none has been written."""
    return found.get(Rota, staff_id) or Rota(staff_id)


def sync(
    work: UnitOfWork, found: ReadResult, staff: Staff, rota: Rota, former_location_ids: Iterable[str] = ()
) -> None:
    """Write the team member records of ``staff`` that no longer match staff record and rota, and only those.

    ``former_location_ids`` are the locations before the edit; for a removal pass the staff record as inactive. The
    team members at all of these must be in ``found``. 422 ``too_many_posts`` if they do not fit into one transaction.
    """
    size = 0
    for location_id in sorted({*staff.location_ids, *former_location_ids}):
        before = found.get(TeamMember, location_id, staff.id)
        after = derive_member(before, location_id, staff, rota)
        if after is None and before is not None:
            work.delete(before)
        elif after is not None and after != before:
            work.save(after)
            size += _estimated_bytes(after)
    if len(work.saved) + len(work.deleted) + len(work.unchanged) > MAX_ITEMS or size > MAX_BYTES:
        raise invalid("/location_ids", "This changes too much at so many locations at once.", "too_many_posts")


def derive_member(member: TeamMember | None, location_id: str, staff: Staff, rota: Rota) -> TeamMember | None:
    """The team member that follows from staff record and rota; None if they are inactive or not at the location."""
    if not staff.active or location_id not in staff.location_ids:
        return None
    # Free times need no reasons for being away.
    without_reasons = replace(rota, time_off=tuple(replace(off, reason="") for off in rota.time_off))
    return (member or TeamMember(location_id, staff.id, staff.role)).updated_from(staff, without_reasons)


def _estimated_bytes(member: TeamMember) -> int:
    """An upper bound of its size in the table."""
    schedules = sum(400 + 80 * len(schedule.lines) for schedule in member.schedules)
    return 1000 + 70 * len(member.service_ids) + 200 * len(member.time_off) + schedules
