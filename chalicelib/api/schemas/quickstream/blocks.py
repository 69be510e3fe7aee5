"""Requests and responses about Quickstream blocks."""

from __future__ import annotations

from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo

from pydantic import Field

from chalicelib.api.schemas.shared.coded_fields import Unique
from chalicelib.api.schemas.shared.fields import (
    DateTimeInput,
    Day,
    Id,
    Instant,
    PageQuery,
    QueryFlag,
    RequestModel,
    ResponseModel,
    TimeOfDay,
    TimezoneName,
)
from chalicelib.api.schemas.shared.record_models import RecordBody, patch_model
from chalicelib.domain.capacity.ledger import Occupant
from chalicelib.domain.quickstream.block_edits import BlockEdit, ReleaseEdit, SeriesScope
from chalicelib.domain.quickstream.blocks import BlockState, Release
from chalicelib.domain.shared.times import from_epoch_minute, wall_text
from chalicelib.services.quickstream.block_change_plan import EditExtent
from chalicelib.services.quickstream.block_queries import BlockListRequest
from chalicelib.services.quickstream.block_reader import BlockOccurrence
from chalicelib.services.quickstream.create_blocks import BlockRequest, CreatedBlocks
from chalicelib.services.quickstream.edit_blocks import BlockPreview

MAX_SEATS = 500
_YEAR_DAYS = 366

SeatLimit = Annotated[int, Field(ge=1, le=MAX_SEATS)]
ReservedSeats = Annotated[int, Field(ge=0, le=MAX_SEATS)]
ServiceIds = Annotated[tuple[Id, ...], Field(min_length=1, max_length=50), Unique]
HoursBefore = Annotated[int, Field(ge=0, le=24 * _YEAR_DAYS)]


class RecurrenceBody(RequestModel):
    """The recurrence of a block, by the location's own clock."""

    rrule: Annotated[str, Field(min_length=1, max_length=200, examples=["FREQ=WEEKLY;COUNT=8"])]


class ReleaseAtBody(RequestModel):
    """Opens at one instant."""

    at: DateTimeInput


class ReleaseDaysBeforeBody(RequestModel):
    """Opens some days before, at a time of day at the location."""

    days_before: Annotated[int, Field(ge=0, le=_YEAR_DAYS)]
    time: TimeOfDay


class ReleaseHoursBeforeBody(RequestModel):
    """Opens some hours before."""

    hours_before: HoursBefore


ReleasePolicy = ReleaseAtBody | ReleaseDaysBeforeBody | ReleaseHoursBeforeBody
"""When seats open: exactly one of the three forms."""


def _to_release(policy: ReleasePolicy | None) -> Release | None:
    return None if policy is None else Release(**dict(policy))


class _BlockFieldsBody(RecordBody):
    """The fields that both a new block and a change of one have."""

    start: DateTimeInput
    end: DateTimeInput
    timezone: TimezoneName | None = None
    limit: Annotated[SeatLimit, Field(description="appointments at once")]
    services: ServiceIds
    reserved: Annotated[ReservedSeats, Field(description="seats kept back from clients")] = 0
    release: ReleasePolicy | None = None
    reserve_release: ReleaseHoursBeforeBody | None = None


class BlockBody(_BlockFieldsBody):
    """A block, or a series of blocks; without a release policy it is open from the start."""

    location_id: Id
    recurrence: RecurrenceBody | None = None

    def to_request(self) -> BlockRequest:
        """The request for the use case."""
        return BlockRequest(
            location_id=self.location_id,
            start=self.start,
            end=self.end,
            limit=self.limit,
            services=self.services,
            timezone=self.timezone,
            reserved=self.reserved,
            rrule=self.recurrence.rrule if self.recurrence else None,
            release=_to_release(self.release),
            reserve_release=_to_release(self.reserve_release),
        )


class EditableBlockBody(_BlockFieldsBody):
    """The fields of a block that can change."""

    def to_edit(self) -> BlockEdit:
        """The edit for the use case; null removes a release policy."""
        values = self.values()
        for name in ("release", "reserve_release"):
            if name in values:
                values[name] = ReleaseEdit(_to_release(values[name]))
        return BlockEdit(**values)


