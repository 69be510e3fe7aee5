"""Routes of merging clients and undoing it."""

from __future__ import annotations

from chalicelib.api.http.routing import Call, NoBody, NoQuery, Routes
from chalicelib.api.schemas.clients.merging import MergeBody, MergeResponse, UndoneMergeResponse
from chalicelib.container import container
from chalicelib.domain.clients.merging import UndoneMerge
from chalicelib.domain.shared.errors import ClientMerged, NotFound, TooManyMerged, WrongState
from chalicelib.domain.shared.events import Channel
from chalicelib.domain.shared.permissions import Ability
from chalicelib.services.clients.merging import MergeResult

routes = Routes(__name__, tag="Clients")


@routes.post(
    "/clients/merge",
    body=MergeBody,
    response=MergeResponse,
    access=Ability.CLIENT_MERGE,
    refuses=(NotFound, ClientMerged, TooManyMerged, "same_client", "unknown_field"),
)
def merge_clients(call: Call[MergeBody, NoQuery]) -> MergeResult:
    """Make one record of two of the same person; nobody is told, and it can be undone."""
    return container.merge_clients.merge(call.context(Channel.CALL_CENTRE), call.body.to_request())


@routes.post(
    "/clients/merges/{merge_id}/undo",
    response=UndoneMergeResponse,
    access=Ability.CLIENT_MERGE,
    refuses=(ClientMerged, WrongState),
)
def undo_merge(call: Call[NoBody, NoQuery]) -> UndoneMerge:
    """Part two records again; what has been edited or booked since the merge stays with the primary."""
    return container.undo_merge.undo(call.context(Channel.CALL_CENTRE), call.path["merge_id"])
