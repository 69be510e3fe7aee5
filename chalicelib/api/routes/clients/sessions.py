"""Routes of clients' sessions."""

from __future__ import annotations

from chalicelib.api.http.routing import Call, NoBody, NoQuery, Routes
from chalicelib.api.schemas.clients.sessions import (
    SessionAllotmentBody,
    SessionDecisionBody,
    SessionRequestBody,
    SessionRequestResponse,
    SessionsResponse,
)
from chalicelib.api.schemas.shared.fields import PageQuery, PageResponse
from chalicelib.container import container
from chalicelib.domain.clients import sessions as domain
from chalicelib.domain.shared.errors import ClientMerged, WrongState
from chalicelib.domain.shared.events import Channel
from chalicelib.domain.shared.permissions import Ability
from chalicelib.services.store_port import Page

routes = Routes(__name__, tag="Clients")


@routes.get("/clients/{client_id}/sessions", response=SessionsResponse, access=Ability.CLIENT_VIEW)
def show_sessions(call: Call[NoBody, NoQuery]) -> domain.SessionBalance:
    """How many sessions a client has, with those of everybody merged into them."""
    return container.sessions.show(call.context(), call.path["client_id"])


@routes.put(
    "/clients/{client_id}/sessions",
    body=SessionAllotmentBody,
    response=SessionsResponse,
    access=Ability.SESSIONS_ALLOT,
    refuses=(ClientMerged,),
)
def allot_sessions(call: Call[SessionAllotmentBody, NoQuery]) -> domain.SessionBalance:
    """Say how many sessions a client has in all; from then on none is booked beyond them."""
    context = call.context(Channel.CALL_CENTRE)
    return container.sessions.allot(context, call.path["client_id"], call.body.allotted)


@routes.get(
    "/clients/{client_id}/session-requests",
    query=PageQuery,
    response=PageResponse[SessionRequestResponse],
    access=Ability.LOG_VIEW,
    refuses=("invalid_cursor",),
)
def list_session_requests(call: Call[NoBody, PageQuery]) -> Page[domain.SessionRequest]:
    """The sessions asked for beyond those allotted, newest first, and what became of each request."""
    query = call.query
    return container.sessions.list_requests(call.context(), call.path["client_id"], query.limit, query.cursor)


@routes.post(
    "/clients/{client_id}/session-requests",
    body=SessionRequestBody,
    response=SessionRequestResponse,
    status=201,
    access=Ability.SESSIONS_REQUEST,
    refuses=(ClientMerged, WrongState, "too_many"),
)
def request_sessions(call: Call[SessionRequestBody, NoQuery]) -> domain.SessionRequest:
    """Ask for more sessions; until that is decided there are no more than before."""
    context, body = call.context(Channel.CALL_CENTRE), call.body
    return container.sessions.request_more(context, call.path["client_id"], body.sessions, body.reason)


@routes.patch(
    "/clients/{client_id}/session-requests/{request_id}",
    body=SessionDecisionBody,
    response=SessionRequestResponse,
    access=Ability.SESSIONS_ALLOT,
    versioned=False,
    refuses=(ClientMerged, WrongState),
)
def decide_session_request(call: Call[SessionDecisionBody, NoQuery]) -> domain.SessionRequest:
    """Approve a request, which allots what it asks for, or decline it; once."""
    context, path = call.context(Channel.CALL_CENTRE), call.path
    return container.sessions.decide_request(context, path["client_id"], path["request_id"], call.body.to_request())
