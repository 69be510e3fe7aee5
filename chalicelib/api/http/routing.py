"""Declaring routes: decoding, authorisation, responses, problems and the OpenAPI document follow from the declaration.

    routes = Routes(__name__, tag="Quickstream")

    @routes.get("/quickstream/blocks/{block_id}", response=BlockResponse, access=Ability.BLOCK_VIEW)
    def show_block(call: Call[NoBody, NoQuery]) -> BlockOccurrence:
        '''One occurrence of a block.'''
        return container.block_queries.show(call.context(), call.path["block_id"])

    @routes.post("/public/holds", body=HoldBody, response=HoldResponse, status=201, access=PUBLIC,
                 refuses=(SlotTaken, "unknown_service"))
    def hold_slot(call: Call[HoldBody, NoQuery]) -> IssuedHold:
        '''Keep a slot while its form is filled in.'''
        return container.hold_slot.hold(call.context(), call.body.to_request())

A handler returns the model of ``response=`` or a value that its ``from_domain`` takes; ``present=`` replaces
``from_domain`` by a function of the call and the result. Without ``response=`` the response has no body (204). Models
of bodies and queries derive from ``RequestModel``, those of responses from ``ResponseModel``
(schemas/shared/fields.py). Every POST takes an Idempotency-Key unless ``idempotent=False``; PATCH and DELETE take
If-Match unless ``versioned=False``, and a POST takes it with ``versioned=True``. ``refuses=`` lists the refusals
that do not follow from the rest, by class or code. A route whose response is not JSON declares
``produces="text/calendar"`` and returns text, or a Chalice ``Response`` to set headers of its own. One path belongs
to one ``Routes``. The handler's name is the operation id, its docstring the document's text.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Unpack

from chalice.app import Blueprint, CognitoUserPoolAuthorizer, Response

from chalicelib.api.http import serving
from chalicelib.api.http.decoded_call import ANY_STAFF, PUBLIC, Call
from chalicelib.api.http.route import JSON, Handler, Route, RouteOptions
from chalicelib.api.schemas.shared.fields import NoBody, NoQuery

__all__ = ["ANY_STAFF", "PUBLIC", "Call", "NoBody", "NoQuery", "Route", "Routes"]

STAFF_AUTHORIZER = CognitoUserPoolAuthorizer(
    "StaffPool",
    provider_arns=[{"Fn::GetAtt": ["StaffPool", "Arn"]}],  # type: ignore[list-item]  # passes through to the template
)


class Routes:
    """The routes of one resource, collected in a Chalice blueprint."""

    def __init__(self, import_name: str, tag: str = "") -> None:
        """``tag`` is the resource's heading in the API's document; without one its routes are left out."""
        self.blueprint = Blueprint(import_name)
        self.declared: list[Route] = []
        self._tag = tag
        self._methods: dict[str, list[str]] = {}

    def get(self, path: str, **declaration: Unpack[RouteOptions]) -> Callable[[Handler], Handler]:
        """A route that reads."""
        return self.route("GET", path, **declaration)

    def post(self, path: str, **declaration: Unpack[RouteOptions]) -> Callable[[Handler], Handler]:
        """A route that creates or acts; takes an Idempotency-Key."""
        declaration.setdefault("idempotent", True)
        return self.route("POST", path, **declaration)

    def put(self, path: str, **declaration: Unpack[RouteOptions]) -> Callable[[Handler], Handler]:
        """A route that replaces."""
        return self.route("PUT", path, **declaration)

    def patch(self, path: str, **declaration: Unpack[RouteOptions]) -> Callable[[Handler], Handler]:
        """A route that changes; takes If-Match."""
        declaration.setdefault("versioned", True)
        return self.route("PATCH", path, **declaration)

    def delete(self, path: str, **declaration: Unpack[RouteOptions]) -> Callable[[Handler], Handler]:
        """A route that removes; takes If-Match, responds 204 unless a response model is declared."""
        declaration.setdefault("versioned", True)
        return self.route("DELETE", path, **declaration)

    def route(self, method: str, path: str, **declaration: Unpack[RouteOptions]) -> Callable[[Handler], Handler]:
        """Declare the decorated function as the handler of a route."""
        empty = "response" not in declaration and "produces" not in declaration
        declaration.setdefault("status", 204 if empty else 200)

        def declare(handler: Handler) -> Handler:
            self._add(Route(method=method, path=path, handler=handler, tag=self._tag, **declaration))
            return handler

        return declare

    def _add(self, route: Route) -> None:
        self.declared.append(route)

        def view(**parameters: str) -> Response:
            return serving.serve(route, self.blueprint.current_request, parameters)

        self._register(route.method, route.path, view, route.name, None if route.public else STAFF_AUTHORIZER)
        if route.produces == JSON:  # browsers load pages and files without a preflight
            self._add_preflight(route)

    def _add_preflight(self, route: Route) -> None:
        methods = self._methods.setdefault(route.path, [])
        methods.append(route.method)
        if len(methods) > 1:
            return

        # With Chalice's own CORS the gateway responds with one fixed origin; ours are in the table.
        def view(**parameters: str) -> Response:
            return serving.serve_preflight(route, self.blueprint.current_request, methods)

        self._register("OPTIONS", route.path, view, f"{route.name}_preflight", None)

    def _register(self, method: str, path: str, view: Callable[..., Response], name: str, authorizer: object) -> None:
        # No content types: Chalice would respond 415 itself, to every method and without a problem.
        register = self.blueprint.route(
            path, methods=[method], name=name, authorizer=authorizer, content_types=[], cors=False
        )
        register(view)
