"""Field types for standard codes: e-mail addresses, countries, languages, origins; lists of ids."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, Field, WithJsonSchema

from chalicelib.api.schemas.shared.fields import Id

T = TypeVar("T", bound=Sequence[Hashable])


def _normalise_email(value: str) -> str:
    # Loaded at the first address: most requests have none.
    from email_validator import EmailNotValidError, validate_email

    try:
        return validate_email(
            value.strip(), check_deliverability=False, test_environment=True, allow_smtputf8=False
        ).normalized
    except EmailNotValidError:
        raise ValueError("This is not an e-mail address.") from None


def _require_unique(values: T) -> T:
    if len(set(values)) != len(values):
        raise ValueError("Say each one once.")
    return values


Unique = AfterValidator(_require_unique)
"""A list without duplicates."""

_EMAIL_SCHEMA: dict[str, Any] = {"type": "string", "format": "email", "maxLength": 254}

Email = Annotated[
    str, Field(max_length=254), AfterValidator(_normalise_email), WithJsonSchema(_EMAIL_SCHEMA, mode="validation")
]
"""An e-mail address of at most 254 characters (D25b)."""

Language = Annotated[str, Field(pattern="^[a-z]{2}$", examples=["en"])]
"""A language by its two letters (ISO 639-1)."""

Country = Annotated[str, Field(pattern="^[A-Z]{2}$", examples=["CA"])]
"""A country by its two letters (ISO 3166-1)."""

Origin = Annotated[
    str,
    Field(max_length=255, pattern=r"^(\*|https?://[a-z0-9.-]+(:[0-9]{1,5})?)$", examples=["https://example.org"]),
]
"""A web origin as browsers send it, or ``*`` for any."""

Ids = Annotated[tuple[Id, ...], Field(max_length=200), Unique]
"""Ids of existing records, without duplicates."""

Languages = Annotated[tuple[Language, ...], Field(min_length=1, max_length=20), Unique]
"""At least one language."""
