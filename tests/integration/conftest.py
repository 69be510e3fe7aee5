"""The table of keys.py in moto, one per test, with the real store and sample organisations on top."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws

from chalicelib.persistence import store
from tests.builders.doubles import moto_speedups
from tests.builders.in_process.moto_table import REGION, TABLE, create_table, reset_container
from tests.builders.in_process.rebooking_organisation import RebookingOrganisation
from tests.builders.in_process.sample_organisation import Organisation
from tests.builders.in_process.set_up_requests import UserPool


@pytest.fixture(scope="session", autouse=True)
def fast_moto() -> Iterator[None]:
    """Load and copy nothing more often than needed."""
    with pytest.MonkeyPatch.context() as patch:
        moto_speedups.install(patch)
        yield


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty table; the environment points every part at it."""
    environment = {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "TABLE_NAME": TABLE,
        "STAGE": "test",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    # moto is not made for threads: a read beside another may find a table in the middle of a change.
    monkeypatch.setattr(store, "MAX_PARALLEL_READS", 1)
    with mock_aws():
        create_table()
        reset_container()
        yield
        reset_container()


@pytest.fixture
def user_pool(table: None, monkeypatch: pytest.MonkeyPatch) -> UserPool:
    """A user pool with a group per role, which the container knows."""
    found = UserPool()
    monkeypatch.setenv("USER_POOL_ID", found.id)
    reset_container()
    return found


@pytest.fixture
def empty_organisation(table: None, monkeypatch: pytest.MonkeyPatch) -> Organisation:
    """The app on the empty table in stage local, where a request may say what time it is."""
    monkeypatch.setenv("STAGE", "local")
    reset_container()
    return Organisation()


@pytest.fixture
def org(request: pytest.FixtureRequest, empty_organisation: Organisation) -> Iterator[Organisation]:
    """A small organisation, with what ``pytest.mark.organisation`` asks for.

    ``seats``: a block with so many; ``staff``: people with working hours; ``user``: who asks about clients;
    ``checked``: the ledger must agree with the appointments at the end.
    """
    mark = request.node.get_closest_marker("organisation")
    asked: dict[str, Any] = mark.kwargs if mark else {}
    organisation = empty_organisation.create_records()
    if asked.get("staff"):
        organisation.add_staff()
    if "seats" in asked:
        organisation.create_block(limit=asked["seats"])
    organisation.clients.user = asked.get("user", organisation.clients.user)
    yield organisation
    if asked.get("checked"):
        organisation.require_consistent_ledger()


@pytest.fixture
def rebooking(empty_organisation: Organisation) -> RebookingOrganisation:
    """A counselling practice in Melbourne that may rebook a client from Perth."""
    practice = RebookingOrganisation()
    practice.create_records()
    return practice


@pytest.fixture
def ana(org: Organisation) -> str:
    """The id of a client without bookings."""
    return str(org.clients.create()["id"])
