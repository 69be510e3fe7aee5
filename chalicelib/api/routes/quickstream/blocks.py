"""Quickstream blocks over HTTP."""

from __future__ import annotations

from chalicelib.api.http.routing import Call, NoBody, NoQuery, Routes
from chalicelib.api.schemas.quickstream.blocks import (
    BlockBody,
    BlockChangeBody,
    BlockListQuery,
    BlockPreviewResponse,
    BlockResponse,
    BlockScopeQuery,
    BlockSeriesResponse,
    EditableBlockBody,
)
from chalicelib.api.schemas.shared.fields import PageResponse
from chalicelib.container import container
from chalicelib.domain.shared.errors import BookingsAffected, DayFull, NotFound, VersionMismatch, WrongState
from chalicelib.domain.shared.permissions import Ability
from chalicelib.services.quickstream.block_reader import BlockOccurrence
from chalicelib.services.quickstream.create_blocks import CreatedBlocks
from chalicelib.services.quickstream.edit_blocks import BlockPreview
from chalicelib.services.store_port import Page

routes = Routes(__name__, tag="Quickstream")

_TIME_PROBLEMS = ("nonexistent_local_time", "ambiguous_local_time", "off_grid", "unknown_timezone", "invalid_interval")


@routes.post(
    "/quickstream/blocks",
    body=BlockBody,
    response=BlockSeriesResponse,
    status=201,
    access=Ability.BLOCK_EDIT,
    refuses=(
        NotFound,
        DayFull,
        *_TIME_PROBLEMS,
        "invalid_recurrence",
        "unknown_location",
        "unknown_service",
        "too_many_blocks",
    ),
)
def create_blocks(call: Call[BlockBody, NoQuery]) -> CreatedBlocks:
    """Create a block, or all that a recurrence rule gives up to the horizon."""
    return container.create_blocks.create(call.context(), call.body.to_request())


@routes.get(
    "/quickstream/blocks",
    query=BlockListQuery,
    response=PageResponse[BlockResponse],
    access=Ability.BLOCK_VIEW,
    refuses=(NotFound, "invalid_range", "invalid_cursor"),
)
def list_blocks(call: Call[NoBody, BlockListQuery]) -> Page[BlockOccurrence]:
    """A location's blocks on some days, by start."""
    return container.block_queries.list(call.context(), call.query.to_request())


@routes.get("/quickstream/blocks/{block_id}", response=BlockResponse, access=Ability.BLOCK_VIEW)
def show_block(call: Call[NoBody, NoQuery]) -> BlockOccurrence:
    """One occurrence of a block."""
    return container.block_queries.show(call.context(), call.path["block_id"])


@routes.patch(
    "/quickstream/blocks/{block_id}",
    body=BlockChangeBody,
    query=BlockScopeQuery,
    response=BlockResponse,
    access=Ability.BLOCK_EDIT,
    refuses=(
        BookingsAffected,
        WrongState,
        VersionMismatch,
        DayFull,
        *_TIME_PROBLEMS,
        "unknown_service",
        "date_fixed",
        "past",
    ),
)
def change_block(call: Call[EditableBlockBody, BlockScopeQuery]) -> BlockOccurrence:
    """Change one occurrence, it and the following, or all future ones; appointments never change."""
    return container.edit_blocks.edit(
        call.context(), call.path["block_id"], call.body.to_edit(), call.query.to_request()
    )


@routes.delete(
    "/quickstream/blocks/{block_id}",
    query=BlockScopeQuery,
    access=Ability.BLOCK_EDIT,
    refuses=(BookingsAffected, WrongState, VersionMismatch),
)
def delete_block(call: Call[NoBody, BlockScopeQuery]) -> None:
    """Delete one occurrence, it and the following, or all future ones; appointments stay."""
    container.edit_blocks.remove(call.context(), call.path["block_id"], call.query.to_request())


@routes.post(
    "/quickstream/blocks/{block_id}/preview",
    body=BlockChangeBody,
    query=BlockScopeQuery,
    response=BlockPreviewResponse,
    access=Ability.BLOCK_EDIT,
    idempotent=False,
    refuses=(WrongState, *_TIME_PROBLEMS, "unknown_service", "date_fixed", "past"),
)
def preview_block(call: Call[EditableBlockBody, BlockScopeQuery]) -> BlockPreview:
    """The effect a change would have on seats and appointments; writes nothing."""
    return container.edit_blocks.preview(
        call.context(), call.path["block_id"], call.body.to_edit(), call.query.to_request()
    )


@routes.post(
    "/quickstream/blocks/{block_id}/release",
    response=BlockResponse,
    access=Ability.BLOCK_RELEASE,
    versioned=True,
    refuses=(WrongState, VersionMismatch),
)
def release_block(call: Call[NoBody, NoQuery]) -> BlockOccurrence:
    """Open a held block before its time."""
    return container.release_block.release(call.context(), call.path["block_id"])


@routes.post(
    "/quickstream/blocks/{block_id}/close",
    response=BlockResponse,
    access=Ability.BLOCK_RELEASE,
    versioned=True,
    refuses=(VersionMismatch,),
)
def close_block(call: Call[NoBody, NoQuery]) -> BlockOccurrence:
    """Take no more bookings in a block; its appointments keep their seats."""
    return container.release_block.close(call.context(), call.path["block_id"])
