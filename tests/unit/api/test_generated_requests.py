"""No generated request makes the HTTP layer fail: it answers or refuses."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import example, given, settings, strategies as st

from tests.builders.doubles.api_gateway import claims, event
from tests.builders.doubles.demo_api import build_demo_app

APP, BOOKINGS = build_demo_app()
METHODS = st.sampled_from(["GET", "POST", "PATCH", "DELETE"])
# Lone surrogates included: Lambda's own JSON decoder lets them through.
ANY_TEXT = st.text(st.characters(), max_size=20)
WALLS = st.datetimes().map(lambda at: at.isoformat())
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT | WALLS
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3))
FIELDS = ("name", "seats", "start", "guests", "who", "anything", "x")
BODIES = st.dictionaries(st.sampled_from(FIELDS), JSON) | JSON
RAW = BODIES.map(json.dumps) | BODIES.map(lambda body: json.dumps(body, ensure_ascii=False)) | ANY_TEXT | st.binary()
HEADERS = st.dictionaries(
    st.sampled_from(["x-now", "if-match", "idempotency-key", "content-type", "origin"]), ANY_TEXT | WALLS
)
QUERIES = st.dictionaries(
    st.sampled_from(["limit", "open", "location_id", "kind"]) | ANY_TEXT, st.lists(ANY_TEXT, min_size=1, max_size=2)
)
EXPECTED = {200, 201, 204, 400, 404, 413, 415, 422}


def reply(method: str, path: str, query: dict[str, list[str]], **request: Any) -> dict[str, Any]:
    sent = event(method, "/bookings/{booking_id}", path={"booking_id": path}, login=claims(), **request)
    found: dict[str, Any] = APP({**sent, "multiValueQueryStringParameters": query or None}, None)
    return found


@settings(max_examples=150, deadline=None)
@example(method="GET", path="x", query={"\udfac": ["1", "2"]}, raw="", headers={})
@given(method=METHODS, path=ANY_TEXT, query=QUERIES, raw=RAW, headers=HEADERS)
def test_no_request_makes_the_frame_fail(
    method: str, path: str, query: dict[str, list[str]], raw: str | bytes, headers: dict[str, str]
) -> None:
    answer = reply(method, path, query, body=raw, headers={"content-type": "application/json", **headers})
    BOOKINGS.calls.clear()

    assert answer["statusCode"] in EXPECTED
    answer["body"].encode()
    if answer["statusCode"] >= 400:
        problem = json.loads(answer["body"])
        assert (problem["status"], answer["headers"]["Content-Type"]) == (
            answer["statusCode"], "application/problem+json",
        )  # fmt: skip
