"""The five routes of a set-up resource, declared at once: list, create, show, change, delete."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from chalicelib.api.http.decoded_call import Access
from chalicelib.api.http.routing import Call, NoBody, NoQuery, Routes
from chalicelib.api.schemas.shared.fields import PageQuery, PageResponse, ResponseModel
from chalicelib.api.schemas.shared.record_models import RecordBody
from chalicelib.domain.shared.errors import Refusal
from chalicelib.services.store_port import Page


class CrudService(Protocol):
    """The use cases behind the routes; each takes the call's context, then the ids in the path from left to right.

    ``list`` takes limit and cursor after these, ``create`` and ``change`` the fields.
    """

    @property
    def list(self) -> Callable[..., Page[Any]]: ...
    @property
    def create(self) -> Callable[..., Any]: ...
    @property
    def show(self) -> Callable[..., Any]: ...
    @property
    def change(self) -> Callable[..., Any]: ...
    @property
    def remove(self) -> Callable[..., None]: ...


@dataclass(frozen=True, slots=True)
class Operation:
    """One of the routes: its operation id, its text in the API's document, its refusals beyond the obvious."""

    id: str
    text: str
    refuses: tuple[type[Refusal] | str, ...] = ()

    def name(self, handler: Any) -> Any:
        """The handler under this operation's id and text."""
        handler.__name__, handler.__doc__ = self.id, self.text
        return handler


def crud_routes(
    routes: Routes,
    path: str,
    service: Callable[[], CrudService],
    *,
    body: type[RecordBody],
    change_body: type[RecordBody],
    response: type[ResponseModel],
    saved: type[ResponseModel] | None = None,
    reading: Access,
    writing: Access,
    lists: Operation,
    creates: Operation,
    shows: Operation,
    changes: Operation,
    deletes: Operation,
) -> None:
    """Declare the routes of the resource whose records are at ``path``; its last part is the record's id.

    ``reading`` may list and show, ``writing`` create, change and delete. Create and change respond with ``saved``
    where that differs from ``response``.
    """
    names, collection = re.findall(r"{(\w+)}", path), path.rpartition("/")[0]
    page: Any = PageResponse.__class_getitem__(response)
    written = saved or response

    def ids(call: Call[Any, Any]) -> list[str]:
        return [call.path[name] for name in names if name in call.path]

    def handle_list(call: Call[NoBody, PageQuery]) -> Page[Any]:
        return service().list(call.context(), *ids(call), call.query.limit, call.query.cursor)

    def handle_create(call: Call[RecordBody, NoQuery]) -> Any:
        return service().create(call.context(), *ids(call), call.body.values())

    def handle_show(call: Call[NoBody, NoQuery]) -> Any:
        return service().show(call.context(), *ids(call))

    def handle_change(call: Call[RecordBody, NoQuery]) -> Any:
        return service().change(call.context(), *ids(call), call.body.values())

    def handle_delete(call: Call[NoBody, NoQuery]) -> None:
        service().remove(call.context(), *ids(call))

    list_refusals = ("invalid_cursor", *lists.refuses)
    routes.get(collection, query=PageQuery, response=page, access=reading, refuses=list_refusals)(
        lists.name(handle_list)
    )
    create = routes.post(collection, body=body, response=written, status=201, access=writing, refuses=creates.refuses)
    create(creates.name(handle_create))
    routes.get(path, response=response, access=reading, refuses=shows.refuses)(shows.name(handle_show))
    change = routes.patch(path, body=change_body, response=written, access=writing, refuses=changes.refuses)
    change(changes.name(handle_change))
    routes.delete(path, access=writing, refuses=deletes.refuses)(deletes.name(handle_delete))
