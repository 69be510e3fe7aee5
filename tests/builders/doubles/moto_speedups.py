"""Speed-ups for moto that change no behaviour: repeated work of moto and botocore is done once."""

from __future__ import annotations

import copy
from functools import cache, partial
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.loaders import JSONFileLoader
from moto.dynamodb import models
from moto.dynamodb.models.table import Table


def install(patch: pytest.MonkeyPatch) -> None:
    """Read each description of AWS once per test run; copy a table once per transaction."""
    read = cache(partial(JSONFileLoader.load_file, JSONFileLoader()))
    patch.setattr(JSONFileLoader, "load_file", lambda _, path: read(path))
    patch.setattr(models.DynamoDBBackend, "transact_write_items", _with_one_copy)


_transact = models.DynamoDBBackend.transact_write_items


def _with_one_copy(backend: models.DynamoDBBackend, transact_items: list[dict[str, Any]]) -> None:
    """moto copies the whole table for each action of a transaction, for a rollback; one copy is enough."""
    kept: dict[int, Table] = {}

    def deepcopy(value: Any) -> Any:
        if not isinstance(value, Table):
            return copy.deepcopy(value)
        if id(value) not in kept:
            kept[id(value)] = copy.deepcopy(value)
        return kept[id(value)]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(models, "copy", SimpleNamespace(copy=copy.copy, deepcopy=deepcopy))
        _transact(backend, transact_items)
