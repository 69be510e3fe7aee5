"""Reading lists page by page, and the cursors of lists that are made of several others."""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from chalicelib.domain.shared.errors import Refusal, invalid
from chalicelib.services.store_port import Page

T = TypeVar("T")

# Items of one query where a whole list is read.
PAGE_SIZE = 100
_CLIENT_ID = re.compile(r"cli_[0-9A-Za-z]{1,60}")
_ENTRY_ID = re.compile(r"evt_[0-9A-Za-z]{1,60}")
# DynamoDB's limit for a sort key.
_MAX_BYTES = 1000
# More than there are minutes in a start or positions of a status.
_NUMBER_LIMIT = 10**10


def read_all_pages(read: Callable[[str | None], Page[T]]) -> Iterator[tuple[T, ...]]:
    """The items of each page of a list, from the first page on; ``read`` takes the cursor of a page."""
    page = read(None)
    yield page.items
    while page.next_cursor is not None:
        page = read(page.next_cursor)
        yield page.items


def read_all_by_position(
    read: Callable[[str | None, int], tuple[T, ...]], position: Callable[[T], str], limit: int = PAGE_SIZE
) -> Iterator[tuple[T, ...]]:
    """The same for a list that goes on after the position of a page's last item; a page short of ``limit`` ends it."""

    def page_after(after: str | None) -> Page[T]:
        items = read(after, limit)
        return Page(items, position(items[-1]) if len(items) == limit else None)

    return read_all_pages(page_after)


def first_page(items: Sequence[T], limit: int, position: Callable[[T], str]) -> Page[T]:
    """The first ``limit`` items, with a cursor behind the last of them if there are more."""
    more = encode_cursor(0, position(items[limit - 1])) if len(items) > limit else None
    return Page(tuple(items[:limit]), more)


def encode_cursor(part: int, after: str) -> str:
    """The cursor that points behind this position in the list's n-th part; an empty position is before the first."""
    return urlsafe_b64encode(json.dumps([part, after], ensure_ascii=False).encode()).decode().rstrip("=")


def decode_cursor(cursor: str | None, parts: int) -> tuple[int, str | None]:
    """The part and position of a cursor; 422 ``invalid_cursor`` unless it can be one of this list."""
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
    """The number and id after which a list in order of both goes on; 422 ``invalid_cursor``."""
    number, after = decode_cursor(cursor, _NUMBER_LIMIT)
    return number, after or ""


def require_client_id(after: str | None) -> str | None:
    """A position in a list in order of client id; 422 ``invalid_cursor`` for anything else."""
    if after is not None and not _CLIENT_ID.fullmatch(after):
        raise invalid_cursor()
    return after


def require_entry_id(before: str | None) -> str | None:
    """A position in a log; 422 ``invalid_cursor`` for anything else."""
    if before is not None and not _ENTRY_ID.fullmatch(before):
        raise invalid_cursor()
    return before


def invalid_cursor() -> Refusal:
    """422 ``invalid_cursor``."""
    return invalid("/cursor", "This cursor does not belong to this list.", "invalid_cursor")
