"""Ids: a type prefix and a ULID, opaque to callers and sortable by creation."""

from __future__ import annotations

import re
from datetime import datetime

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ID = re.compile(f"[a-z]{{3}}_[{_ALPHABET}]{{26}}")


def ulid(at: datetime, randomness: bytes) -> str:
    """26 characters of Crockford base 32: 48 bits of milliseconds, then 80 random bits."""
    number = int(at.timestamp() * 1000) << 80 | int.from_bytes(randomness[:10], "big")
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))


def new_id(prefix: str, at: datetime, randomness: bytes) -> str:
    """An id such as ``apt_01J…``; ``randomness`` is at least ten bytes."""
    return f"{prefix}_{ulid(at, randomness)}"


def is_id(text: str) -> bool:
    """True if the text has the form of an id: a prefix and a ULID."""
    return _ID.fullmatch(text) is not None


def prefix_of(some_id: str) -> str:
    """The type prefix of an id."""
    return some_id.partition("_")[0]
