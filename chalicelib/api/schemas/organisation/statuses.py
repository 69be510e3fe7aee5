"""Request and response models of statuses."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from chalicelib.api.schemas.shared.coded_fields import Unique
from chalicelib.api.schemas.shared.fields import Id, RequestModel, ResponseModel, Text
from chalicelib.api.schemas.shared.record_models import RecordBody, patch_model
from chalicelib.domain.organisation.statuses import MAX_STATUSES, StatusPredicate

Colour = Annotated[str, Field(pattern=r"^#[0-9A-Fa-f]{6}$", examples=["#2e7d32"])]
"""A colour as ``#rrggbb``."""


class StatusBody(RecordBody):
    """A step between request and confirmation; without a `position` it comes behind all others."""

    name: Annotated[str, Text(100)]
    description: Annotated[str, Text(500, multiline=True, allow_blank=True)] = ""
    position: Annotated[int, Field(ge=0, le=100_000)] | None = None
    predicate: StatusPredicate
    colour: Colour
    archived: bool = False

    def values(self) -> dict[str, Any]:
        """The fields that were sent; a null position counts as not sent."""
        found = super().values()
        return {name: value for name, value in found.items() if (name, value) != ("position", None)}


StatusChangeBody = patch_model(StatusBody, "StatusChangeBody")


class StatusOrderBody(RequestModel):
    """The ids of all statuses in their order; archived ones may be left out."""

    ids: Annotated[tuple[Id, ...], Field(min_length=1, max_length=MAX_STATUSES), Unique]


class StatusResponse(ResponseModel):
    """A step between request and confirmation; an archived one is shown where it is held and cannot be chosen."""

    id: Id
    version: int
    name: str
    description: str
    position: int
    predicate: StatusPredicate
    colour: str
    archived: bool
