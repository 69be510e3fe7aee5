"""Setting up services over HTTP."""

from __future__ import annotations

from chalicelib.api.http.crud_routes import Operation, crud_routes
from chalicelib.api.http.routing import Routes
from chalicelib.api.schemas.organisation.services import ServiceBody, ServiceChangeBody, ServiceResponse
from chalicelib.container import container
from chalicelib.domain.shared.errors import InUse
from chalicelib.domain.shared.permissions import Ability

routes = Routes(__name__, tag="Services")

crud_routes(
    routes,
    "/services/{service_id}",
    lambda: container.services,
    body=ServiceBody,
    change_body=ServiceChangeBody,
    response=ServiceResponse,
    reading=Ability.CATALOGUE_VIEW,
    writing=Ability.CATALOGUE_EDIT,
    lists=Operation("list_services", "All services, oldest first."),
    creates=Operation("create_service", "Offer a service."),
    shows=Operation("show_service", "One service."),
    changes=Operation("change_service", "Change some fields of a service; what is booked stays as it was booked."),
    deletes=Operation(
        "delete_service", "Remove a service that staff, blocks and upcoming appointments no longer need.", (InUse,)
    ),
)
