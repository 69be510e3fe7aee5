"""Rivals in this process, on the stack's own table, who all decide on the same reading, with or without conditions."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest

from chalicelib.container import container
from chalicelib.persistence import row_mapping, table, transaction
from chalicelib.persistence.store import DynamoReadResult, DynamoStore
from chalicelib.services.store_port import Ref
from chalicelib.services.unit_of_work import UnitOfWork
from tests.builders.on_stack.local_stack import Stack
from tests.integration.conftest import forget_singletons


class Together(DynamoStore):
    """The real store, but nobody decides before everybody has read from this ``partition`` for the first time."""

    def __init__(self, readers: int, partition: str) -> None:
        super().__init__(table.connect_table(container.settings.table_name, container.settings.region), time.time)
        self._partition = partition
        self._all = threading.Barrier(readers)
        self._mine = threading.local()

    def read(self, refs: Sequence[Ref[Any]], *, consistent: bool = True) -> DynamoReadResult:
        """One read, of each thread the first of this partition at the same time as the others'."""
        found = super().read(refs, consistent=consistent)
        if not hasattr(self._mine, "has_read") and any(self._is_awaited(ref) for ref in refs):
            self._mine.has_read = True
            self._all.wait(timeout=60)
        return found

    def _is_awaited(self, ref: Ref[Any]) -> bool:
        known = ref.kind in row_mapping.SHAPES
        return known and row_mapping.key_of(ref.kind, ref.key).pk.startswith(self._partition)


@contextmanager
def beside(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This process uses the stack's table too."""
    environment = {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_ENDPOINT_URL": stack.content["aws_endpoint_url"],
        "AWS_REGION": stack.content["region"],
        "AWS_DEFAULT_REGION": stack.content["region"],
        "TABLE_NAME": stack.table_name,
        "STAGE": "local",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    forget_singletons()
    yield
    forget_singletons()


@contextmanager
def careless(monkeypatch: pytest.MonkeyPatch, *partitions: str) -> Iterator[None]:
    """Transactions keep every condition but those on keys that begin like one of these."""

    def unconditional(writes_of: Callable[[UnitOfWork], Any], work: UnitOfWork) -> Any:
        writes = writes_of(work)
        writes.puts = [(row, None if row.pk.startswith(partitions) else condition) for row, condition in writes.puts]
        writes.checks = [(key, condition) for key, condition in writes.checks if not key.pk.startswith(partitions)]
        return writes

    with monkeypatch.context() as patched:
        patched.setattr(transaction, "_collect_writes", partial(unconditional, transaction._collect_writes))
        yield
