"""The OpenAPI 3.1 document, generated from what the routes declare."""

from __future__ import annotations

import inspect
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from chalicelib.api.http import problems
from chalicelib.api.http.decoded_call import AccessLevel
from chalicelib.api.http.idempotency import MAX_KEY_LENGTH
from chalicelib.api.http.request_decoding import MAX_PATH_PARAMETER_LENGTH
from chalicelib.api.http.route import JSON
from chalicelib.api.http.routing import Route
from chalicelib.api.schemas.shared.fields import NoBody
from chalicelib.domain.shared import errors
from chalicelib.domain.shared.errors import Refusal
from chalicelib.domain.shared.permissions import Ability

Json = dict[str, Any]
SchemaByModel = Mapping[tuple[Any, JsonSchemaMode], Json]

_REF = "#/components/schemas/"
# The problems the gateway responds with itself, and those that any route may.
_COMMON_PROBLEMS = {400: ["bad_request"], 429: ["too_many_requests"], 500: ["internal"], 503: ["busy"]}


class SchemaNameTaken(Exception):
    """Two models, or two shapes of one, would have the same name in the document."""


def document(routes: Iterable[Route], public_url: str) -> Json:
    """The whole document; ``public_url`` is its server, or empty for the address it is loaded from."""
    listed = [route for route in routes if route.tag]
    schemas, definitions = _schemas(listed)
    paths: Json = {}
    for route in listed:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, schemas, definitions)
    queries = {route.query.__name__ for route in listed}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Frontdesk",
            "version": "1",
            "summary": "Appointment booking: what clients, widgets and staff call.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": public_url or "."}],
        "tags": [{"name": tag} for tag in dict.fromkeys(route.tag for route in listed)],
        "paths": paths,
        "components": {
            "schemas": {name: shape for name, shape in definitions.items() if name not in queries},
            "securitySchemes": {
                "staff": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "The ID token of the staff user pool.",
                }
            },
        },
    }


def _schemas(routes: list[Route]) -> tuple[SchemaByModel, Json]:
    wanted: list[tuple[type[BaseModel], JsonSchemaMode]] = [(problems.Problem, "serialization")]
    for route in routes:
        wanted += [(route.body, "validation"), (route.query, "validation")]
        if route.response:
            wanted.append((route.response, "serialization"))
    schemas, found = models_json_schema(list(dict.fromkeys(wanted)), ref_template=_REF + "{model}")
    definitions = found.get("$defs", {})
    names = _public_names(definitions)
    shown = {names[name]: _rename(shape, names) for name, shape in definitions.items()}
    return {model: _rename(shape, names) for model, shape in schemas.items()}, shown


def _public_names(definitions: Json) -> dict[str, str]:
    """The class name of each schema by Pydantic's name, which may include the module or a generic's arguments.

    Raises ``SchemaNameTaken`` if two schemas would have the same name.
    """
    names = {name: shape["title"] for name, shape in definitions.items()}
    taken = sorted(title for title, count in Counter(names.values()).items() if count > 1)
    if taken:
        raise SchemaNameTaken(", ".join(taken))
    return names


def _rename(part: Any, names: dict[str, str]) -> Any:
    """``part`` of a schema with public names in every reference."""
    if isinstance(part, dict):
        return {key: _rename(value, names) for key, value in part.items()}
    if isinstance(part, list):
        return [_rename(value, names) for value in part]
    if isinstance(part, str) and part.startswith(_REF):
        return _REF + names[part.removeprefix(_REF)]
    return part


def _operation(route: Route, schemas: SchemaByModel, definitions: Json) -> Json:
    text = inspect.cleandoc(route.handler.__doc__ or route.name)
    operation: Json = {
        "operationId": route.name,
        "tags": [route.tag],
        "summary": text.splitlines()[0],
        "description": f"{text}\n\nWho may call: {_access_text(route)}.",
        "security": [] if route.public else [{"staff": []}],
        "responses": {str(route.status): _success_response(route, schemas), **_problem_responses(route)},
    }
    parameters = [*_path_parameters(route), *_query_parameters(route, schemas, definitions), *_header_parameters(route)]
    if parameters:
        operation["parameters"] = parameters
    if route.body is not NoBody:
        content = {"application/json": {"schema": schemas[route.body, "validation"]}}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _access_text(route: Route) -> str:
    if isinstance(route.access, AccessLevel):
        return route.access.value
    abilities = (route.access,) if isinstance(route.access, Ability) else route.access
    return "staff with the ability " + " or ".join(f"`{ability.value}`" for ability in abilities)


