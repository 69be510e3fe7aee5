"""Appointments and their attendees, and the changes they allow."""

from __future__ import annotations

import hmac
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from chalicelib.domain.appointments.video_meetings import Teleconference
from chalicelib.domain.clients.sessions import Session
from chalicelib.domain.organisation.catalogue import AvailabilitySource, MeetingMethod
from chalicelib.domain.organisation.statuses import StatusPredicate
from chalicelib.domain.shared.errors import AlreadyAssigned, AlreadyAttending, Invalid, NotFound, WrongState
from chalicelib.domain.shared.events import Actor
from chalicelib.domain.shared.times import epoch_minute


class AppointmentState(StrEnum):
    """The lifecycle (D35)."""

    BOOKED = "booked"
    ARRIVED = "arrived"
    IN_PROGRESS = "in_progress"
    SERVED = "served"
    COMPLETED = "completed"
    NO_SHOW = "no_show"
    CANCELLED = "cancelled"


FINISHED_STATES = frozenset(
    {AppointmentState.SERVED, AppointmentState.COMPLETED, AppointmentState.NO_SHOW, AppointmentState.CANCELLED}
)
ALREADY_OVER = "This appointment is already over or cancelled."
MAX_ATTENDEES = 20
# Each is an item of every transaction on the appointment, and a transaction holds a hundred.
_MAX_ATTENDEE_ROWS = 50


@dataclass(frozen=True, slots=True)
class Answer:
    """An attendee's answer to one of the service's questions."""

    question_id: str
    value: Any


@dataclass(frozen=True, slots=True)
class Attendee:
    """A client at an appointment; ``code`` opens it to them alone, ``contact`` is the Contact that counts it.

    ``ahead`` is how far their calendar's SEQUENCE is ahead of the appointment's, after they had been removed.
    """

    client_id: str
    name: str
    code: str
    contact: str | None = None
    notes: str = ""
    answers: tuple[Answer, ...] = ()
    language: str | None = None
    cancelled: bool = False
    moves: int = 0
    ahead: int = 0


@dataclass(frozen=True, slots=True)
class Cancellation:
    """The cancellation of an appointment: why, by whom and when."""

    reason: str
    by: str
    at: datetime
    within_24h: bool
    reason_id: str | None = None


