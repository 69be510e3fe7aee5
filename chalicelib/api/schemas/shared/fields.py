"""Field types, and the base models of requests and responses.

Examples: ``name: Annotated[str, Text(100)]``, ``location_id: Id``, ``start: DateTimeInput``, ``at: Instant``.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Generic, Self, TypeVar, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainSerializer,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, core_schema

from chalicelib.domain.shared.times import utc_text

_YEARS = range(2000, 2100)
_LINE_BREAKS = "\n\r\t"
# Characters that cannot be seen: format and spacing characters, marks without a letter, fillers among the letters.
_INVISIBLE_CATEGORIES = frozenset({"Cf", "Zs", "Zl", "Zp", "Cc", "Mn"})
_INVISIBLE = "\u115f\u1160\u2800\u3164\uffa0"
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?")


class RequestModel(BaseModel):
    """A request's body or query: unknown fields are refused, values in bodies are not converted."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, defer_build=True, allow_inf_nan=False, hide_input_in_errors=True
    )


class NoBody(RequestModel):
    """A request without a body, or with an empty object."""


class NoQuery(RequestModel):
    """A request without query parameters."""


class AnyQuery(RequestModel):
    """Any query parameters: they belong to the page, or to the campaign that links to it."""

    model_config = ConfigDict(extra="ignore")


class ResponseModel(BaseModel):
    """A response's body, built from a use case's result by ``from_domain``, attribute by attribute."""

    model_config = ConfigDict(frozen=True, defer_build=True, from_attributes=True, hide_input_in_errors=True)

    @classmethod
    def from_domain(cls, result: Any) -> Self:
        """The model from a use case's result; override it where names or shapes differ."""
        return cls.model_validate(result)


Item = TypeVar("Item")


class PageResponse(ResponseModel, Generic[Item]):
    """Part of a list; ``next_cursor`` is null on the last page."""

    items: list[Item]
    next_cursor: str | None = None

    @classmethod
    def model_parametrized_name(cls, params: tuple[type[Any], ...]) -> str:
        """Pydantic's hook: a page of ``ClientResponse`` is a ``ClientPageResponse``, in the API's document too."""
        (item,) = params
        return item.__name__.removesuffix("Response") + "PageResponse"

    @classmethod
    def from_domain(cls, result: Any) -> Self:
        """Each item by its own model's ``from_domain``."""
        (kind,) = get_args(cls.model_fields["items"].annotation)
        return cls(items=[kind.from_domain(item) for item in result.items], next_cursor=result.next_cursor)


class PageQuery(RequestModel):
    """The part of a list to return."""

    limit: Annotated[int, Field(ge=1, le=100)] = 50
    cursor: Annotated[str, Field(min_length=1, max_length=1024)] | None = None


