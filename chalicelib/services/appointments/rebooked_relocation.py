"""Moving what was rebooked within the schedule it was rebooked into, by the rules it was booked by (RB-16, D37, D38).

Opening hours and open schedules say nothing about it: an ad hoc schedule need not lie within either.
"""

from __future__ import annotations

from typing import Any

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.availability.block_slots import Requester, refusal_for, window_violation
from chalicelib.domain.capacity.ledger import SeatAccess
from chalicelib.domain.organisation.catalog import AvailabilitySource
from chalicelib.domain.organisation.rota import Rota
from chalicelib.domain.quickview.rebooking import require_no_obstacles, require_within_schedule
from chalicelib.domain.shared.errors import ConsultantUnavailable
from chalicelib.services.availability import ledger_io, staff_ledger
from chalicelib.services.availability.availability_reader import unknown_reference
from chalicelib.services.context import Context
from chalicelib.services.organisation import roster_sync
from chalicelib.services.store_port import Ref, Store
from chalicelib.services.unit_of_work import UnitOfWork


def relocate_in_schedule(
    work: UnitOfWork, store: Store, context: Context, before: Appointment, after: Appointment, *, overridden: bool
) -> bool:
    """Takes the new time and frees the old one; false, with nothing written, where other rules decide.

    Those are for what was not rebooked, goes elsewhere or to somebody else, takes its seat from a block, or whose
    schedule is no more. 422 ``past``, ``too_far``, ``outside_work_schedule``; 409 ``consultant_conflict``,
    ``consultant_unavailable``.
    """
    kept = (before.location_id, before.staff_id) == (after.location_id, after.staff_id)
    by_schedule = before.work_schedule_id is not None and before.availability is AvailabilitySource.STAFF
    if not (kept and by_schedule) or after.staff_id is None:
        return False
    refs: list[Ref[Any]] = [
        *ledger_io.offer_refs(after.location_id, after.service_id),
        *(Ref.to(Rota, after.staff_id), *staff_ledger.refs(after)),
    ]
    found = store.read(refs)
    rota = roster_sync.rota_in(found, after.staff_id)
    schedule = next((s for s in rota.schedules if s.id == before.work_schedule_id), None)
    if schedule is None:
        return False
    offer = ledger_io.offer_in(found, after.location_id, after.service_id, unknown_reference)
    why = window_violation(offer, Requester(SeatAccess.SCHEDULE, context.now), after.span[0])
    if why:
        raise refusal_for(why)
    require_within_schedule(schedule, after.span, overridden=overridden)
    if not staff_ledger.is_eligible(found, after):
        raise ConsultantUnavailable()
    calendar = staff_ledger.calendar_of(found, after)
    others = calendar.without_occupant(after.id)
    require_no_obstacles(rota, others, offer, after.span, int(context.now.timestamp()), overridden=overridden)
    work.require_unchanged(rota)
    staff_ledger.assign(work, found, after, context.now, force=True)
    ledger_io.remove_occupant(work, before.id, before.calendar_spans(), [calendar])
    return True
