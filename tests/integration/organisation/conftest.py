"""The whole application over an empty table and an empty user pool."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.builders.doubles.api_gateway import Reply, send
from tests.builders.in_process.set_up_requests import ADMIN, Api, Pool
from tests.integration.conftest import forget_singletons


@pytest.fixture
def pool(table: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pool]:
    """A user pool with a group per role, which the container knows."""
    found = Pool()
    monkeypatch.setenv("USER_POOL_ID", found.id)
    forget_singletons()
    yield found
    forget_singletons()


@pytest.fixture
def api(pool: Pool) -> Api:
    """The whole application, called as the first administrator unless another login is given."""
    from app import app

    def call(method: str, url: str, body: object = None, **more: Any) -> Reply:
        more.setdefault("login", ADMIN)
        return send(app, method, url, body=body, **more)

    return call
