"""Appointments and their attendees: what they are and which changes they allow."""

from __future__ import annotations

import hmac
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from chalicelib.domain.appointments.video_meetings import Teleconference
from chalicelib.domain.clients.sessions import Session
from chalicelib.domain.organisation.catalog import AvailabilitySource, MeetingMethod
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
# Each is a row of every transaction on the appointment, and one of those holds a hundred.
_MAX_ATTENDEE_ROWS = 50


@dataclass(frozen=True, slots=True)
class Answer:
    """What an attendee answered to one of the service's questions."""

    question_id: str
    value: Any


@dataclass(frozen=True, slots=True)
class Attendee:
    """A client at an appointment; ``code`` opens it to them alone, ``contact`` is the row that counts it.

    ``ahead`` is how far their calendar is ahead of the appointment's sequence: it has been told that they left.
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
    """Why, by whom and when an appointment was cancelled."""

    reason: str
    by: str
    at: datetime
    within_24h: bool
    reason_id: str | None = None


@dataclass(frozen=True, slots=True)
class NoShow:
    """That nobody came: whether somebody tried to reach the client, what was found out, when it was said (RB-17)."""

    contact_attempted: bool
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SignOff:
    """Who closed the record, and when; nothing about it changes afterwards (RB-21)."""

    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Appointment:
    """A promise of time; ``start`` and ``end`` are UTC, ``timezone`` and ``local_start`` the agreed wall time.

    ``sequence`` counts what calendars must be told of (RFC 5546); ``version`` counts every write. The buffers
    are the service's when it was booked, minutes that whoever has it needs around it; ``staff_requested`` says that
    the client chose them. ``override`` is why it was booked in spite of a schedule or another appointment,
    ``milestones`` say when it came into each state of its lifecycle (D35). ``status_id`` is where it stands in the
    approval pipeline, none where there was no pipeline; ``requested_at`` is since when it awaits a decision there.
    ``announced`` says that the organisation's people have been told of it, ``handed_over`` that whoever has it was
    given it or took it. ``work_schedule_id`` is the schedule it was rebooked into.
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
        """Those who still come."""
        return tuple(a for a in self.attendees if not a.cancelled)

    @property
    def contacts(self) -> frozenset[str]:
        """The contacts that count it among their upcoming bookings."""
        return frozenset(a.contact for a in self.live_attendees if a.contact)

    @property
    def in_progress_minutes(self) -> int | None:
        """Whole minutes from its start in earnest until the client was served; none before that (feature 87)."""
        started, served = self.reached_at(AppointmentState.IN_PROGRESS), self.reached_at(AppointmentState.SERVED)
        return None if started is None or served is None else (served - started) // timedelta(minutes=1)

    @property
    def span(self) -> tuple[int, int]:
        """From its start to its end in minutes since 1970 UTC."""
        return epoch_minute(self.start), epoch_minute(self.end)

    @property
    def busy_span(self) -> tuple[int, int]:
        """The time of whoever has it: its span with the buffers around it."""
        start, end = self.span
        return start - self.buffer_before, end + self.buffer_after

    def calendar_spans(self) -> Iterator[tuple[str, tuple[int, int]]]:
        """The calendars it stands on while it occupies, each with the time it takes there (D2, D15)."""
        if self.availability is AvailabilitySource.QUICKSTREAM:
            yield self.location_id, self.span
        if self.staff_id:
            yield self.staff_id, self.busy_span

    def client_relations(self) -> frozenset[tuple[str, str]]:
        """Who may know whom for its sake: its location and whoever has it, each of its live attendees (D26)."""
        scopes = [self.location_id, *([self.staff_id] if self.staff_id else [])]
        return frozenset((scope, a.client_id) for scope in scopes for a in self.live_attendees)

    @property
    def occupies_capacity(self) -> bool:
        """Whether it takes capacity: every state but cancelled (D2)."""
        return self.state is not AppointmentState.CANCELLED

    @property
    def counted_status(self) -> tuple[str, StatusPredicate] | None:
        """The status it counts for, under the predicate that follows from what it is by now; none without one."""
        if self.status_id is None:
            return None
        if self.state is AppointmentState.CANCELLED:
            return self.status_id, StatusPredicate.CANCELLATION
        return self.status_id, StatusPredicate.BOOKING_CONFIRMATION if self.confirmed else StatusPredicate.START

    def is_overdue_request(self, now: datetime) -> bool:
        """Whether it still awaits confirmation although its start has passed (D33)."""
        return self.occupies_capacity and not self.confirmed and self.start <= now

    def reached_at(self, state: AppointmentState) -> datetime | None:
        """When it came into this state of its lifecycle, if it has."""
        return dict(self.milestones).get(state)

    def is_upcoming(self, now: datetime) -> bool:
        """Whether it is still to come, or going on: ended neither by its state nor by its time."""
        return self.state not in FINISHED_STATES and self.end > now

    def require_unfinished(self) -> None:
        """409 ``wrong_state`` once it has been served, missed or cancelled, whatever the time."""
        if self.state in FINISHED_STATES:
            raise WrongState(ALREADY_OVER)

    def require_unsigned(self) -> None:
        """409 ``wrong_state`` once its record has been signed off: nothing about it changes any more (RB-21)."""
        if self.signed_off is not None:
            raise WrongState("The record of this appointment has been signed off.")

    def attendee_by_code(self, code: str) -> Attendee:
        """The attendee whose code this is, compared in constant time; 404 for any other (D44, D48)."""
        found = None
        for attendee in self.attendees:
            if hmac.compare_digest(attendee.code.encode(), code.encode()):
                found = attendee
        if found is None:
            raise NotFound()
        return found

    def attendee(self, client_id: str) -> Attendee:
        """The attendee who is this client, be it that they have left; 404 for any other."""
        found = next((a for a in self.attendees if a.client_id == client_id), None)
        if found is None:
            raise NotFound()
        return found

    def reminders(self) -> list[tuple[int, datetime]]:
        """Every reminder it gets, as (hours before, instant), earliest first.

        None for unconfirmed ones, none that would have been due before it was booked or moved (D33, case 25).
        """
        if self.state is not AppointmentState.BOOKED or not self.confirmed or not self.notify_client:
            return []
        since = self.reminders_from or self.created_at
        times = ((h, self.start - timedelta(hours=h)) for h in sorted(self.reminder_hours, reverse=True))
        return [(h, at) for h, at in times if at > since]

    def next_reminder_at(self, after: datetime | None = None) -> datetime | None:
        """When the next reminder is due; with ``after``, the next one later than that."""
        return next((at for _, at in self.reminders() if after is None or at > after), None)

    def assigned(self, staff_id: str | None, now: datetime) -> Appointment:
        """Given to somebody, or to nobody; 409 once it is finished (D14)."""
        if self.state in FINISHED_STATES:
            raise WrongState("A finished appointment cannot be assigned.")
        return replace(self, staff_id=staff_id, handed_over=staff_id is not None, updated_at=now)

    def claimed(self, staff_id: str, now: datetime) -> Appointment:
        """Taken by somebody while nobody has it; 409 ``already_assigned`` otherwise (QS-5, D14)."""
        if self.staff_id is not None:
            raise AlreadyAssigned()
        return self.assigned(staff_id, now)

    def moved(self, start: datetime, timezone: str, local_start: str, now: datetime) -> Appointment:
        """At another time, as long as before; calendars hear of it."""
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
        """Called off for everybody; 409 ``wrong_state`` when it already is or is finished (D32)."""
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
        """One more comes, or one who had left comes again, as somebody new (CC-4).

        ``family`` are the ids of all records of theirs: they may stand under any of them (D17).

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
        # Leaving was told one ahead of the appointment: what calls them back must be newer still (RFC 5546).
        ahead = max((a.ahead + 2 for a in former), default=0)
        return replace(self, attendees=(*others, replace(attendee, ahead=ahead)), updated_at=now)

    def without_attendee(self, client_id: str, now: datetime) -> Appointment:
        """One of several attendees leaves; the appointment stays (D44). 409 ``wrong_state`` once it is over."""
        self.require_unfinished()
        attendees = tuple(replace(a, cancelled=True) if a.client_id == client_id else a for a in self.attendees)
        return replace(self, attendees=attendees, updated_at=now)
