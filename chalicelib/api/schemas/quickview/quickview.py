"""Quick View as requests and answers say it."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import Field

from chalicelib.api.schemas.appointments.appointments import Appointment
from chalicelib.api.schemas.shared.fields import Answer, Day, Id, Input
from chalicelib.api.schemas.shared.record_models import Record, partial
from chalicelib.domain.appointments.video_meetings import Platform
from chalicelib.domain.organisation.catalog import Method
from chalicelib.domain.quickview.sections import Section
from chalicelib.services.quickview.allowed_actions import Action
from chalicelib.services.quickview.quickview import QuickItem, QuickQuery, Sections
from chalicelib.services.quickview.quickview_edits import QuickEdit

TimeOfDay = Annotated[
    str,
    Field(
        pattern=r"^([01]\d|2[0-3]):[0-5]\d(Z|[+-]([01]\d|2[0-3]):[0-5]\d)?$",
        examples=["10:30"],
        description="by the client's clocks; with its offset where they show it twice that day",
    ),
]


class QuickViewQuery(Input):
    """Whose Quick View, `me` without saying, and of which day in their zone, today without saying."""

    staff_id: Id = "me"
    date: Day | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 50

    def query(self, me: str) -> QuickQuery:
        """What the use case is asked."""
        return QuickQuery(me if self.staff_id == "me" else self.staff_id, self.date, self.limit)


class QuickContact(Answer):
    """How somebody who comes is reached, and the zone on their record."""

    client_id: str
    name: str
    email: str | None
    mobile: str | None
    phone: str | None
    timezone: str | None


class QuickAppointment(Appointment):
    """An appointment with the `actions` that the caller may take now, and its start by the consultant's clocks."""

    actions: list[Action]
    contacts: list[QuickContact]
    staff_timezone: str
    staff_local_start: str

    @classmethod
    def of(cls, result: Any) -> Self:
        """From an item of a section."""
        item: QuickItem = result
        whole = Appointment.of(item.seated)
        return cls(
            **{name: getattr(whole, name) for name in Appointment.model_fields},
            actions=list(item.actions),
            contacts=[
                QuickContact(
                    client_id=c.id, name=c.name, email=c.email, mobile=c.mobile, phone=c.phone, timezone=c.timezone
                )
                for c in item.clients
            ],
            staff_timezone=item.staff_timezone,
            staff_local_start=item.staff_local_start,
        )


class QuickView(Answer):
    """What has not begun, overdue or still to come; what has; and what was lately completed, missed or cancelled.

    `truncated` names the sections that hold more than is shown.
    """

    not_started: list[QuickAppointment]
    in_progress: list[QuickAppointment]
    recently_completed: list[QuickAppointment]
    truncated: list[Section]

    @classmethod
    def of(cls, result: Any) -> Self:
        """From the sections."""
        sections: Sections = result
        shown = {s.value: [QuickAppointment.of(item) for item in items] for s, items in sections.items.items()}
        return cls(**shown, truncated=list(sections.truncated))


class QuickTerms(Record):
    """How an appointment takes place and when on its day; `platform` goes with video only."""

    modality: Method
    time: TimeOfDay
    notify_client: bool
    platform: Platform


QuickChange = partial(QuickTerms, "QuickChange")


def edit(sent: dict[str, Any]) -> QuickEdit:
    """What the use case is asked, from what a ``QuickChange`` carries."""
    return QuickEdit(**sent)
