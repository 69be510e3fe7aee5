"""Merging clients over HTTP, and undoing it."""

from __future__ import annotations

from chalicelib import container
from chalicelib.api.http.routing import Call, NoBody, NoQuery, Routes
from chalicelib.api.schemas.clients.merging import MergedClients, MergeRequest, PartedClients
from chalicelib.domain.clients.merging import Undone
from chalicelib.domain.shared.errors import ClientMerged, NotFound, TooManyMerged, WrongState
from chalicelib.domain.shared.events import Channel
from chalicelib.domain.shared.permissions import Ability
from chalicelib.services.clients.merging import Merged

routes = Routes(__name__, tag="Clients")


@routes.post(
    "/clients/merge",
    body=MergeRequest,
    answer=MergedClients,
    who=Ability.CLIENT_MERGE,
    refuses=(NotFound, ClientMerged, TooManyMerged, "same_client", "unknown_field"),
)
def merge_clients(call: Call[MergeRequest, NoQuery]) -> Merged:
    """Make one record of two of the same person; nobody is told, and it can be undone."""
    return container.merging().merge(call.context(Channel.CALL_CENTRE), call.body.wish())


@routes.post(
    "/clients/merges/{merge_id}/undo",
    answer=PartedClients,
    who=Ability.CLIENT_MERGE,
    refuses=(ClientMerged, WrongState),
)
def undo_merge(call: Call[NoBody, NoQuery]) -> Undone:
    """Part two records again; what has been edited or booked since the merge stays with the primary."""
    return container.undoing().undo(call.context(Channel.CALL_CENTRE), call.path["merge_id"])
