"""Appointments as staff see them."""

from __future__ import annotations

from typing import Annotated, Any, Self

from chalicelib.api.schemas.appointments.attendees import Reason
from chalicelib.api.schemas.shared.fields import (
    Day,
    Id,
    Instant,
    PageQuery,
    QueryFlag,
    RequestModel,
    ResponseModel,
    Text,
)
from chalicelib.domain.appointments import appointment as domain
from chalicelib.domain.appointments.video_meetings import LinkState, VideoPlatform
from chalicelib.domain.clients.sessions import SessionUse
from chalicelib.domain.organisation.catalogue import AvailabilitySource, MeetingMethod
from chalicelib.domain.organisation.statuses import StatusHistoryEntry, StatusPredicate
from chalicelib.domain.shared.events import Channel, JournalEntry
from chalicelib.services.appointments.appointment_view import AppointmentView
from chalicelib.services.appointments.cancellation import StaffCancellationRequest
from chalicelib.services.appointments.dashboard import DashboardRequest, DashboardView
from chalicelib.services.appointments.status_change import StatusChangeRequest


def same_named_fields(model: type[ResponseModel], record: object) -> dict[str, Any]:
    """The fields of the response that the record has under the same name."""
    return {name: getattr(record, name) for name in model.model_fields if hasattr(record, name)}


class AppointmentStatusResponse(ResponseModel):
    """Where an appointment is between request and confirmation."""

    id: str
    name: str
    colour: str
    predicate: StatusPredicate


class QuestionAnswerResponse(ResponseModel):
    """An attendee's answer to one of the service's questions."""

    question_id: str
    value: str | bool


class AttendeeResponse(ResponseModel):
    """A client who attends, or has cancelled."""

    client_id: str
    name: str
    notes: str
    answers: list[QuestionAnswerResponse]
    cancelled: bool


class CancellationResponse(ResponseModel):
    """Why, by whom and when it was cancelled."""

    reason: str
    reason_id: str | None
    by: str
    at: Instant
    within_24h: bool


class NoShowResponse(ResponseModel):
    """A no-show, and whether somebody tried to reach the client."""

    contact_attempted: bool
    reason: str
    at: Instant


class SignOffResponse(ResponseModel):
    """The closing of the record: by whom and when."""

    by: str
    at: Instant


class TeleconferenceResponse(ResponseModel):
    """Where a video call takes place; `by_staff` says that no link is made: staff send one themselves."""

    platform: VideoPlatform
    link: str | None
    state: LinkState


class AppointmentResponse(ResponseModel):
    """An appointment; `orphaned` says that its block no longer has a seat for it, `overdue` that it was not confirmed
    before its start. `status` is null where it does not go through statuses.

    `in_progress_minutes` is how long it took, once the client has been served. `session` is what has become of the
    session it takes, if it takes one. Nothing changes once it is `signed_off`.
    """

    id: str
    version: int
    service_id: str
    location_id: str
    meeting_method: MeetingMethod
    staff_id: str | None
    language: str | None
    start: Instant
    end: Instant
    timezone: str
    local_start: str
    state: domain.AppointmentState
    confirmed: bool
    status: AppointmentStatusResponse | None
    attendees: list[AttendeeResponse]
    notes: str
    booked_through: Channel
    added_by: str
    added_by_id: str | None
    availability: AvailabilitySource
    block_id: str | None
    over_capacity: bool
    orphaned: bool
    overdue: bool
    teleconference: TeleconferenceResponse | None
    notify_client: bool
    rebooked_from: str | None
    cancellation: CancellationResponse | None
    arrived_at: Instant | None
    started_at: Instant | None
    served_at: Instant | None
    completed_at: Instant | None
    no_show: NoShowResponse | None
    in_progress_minutes: int | None
    signed_off: SignOffResponse | None
    session: SessionUse | None
    created_at: Instant
    updated_at: Instant

    @classmethod
    def from_domain(cls, result: Any) -> Self:
        """From the appointment as staff see it."""
        view: AppointmentView = result
        a = view.appointment
        return cls.model_validate(
            same_named_fields(cls, a)
            | same_named_fields(cls, view)
            | {
                "meeting_method": a.method,
                "booked_through": a.booked_through.channel,
                "added_by": a.booked_through.label,
                "added_by_id": a.booked_through.staff_id,
                "arrived_at": a.reached_at(domain.AppointmentState.ARRIVED),
                "started_at": a.reached_at(domain.AppointmentState.IN_PROGRESS),
                "served_at": a.reached_at(domain.AppointmentState.SERVED),
                "completed_at": a.reached_at(domain.AppointmentState.COMPLETED),
                "session": a.session.use if a.session else None,
            }
        )


