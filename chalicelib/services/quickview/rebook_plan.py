"""Planning a rebooking: read and decide everything, write nothing (RB-4 … RB-8, RB-24, D37 … D40)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from chalicelib.domain.appointments.video_meetings import Teleconference, VideoPlatform
from chalicelib.domain.availability.allocation import Allocation
from chalicelib.domain.availability.booking_window import Requester
from chalicelib.domain.availability.unavailable_reasons import UNAVAILABLE_TEXTS, Unavailable
from chalicelib.domain.capacity.ledger import DAY_MINUTES, Calendar, SeatAccess, sheet_days
from chalicelib.domain.clients.sessions import SessionBalance
from chalicelib.domain.organisation.branch_roster import TeamMember, offers_service
from chalicelib.domain.organisation.catalogue import AvailabilitySource, MeetingMethod
from chalicelib.domain.organisation.opening_hours import BranchHours
from chalicelib.domain.organisation.rota import WorkSchedule
from chalicelib.domain.organisation.settings import Offer
from chalicelib.domain.quickview.rebooking import (
    Obstacle,
    RebookRequest,
    RebookWarningCode,
    agreed_call,
    agreed_start,
    is_closed,
    require_bookable_time,
    require_no_obstacles,
    require_within_schedule,
    selected_schedule,
)
from chalicelib.domain.shared.errors import ConsultantUnavailable, NoSessions, Stale, invalid
from chalicelib.domain.shared.interval_set import Interval
from chalicelib.domain.shared.times import epoch_minute, from_epoch_minute
from chalicelib.services.availability import ledger_io, staff_ledger
from chalicelib.services.availability.availability_reader import (
    AvailabilityQuery,
    AvailabilityReader,
    AvailabilityWindow,
    require_offered,
)
from chalicelib.services.availability.booking_channels import require_override
from chalicelib.services.clients import session_reservations
from chalicelib.services.context import Context
from chalicelib.services.quickview.rebook_facts import RebookFacts
from chalicelib.services.store_port import ClientDirectory, ReadResult, Ref, Store

# The client's appointments around a time that are checked for an overlap.
_MAX_NEARBY = 50


@dataclass(frozen=True, slots=True)
class RebookPlan:
    """A rebooking as it would be booked now; ``allocation`` is its seat if its service is booked in blocks.

    The override sets ``outside_schedule`` and ``obstacles`` aside.
    """

    facts: RebookFacts
    request: RebookRequest
    schedule: WorkSchedule
    call: Teleconference | None
    start: datetime
    end: datetime
    outside_schedule: bool
    obstacles: tuple[Obstacle, ...]
    found: ReadResult
    calendar: Calendar
    allocation: Allocation | None

    @property
    def span(self) -> Interval:
        """From start to end in minutes since 1970 UTC."""
        return epoch_minute(self.start), epoch_minute(self.end)

    @property
    def sessions(self) -> SessionBalance:
        """The client's sessions before this booking."""
        return session_reservations.balance(self.found, self.facts.client)

    @property
    def overridden(self) -> list[str]:
        """The conflicts the override sets aside, for the log."""
        kinds = dict.fromkeys(obstacle.kind.value for obstacle in self.obstacles)
        return [*([RebookWarningCode.OUTSIDE_WORK_SCHEDULE.value] if self.outside_schedule else []), *kinds]


