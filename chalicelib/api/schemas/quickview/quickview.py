"""Quick View: requests and responses."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import Field

from chalicelib.api.schemas.appointments.appointments import AppointmentResponse, same_named_fields
from chalicelib.api.schemas.shared.fields import Day, Id, RequestModel, ResponseModel
from chalicelib.api.schemas.shared.record_models import RecordBody, patch_model
from chalicelib.domain.appointments.video_meetings import VideoPlatform
from chalicelib.domain.organisation.catalogue import MeetingMethod
from chalicelib.domain.quickview.sections import Section
from chalicelib.services.quickview.allowed_actions import Action
from chalicelib.services.quickview.quickview import QuickViewItem, QuickViewRequest, QuickViewSections
from chalicelib.services.quickview.quickview_edits import QuickViewEdit

ClientTimeOfDay = Annotated[
    str,
    Field(
        pattern=r"^([01]\d|2[0-3]):[0-5]\d(Z|[+-]([01]\d|2[0-3]):[0-5]\d)?$",
        examples=["10:30"],
        description="by the client's clocks; with its offset where they show it twice that day",
    ),
]


class QuickViewQuery(RequestModel):
    """Quick View of a staff member, by default the caller's own, on a day in their zone, by default today."""

    staff_id: Id = "me"
    date: Day | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 50

    def to_request(self, own_staff_id: str) -> QuickViewRequest:
        """The request; ``me`` is the caller."""
        return QuickViewRequest(own_staff_id if self.staff_id == "me" else self.staff_id, self.date, self.limit)


class QuickViewContactResponse(ResponseModel):
    """Contact details of an attendee, and the zone on their record."""

    client_id: str
    name: str
    email: str | None
    mobile: str | None
    phone: str | None
    timezone: str | None


class QuickViewAppointmentResponse(AppointmentResponse):
    """An appointment with the `actions` that the caller may take now, and its start by the consultant's clocks."""

    actions: list[Action]
    contacts: list[QuickViewContactResponse]
    staff_timezone: str
    staff_local_start: str

    @classmethod
    def from_domain(cls, result: Any) -> Self:
        """From an item of a section."""
        item: QuickViewItem = result
        whole = AppointmentResponse.from_domain(item.view)
        contacts = [same_named_fields(QuickViewContactResponse, c) | {"client_id": c.id} for c in item.clients]
        return cls.model_validate(same_named_fields(cls, whole) | same_named_fields(cls, item) | {"contacts": contacts})


class QuickViewResponse(ResponseModel):
    """Appointments not started, overdue ones included; in progress; and recently completed, missed or cancelled.

    `truncated` names the sections that hold more than is shown.
    """

    not_started: list[QuickViewAppointmentResponse]
    in_progress: list[QuickViewAppointmentResponse]
    recently_completed: list[QuickViewAppointmentResponse]
    truncated: list[Section]

    @classmethod
    def from_domain(cls, result: Any) -> Self:
        """From the sections."""
        sections: QuickViewSections = result
        items_by_section = {
            section.value: [QuickViewAppointmentResponse.from_domain(item) for item in items]
            for section, items in sections.items.items()
        }
        return cls(**items_by_section, truncated=list(sections.truncated))


class QuickViewTermsBody(RecordBody):
    """How an appointment takes place and at what time of its day; `platform` is for video only."""

    modality: MeetingMethod
    time: ClientTimeOfDay
    notify_client: bool
    platform: VideoPlatform


QuickViewChangeBody = patch_model(QuickViewTermsBody, "QuickViewChangeBody")


def to_edit(sent: dict[str, Any]) -> QuickViewEdit:
    """The edit from the values of a ``QuickViewChangeBody``."""
    return QuickViewEdit(**sent)
