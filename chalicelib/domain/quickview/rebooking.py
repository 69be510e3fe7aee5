"""Rebooking a client with the same consultant: the request, its rules, and the obstacles to a time.

The start is the client's wall time; the session must lie within one line of the chosen schedule, in that
schedule's zone (RB-4, RB-8, D37), and the consultant must have nothing else then (D38).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from chalicelib.domain.appointments.appointment import Appointment, Attendee
from chalicelib.domain.appointments.video_meetings import LinkState, Teleconference, VideoPlatform
from chalicelib.domain.availability.booking_window import Requester, window_violation
from chalicelib.domain.availability.unavailable_reasons import UNAVAILABLE_TEXTS
from chalicelib.domain.capacity.ledger import Calendar, SeatAccess
from chalicelib.domain.organisation.catalogue import MeetingMethod
from chalicelib.domain.organisation.opening_hours import DAY_MINUTES, Closure, PublicHolidays, local_day, wall_interval
from chalicelib.domain.organisation.rota import CalendarType, Rota, WorkSchedule
from chalicelib.domain.organisation.settings import Offer
from chalicelib.domain.shared.errors import ConsultantConflict, NotFound, WrongState, invalid
from chalicelib.domain.shared.interval_set import Interval
from chalicelib.domain.shared.times import (
    epoch_minute,
    from_epoch_minute,
    known_zone,
    possible_instants,
    resolve_start,
    utc_text,
)

_DAY = timedelta(days=1)


class RebookApproach(StrEnum):
    """A session in the future, or one that has already taken place (RB-13)."""

    MANUAL = "manual"
    RETROSPECTIVE = "retrospective"


@dataclass(frozen=True, slots=True)
class RebookRequest:
    """A rebooking; ``day`` and ``at`` are the client's wall time, ``at`` with an offset if clocks show it twice.

    ``override`` is the reason for booking despite schedule and conflicts.
    """

    approach: RebookApproach
    work_schedule_id: str | None
    method: MeetingMethod
    day: date
    at: time
    notify_client: bool = True
    platform: VideoPlatform | None = None
    override: str | None = None

    @property
    def is_retrospective(self) -> bool:
        """True for a session that has taken place."""
        return self.approach is RebookApproach.RETROSPECTIVE

    @property
    def notifies_client(self) -> bool:
        """True if the client is notified: never of a past session (D40)."""
        return self.notify_client and not self.is_retrospective


class ObstacleKind(StrEnum):
    """The kinds of things that take a consultant's time."""

    APPOINTMENT = "appointment"
    TIME_OFF = "time_off"
    HOLIDAY = "holiday"


class RebookWarningCode(StrEnum):
    """The warnings before a rebooking; none of them prevents it."""

    OUTSIDE_WORK_SCHEDULE = "outside_work_schedule"
    CONSULTANT_CONFLICT = "consultant_conflict"
    CLIENT_OVERLAP = "client_overlap"
    LINK_NOT_SENT = "link_not_sent"
    LINK_BY_STAFF = "link_by_staff"
    LOCATION_CLOSED = "location_closed"
    OVER_CAPACITY = "over_capacity"


WARNING_TEXTS: dict[RebookWarningCode, str] = {
    RebookWarningCode.OUTSIDE_WORK_SCHEDULE: "The time lies outside the chosen work schedule.",
    RebookWarningCode.CONSULTANT_CONFLICT: "The consultant has something else at that time.",
    RebookWarningCode.CLIENT_OVERLAP: "The client has another appointment at that time.",
    RebookWarningCode.LINK_NOT_SENT: "The client is not notified: the meeting link is not sent to them.",
    RebookWarningCode.LINK_BY_STAFF: "No meeting link is made: the consultant sends it.",
    RebookWarningCode.LOCATION_CLOSED: "The location is closed at that time.",
    RebookWarningCode.OVER_CAPACITY: "No seat is planned for this at that time.",
}


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Something in the consultant's way from ``start`` to ``end`` (minutes since 1970 UTC)."""

    kind: ObstacleKind
    start: int
    end: int


def rebooked_attendee(source: Appointment) -> Attendee:
    """The attendee a rebooking is for: the first who still attends, else the first of all (D36).

    409 ``wrong_state`` without attendees.
    """
    attendees = source.live_attendees or source.attendees
    if not attendees:
        raise WrongState("There is no client at this appointment.")
    return attendees[0]


def is_selectable(schedule: WorkSchedule, location_id: str) -> bool:
    """True for an ad hoc schedule (RB-6) that counts at this location or everywhere."""
    return schedule.calendar_type is CalendarType.AD_HOC and schedule.location_id in (None, location_id)


def selected_schedule(rota: Rota, schedule_id: str | None, location_id: str) -> WorkSchedule:
    """The consultant's schedule with this id; there is no default (RB-4, RB-5).

    422 ``schedule_not_selected``, 404 for another person's schedule, 422 ``schedule_not_selectable`` (RB-6).
    """
    if not schedule_id:
        raise invalid("/work_schedule_id", "No work schedule is selected.", "schedule_not_selected")
    schedule = next((s for s in rota.schedules if s.id == schedule_id), None)
    if schedule is None:
        raise NotFound()
    if not is_selectable(schedule, location_id):
        message = "Only an ad hoc schedule for this location can be rebooked into."
        raise invalid("/work_schedule_id", message, "schedule_not_selectable")
    return schedule


