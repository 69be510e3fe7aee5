"""Request and response models of locations."""

from __future__ import annotations

from typing import Annotated

from chalicelib.api.schemas.shared.coded_fields import Country, Email, Language
from chalicelib.api.schemas.shared.fields import Id, ResponseModel, Text, TimezoneName
from chalicelib.api.schemas.shared.record_models import RecordBody, patch_model


class LocationBody(RecordBody):
    """A branch; `email` hears of confirmed bookings, `country` and `region` have the public holidays."""

    name: Annotated[str, Text(100)]
    timezone: TimezoneName
    address: Annotated[str, Text(255, multiline=True, allow_blank=True)] = ""
    email: Email | None = None
    country: Country | None = None
    region: Annotated[str, Text(100)] | None = None
    language: Language = "en"


LocationChangeBody = patch_model(LocationBody, "LocationChangeBody")


class LocationResponse(ResponseModel):
    """A branch."""

    id: Id
    version: int
    name: str
    timezone: str
    address: str
    email: str | None
    country: str | None
    region: str | None
    language: str
