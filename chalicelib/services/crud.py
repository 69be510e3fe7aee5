"""Functions every set-up use case shares: pages of a list, the version the caller saw, references that must exist."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol, TypeVar

from chalicelib.domain.shared.errors import FieldError, Invalid, VersionMismatch, invalid
from chalicelib.domain.shared.ids import is_id, prefix_of
from chalicelib.services import paging
from chalicelib.services.context import Context
from chalicelib.services.store_port import MAX_TRANSACTION_ITEMS, Page, Ref, Store
from chalicelib.services.unit_of_work import UnitOfWork, Versioned

# Ten items are left for the record itself and for what is written with it.
MAX_NEW_REFERENCES = MAX_TRANSACTION_ITEMS - 10

Fields = Mapping[str, Any]
"""The record's fields that a caller sets, by name, their type and length already checked."""


class Identified(Protocol):
    """Anything that has an id."""

    @property
    def id(self) -> str: ...


class IdentifiedRecord(Identified, Versioned, Protocol):
    """A record that is found by one id of its own."""


T = TypeVar("T", bound=Versioned)
R = TypeVar("R")
Item = TypeVar("Item", bound=Identified)


def paginate(items: Iterable[Item], limit: int, cursor: str | None) -> Page[Item]:
    """The part of a list in order of id that follows ``cursor``, the last id of the part before.

    422 ``invalid_cursor`` unless the cursor can be an id of this list; one deleted since is still valid.
    """
    items = tuple(items)
    prefixes = {prefix_of(item.id) for item in items}
    if cursor is not None and not (is_id(cursor) and prefixes <= {prefix_of(cursor)}):
        raise paging.invalid_cursor()
    rest = [item for item in items if cursor is None or item.id > cursor]
    shown = tuple(rest[:limit])
    return Page(shown, shown[-1].id if len(rest) > limit else None)


def read_record(store: Store, kind: type[T], *key: str) -> T:
    """The record of this kind with these ids; 404."""
    return store.read([Ref.to(kind, *key)]).require(kind, *key)


def read_existing(store: Store, kind: type[R], ids: Sequence[str], *, consistent: bool = True) -> list[R]:
    """The records of this kind that exist under these ids, in their order."""
    found = store.read([Ref.to(kind, record_id) for record_id in ids], consistent=consistent)
    return [record for record_id in ids if (record := found.get(kind, record_id)) is not None]


def apply_fields(record: T, fields: Fields, context: Context) -> T:
    """The record with these fields changed; 412 if the caller saw another version of it."""
    check_version(record, context)
    changed: T = replace(record, **fields)  # type: ignore[type-var]  # every record is a dataclass
    return changed


def check_version(record: Versioned, context: Context) -> None:
    """412 ``version_mismatch`` unless the record is at the version the caller expects, if one is expected."""
    if context.expected_version not in (None, record.version):
        raise VersionMismatch()


def require_references(
    work: UnitOfWork,
    store: Store,
    kind: type[IdentifiedRecord],
    pointer: str,
    wanted: Sequence[str],
    before: Sequence[str],
) -> None:
    """Make the write depend on every record newly referred to; 422 naming each id that does not exist.

    References that were there ``before`` are not checked, so an outdated one never blocks a change.
    """
    new = [(index, record_id) for index, record_id in enumerate(wanted) if record_id not in before]
    if not new:
        return
    by_id = {record.id: record for record in store.catalogue(kind)}
    unknown = [
        FieldError(f"{pointer}/{index}", "There is no such one.") for index, record_id in new if record_id not in by_id
    ]
    if unknown:
        raise Invalid(errors=unknown)
    if len(work.unchanged) + len(new) > MAX_NEW_REFERENCES:
        raise invalid(pointer, f"Add at most {MAX_NEW_REFERENCES} at a time.")
    for _, record_id in new:
        work.require_unchanged(by_id[record_id])
