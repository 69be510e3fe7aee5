"""Routes of clients' workflows."""

from __future__ import annotations

from chalicelib.api.http.routing import Call, NoBody, NoQuery, Routes
from chalicelib.api.schemas.clients.workflows import WorkflowBody, WorkflowChangeBody, WorkflowResponse
from chalicelib.api.schemas.shared.fields import PageQuery, PageResponse
from chalicelib.api.schemas.shared.record_models import RecordBody
from chalicelib.container import container
from chalicelib.domain.clients import workflows as domain
from chalicelib.domain.shared.errors import ClientMerged
from chalicelib.domain.shared.events import Channel
from chalicelib.domain.shared.permissions import Ability
from chalicelib.services.store_port import Page

routes = Routes(__name__, tag="Clients")


@routes.get(
    "/clients/{client_id}/workflows",
    query=PageQuery,
    response=PageResponse[WorkflowResponse],
    access=Ability.LOG_VIEW,
    refuses=("invalid_cursor",),
)
def list_workflows(call: Call[NoBody, PageQuery]) -> Page[domain.Workflow]:
    """A client's workflows, newest first, with those of everybody merged into them."""
    return container.workflows.list_page(call.context(), call.path["client_id"], call.query.limit, call.query.cursor)


@routes.post(
    "/clients/{client_id}/workflows",
    body=WorkflowBody,
    response=WorkflowResponse,
    status=201,
    access=Ability.WORKFLOW_EDIT,
    refuses=(ClientMerged, "unknown_staff", "too_many"),
)
def create_workflow(call: Call[WorkflowBody, NoQuery]) -> domain.Workflow:
    """Give a client a list of steps to be taken."""
    context = call.context(Channel.CALL_CENTRE)
    return container.workflows.create(context, call.path["client_id"], call.body.values())


@routes.patch(
    "/workflows/{workflow_id}",
    body=WorkflowChangeBody,
    response=WorkflowResponse,
    access=Ability.WORKFLOW_EDIT,
    refuses=("unknown_staff",),
)
def change_workflow(call: Call[RecordBody, NoQuery]) -> domain.Workflow:
    """Work on a workflow: rename, hand on, close or open it again; `steps` replaces all of them."""
    context = call.context(Channel.CALL_CENTRE)
    return container.workflows.change(context, call.path["workflow_id"], call.body.values())
