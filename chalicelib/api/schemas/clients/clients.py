"""Request and response models of clients, also used for new clients at an appointment."""

from __future__ import annotations

from typing import Annotated

from pydantic import AliasChoices, Field

from chalicelib.api.schemas.shared.coded_fields import Country, Email, Language
from chalicelib.api.schemas.shared.fields import (
    Blank,
    Id,
    Instant,
    PageQuery,
    QueryFlag,
    RequestModel,
    ResponseModel,
    Text,
    TimezoneName,
)
from chalicelib.api.schemas.shared.record_models import RecordBody, patch_model
from chalicelib.domain.clients import client as domain
from chalicelib.services.clients.client_lists import ClientListRequest, ClientListScope

PhoneNumber = Annotated[str, Text(32)]
"""A telephone number, in international notation or as dialled at the location."""

_AddressLine = Annotated[str, Text(255, allow_blank=True), Blank("")]


class ContactBody(RequestModel):
    """The name and contact details of a person."""

    first_name: Annotated[str, Text(100)]
    last_name: Annotated[str, Text(100)]
    email: Annotated[Email | None, Blank()] = None
    mobile: Annotated[PhoneNumber | None, Blank()] = None


class NewClientBody(ContactBody):
    """A new client; an e-mail address or a mobile number is needed, consent to texts is given by itself."""

    phone: Annotated[PhoneNumber | None, Blank()] = None
    work_phone: Annotated[PhoneNumber | None, Blank()] = None
    address: Annotated[str, Text(255, multiline=True, allow_blank=True), Blank("")] = ""
    city: _AddressLine = ""
    region: _AddressLine = ""
    postal_code: _AddressLine = ""
    country: Annotated[Country | None, Blank()] = None
    timezone: Annotated[TimezoneName | None, Blank()] = None
    language: Annotated[Language | None, Blank()] = None
    notes: Annotated[str, Text(5000, multiline=True, allow_blank=True), Blank("")] = ""
    external_id: Annotated[Annotated[str, Text(255, complaint=domain.UNUSABLE_EXTERNAL_ID)] | None, Blank()] = None
    receive_sms: bool = False
    receive_email: bool = True

    def to_request(self) -> domain.ClientProfile:
        """The profile of the new client."""
        return domain.ClientProfile(**dict(self))


class ClientBody(NewClientBody, RecordBody):
    """A client; an e-mail address or a mobile number is needed, consent to texts is given by itself."""


ClientChangeBody = patch_model(ClientBody, "ClientChangeBody")


class ClientProfileResponse(ResponseModel):
    """A client's fields."""

    first_name: str
    last_name: str
    email: str | None
    mobile: str | None
    phone: str | None
    work_phone: str | None
    address: str
    city: str
    region: str
    postal_code: str
    country: str | None
    timezone: str | None
    language: str | None
    notes: str
    external_id: str | None
    receive_sms: bool
    receive_email: bool


class _VersionedResponse(ResponseModel):
    id: Id
    version: int


# The fields of the last base come first.
class ClientResponse(ClientProfileResponse, _VersionedResponse):
    """A client; `merged_from` are the ids of those who have been merged into them."""

    merged_from: Annotated[list[Id], Field(validation_alias=AliasChoices("absorbed", "merged_from"))]
    created_at: Instant
    updated_at: Instant


class ClientListQuery(PageQuery):
    """The search: the beginnings of words of a name in any order, an address, a number, an outside id.

    A page may have fewer items than `limit`, even none, and go on nevertheless.
    """

    q: Annotated[str, Field(max_length=300)] = ""
    filter: ClientListScope = ClientListScope.ALL

    def to_request(self) -> ClientListRequest:
        """The request of the use case."""
        return ClientListRequest(self.q, self.filter, self.limit, self.cursor)


class ClientDeletionQuery(RequestModel):
    """The fate of the client's upcoming appointments."""

    cancel_upcoming: QueryFlag = False
