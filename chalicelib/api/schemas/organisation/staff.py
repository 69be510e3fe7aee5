"""Request and response models of staff, and of the caller."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import Field

from chalicelib.api.schemas.shared.coded_fields import Email, Ids, Languages
from chalicelib.api.schemas.shared.fields import Id, ResponseModel, Text, TimezoneName
from chalicelib.api.schemas.shared.record_models import RecordBody, patch_model
from chalicelib.domain.shared.permissions import Ability, Principal, Role


class StaffMemberBody(RecordBody):
    """Somebody who works here and signs in as `email`; the role is the login's group."""

    name: Annotated[str, Text(100)]
    email: Email
    role: Role
    location_ids: Ids = ()
    service_ids: Ids = ()
    languages: Languages = ("en",)
    timezone: TimezoneName | None = None
    daily_limit: Annotated[int, Field(ge=1, le=200)] | None = None
    active: bool = True


StaffMemberChangeBody = patch_model(StaffMemberBody, "StaffMemberChangeBody")


class StaffMemberResponse(ResponseModel):
    """Somebody who works here."""

    id: Id
    version: int
    name: str
    email: str
    role: Role
    location_ids: list[Id]
    service_ids: list[Id]
    languages: list[str]
    timezone: str | None
    daily_limit: int | None
    active: bool


class MeResponse(ResponseModel):
    """The signed-in person; the first administrator has no id before there is a staff record."""

    id: Id | None
    name: str
    email: str
    role: Role
    abilities: list[Ability]
    location_ids: list[Id]

    @classmethod
    def from_domain(cls, result: Any) -> Self:
        """From the principal of the call."""
        principal: Principal = result
        return cls(
            id=principal.staff_id or None,
            name=principal.name,
            email=principal.email,
            role=principal.role,
            abilities=list(principal.abilities),
            location_ids=sorted(principal.location_ids),
        )
