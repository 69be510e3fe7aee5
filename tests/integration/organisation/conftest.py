"""The whole application over an empty table and an empty user pool."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders.doubles.api_gateway import Reply, send
from tests.builders.in_process.set_up_requests import ADMIN, Api, UserPool


@pytest.fixture
def api(user_pool: UserPool) -> Api:
    """The whole application; the first administrator calls unless another login is given."""
    from app import app

    def call(method: str, url: str, body: object = None, **more: Any) -> Reply:
        more.setdefault("login", ADMIN)
        return send(app, method, url, body=body, **more)

    return call
