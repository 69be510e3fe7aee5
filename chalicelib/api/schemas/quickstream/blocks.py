"""Quickstream blocks as requests name them and answers show them."""

from __future__ import annotations

from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo

from pydantic import Field

from chalicelib.api.schemas.shared.coded_fields import Unique
from chalicelib.api.schemas.shared.fields import Answer, Clock, Day, Flag, Id, Input, Instant, PageQuery, Start, Zone
from chalicelib.api.schemas.shared.record_models import Record, partial
from chalicelib.domain.capacity.ledger import Occupant
from chalicelib.domain.quickstream.block_edits import BlockEdit, NewRelease, Scope
from chalicelib.domain.quickstream.blocks import BlockState, Release
from chalicelib.domain.shared.times import instant, wall_text
from chalicelib.services.quickstream.block_change_plan import Extent
from chalicelib.services.quickstream.block_queries import Occurrence, Span
from chalicelib.services.quickstream.create_blocks import BlockWish, LaidOut
from chalicelib.services.quickstream.edit_blocks import Preview

MOST_SEATS = 500
_YEAR_DAYS = 366

Seats = Annotated[int, Field(ge=1, le=MOST_SEATS)]
Reserve = Annotated[int, Field(ge=0, le=MOST_SEATS)]
Services = Annotated[tuple[Id, ...], Field(min_length=1, max_length=50), Unique]
Hours = Annotated[int, Field(ge=0, le=24 * _YEAR_DAYS)]


class Recurrence(Input):
    """How a block repeats, counted in the location's own clock."""

    rrule: Annotated[str, Field(min_length=1, max_length=200, examples=["FREQ=WEEKLY;COUNT=8"])]


class ReleaseAt(Input):
    """Opens at one instant."""

    at: Start


class ReleaseDays(Input):
    """Opens some days before, at a time of day at the location."""

    days_before: Annotated[int, Field(ge=0, le=_YEAR_DAYS)]
    time: Clock


class ReleaseHours(Input):
    """Opens some hours before."""

    hours_before: Hours


Policy = ReleaseAt | ReleaseDays | ReleaseHours
"""When seats open: exactly one of the three forms."""


def _policy(policy: Policy | None) -> Release | None:
    return None if policy is None else Release(**dict(policy))


class _Fields(Record):
    """What both a new block and a change of one may say."""

    start: Start
    end: Start
    timezone: Zone | None = None
    limit: Annotated[Seats, Field(description="appointments at once")]
    services: Services
    reserved: Annotated[Reserve, Field(description="seats kept back from clients")] = 0
    release: Policy | None = None
    reserve_release: ReleaseHours | None = None


class NewBlock(_Fields):
    """A block, or a series of blocks; without a release policy it is open from the start."""

    location_id: Id
    recurrence: Recurrence | None = None

    def wish(self) -> BlockWish:
        """What the use case is asked."""
        return BlockWish(
            location_id=self.location_id,
            start=self.start,
            end=self.end,
            limit=self.limit,
            services=self.services,
            timezone=self.timezone,
            reserved=self.reserved,
            rrule=self.recurrence.rrule if self.recurrence else None,
            release=_policy(self.release),
            reserve_release=_policy(self.reserve_release),
        )


class BlockFields(_Fields):
    """The fields of a block that can change."""

    def edit(self) -> BlockEdit:
        """What the use case is asked; null removes a release policy."""
        values = self.values()
        for name in ("release", "reserve_release"):
            if name in values:
                values[name] = NewRelease(_policy(values[name]))
        return BlockEdit(**values)


BlockChange = partial(BlockFields, "BlockChange")


class ScopeQuery(Input):
    """Which occurrences are meant: this one, it and the following, or all of the series."""

    scope: Scope = Scope.THIS
    overwrite_exceptions: Flag = False
    confirm: Annotated[Flag, Field(description="even if appointments lose their seats")] = False

    def extent(self) -> Extent:
        """What the use case is asked."""
        return Extent(self.scope, self.overwrite_exceptions, self.confirm)


class BlockListQuery(PageQuery):
    """Which blocks: those that take place on these dates in the location's zone, both included."""

    location_id: Id
    first: Annotated[Day, Field(alias="from")]
    last: Annotated[Day, Field(alias="to")]

    def span(self) -> Span:
        """What the use case is asked."""
        return Span(self.location_id, self.first, self.last, self.limit, self.cursor)


class Block(Answer):
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
    def of(cls, result: Any) -> Self:
        """From an occurrence."""
        occurrence: Occurrence = result
        block, tz = occurrence.block, ZoneInfo(occurrence.timezone)
        opens, reserve_opens = block.release_at, block.reserve_release_at
        return cls(
            id=block.id,
            series_id=block.series_id,
            location_id=block.location_id,
            start=instant(block.start),
            end=instant(block.end),
            timezone=occurrence.timezone,
            local_start=wall_text(instant(block.start), tz),
            local_end=wall_text(instant(block.end), tz),
            limit=block.limit,
            reserved=block.reserved,
            services=list(block.services),
            state=block.state,
            release_at=None if opens is None else instant(opens),
            reserve_release_at=None if reserve_opens is None else instant(reserve_opens),
            exception=block.exception,
            version=block.version,
            booked_peak=occurrence.booked_peak,
        )


class Blocks(Answer):
    """A new series and its occurrences."""

    series_id: Id
    occurrences: list[Block]

    @classmethod
    def of(cls, result: Any) -> Self:
        """From what was laid out."""
        laid: LaidOut = result
        return cls(series_id=laid.series_id, occurrences=[Block.of(o) for o in laid.occurrences])


class ServiceSeats(Answer):
    """How many appointments of a service find room at once, before a change and after it."""

    service_id: Id
    seats_before: int
    seats_after: int


class Orphan(Answer):
    """An appointment that would lose its seat."""

    id: Id
    start: Instant
    end: Instant
    service_id: Id

    @classmethod
    def of(cls, result: Any) -> Self:
        """From the ledger's entry."""
        occupant: Occupant = result
        return cls(
            id=occupant.id,
            start=instant(occupant.start),
            end=instant(occupant.end),
            service_id=occupant.service_id,
        )


class BlockPreview(Answer):
    """What a change would do: seats by service, appointments without one, those that sit elsewhere then."""

    services: list[ServiceSeats]
    orphaned: list[Orphan]
    reseated: list[Id]

    @classmethod
    def of(cls, result: Any) -> Self:
        """From the use case's preview."""
        preview: Preview = result
        return cls(
            services=[ServiceSeats.model_validate(s) for s in preview.services],
            orphaned=[Orphan.of(o) for o in preview.orphaned],
            reseated=list(preview.reseated),
        )