@dataclass(frozen=True, slots=True)
class Text:
    """Human text: NFC, trimmed, at most ``max_length`` code points after that (D25b), no control characters.

    ``multiline`` allows line breaks, ``allow_blank`` an empty text; text of invisible characters alone counts as
    empty (edge case 24). ``complaint`` is what every refusal says, for a field that must not tell why (TR-4).
    """

    max_length: int
    multiline: bool = False
    allow_blank: bool = False
    complaint: str = ""

    def clean(self, value: str) -> str:
        """The text as it is stored; ValueError if it is not allowed."""
        try:
            return self._clean(value)
        except ValueError as error:
            raise ValueError(self.complaint or str(error)) from None

    def _clean(self, value: str) -> str:
        text = unicodedata.normalize("NFC", value).strip()
        if len(text) > self.max_length:
            raise ValueError(f"This may have at most {self.max_length} characters.")
        allowed = _LINE_BREAKS if self.multiline else ""
        if any(unicodedata.category(c) in ("Cc", "Cs") and c not in allowed for c in text):
            raise ValueError("This contains a control character.")
        if all(unicodedata.category(c) in _INVISIBLE_CATEGORIES or c in _INVISIBLE for c in text):
            if not self.allow_blank:
                raise ValueError("This must not be blank.")
            return ""
        return text

    def __get_pydantic_core_schema__(self, source: type, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Pydantic's hook: check after the value is known to be a string."""
        return core_schema.no_info_after_validator_function(self.clean, core_schema.str_schema())

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Pydantic's hook: the lengths for the OpenAPI document."""
        shape: dict[str, Any] = {"type": "string", "maxLength": self.max_length}
        return shape if self.allow_blank else shape | {"minLength": 1, "pattern": r"\S"}


@dataclass(frozen=True, slots=True)
class Blank:
    """A field that may be left blank: null and blank text are both stored as ``replacement``."""

    replacement: str | None = None

    def replace_blank(self, value: object) -> object:
        """The replacement for null and blank text, any other value unchanged."""
        blank = value is None or (isinstance(value, str) and not value.strip())
        return self.replacement if blank else value

    def __get_pydantic_core_schema__(self, source: type, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Pydantic's hook: before the value is checked."""
        return core_schema.no_info_before_validator_function(self.replace_blank, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Pydantic's hook: null and blank text are allowed, too."""
        shape = handler(schema)
        choices = [choice for choice in shape.get("anyOf", [shape]) if choice != {"type": "null"}]
        return {"anyOf": [*choices, {"type": "string", "pattern": r"^\s*$"}, {"type": "null"}]}


def _parse_date_time(value: str) -> datetime:
    if not _DATE_TIME.fullmatch(value):
        raise ValueError("Say a start as 2026-12-01T10:00, with an offset or beside a timezone.")
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        raise ValueError("There is no such date or time.") from None
    _require_supported_year(found)
    return found


def _require_supported_year(value: date) -> None:
    if value.year not in _YEARS:
        raise ValueError(f"The year must lie between {_YEARS[0]} and {_YEARS[-1]}.")


def _require_supported_day(value: date) -> date:
    _require_supported_year(value)
    return value


def _parse_day(value: object) -> object:
    """A day from its text only: Pydantic would accept midnights and seconds since 1970, too."""
    if not isinstance(value, str):
        return value
    if not _DAY.fullmatch(value):
        raise ValueError("Say a day as 2026-12-01.")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError("There is no such day.") from None


def _check_flag(value: object) -> object:
    if isinstance(value, str) and value.lower() not in ("true", "false"):
        raise ValueError("Say true or false.")
    return value


class _DateTimeText:
    """A string that is parsed as a date and time: aware if it has an offset, else naive wall time."""

    def __get_pydantic_core_schema__(self, source: type, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(_parse_date_time, core_schema.str_schema())

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {
            "type": "string",
            "pattern": f"^{_DATE_TIME.pattern}$",
            "description": "RFC 3339 with an offset, or wall time in `timezone` without one",
            "examples": ["2026-12-01T10:00", "2026-12-01T10:00:00-05:00"],
        }


DateTimeInput = Annotated[datetime, _DateTimeText()]
"""A date and time in a request: pass it with its time zone to ``times.resolve_start``."""

Instant = Annotated[
    datetime,
    PlainSerializer(utc_text, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-12-01T15:00:00Z"]}),
]
"""An aware instant in a response, in UTC to the second."""

Day = Annotated[date, BeforeValidator(_parse_day), AfterValidator(_require_supported_day)]
"""A calendar day (``2026-12-01``)."""

TimeOfDay = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", examples=["09:00"])]
"""A time of day on a 24-hour clock."""

Id = Annotated[str, Field(pattern=r"^[0-9A-Za-z_-]{1,64}$", examples=["loc_01JDZ6VZ3Y8Q4T9N2B7M5K1XWE"])]
"""An opaque id; the use case checks its kind and if it exists."""

TimezoneName = Annotated[str, Field(min_length=1, max_length=64, examples=["America/Toronto"])]
"""The name of an IANA time zone."""

SecretCode = Annotated[str, Field(min_length=1, max_length=128)]
"""A secret from a message: a confirmation code or a hold's token."""

QueryFlag = Annotated[bool, BeforeValidator(_check_flag)]
"""``true`` or ``false`` in a query string."""
