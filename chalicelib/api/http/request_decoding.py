"""From the bytes and headers of a request to validated values; every error is a refusal."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from itertools import islice
from typing import Any, TypeVar, get_origin
from urllib.parse import unquote

from chalice.app import Request
from pydantic import ValidationError
from pydantic_core import ErrorDetails, from_json

from chalicelib.api.http.problems import BodyTooLarge, NotJson, UnsupportedMediaType
from chalicelib.api.schemas.shared.fields import RequestModel
from chalicelib.domain.shared.errors import FieldError, Invalid, NotFound, invalid

MAX_BODY_BYTES = 64 * 1024
_MAX_ERRORS = 20
MAX_PATH_PARAMETER_LENGTH = 128
_YEARS = range(2000, 2100)
_JSON = re.compile(r"application/(json|[\w.+-]+\+json)\s*(;.*)?", re.IGNORECASE)
# The parser's messages about bodies that are valid JSON but hold values that no field can take.
_UNSUPPORTED_JSON = ("surrogate", "hex escape", "out of range")
_VERSION = re.compile(r'(?:W/)?"(\d{1,15})"')

Model = TypeVar("Model", bound=RequestModel)


def raw_body(request: Request) -> bytes:
    """The body as sent; 413 beyond 64 KiB, 400 if it is not text."""
    try:
        raw = request.raw_body
        data = raw.encode() if isinstance(raw, str) else raw
    except ValueError:  # invalid base64 or UTF-8
        raise NotJson() from None
    if len(data) > MAX_BODY_BYTES:
        raise BodyTooLarge(f"A body may have at most {MAX_BODY_BYTES} bytes.")
    return data


def decode_body(raw: bytes, content_type: str, model: type[Model]) -> Model:
    """The body as its model; an empty body counts as an empty object. 400, 415, 422."""
    if not raw:
        return _validate_json(model, b"{}")
    if not _JSON.fullmatch(content_type):
        raise UnsupportedMediaType()
    found = _validate_json(model, raw)
    # A NUL can only be sent as this escape; searching for it costs less than a check in every field.
    if b"\\u0000" in raw:
        _refuse_nul(from_json(raw), "")
    return found


def _validate_json(model: type[Model], raw: bytes) -> Model:
    try:
        return model.model_validate_json(raw, strict=True)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
    if details[0]["type"] == "json_invalid":
        raise _unreadable_json(details[0])
    raise _invalid(details, from_json(raw))


def _unreadable_json(detail: ErrorDetails) -> Exception:
    reason = str(detail.get("ctx", {}).get("error", ""))
    if any(words in reason for words in _UNSUPPORTED_JSON):
        return invalid("", "The body holds half a surrogate pair or a number of thousands of digits.")
    return NotJson()


def decode_query(request: Request, model: type[Model]) -> Model:
    """The query as its model; 422 for unknown and repeated parameters, unless the model ignores extra ones."""
    sent: Mapping[str, list[str]] = request.to_original_event()["multiValueQueryStringParameters"] or {}
    if model.model_config.get("extra") == "ignore":
        return model()
    is_repeatable = _repeatable_parameters(model)
    # Unknown parameters are reported by the model, also when repeated.
    repeated = [name for name, values in sent.items() if len(values) > 1 and is_repeatable.get(name) is False]
    if repeated:
        raise Invalid(errors=[FieldError(_json_pointer((name,)), "Say this once.") for name in repeated])
    query = {name: (values if is_repeatable.get(name) else values[-1]) for name, values in sent.items()}
    _refuse_nul(query, "")
    try:
        return model.model_validate(query)
    except ValidationError as error:
        raise _invalid(error.errors(include_url=False, include_input=False), query) from None


@cache
def _repeatable_parameters(model: type[RequestModel]) -> dict[str, bool]:
    """The query's parameter names, each with True if it may be repeated."""
    fields = model.model_fields.items()
    return {field.alias or name: get_origin(field.annotation) in (list, tuple) for name, field in fields}


def decode_path(parameters: Mapping[str, str]) -> dict[str, str]:
    """The path parameters, decoded; 404 if one is too long or not printable."""
    found = {name: unquote(value) for name, value in parameters.items()}
    if any(len(value) > MAX_PATH_PARAMETER_LENGTH or not value.isprintable() for value in found.values()):
        raise NotFound()
    return found


def request_time(header: str | None, is_local: bool) -> datetime:
    """The time of the request: ``X-Now`` in stage local (422 unless an RFC 3339 instant), else the clock's."""
    if header is None or not is_local:
        return datetime.now(UTC)
    try:
        now = datetime.fromisoformat(header)
    except ValueError:
        now = None
    if now is None or now.tzinfo is None or now.year not in _YEARS:
        raise invalid("/X-Now", "Send an RFC 3339 instant.")
    return now.astimezone(UTC)


def expected_version(header: str | None) -> int | None:
    """The version in an ``If-Match``; None without one or for ``*``; 422 if it is not a version."""
    if header is None or header.strip() == "*":
        return None
    found = _VERSION.fullmatch(header.strip())
    if found is None:
        raise invalid("/If-Match", 'Send the version in double quotes, such as "3".')
    return int(found[1])


def _invalid(details: list[ErrorDetails], sent: Any) -> Invalid:
    named = islice((d for d in details if not _is_secondary(d, details)), _MAX_ERRORS)
    errors = [
        FieldError(
            _json_pointer(_location_in_request(sent, d["loc"], d["type"])), d["msg"].removeprefix("Value error, ")
        )
        for d in named
    ]
    return Invalid(errors=errors)


def _is_secondary(detail: ErrorDetails, details: list[ErrorDetails]) -> bool:
    """True if a list counts as too short only because its items were refused."""
    length = len(detail["loc"])
    item_errors = (d["loc"][:length] == detail["loc"] for d in details if len(d["loc"]) > length)
    return detail["type"] == "too_short" and any(item_errors)


def _location_in_request(sent: Any, loc: tuple[int | str, ...], kind: str) -> list[int | str]:
    """The parts of a validator's location that exist in the request: it also names union members."""
    found: list[int | str] = []
    for part in loc:
        if (isinstance(sent, dict) and part in sent) or (isinstance(sent, list) and isinstance(part, int)):
            found.append(part)
            sent = sent[part]  # type: ignore[index]  # a list is only ever entered by number
    if kind == "missing":
        found.append(loc[-1])
    return found


def _json_pointer(parts: list[int | str] | tuple[int | str, ...]) -> str:
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def _refuse_nul(sent: Any, pointer: str) -> None:
    if isinstance(sent, str) and "\0" in sent:
        raise invalid(pointer, "This contains a NUL character.")
    parts = sent.items() if isinstance(sent, dict) else enumerate(sent) if isinstance(sent, list) else ()
    for part, value in parts:
        _refuse_nul(value, pointer + _json_pointer((part,)))
