"""Where a list that is made of several goes on, as the cursor between two pages says it."""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode

from chalicelib.domain.shared.errors import Refusal, invalid

_CLIENT = re.compile(r"cli_[0-9A-Za-z]{1,60}")
_ENTRY = re.compile(r"evt_[0-9A-Za-z]{1,60}")
# What DynamoDB takes as a sort key.
_MAX_BYTES = 1000
# More than there are minutes in a start or positions of a status.
_NUMBER_LIMIT = 10**10


def encode_cursor(part: int, after: str) -> str:
    """The cursor behind one place of the list's n-th part; an empty place is before its first."""
    return urlsafe_b64encode(json.dumps([part, after], ensure_ascii=False).encode()).decode().rstrip("=")


def decode_cursor(cursor: str | None, parts: int) -> tuple[int, str | None]:
    """The part and place that a cursor stands for; 422 ``invalid_cursor`` unless it can be one of this list."""
    if cursor is None:
        return 0, None
    try:
        part, after = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        size = len(after.encode())
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise invalid_cursor() from None
    if type(part) is not int or type(after) is not str or not 0 <= part < parts or size > _MAX_BYTES:
        raise invalid_cursor()
    return part, after or None


def decode_number_and_id(cursor: str | None) -> tuple[int, str]:
    """The number and id behind which a list in order of both goes on; 422 ``invalid_cursor`` as ``decode``."""
    number, after = decode_cursor(cursor, _NUMBER_LIMIT)
    return number, after or ""


def require_client_id(after: str | None) -> str | None:
    """A place in a list in order of client; 422 ``invalid_cursor`` when it is none."""
    if after is not None and not _CLIENT.fullmatch(after):
        raise invalid_cursor()
    return after


def require_entry_id(before: str | None) -> str | None:
    """A place in a log; 422 ``invalid_cursor`` when it is none."""
    if before is not None and not _ENTRY.fullmatch(before):
        raise invalid_cursor()
    return before


def invalid_cursor() -> Refusal:
    """422 ``invalid_cursor``."""
    return invalid("/cursor", "This cursor does not belong to this list.", "invalid_cursor")