class PlanRebooking:
    """Plan for a preview and for its booking alike."""

    def __init__(self, store: Store, directory: ClientDirectory, availability_reader: AvailabilityReader) -> None:
        self._store = store
        self._directory = directory
        self._availability_reader = availability_reader

    def plan(self, context: Context, facts: RebookFacts, request: RebookRequest) -> RebookPlan:
        """The plan; 403, 404, 409 and 422 as ``RebookAppointment.preview``."""
        source, offer = facts.source, facts.offer
        if request.override is not None:
            require_override(context.staff, source.location_id, facts.consultant.id)
        schedule = selected_schedule(facts.rota, request.work_schedule_id, source.location_id)
        _require_offered(offer, request.method)
        call = agreed_call(request)
        start = agreed_start(request, facts.timezone)
        require_bookable_time(request, offer, start, context.now)
        end = start + timedelta(minutes=offer.service.duration_minutes)
        span = epoch_minute(start), epoch_minute(end)
        overridden = request.override is not None
        outside = require_within_schedule(schedule, span, overridden=overridden)
        found, allocation = self._read(context, facts, request, span)
        if not offers_service(found.get(TeamMember, source.location_id, facts.consultant.id), source.service_id):
            raise ConsultantUnavailable()
        if session_reservations.balance(found, facts.client).available == 0:
            raise NoSessions()
        calendar = _calendar(found, facts, span)
        now = int(context.now.timestamp())
        obstacles = require_no_obstacles(facts.rota, calendar, offer, span, now, overridden=overridden)
        return RebookPlan(facts, request, schedule, call, start, end, outside, obstacles, found, calendar, allocation)

    def _read(
        self, context: Context, facts: RebookFacts, request: RebookRequest, span: Interval
    ) -> tuple[ReadResult, Allocation | None]:
        """The consultant's calendar, the client's sessions, the location's hours, and a seat if there are blocks."""
        source, start = facts.source, span[0]
        refs: list[Ref[Any]] = [
            *staff_ledger.refs_at(source.location_id, facts.consultant.id, start),
            *session_reservations.refs(facts.client),
            Ref.to(BranchHours, source.location_id),
        ]
        if facts.offer.service.availability is not AvailabilitySource.QUICKSTREAM:
            return self._store.read(refs), None
        # A past session gets the seat it would have had just before its start.
        requested_at = from_epoch_minute(start - 1) if request.is_retrospective else context.now
        times, found = self._availability_reader.read(
            AvailabilityWindow(source.service_id, source.location_id, start, start + 1),
            lambda offer, _: AvailabilityQuery(offer, Requester(SeatAccess.SCHEDULE, requested_at)),
            refs,
        )
        allocation = times.allocate_overriding(start)
        if allocation is None or times.offer.service != facts.offer.service:
            raise Stale
        return found, replace(allocation, over_capacity=allocation.over_capacity and not request.is_retrospective)

    def warnings(self, plan: RebookPlan) -> Iterator[RebookWarningCode]:
        """The warnings about this plan."""
        request, facts = plan.request, plan.facts
        if plan.outside_schedule:
            yield RebookWarningCode.OUTSIDE_WORK_SCHEDULE
        if plan.obstacles:
            yield RebookWarningCode.CONSULTANT_CONFLICT
        if self._client_has_overlap(plan):
            yield RebookWarningCode.CLIENT_OVERLAP
        if request.platform is VideoPlatform.ZOOM and not request.is_retrospective:
            yield RebookWarningCode.LINK_BY_STAFF
        elif request.platform is VideoPlatform.TEAMS and not request.notifies_client and not request.is_retrospective:
            yield RebookWarningCode.LINK_NOT_SENT
        branch_hours = plan.found.get(BranchHours, facts.source.location_id)
        tz = ZoneInfo(facts.offer.location.timezone)
        if (
            request.method is MeetingMethod.IN_PERSON
            and branch_hours
            and is_closed(branch_hours.closures, tz, plan.span)
        ):
            yield RebookWarningCode.LOCATION_CLOSED
        if plan.allocation and plan.allocation.over_capacity:
            yield RebookWarningCode.OVER_CAPACITY

    def _client_has_overlap(self, plan: RebookPlan) -> bool:
        """True if the client has another appointment then, under any of their ids (D38)."""
        since = plan.start - timedelta(minutes=DAY_MINUTES)
        return any(
            other.start < plan.end and plan.start < other.end
            for client_id in plan.facts.client.record_ids
            for other in self._directory.upcoming(client_id, since, _MAX_NEARBY)
        )


def _require_offered(offer: Offer, method: MeetingMethod) -> None:
    require_offered(offer, None, None, SeatAccess.SCHEDULE)
    if method not in offer.service.meeting_methods:
        reason = Unavailable.METHOD_NOT_OFFERED
        raise invalid("/modality", UNAVAILABLE_TEXTS[reason], reason.value)


def _calendar(found: ReadResult, facts: RebookFacts, span: Interval) -> Calendar:
    service, consultant_id = facts.offer.service, facts.consultant.id
    days = sheet_days(consultant_id, span[0] - service.buffer_before, span[1] + service.buffer_after)
    return ledger_io.calendar_in(found, consultant_id, days)
