"""Routes of clients: lists and search, the profile and its log."""

from __future__ import annotations

from chalicelib.api.http.routing import Call, NoBody, NoQuery, Routes
from chalicelib.api.routes.clients.duplicates import created_client_response
from chalicelib.api.schemas.appointments.appointments import LogEntryResponse
from chalicelib.api.schemas.clients.clients import (
    ClientBody,
    ClientChangeBody,
    ClientDeletionQuery,
    ClientListQuery,
    ClientResponse,
)
from chalicelib.api.schemas.clients.duplicates import CreatedClientResponse
from chalicelib.api.schemas.shared.fields import PageQuery, PageResponse
from chalicelib.api.schemas.shared.record_models import RecordBody
from chalicelib.container import container
from chalicelib.domain.clients import client as domain
from chalicelib.domain.shared.errors import ClientMerged, Duplicate, HasUpcoming
from chalicelib.domain.shared.events import Channel, JournalEntry
from chalicelib.domain.shared.permissions import Ability
from chalicelib.services.store_port import Page

routes = Routes(__name__, tag="Clients")

_FIELD_PROBLEMS = ("contact_required", "invalid_phone", "unknown_timezone")


@routes.get(
    "/clients",
    query=ClientListQuery,
    response=PageResponse[ClientResponse],
    access=Ability.CLIENT_VIEW,
    refuses=("invalid_cursor",),
    shows_clients=lambda page: (client.id for client in page.items),
)
def list_clients(call: Call[NoBody, ClientListQuery]) -> Page[domain.Client]:
    """Clients the caller may see, or has to do with: those that are searched for, or all of them."""
    return container.client_lists.list_page(call.context(), call.query.to_request())


@routes.post(
    "/clients",
    body=ClientBody,
    response=CreatedClientResponse,
    present=created_client_response,
    status=201,
    access=Ability.CLIENT_ADD,
    refuses=(Duplicate, *_FIELD_PROBLEMS),
)
def create_client(call: Call[ClientBody, NoQuery]) -> domain.Client:
    """Take a client on record, whom its maker knows until somebody books them; `hint` names who may be the same."""
    return container.client_profiles.create(call.context(Channel.CALL_CENTRE), call.body.to_request())


@routes.get("/clients/{client_id}", response=ClientResponse, access=Ability.CLIENT_VIEW)
def show_client(call: Call[NoBody, NoQuery]) -> domain.Client:
    """One client; under the id of one who was merged, the client they were merged into."""
    return container.client_profiles.show(call.context(), call.path["client_id"])


@routes.patch(
    "/clients/{client_id}",
    body=ClientChangeBody,
    response=ClientResponse,
    access=Ability.CLIENT_EDIT,
    refuses=(ClientMerged, Duplicate, *_FIELD_PROBLEMS),
)
def change_client(call: Call[RecordBody, NoQuery]) -> domain.Client:
    """Change some fields; with another mobile number, consent to texts has to be given anew."""
    context = call.context(Channel.CALL_CENTRE)
    return container.client_profiles.change(context, call.path["client_id"], call.body.values())


@routes.delete(
    "/clients/{client_id}",
    query=ClientDeletionQuery,
    access=Ability.CLIENT_DELETE,
    refuses=(ClientMerged, HasUpcoming),
)
def delete_client(call: Call[NoBody, ClientDeletionQuery]) -> None:
    """Forget who a client is; their appointments stay, those ahead are cancelled if that is asked for."""
    context = call.context(Channel.CALL_CENTRE)
    container.erase_client.erase(context, call.path["client_id"], cancel_upcoming=call.query.cancel_upcoming)


@routes.get(
    "/clients/{client_id}/log",
    query=PageQuery,
    response=PageResponse[LogEntryResponse],
    access=Ability.LOG_VIEW,
    refuses=("invalid_cursor",),
)
def show_client_log(call: Call[NoBody, PageQuery]) -> Page[JournalEntry]:
    """Changes to the profile, newest first: each field before and after, consents by themselves."""
    return container.client_profiles.log(call.context(), call.path["client_id"], call.query.limit, call.query.cursor)
