"""Query and response models of the public catalogue."""

from __future__ import annotations

from typing import Any, Self

from chalicelib.api.schemas.organisation.services import QuestionResponse
from chalicelib.api.schemas.organisation.settings import CancellationReasonResponse
from chalicelib.api.schemas.shared.fields import Id, PageQuery, ResponseModel
from chalicelib.domain.organisation.catalogue import MeetingMethod
from chalicelib.domain.organisation.settings import ReasonMode
from chalicelib.services.organisation.public_catalogue import PublicPolicies


class PublicServiceListQuery(PageQuery):
    """Filter of the public services."""

    location_id: Id | None = None


class PublicLocationListQuery(PageQuery):
    """Filter of the public locations."""

    service_id: Id | None = None


class PublicStaffListQuery(PageQuery):
    """Filter of the public staff."""

    service_id: Id | None = None
    location_id: Id | None = None


class PublicConfigResponse(ResponseModel):
    """The organisation as its clients need to know it; `reasons` are its own reasons for cancelling."""

    organisation_name: str
    timezone: str
    languages: list[str]
    cancel_deadline_hours: int
    rebook_deadline_hours: int
    cancel_reason: ReasonMode
    rebook_reason: ReasonMode
    reasons: list[CancellationReasonResponse]
    hold_minutes: int
    lobby_enabled: bool

    @classmethod
    def from_domain(cls, result: Any) -> Self:
        """From the organisation's policies."""
        policies: PublicPolicies = result
        settings = policies.settings
        return cls(
            organisation_name=settings.organisation_name,
            timezone=settings.timezone,
            languages=list(settings.languages),
            cancel_deadline_hours=settings.cancel_deadline_hours,
            rebook_deadline_hours=settings.rebook_deadline_hours,
            cancel_reason=settings.cancel_reason,
            rebook_reason=settings.rebook_reason,
            reasons=[CancellationReasonResponse.from_domain(reason) for reason in policies.reasons],
            hold_minutes=settings.hold_minutes,
            lobby_enabled=settings.lobby,
        )


class PublicServiceResponse(ResponseModel):
    """Something a client can book; `group` means with others."""

    id: Id
    name: str
    description: str
    duration_minutes: int
    meeting_methods: list[MeetingMethod]
    group: bool
    client_chooses_staff: bool
    questions: list[QuestionResponse]


class PublicLocationResponse(ResponseModel):
    """A branch and the ways to meet there."""

    id: Id
    name: str
    address: str
    timezone: str
    meeting_methods: list[MeetingMethod]


class PublicStaffMemberResponse(ResponseModel):
    """Somebody a client may choose."""

    id: Id
    name: str
    languages: list[str]