def _success_response(route: Route, schemas: SchemaByModel) -> Json:
    response: Json = {"description": HTTPStatus(route.status).phrase}
    if route.response:
        response["content"] = {route.produces: {"schema": schemas[route.response, "serialization"]}}
        version = route.response.model_fields.get("version")
        if version is not None and version.annotation is int:
            response["headers"] = {
                "ETag": {"description": "the version, as If-Match wants it", "schema": {"type": "string"}}
            }
    elif route.status != 204:
        media = route.produces.partition(";")[0]
        response["content"] = {media: {"schema": {"type": "object" if media == JSON else "string"}}}
    return response


def _problem_responses(route: Route) -> Json:
    """One response per status, naming the codes that come with it."""
    codes: dict[int, list[str]] = {status: list(found) for status, found in _COMMON_PROBLEMS.items()}
    known = {kind.code: kind for kind in problems.refusal_classes()}
    for refused in (*_implied_refusals(route), *route.refuses):
        code = refused if isinstance(refused, str) else refused.code
        # A code without a refusal class belongs to a field and is always a 422.
        kind = known.get(code, errors.Invalid) if isinstance(refused, str) else refused
        if code not in codes.setdefault(kind.status, []):
            codes[kind.status].append(code)
    return {str(status): _problem_response(codes[status]) for status in sorted(codes)}


def _problem_response(codes: list[str]) -> Json:
    schema = {"$ref": _REF + problems.Problem.__name__}
    return {
        "description": "Refused: " + ", ".join(f"`{code}`" for code in codes),
        "content": {problems.CONTENT_TYPE: {"schema": schema}},
    }


def _implied_refusals(route: Route) -> Iterable[type[Refusal]]:
    """The refusals that follow from the rest of the declaration."""
    if not route.public:
        yield from (errors.Unauthenticated, errors.Forbidden)
    if "{" in route.path:
        yield errors.NotFound
    if route.method in ("POST", "PUT", "PATCH"):
        yield from (problems.NotJson, problems.BodyTooLarge, problems.UnsupportedMediaType)
    yield errors.Invalid
    if route.idempotent:
        yield problems.IdempotencyKeyReused
    if route.versioned:
        yield errors.VersionMismatch


def _path_parameters(route: Route) -> Iterable[Json]:
    for name in re.findall(r"{(\w+)}", route.path):
        schema = {"type": "string", "minLength": 1, "maxLength": MAX_PATH_PARAMETER_LENGTH}
        yield {"name": name, "in": "path", "required": True, "schema": schema}


def _query_parameters(route: Route, schemas: SchemaByModel, definitions: Json) -> Iterable[Json]:
    shape = definitions.get(schemas[route.query, "validation"]["$ref"].rpartition("/")[2], {})
    required = shape.get("required", [])
    for name, schema in shape.get("properties", {}).items():
        choices = [choice for choice in schema.get("anyOf", []) if choice != {"type": "null"}]
        # A parameter cannot be null, only absent.
        shown = choices[0] if len(choices) == 1 else schema
        yield {"name": name, "in": "query", "required": name in required, "schema": shown}


def _header_parameters(route: Route) -> Iterable[Json]:
    if route.idempotent:
        schema: Json = {"type": "string", "minLength": 1, "maxLength": MAX_KEY_LENGTH, "pattern": "^[ -~]+$"}
        text = "The same key with the same body gives the first answer again for 24 hours."
        yield {"name": "Idempotency-Key", "in": "header", "schema": schema, "description": text}
    if route.versioned:
        schema = {"type": "string", "pattern": '^"[0-9]{1,15}"$', "examples": ['"3"']}
        text = "The version that is to be changed; 412 when there is a newer one."
        yield {"name": "If-Match", "in": "header", "schema": schema, "description": text}
