"""Response models of a client's activity: one per kind of row."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field

from chalicelib.api.schemas.shared.fields import Id, Instant, ResponseModel
from chalicelib.domain.appointments.appointment import AppointmentState
from chalicelib.domain.clients.merging import Merge
from chalicelib.domain.clients.workflows import Workflow, WorkflowState
from chalicelib.domain.organisation.catalogue import MeetingMethod
from chalicelib.domain.shared.events import Channel
from chalicelib.services.clients.activity import Activity, AttendedAppointment
from chalicelib.services.store_port import Page


class AppointmentActivityResponse(ResponseModel):
    """An appointment, past or to come; `attending` says whether this client still comes or came."""

    type: Literal["appointment"] = "appointment"
    id: Id
    at: Annotated[Instant, Field(description="its start")]
    service_id: str
    location_id: str
    staff_id: str | None
    meeting_method: MeetingMethod
    end: Instant
    timezone: str
    local_start: str
    state: AppointmentState
    confirmed: bool
    attending: bool
    booked_through: Channel
    added_by: str
    added_by_id: str | None
    created_at: Instant

    @classmethod
    def from_domain(cls, result: Any) -> Self:
        """From an appointment of the client."""
        attended: AttendedAppointment = result
        a = attended.appointment
        same = ("id", "service_id", "location_id", "staff_id", "end", "timezone", "local_start", "state", "confirmed")
        return cls(
            **{name: getattr(a, name) for name in same},
            at=a.start,
            meeting_method=a.method,
            attending=not attended.has_left,
            booked_through=a.booked_through.channel,
            added_by=a.booked_through.label,
            added_by_id=a.booked_through.staff_id or None,
            created_at=a.created_at,
        )


class WorkflowActivityResponse(ResponseModel):
    """A list of steps, when it was made and how far it has come."""

    type: Literal["workflow"] = "workflow"
    id: Id
    at: Instant
    name: str
    state: WorkflowState
    steps: int
    steps_done: int
    assignee_id: str | None
    added_by: str
    added_by_id: str | None

    @classmethod
    def from_domain(cls, result: Any) -> Self:
        """From a workflow."""
        workflow: Workflow = result
        return cls(
            id=workflow.id,
            at=workflow.created_at,
            name=workflow.name,
            state=workflow.state,
            steps=len(workflow.steps),
            steps_done=sum(step.done for step in workflow.steps),
            assignee_id=workflow.assignee_id,
            added_by=workflow.created_by.label,
            added_by_id=workflow.created_by.staff_id or None,
        )


class MergeActivityResponse(ResponseModel):
    """That another record was merged into one of theirs, and since when that is undone if it is."""

    type: Literal["merge"] = "merge"
    id: Id
    at: Instant
    duplicate_id: Id
    primary_id: Id
    added_by: str
    added_by_id: str | None
    undone_at: Instant | None

    @classmethod
    def from_domain(cls, result: Any) -> Self:
        """From a merge."""
        merge: Merge = result
        return cls(
            id=merge.id,
            at=merge.at,
            duplicate_id=merge.duplicate.id,
            primary_id=merge.primary.id,
            added_by=merge.by.label,
            added_by_id=merge.by.staff_id or None,
            undone_at=merge.undone_at,
        )


ActivityItem = AppointmentActivityResponse | WorkflowActivityResponse | MergeActivityResponse
_ITEM_MODELS: dict[type[Any], type[ActivityItem]] = {
    AttendedAppointment: AppointmentActivityResponse,
    Workflow: WorkflowActivityResponse,
    Merge: MergeActivityResponse,
}


class ActivityPageResponse(ResponseModel):
    """Part of what has been going on with a client, newest first; `next_cursor` is null on the last page."""

    items: list[Annotated[ActivityItem, Field(discriminator="type")]]
    next_cursor: str | None

    @classmethod
    def from_domain(cls, result: Any) -> Self:
        """Each row by the model of its kind."""
        page: Page[Activity] = result
        rows = [_ITEM_MODELS[type(activity.subject)].from_domain(activity.subject) for activity in page.items]
        return cls(items=rows, next_cursor=page.next_cursor)
