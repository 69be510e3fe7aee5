"""Cursors of DynamoDB queries: the key after which a list goes on."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from typing import Any

from pynamodb.constants import STRING

from chalicelib.domain.shared.errors import invalid


def encode(last_key: dict[str, dict[str, Any]] | None) -> str | None:
    """A cursor for DynamoDB's LastEvaluatedKey; ``None`` at the end of the list."""
    if not last_key:
        return None
    plain = {name: value[STRING] for name, value in last_key.items()}
    text = json.dumps(plain, separators=(",", ":"), ensure_ascii=False)  # names stay short enough for a query string
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(
    cursor: str | None, partition_attribute: str, partition: str, first_key: str, last_key: str
) -> dict[str, dict[str, Any]] | None:
    """The key of a cursor; 422 ``invalid_cursor`` unless it belongs to this list.

    DynamoDB accepts no key outside the range [``first_key``, ``last_key``] of the query. A key below it counts as
    ``None``: the list begins at the present and has moved on since its last page.
    """
    if cursor is None:
        return None
    try:
        plain = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, Error, RecursionError):
        raise _invalid_cursor() from None
    sort_attribute = partition_attribute.replace("pk", "sk")
    expected = {"pk", "sk", partition_attribute, sort_attribute}
    if not isinstance(plain, dict) or plain.keys() != expected or plain[partition_attribute] != partition:
        raise _invalid_cursor()
    if not all(isinstance(value, str) and value for value in plain.values()) or plain[sort_attribute] > last_key:
        raise _invalid_cursor()
    if plain[sort_attribute] < first_key:
        return None
    return {name: {STRING: value} for name, value in plain.items()}


def _invalid_cursor() -> Exception:
    return invalid("/cursor", "This cursor does not belong to this list.", "invalid_cursor")
