"""Parts of a record: things with an id and a version of their own that are stored within one record."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol, TypeVar

from chalicelib.domain.shared.errors import NotFound, invalid
from chalicelib.services.context import Context
from chalicelib.services.crud import check_version, paginate
from chalicelib.services.store_port import Page
from chalicelib.services.unit_of_work import Versioned


class NestedRecord(Versioned, Protocol):
    """One thing within a record."""

    @property
    def id(self) -> str: ...


P = TypeVar("P", bound=NestedRecord)


def list_page(records: tuple[P, ...], limit: int, cursor: str | None) -> Page[P]:
    """Some of them, oldest first."""
    return paginate(sorted(records, key=lambda part: part.id), limit, cursor)


def require(records: tuple[P, ...], record_id: str) -> P:
    """The part of that id; 404."""
    found = next((part for part in records if part.id == record_id), None)
    if found is None:
        raise NotFound()
    return found


def with_added(records: tuple[P, ...], record: P, limit: int) -> tuple[P, ...]:
    """With one more; 422 ``too_many`` when there are already ``most``."""
    if len(records) >= limit:
        raise invalid("", f"There are already {limit}, which is the most: remove some first.", "too_many")
    return (*records, record)


def with_changed(records: tuple[P, ...], changed: P) -> tuple[tuple[P, ...], P]:
    """With this part as it now is, at its next version; as they were when it has not changed."""
    before = require(records, changed.id)
    if changed == before:
        return records, before
    written: P = replace(changed, version=before.version + 1)  # type: ignore[type-var]  # every part is a dataclass
    return tuple(written if part.id == written.id else part for part in records), written


def without(records: tuple[P, ...], record_id: str, context: Context) -> tuple[P, ...]:
    """Without this part; 404, 412."""
    gone = require(records, record_id)
    check_version(gone, context)
    return tuple(part for part in records if part is not gone)
