"""The Idempotency-Key of a request: the response stored under it is sent again (D45)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from pydantic_core import from_json

from chalicelib.api.http.problems import IdempotencyKeyReused
from chalicelib.container import container
from chalicelib.domain.shared.errors import invalid
from chalicelib.domain.shared.permissions import Principal
from chalicelib.services.context import IdempotencyKey
from chalicelib.services.store_port import StoredResponse

MAX_KEY_LENGTH = 255


def idempotency_key(
    key: str,
    operation: str,
    principal: Principal | None,
    request: str,
    present: Callable[[Any], tuple[int, str]],
) -> IdempotencyKey:
    """The key as the store takes it; never shared between callers or operations. 422 for a bad key."""
    if not 0 < len(key) <= MAX_KEY_LENGTH or not (key.isascii() and key.isprintable()):
        raise invalid("/Idempotency-Key", f"Send 1 to {MAX_KEY_LENGTH} printable ASCII characters.")
    caller = "public" if principal is None else principal.staff_id
    return IdempotencyKey(f"{caller}:{operation}", key, hashlib.sha256(request.encode()).hexdigest(), present)


def canonical_request(path: str, parameters: Mapping[str, str], query: object, raw: bytes) -> str:
    """The request of an operation as text, independent of the spacing and order of its JSON."""
    return json.dumps([path, parameters, query, from_json(raw or b"{}")], sort_keys=True)


def find_stored_response(idempotency: IdempotencyKey) -> StoredResponse | None:
    """The response stored under this key, None if there is none; 422 if it belongs to another request."""
    found = container.store.stored_response(idempotency.scope, idempotency.key)
    if found is not None and found.fingerprint != idempotency.fingerprint:
        raise IdempotencyKeyReused()
    return found
