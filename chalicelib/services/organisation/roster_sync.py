"""Keeping posts in step: whatever changes a staff record or rota changes its posts in the same transaction.

An active staff member has exactly one post per location of theirs, an inactive one none. The staff record and the
rota, which the posts are made of, are each written or guarded by whoever writes the posts: two edits at the same
moment collide instead of leaving a post that follows neither. Whoever gives somebody an appointment writes their
post, too, so a deactivation that has read the posts before collides with it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from chalicelib.domain.organisation.catalog import Staff
from chalicelib.domain.organisation.roster import TeamMember
from chalicelib.domain.organisation.rota import Rota
from chalicelib.domain.shared.errors import invalid
from chalicelib.services.store_port import ReadResult, Ref
from chalicelib.services.unit_of_work import UnitOfWork

# A transaction takes a hundred items and four megabytes; the caller adds the rota and perhaps an answer to keep.
MAX_ITEMS = 98
MAX_BYTES = 3_000_000


def refs(staff_id: str, location_ids: Iterable[str]) -> list[Ref[Any]]:
    """Somebody's rota and their posts at these locations."""
    return [
        Ref.to(Rota, staff_id),
        *(Ref.to(TeamMember, location_id, staff_id) for location_id in sorted(set(location_ids))),
    ]


def rota_in(found: ReadResult, staff_id: str) -> Rota:
    """The rota from what was read; an empty one of version 0 while nobody has written any."""
    return found.get(Rota, staff_id) or Rota(staff_id)


def sync(
    work: UnitOfWork, found: ReadResult, staff: Staff, rota: Rota, former_location_ids: Iterable[str] = ()
) -> None:
    """Writes the posts of ``staff`` that no longer follow from record and rota, and only those.

    ``left`` are the locations they had before; for somebody who goes altogether hand in the record as inactive.
    The posts at all of these must have been read. 422 ``too_many_posts`` when they do not fit into one transaction.
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
    """Their post there as record and rota have it now, made from the one they had; none where they do not work."""
    if not staff.active or location_id not in staff.location_ids:
        return None
    # Why somebody is away concerns nobody who looks for free times.
    told = replace(rota, time_off=tuple(replace(off, reason="") for off in rota.time_off))
    return (member or TeamMember(location_id, staff.id, staff.role)).updated_from(staff, told)


def _estimated_bytes(member: TeamMember) -> int:
    """At most so many bytes it takes in the table, by a generous estimate."""
    schedules = sum(400 + 80 * len(schedule.lines) for schedule in member.schedules)
    return 1000 + 70 * len(member.service_ids) + 200 * len(member.time_off) + schedules
