"""The API's document: valid, complete and true to the declarations."""

from __future__ import annotations

from typing import Any

import pytest
from openapi_spec_validator import validate

from chalicelib.api.http import openapi
from chalicelib.api.http.routing import PUBLIC, Call, NoBody, NoQuery, Routes
from chalicelib.api.schemas.shared.fields import PageResponse, ResponseModel
from tests.builders.doubles import demo_api
from tests.builders.doubles.api_gateway import send
from tests.builders.doubles.demo_api import build_demo_app


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    app, _ = build_demo_app()
    found: dict[str, Any] = send(app, "GET", "/openapi.json").json
    return found


def test_it_is_valid_openapi_3_1(document: dict[str, Any]) -> None:
    validate(document)
    assert document["openapi"] == "3.1.0"


def test_every_route_of_the_api_is_in_it(document: dict[str, Any]) -> None:
    app, _ = build_demo_app()
    declared = {(path, method.lower()) for path, methods in app.routes.items() for method in methods}
    described = {(path, method) for path, methods in document["paths"].items() for method in methods}

    assert described == {(path, method) for path, method in declared if method != "options"}


def test_an_operation_says_body_answer_and_problems(document: dict[str, Any]) -> None:
    book = document["paths"]["/bookings/{booking_id}"]["post"]
    responses = book["responses"]

    assert (book["operationId"], book["summary"]) == ("book", "Book a seat.")
    assert "The second line stays" in book["description"]
    assert book["requestBody"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/BookingBody"}
    answer = responses["201"]["content"]["application/json"]["schema"]
    assert answer == {"$ref": "#/components/schemas/Booking"}
    assert set(responses) == {"201", "400", "404", "409", "413", "415", "422", "429", "500", "503"}
    assert "`capacity_exhausted`" in responses["409"]["description"]
    assert "`unknown_hold`" in responses["422"]["description"]
    problem = responses["409"]["content"]["application/problem+json"]["schema"]
    assert problem == {"$ref": "#/components/schemas/Problem"}


def test_unknown_fields_are_forbidden_in_bodies(document: dict[str, Any]) -> None:
    body = document["components"]["schemas"]["BookingBody"]

    assert body["additionalProperties"] is False
    assert body["required"] == ["name"]
    assert body["properties"]["name"] == {
        "type": "string",
        "maxLength": 10,
        "minLength": 1,
        "pattern": r"\S",
        "title": "Name",
    }


def test_query_path_and_headers_are_parameters(document: dict[str, Any]) -> None:
    methods = document["paths"]["/bookings/{booking_id}"]
    named = {method: {p["name"]: p for p in methods[method]["parameters"]} for method in methods}

    assert set(named["get"]) == {"booking_id", "limit", "open", "location_id", "kind"}
    assert set(named["post"]) == set(named["get"]) | {"Idempotency-Key"}
    assert set(named["delete"]) == {"booking_id", "If-Match"}
    assert (named["get"]["limit"]["schema"]["maximum"], named["get"]["limit"]["required"]) == (100, False)
    assert "null" not in str(named["get"]["location_id"]["schema"])
    assert "BookingQuery" not in document["components"]["schemas"]


def test_staff_routes_need_the_token_and_name_the_ability(document: dict[str, Any]) -> None:
    methods = document["paths"]["/bookings/{booking_id}"]

    assert (methods["post"]["security"], methods["get"]["security"]) == ([], [{"staff": []}])
    assert "`block_edit` or `client_add`" in methods["patch"]["description"]
    assert {"401", "403"} <= set(methods["get"]["responses"])
    assert "412" in methods["delete"]["responses"]


def test_operations_have_names_of_their_own(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for path in document["paths"].values() for operation in path.values()]

    assert sorted(names) == sorted(set(names))


class Booking(ResponseModel):
    """A model with the same name as the demo's."""

    id: str


def described(*answers: type[ResponseModel]) -> dict[str, Any]:
    """The document of an API whose routes give these answers."""
    routes = Routes(__name__, tag="Demo")
    for number, answer in enumerate(answers):

        def show(call: Call[NoBody, NoQuery]) -> None:
            """Show it."""

        routes.get(f"/{number}", response=answer, access=PUBLIC)(show)
    return openapi.document(routes.declared, "")


def test_a_page_is_named_after_its_items() -> None:
    schemas = described(PageResponse[Booking])["components"]["schemas"]

    assert {"Booking", "BookingPageResponse", "Problem"} <= set(schemas)
    assert schemas["BookingPageResponse"]["title"] == "BookingPageResponse"


def test_two_models_of_one_name_are_refused() -> None:
    with pytest.raises(openapi.SchemaNameTaken, match=r"^Booking$"):
        described(demo_api.Booking, Booking)
