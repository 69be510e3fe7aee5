"""Answers kept under Idempotency-Keys come back as they were given, whatever their size."""

from __future__ import annotations

import pytest

from chalicelib.persistence.idempotency_store import from_body, to_body
from chalicelib.services.unit_of_work import Replay


@pytest.mark.parametrize("body", ["", '{"name":"Zoé"}', '{"services":["svc_01"]}' * 20_000])
def test_an_answer_comes_back_as_it_was_given(body: str) -> None:
    answer = Replay("f" * 64, 201, body)
    assert from_body(to_body(answer)) == answer


def test_a_long_answer_fits_an_item() -> None:
    assert len(to_body(Replay("f" * 64, 201, '{"services":["svc_01"]}' * 40_000))) < 100_000