@dataclass(frozen=True, slots=True)
class NoShow:
    """A no-show: whether somebody tried to reach the client, the reason found, and when it was recorded (RB-17)."""

    contact_attempted: bool
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SignOff:
    """The closing of the record, by whom and when; nothing changes afterwards (RB-21)."""

    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Appointment:
    """An appointment; ``start`` and ``end`` are UTC, ``timezone`` and ``local_start`` the agreed wall time.

    ``sequence`` is the SEQUENCE of its calendar event (RFC 5546); ``version`` counts every write. The buffers are
    the service's at the booking, in minutes around the staff member's appointment; ``staff_requested`` is True if
    the client chose the staff member. ``override`` is the reason for booking despite a schedule or another
    appointment, ``milestones`` are the times of its state changes (D35). ``status_id`` is its status in the approval
    pipeline, None without a pipeline; ``requested_at`` is the time since which it awaits a decision there.
    ``announced`` is True once the organisation has been notified of it, ``handed_over`` if the staff member was
    assigned it or claimed it. ``work_schedule_id`` is the schedule it was rebooked into.
    """

    id: str
    service_id: str
    location_id: str
    method: MeetingMethod
    start: datetime
    end: datetime
    timezone: str
    local_start: str
    attendees: tuple[Attendee, ...]
    booked_through: Actor
    created_at: datetime
    updated_at: datetime
    availability: AvailabilitySource = AvailabilitySource.QUICKSTREAM
    state: AppointmentState = AppointmentState.BOOKED
    confirmed: bool = True
    status_id: str | None = None
    requested_at: datetime | None = None
    announced: bool = True
    handed_over: bool = False
    staff_id: str | None = None
    staff_requested: bool = False
    buffer_before: int = 0
    buffer_after: int = 0
    language: str | None = None
    notes: str = ""
    over_capacity: bool = False
    override: str | None = None
    notify_client: bool = True
    rebooked_from: str | None = None
    cancellation: Cancellation | None = None
    milestones: tuple[tuple[AppointmentState, datetime], ...] = ()
    no_show: NoShow | None = None
    signed_off: SignOff | None = None
    session: Session | None = None
    teleconference: Teleconference | None = None
    work_schedule_id: str | None = None
    reminder_hours: tuple[int, ...] = ()
    reminders_from: datetime | None = None
    utm: tuple[tuple[str, str], ...] = ()
    sequence: int = 0
    version: int = 0

    @property
    def live_attendees(self) -> tuple[Attendee, ...]:
        """The attendees who have not been cancelled."""
        return tuple(a for a in self.attendees if not a.cancelled)

    @property
    def contacts(self) -> frozenset[str]:
        """The contacts that count it among their upcoming bookings."""
        return frozenset(a.contact for a in self.live_attendees if a.contact)

    @property
    def in_progress_minutes(self) -> int | None:
        """Whole minutes from commencing until the client was served; None before that (feature 87)."""
        started, served = self.reached_at(AppointmentState.IN_PROGRESS), self.reached_at(AppointmentState.SERVED)
        return None if started is None or served is None else (served - started) // timedelta(minutes=1)

    @property
    def span(self) -> tuple[int, int]:
        """From its start to its end in minutes since 1970 UTC."""
        return epoch_minute(self.start), epoch_minute(self.end)

    @property
    def busy_span(self) -> tuple[int, int]:
        """The staff member's time: its span with the buffers around it."""
        start, end = self.span
        return start - self.buffer_before, end + self.buffer_after

    def calendar_spans(self) -> Iterator[tuple[str, tuple[int, int]]]:
        """The calendars it occupies, each with the time it takes there (D2, D15)."""
        if self.availability is AvailabilitySource.QUICKSTREAM:
            yield self.location_id, self.span
        if self.staff_id:
            yield self.staff_id, self.busy_span

    def client_relations(self) -> frozenset[tuple[str, str]]:
        """Pairs of scope and client id: its location and staff member may see its live attendees (D26)."""
        scopes = [self.location_id, *([self.staff_id] if self.staff_id else [])]
        return frozenset((scope, a.client_id) for scope in scopes for a in self.live_attendees)

    @property
    def occupies_capacity(self) -> bool:
        """True in every state but cancelled (D2)."""
        return self.state is not AppointmentState.CANCELLED

    @property
    def counted_status(self) -> tuple[str, StatusPredicate] | None:
        """The status it is counted under, with the predicate of its present state; None without a status."""
        if self.status_id is None:
            return None
        if self.state is AppointmentState.CANCELLED:
            return self.status_id, StatusPredicate.CANCELLATION
        return self.status_id, StatusPredicate.BOOKING_CONFIRMATION if self.confirmed else StatusPredicate.START

    def is_overdue_request(self, now: datetime) -> bool:
        """True if it still awaits confirmation although its start has passed (D33)."""
        return self.occupies_capacity and not self.confirmed and self.start <= now

    def reached_at(self, state: AppointmentState) -> datetime | None:
        """The time it reached this state of its lifecycle, if it has."""
        return dict(self.milestones).get(state)

    def is_upcoming(self, now: datetime) -> bool:
        """True while the appointment has not ended, neither by its state nor by its time."""
        return self.state not in FINISHED_STATES and self.end > now

    def require_unfinished(self) -> None:
        """409 ``wrong_state`` once it has been served, missed or cancelled."""
        if self.state in FINISHED_STATES:
            raise WrongState(ALREADY_OVER)

    def require_unsigned(self) -> None:
        """409 ``wrong_state`` once its record has been signed off (RB-21)."""
        if self.signed_off is not None:
            raise WrongState("The record of this appointment has been signed off.")

    def attendee_by_code(self, code: str) -> Attendee:
        """The attendee with this code, compared in constant time; 404 for any other code (D44, D48)."""
        matches = [a for a in self.attendees if hmac.compare_digest(a.code.encode(), code.encode())]
        if not matches:
            raise NotFound()
        return matches[-1]

    def attendee(self, client_id: str) -> Attendee:
        """The attendee with this client id, cancelled or not; 404 for any other id."""
        found = next((a for a in self.attendees if a.client_id == client_id), None)
        if found is None:
            raise NotFound()
        return found

    def reminders(self) -> list[tuple[int, datetime]]:
        """Its reminders as (hours before, instant), earliest first.

        Unconfirmed ones get none, and none is due before it was booked or moved (D33, case 25).
        """
        if self.state is not AppointmentState.BOOKED or not self.confirmed or not self.notify_client:
            return []
        since = self.reminders_from or self.created_at
        times = ((h, self.start - timedelta(hours=h)) for h in sorted(self.reminder_hours, reverse=True))
        return [(h, at) for h, at in times if at > since]

    def next_reminder_at(self, after: datetime | None = None) -> datetime | None:
        """The time of the first reminder, or of the first one later than ``after``."""
        return next((at for _, at in self.reminders() if after is None or at > after), None)

    def assigned(self, staff_id: str | None, now: datetime) -> Appointment:
        """Assigned to this staff member, or to nobody; 409 ``wrong_state`` once it is finished (D14)."""
        if self.state in FINISHED_STATES:
            raise WrongState("A finished appointment cannot be assigned.")
        return replace(self, staff_id=staff_id, handed_over=staff_id is not None, updated_at=now)

    def claimed(self, staff_id: str, now: datetime) -> Appointment:
        """Assigned to the staff member who claims it; 409 ``already_assigned`` (QS-5, D14)."""
        if self.staff_id is not None:
            raise AlreadyAssigned()
        return self.assigned(staff_id, now)

    def moved(self, start: datetime, timezone: str, local_start: str, now: datetime) -> Appointment:
        """At another time with the same duration, and SEQUENCE+1."""
        end = start + (self.end - self.start)
        return replace(
            self,
            start=start,
            end=end,
            timezone=timezone,
            local_start=local_start,
            sequence=self.sequence + 1,
            reminders_from=now,
            updated_at=now,
        )

    def cancelled(self, cancellation: Cancellation) -> Appointment:
        """Cancelled for everybody; 409 ``wrong_state`` once it is cancelled or finished (D32)."""
        self.require_unfinished()
        return replace(
            self,
            state=AppointmentState.CANCELLED,
            cancellation=cancellation,
            attendees=tuple(replace(a, cancelled=True) for a in self.attendees),
            sequence=self.sequence + 1,
            updated_at=cancellation.at,
        )

    def with_attendee(self, attendee: Attendee, now: datetime, record_ids: Collection[str] = ()) -> Appointment:
        """With one more attendee, or one who had been removed, as a new attendee (CC-4).

        ``record_ids`` are the ids of all their records: they may attend under any of them (D17).
        409 ``wrong_state`` once it is over, 409 ``already_attending``, 422 ``too_many_attendees``.
        """
        if not self.is_upcoming(now):
            raise WrongState(ALREADY_OVER)
        former = [a for a in self.attendees if a.client_id in (attendee.client_id, *record_ids)]
        if not all(a.cancelled for a in former):
            raise AlreadyAttending()
        others = tuple(a for a in self.attendees if a.client_id != attendee.client_id)
        if len(self.live_attendees) >= MAX_ATTENDEES or len(others) >= _MAX_ATTENDEE_ROWS:
            raise Invalid(f"At most {MAX_ATTENDEES} may come.", code="too_many_attendees")
        # The cancellation used SEQUENCE+1, so a new invitation must be higher (RFC 5546).
        ahead = max((a.ahead + 2 for a in former), default=0)
        return replace(self, attendees=(*others, replace(attendee, ahead=ahead)), updated_at=now)

    def without_attendee(self, client_id: str, now: datetime) -> Appointment:
        """With this attendee cancelled; the appointment stays (D44). 409 ``wrong_state`` once it is finished."""
        self.require_unfinished()
        attendees = tuple(replace(a, cancelled=True) if a.client_id == client_id else a for a in self.attendees)
        return replace(self, attendees=attendees, updated_at=now)
