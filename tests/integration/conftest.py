"""The table of keys.py in moto, one per test, with the real store on top of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import boto3
import pytest
from moto import mock_aws

from chalicelib.container import container
from chalicelib.persistence import keys, store
from chalicelib.persistence.table import Row
from tests.builders.doubles import moto_speedups
from tests.builders.in_process.sample_organisation import World

NOW = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)
TABLE = "frontdesk-test"
REGION = "ca-central-1"


def create_table() -> None:
    """The table as infra/template.yaml has it, made from keys.py (a test compares the two)."""
    names = {*keys.TABLE_KEYS, *(name for pair in keys.INDEXES.values() for name in pair)}

    def schema(pair: tuple[str, ...]) -> list[dict[str, str]]:
        return [{"AttributeName": n, "KeyType": k} for n, k in zip(pair, ("HASH", "RANGE"), strict=True)]

    boto3.client("dynamodb", region_name=REGION).create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in sorted(names)],
        KeySchema=schema(keys.TABLE_KEYS),
        GlobalSecondaryIndexes=[
            {"IndexName": name, "KeySchema": schema(pair), "Projection": keys.projection(name)}
            for name, pair in keys.INDEXES.items()
        ],
    )


def forget_singletons() -> None:
    """Makes the container and PynamoDB start afresh."""
    Row._connection = None
    vars(container).clear()


@pytest.fixture(scope="session", autouse=True)
def quick() -> Iterator[None]:
    """Nothing is loaded or copied more often than needed."""
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
        forget_singletons()
        yield
        forget_singletons()


@pytest.fixture
def blank(table: None, monkeypatch: pytest.MonkeyPatch) -> World:
    """The app on the empty table, as in stage local, where a request may say what time it is."""
    monkeypatch.setenv("STAGE", "local")
    forget_singletons()
    return World()


@pytest.fixture
def world(blank: World) -> World:
    """A small organisation, ready to be booked."""
    return blank.furnish()
