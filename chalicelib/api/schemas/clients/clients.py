"""Clients as requests and answers say them; the fields are those of somebody new at an appointment."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import Field

from chalicelib.api.schemas.appointments.attendees import NewClientBody
from chalicelib.api.schemas.shared.fields import Id, Instant, PageQuery, QueryFlag, RequestModel, ResponseModel
from chalicelib.api.schemas.shared.record_models import RecordBody, patch_model
from chalicelib.domain.clients import client as domain
from chalicelib.services.clients.client_lists import ClientListRequest, ClientListScope


class ClientBody(NewClientBody, RecordBody):
    """A client; an e-mail address or a mobile number is needed, consent to texts is given by itself."""


ClientChangeBody = patch_model(ClientBody, "ClientChangeBody")


class ClientResponse(ResponseModel):
    """A client; `merged_from` are the ids of those who have been merged into them."""

    id: Id
    version: int
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
    merged_from: list[Id]
    created_at: Instant
    updated_at: Instant

    @classmethod
    def from_domain(cls, result: Any) -> Self:
        """From a client."""
        client: domain.Client = result
        fields = {name: getattr(client, name) for name in cls.model_fields if name != "merged_from"}
        return cls(**fields, merged_from=list(client.absorbed))


class ClientListQuery(PageQuery):
    """What is searched for: the beginnings of words of a name in any order, an address, a number, an outside id.

    A page may have fewer items than `limit`, even none, and go on nevertheless.
    """

    q: Annotated[str, Field(max_length=300)] = ""
    filter: ClientListScope = ClientListScope.ALL

    def to_request(self) -> ClientListRequest:
        """What the use case is asked."""
        return ClientListRequest(self.q, self.filter, self.limit, self.cursor)


class ClientDeletionQuery(RequestModel):
    """What is to become of the client's upcoming appointments."""

    cancel_upcoming: QueryFlag = False