def agreed_call(request: RebookRequest) -> Teleconference | None:
    """The agreed video call; a past session gets no link (D40).

    422 ``platform_required`` for video without a platform (RB-7), ``platform_not_allowed`` for one without video
    (RB-11).
    """
    if request.method is not MeetingMethod.VIDEO:
        if request.platform is not None:
            raise invalid("/platform", "Only a video call has a platform.", "platform_not_allowed")
        return None
    if request.platform is None:
        raise invalid("/platform", "Say over which platform the video call takes place.", "platform_required")
    return (
        Teleconference(request.platform, None, LinkState.BY_STAFF)
        if request.is_retrospective
        else Teleconference.agreed(request.platform)
    )


def agreed_start(request: RebookRequest, timezone: str) -> datetime:
    """The UTC instant of the day and time in the client's zone (RB-8, TZ-7).

    422 as ``times.resolve_start``, and ``wrong_offset`` for an offset the zone does not have then.
    """
    wall = datetime.combine(request.day, request.at.replace(tzinfo=None))
    if request.at.tzinfo is None:
        return resolve_start(wall, timezone, "/time")
    at = datetime.combine(request.day, request.at).astimezone(UTC)
    found = possible_instants(wall, known_zone(timezone))
    if found and at not in found:
        raise invalid("/time", "The client's clocks have another offset then.", "wrong_offset")
    return resolve_start(at if found else wall, timezone, "/time")


def require_bookable_time(request: RebookRequest, offer: Offer, start: datetime, now: datetime) -> None:
    """Check the time against the approach (D40): 422 ``past``, ``too_far``, ``in_the_future``, ``too_long_ago``."""
    if not request.is_retrospective:
        violation = window_violation(offer, Requester(SeatAccess.SCHEDULE, now), epoch_minute(start))
        if violation:
            raise invalid("/time", UNAVAILABLE_TEXTS[violation], violation.value)
        return
    days = offer.settings.retrospective_days
    if start > now:
        raise invalid("/time", "A retrospective session has already taken place.", "in_the_future")
    if start < now - days * _DAY:
        raise invalid("/time", f"This is more than {days} days ago.", "too_long_ago", retrospective_days=days)


def is_within_schedule(schedule: WorkSchedule, span: Interval) -> bool:
    """True if it lies within one line, on the line's weekdays and valid days in the schedule's zone (D37)."""
    start, end = span
    first, last = (local_day(at, ZoneInfo(schedule.timezone)) for at in span)
    return any(begin <= start and end <= until for begin, until in schedule.intervals(first - _DAY, last + _DAY))


def require_within_schedule(schedule: WorkSchedule, span: Interval, *, overridden: bool) -> bool:
    """422 ``outside_work_schedule`` unless it lies within one line; True if that is ``overridden`` (D37)."""
    outside = not is_within_schedule(schedule, span)
    if outside and not overridden:
        message = "The session does not lie within one line of the chosen work schedule."
        raise invalid("/time", message, RebookWarningCode.OUTSIDE_WORK_SCHEDULE.value)
    return outside


def require_no_obstacles(
    rota: Rota, calendar: Calendar, offer: Offer, span: Interval, now: int, *, overridden: bool
) -> tuple[Obstacle, ...]:
    """409 ``consultant_conflict`` if there are obstacles, unless ``overridden``; the obstacles (D38)."""
    obstacles = tuple(find_obstacles(rota, calendar, offer, span, now))
    if obstacles and not overridden:
        raise ConsultantConflict(extra={"conflicts": [_obstacle_json(obstacle) for obstacle in obstacles]})
    return obstacles


def find_obstacles(rota: Rota, calendar: Calendar, offer: Offer, span: Interval, now: int) -> Iterator[Obstacle]:
    """The consultant's obstacles to a session: appointments with the buffers of both, time off, holidays.

    Public holidays are those the location observes, on its local days, as for free times (RB-24); its opening hours
    and closures do not limit an ad hoc schedule. ``now`` is epoch seconds.
    """
    service = offer.service
    busy = span[0] - service.buffer_before, span[1] + service.buffer_after
    for occupant in calendar.occupants(now):
        if _overlaps(busy, occupant.busy_span):
            yield Obstacle(ObstacleKind.APPOINTMENT, occupant.start, occupant.end)
    for absence in rota.time_off:
        if _overlaps(span, absence.interval):
            yield Obstacle(ObstacleKind.TIME_OFF, *absence.interval)
    tz = ZoneInfo(offer.location.timezone)
    first, last = local_day(span[0], tz), local_day(span[1] - 1, tz)
    for day in sorted(PublicHolidays.observed_at(offer.location, offer.settings).between(first, last)):
        yield Obstacle(ObstacleKind.HOLIDAY, *wall_interval(day, 0, DAY_MINUTES, tz))


def is_closed(closures: Iterable[Closure], tz: ZoneInfo, span: Interval) -> bool:
    """True if one of the location's closures overlaps this time."""
    return any(_overlaps(span, wall_interval(c.date, c.start, c.end, tz)) for c in closures)


def _obstacle_json(obstacle: Obstacle) -> dict[str, str]:
    start, end = utc_text(from_epoch_minute(obstacle.start)), utc_text(from_epoch_minute(obstacle.end))
    return {"type": obstacle.kind.value, "start": start, "end": end}


def _overlaps(one: Interval, other: Interval) -> bool:
    return one[0] < other[1] and other[0] < one[1]
