"""The Idempotency-Key of a request: what is stored under it, and the first answer given again (D45)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from pydantic_core import from_json

from chalicelib.api.http.problems import KeyReused
from chalicelib.api.http.wiring import wired
from chalicelib.domain.shared.errors import invalid
from chalicelib.domain.shared.permissions import Principal
from chalicelib.services.unit_of_work import Once, Replay

MAX_KEY = 255


def once(
    key: str,
    operation: str,
    principal: Principal | None,
    request: str,
    present: Callable[[Any], tuple[int, str]],
) -> Once:
    """The key as the store takes it; callers and operations never share one. 422 for a bad key."""
    if not 0 < len(key) <= MAX_KEY or not (key.isascii() and key.isprintable()):
        raise invalid("/Idempotency-Key", f"Send 1 to {MAX_KEY} printable ASCII characters.")
    caller = "public" if principal is None else principal.staff_id
    return Once(f"{caller}:{operation}", key, hashlib.sha256(request.encode()).hexdigest(), present)


def canonical(path: str, parameters: Mapping[str, str], query: object, raw: bytes) -> str:
    """One text for one request of an operation, however its JSON was spaced and ordered."""
    return json.dumps([path, parameters, query, from_json(raw or b"{}")], sort_keys=True)


def earlier(attempt: Once) -> Replay | None:
    """The first answer under this key, None when there is none; 422 when it answered another request."""
    found = wired().store().replay(attempt.scope, attempt.key)
    if found is not None and found.fingerprint != attempt.fingerprint:
        raise KeyReused()
    return found
