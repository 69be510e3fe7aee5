"""Request and response models of merging clients."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import Field

from chalicelib.api.schemas.clients.clients import ClientProfileResponse, ClientResponse
from chalicelib.api.schemas.shared.fields import Id, Instant, RequestModel, ResponseModel
from chalicelib.domain.clients import merging as domain
from chalicelib.services.clients.merging import MergeRequest, MergeResult


class MergeBody(RequestModel):
    """Which record goes into which. What the duplicate has wins over the primary's; its blanks erase nothing.

    `fields` are those that are copied, without it all of them. `dry_run` shows what would become of it.
    """

    duplicate_id: Id
    primary_id: Id
    fields: Annotated[tuple[Annotated[str, Field(max_length=64)], ...], Field(max_length=50)] | None = None
    dry_run: bool = False

    def to_request(self) -> MergeRequest:
        """The request of the use case."""
        return MergeRequest(self.duplicate_id, self.primary_id, self.fields, self.dry_run)


class ConflictingAppointmentResponse(ResponseModel):
    """An appointment that one of the two comes to."""

    id: str
    start: Instant
    end: Instant

    @classmethod
    def from_domain(cls, result: Any) -> Self:
        """From an appointment's span."""
        span: domain.AppointmentSpan = result
        return cls(id=span.appointment_id, start=span.start, end=span.end)


class MergeConflictResponse(ResponseModel):
    """Two appointments at the same time, the duplicate's first; both stay."""

    appointments: list[ConflictingAppointmentResponse]

    @classmethod
    def from_domain(cls, result: Any) -> Self:
        """From a conflict."""
        overlap: domain.AppointmentOverlap = result
        spans = (overlap.of_duplicate, overlap.of_primary)
        return cls(appointments=[ConflictingAppointmentResponse.from_domain(span) for span in spans])


class MergeResponse(ResponseModel):
    """The client that is left, their fields `before` and `after`; without a `merge_id` nothing has been written.

    `notes_archived` is what the profile's notes could not hold; the client's log keeps it.
    """

    merge_id: str | None
    client: ClientResponse
    before: ClientProfileResponse
    after: ClientProfileResponse
    conflicts: list[MergeConflictResponse]
    notes_archived: str

    @classmethod
    def from_domain(cls, result: Any) -> Self:
        """From a merge."""
        merged: MergeResult = result
        return cls(
            merge_id=None if merged.dry_run else merged.merge.id,
            client=ClientResponse.from_domain(merged.client),
            before=ClientProfileResponse.from_domain(merged.merge.primary),
            after=ClientProfileResponse.from_domain(merged.client),
            conflicts=[MergeConflictResponse.from_domain(conflict) for conflict in merged.conflicts],
            notes_archived=merged.merge.archived_notes,
        )


class UndoneMergeResponse(ResponseModel):
    """Both clients apart again; `kept_fields` are those of the primary that have been edited since the merge."""

    duplicate: ClientResponse
    primary: ClientResponse
    kept_fields: list[str]
