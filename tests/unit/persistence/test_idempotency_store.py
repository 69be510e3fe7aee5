"""Responses kept under Idempotency-Keys come back unchanged, whatever their size."""

from __future__ import annotations

import pytest

from chalicelib.persistence.idempotency_store import decode_response, encode_response
from chalicelib.services.store_port import StoredResponse


@pytest.mark.parametrize("body", ["", '{"name":"Zoé"}', '{"services":["svc_01"]}' * 20_000])
def test_an_answer_comes_back_as_it_was_given(body: str) -> None:
    answer = StoredResponse("f" * 64, 201, body)
    assert decode_response(encode_response(answer)) == answer


def test_a_long_answer_fits_an_item() -> None:
    assert len(encode_response(StoredResponse("f" * 64, 201, '{"services":["svc_01"]}' * 40_000))) < 100_000