BlockChangeBody = patch_model(EditableBlockBody, "BlockChangeBody")


class BlockScopeQuery(RequestModel):
    """The occurrences meant: this one, it and the following, or all of the series."""

    scope: SeriesScope = SeriesScope.THIS
    overwrite_exceptions: QueryFlag = False
    confirm: Annotated[QueryFlag, Field(description="even if appointments lose their seats")] = False

    def to_request(self) -> EditExtent:
        """The extent for the use case."""
        return EditExtent(self.scope, self.overwrite_exceptions, self.confirm)


class BlockListQuery(PageQuery):
    """The blocks that take place on these dates in the location's zone, both included."""

    location_id: Id
    first: Annotated[Day, Field(alias="from")]
    last: Annotated[Day, Field(alias="to")]

    def to_request(self) -> BlockListRequest:
        """The request for the use case."""
        return BlockListRequest(self.location_id, self.first, self.last, self.limit, self.cursor)


class BlockResponse(ResponseModel):
    """One occurrence of a block."""

    id: Id
    series_id: Id
    location_id: Id
    start: Instant
    end: Instant
    timezone: str
    local_start: str
    local_end: str
    limit: int
    reserved: int
    services: list[Id]
    state: BlockState
    release_at: Instant | None
    reserve_release_at: Instant | None
    exception: bool
    version: int
    booked_peak: Annotated[int, Field(description="the most appointments that sit here at once")]

    @classmethod
    def from_domain(cls, result: Any) -> Self:
        """From an occurrence."""
        occurrence: BlockOccurrence = result
        block, tz = occurrence.block, ZoneInfo(occurrence.timezone)
        opens, reserve_opens = block.release_at, block.reserve_release_at
        return cls(
            id=block.id,
            series_id=block.series_id,
            location_id=block.location_id,
            start=from_epoch_minute(block.start),
            end=from_epoch_minute(block.end),
            timezone=occurrence.timezone,
            local_start=wall_text(from_epoch_minute(block.start), tz),
            local_end=wall_text(from_epoch_minute(block.end), tz),
            limit=block.limit,
            reserved=block.reserved,
            services=list(block.services),
            state=block.state,
            release_at=None if opens is None else from_epoch_minute(opens),
            reserve_release_at=None if reserve_opens is None else from_epoch_minute(reserve_opens),
            exception=block.exception,
            version=block.version,
            booked_peak=occurrence.booked_peak,
        )


class BlockSeriesResponse(ResponseModel):
    """A new series and its occurrences."""

    series_id: Id
    occurrences: list[BlockResponse]

    @classmethod
    def from_domain(cls, result: Any) -> Self:
        """From the created blocks."""
        created: CreatedBlocks = result
        return cls(series_id=created.series_id, occurrences=[BlockResponse.from_domain(o) for o in created.occurrences])


class ServiceSeatsResponse(ResponseModel):
    """The most appointments of a service that fit at once, before a change and after it."""

    service_id: Id
    seats_before: int
    seats_after: int


class OrphanedAppointmentResponse(ResponseModel):
    """An appointment that would lose its seat."""

    id: Id
    start: Instant
    end: Instant
    service_id: Id

    @classmethod
    def from_domain(cls, result: Any) -> Self:
        """From an occupant of the ledger."""
        occupant: Occupant = result
        return cls(
            id=occupant.id,
            start=from_epoch_minute(occupant.start),
            end=from_epoch_minute(occupant.end),
            service_id=occupant.service_id,
        )


class BlockPreviewResponse(ResponseModel):
    """The effect of a change: seats by service, appointments left without one, those seated in another block."""

    services: list[ServiceSeatsResponse]
    orphaned: list[OrphanedAppointmentResponse]
    reseated: list[Id]

    @classmethod
    def from_domain(cls, result: Any) -> Self:
        """From the use case's preview."""
        preview: BlockPreview = result
        return cls(
            services=[ServiceSeatsResponse.model_validate(s) for s in preview.services],
            orphaned=[OrphanedAppointmentResponse.from_domain(o) for o in preview.orphaned],
            reseated=list(preview.reseated),
        )
