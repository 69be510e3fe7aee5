"""Setting up services over HTTP."""

from __future__ import annotations

from chalicelib.api.http.routing import Call, NoBody, NoQuery, Routes
from chalicelib.api.schemas.organisation.services import ServiceBody, ServiceChangeBody, ServiceResponse
from chalicelib.api.schemas.shared.fields import PageQuery, PageResponse
from chalicelib.api.schemas.shared.record_models import RecordBody
from chalicelib.container import container
from chalicelib.domain.organisation import catalog
from chalicelib.domain.shared.errors import InUse
from chalicelib.domain.shared.permissions import Ability
from chalicelib.services.store_port import Page

routes = Routes(__name__, tag="Services")


@routes.get(
    "/services",
    query=PageQuery,
    answer=PageResponse[ServiceResponse],
    who=Ability.CATALOGUE_VIEW,
    refuses=("invalid_cursor",),
)
def list_services(call: Call[NoBody, PageQuery]) -> Page[catalog.Service]:
    """All services, oldest first."""
    return container.services.list(call.query.limit, call.query.cursor)


@routes.post("/services", body=ServiceBody, answer=ServiceResponse, status=201, who=Ability.CATALOGUE_EDIT)
def create_service(call: Call[ServiceBody, NoQuery]) -> catalog.Service:
    """Offer a service."""
    return container.services.create(call.context(), call.body.values())


@routes.get("/services/{service_id}", answer=ServiceResponse, who=Ability.CATALOGUE_VIEW)
def show_service(call: Call[NoBody, NoQuery]) -> catalog.Service:
    """One service."""
    return container.services.show(call.path["service_id"])


@routes.patch("/services/{service_id}", body=ServiceChangeBody, answer=ServiceResponse, who=Ability.CATALOGUE_EDIT)
def change_service(call: Call[RecordBody, NoQuery]) -> catalog.Service:
    """Change some fields of a service; what is booked stays as it was booked."""
    return container.services.change(call.context(), call.path["service_id"], call.body.values())


@routes.delete("/services/{service_id}", who=Ability.CATALOGUE_EDIT, refuses=(InUse,))
def delete_service(call: Call[NoBody, NoQuery]) -> None:
    """Remove a service that staff, blocks and upcoming appointments no longer need."""
    container.services.remove(call.context(), call.path["service_id"])
