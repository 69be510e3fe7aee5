"""One route as data: all that its declaration contains (made by ``routing.Routes``)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Required, TypedDict

from pydantic import BaseModel

from chalicelib.api.http.decoded_call import Access, AccessLevel, Call
from chalicelib.api.schemas.shared.fields import NoBody, NoQuery, RequestModel, ResponseModel
from chalicelib.domain.shared.errors import Refusal

JSON = "application/json"

Handler = Callable[[Call[Any, Any]], Any]
Presenter = Callable[[Call[Any, Any], Any], BaseModel]
ClientsShown = Callable[[Any], Iterable[str]]
"""The ids of the clients whose profiles are in a handler's result."""


class RouteOptions(TypedDict, total=False):
    """The keywords of a declaration; only ``access`` is required."""

    access: Required[Access]
    body: type[RequestModel]
    query: type[RequestModel]
    response: type[ResponseModel]
    status: int
    present: Presenter
    refuses: tuple[type[Refusal] | str, ...]
    idempotent: bool
    versioned: bool
    produces: str
    shows_clients: ClientsShown


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """The declaration of one route."""

    method: str
    path: str
    handler: Handler
    tag: str
    access: Access
    body: type[RequestModel] = NoBody
    query: type[RequestModel] = NoQuery
    response: type[ResponseModel] | None = None
    status: int = 200
    present: Presenter | None = None
    refuses: tuple[type[Refusal] | str, ...] = ()
    idempotent: bool = False
    versioned: bool = False
    produces: str = JSON
    shows_clients: ClientsShown | None = None

    @property
    def reads_client(self) -> bool:
        """True if it shows what is kept about the client in its path: profile, log, activity (TR-5)."""
        return self.method == "GET" and "{client_id}" in self.path and not self.public

    @property
    def public(self) -> bool:
        """True if it is called without a login."""
        return self.access is AccessLevel.PUBLIC

    @property
    def name(self) -> str:
        """The operation id."""
        return self.handler.__name__