class AppointmentListQuery(PageQuery):
    """One of the dashboard's lists; `staff_id` may be `me`.

    `unconfirmed`, `unassigned` and `orphaned` are lists of a location. `show_confirmed` adds to the unconfirmed ones
    those that are confirmed and still to come.
    """

    view: DashboardView
    location_id: Id | None = None
    staff_id: Id | None = None
    date: Day | None = None
    show_confirmed: QueryFlag = False

    def to_request(self, own_staff_id: str) -> DashboardRequest:
        """The list; ``me`` is the caller."""
        staff_id = own_staff_id if self.staff_id == "me" else self.staff_id
        return DashboardRequest(
            self.view, self.location_id, staff_id, self.date, self.show_confirmed, self.limit, self.cursor
        )


class ClaimBody(RequestModel):
    """Claiming an appointment; `force` despite another one at that time."""

    force: bool = False


class AssignmentBody(RequestModel):
    """Assigning an appointment; `force` despite another one at that time."""

    staff_id: Id
    force: bool = False


class StaffCancellationBody(RequestModel):
    """Why it is cancelled, and whether the client is notified; `within_24h`, if sent, must match the clock."""

    reason_id: Id | None = None
    reason: Reason | None = None
    notify_client: bool | None = None
    within_24h: bool | None = None

    def to_request(self) -> StaffCancellationRequest:
        """The cancellation."""
        return StaffCancellationRequest(self.reason_id, self.reason or "", self.notify_client, self.within_24h)


class AppointmentStatusBody(RequestModel):
    """The new status; a cancellation needs a `reason`, `expected_status_id` the current status the caller saw."""

    status_id: Id
    reason: Reason | None = None
    expected_status_id: Id | None = None

    def to_request(self) -> StatusChangeRequest:
        """The status change."""
        return StatusChangeRequest(self.status_id, self.reason or "", self.expected_status_id)


class NoShowBody(RequestModel):
    """A no-show: whether somebody tried to reach the client, and the reason as far as it is known."""

    contact_attempted: bool
    reason: Annotated[str, Text(1000, multiline=True)]


class FieldChangeResponse(ResponseModel):
    """One field before and after."""

    field: str
    before: Any
    after: Any


class LogEntryResponse(ResponseModel):
    """One action on an appointment: who did what, when, through which channel."""

    at: Instant
    action: str
    user: str
    channel: Channel
    changes: list[FieldChangeResponse]

    @classmethod
    def from_domain(cls, result: Any) -> Self:
        """From a journal entry."""
        entry: JournalEntry = result
        actor = {"user": entry.actor.label, "channel": entry.actor.channel}
        return cls.model_validate(same_named_fields(cls, entry) | actor)


class PastStatusResponse(ResponseModel):
    """A status as it was at the time."""

    name: str
    colour: str
    predicate: StatusPredicate
    position: int


class StatusHistoryEntryResponse(ResponseModel):
    """One status an appointment has passed through."""

    status: PastStatusResponse
    at: Instant
    by: str
    reason: str | None

    @classmethod
    def from_domain(cls, result: Any) -> Self:
        """From a line of the history."""
        entry: StatusHistoryEntry = result
        return cls.model_validate(same_named_fields(cls, entry) | {"status": entry})
