"""Nested records: things with an id and a version of their own that are stored within another record, their owner."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Generic, Protocol, TypeVar

from chalicelib.domain.shared.errors import NotFound, invalid
from chalicelib.services.context import Context
from chalicelib.services.crud import Fields, IdentifiedRecord, apply_fields, check_version, paginate
from chalicelib.services.store_port import Ids, Page

T = TypeVar("T")
Result = TypeVar("Result")
N = TypeVar("N", bound=IdentifiedRecord)
Owner = TypeVar("Owner")


class OwnerRecords(Protocol[Owner]):
    """Reads and writes the records that others are nested in."""

    @property
    def ids(self) -> Ids: ...

    def get(self, context: Context, owner_id: str) -> Owner:
        """The owner; 404."""

    def edit(
        self,
        context: Context,
        owner_id: str,
        make: Callable[[Owner], tuple[Owner, T]],
        to_result: Callable[[Owner, T], Result],
    ) -> Result:
        """Write the owner as ``make`` returns it, and answer with ``to_result`` of what it returns beside it.

        403, 404. Both are called again when another write came first.
        """


class NestedRecords(Generic[Owner, N]):
    """List, show, create, change and remove the records of one ``kind`` in their owners, ``limit`` in each.

    A subclass says where they are (``records_in``, ``with_records``) and how its kind differs (``to_fields``,
    ``validate``, ``to_result``).
    """

    kind: type[N]
    prefix: str
    limit: int

    def __init__(self, owners: OwnerRecords[Owner]) -> None:
        self._owners = owners

    def records_in(self, owner: Owner) -> tuple[N, ...]:
        """The owner's records of this kind."""
        raise NotImplementedError

    def with_records(self, owner: Owner, records: tuple[N, ...]) -> Owner:
        """The owner with these records instead."""
        raise NotImplementedError

    def to_fields(self, owner: Owner, fields: Fields, before: N | None) -> Fields:
        """The fields of the record from those of the request; ``before`` is None for a new one."""
        return fields

    def validate(self, owner: Owner, record: N, before: N | None) -> None:
        """422 if a new or changed record must not be written."""

    def to_result(self, owner: Owner, record: N) -> Any:
        """The answer to a create or change."""
        return record

    def read(self, context: Context, owner_id: str) -> tuple[N, ...]:
        """The owner's records, for list and show; 404."""
        return self.records_in(self._owners.get(context, owner_id))

    def list(self, context: Context, owner_id: str, limit: int, cursor: str | None) -> Page[N]:
        """Part of the list, oldest first; 404, 422 ``invalid_cursor``."""
        return paginate(sorted(self.read(context, owner_id), key=lambda record: record.id), limit, cursor)

    def show(self, context: Context, owner_id: str, record_id: str) -> N:
        """One record; 404."""
        return require(self.read(context, owner_id), record_id)

    def create(self, context: Context, owner_id: str, fields: Fields) -> Any:
        """A new record; 403, 404, 422 as ``validate`` says and ``too_many`` beyond the limit."""
        record_id = self._owners.ids.new(self.prefix, context.now)

        def add(owner: Owner) -> tuple[Owner, N]:
            values = self.to_fields(owner, fields, None)
            record = self.kind(record_id, **values)  # type: ignore[call-arg]  # a dataclass, its id first
            self.validate(owner, record, None)
            return self.with_records(owner, with_added(self.records_in(owner), record, self.limit)), record

        return self._owners.edit(context, owner_id, add, self.to_result)

    def change(self, context: Context, owner_id: str, record_id: str, fields: Fields) -> Any:
        """The record with some fields changed; 403, 404, 412, 422 as for a new one. Nothing booked changes."""

        def alter(owner: Owner) -> tuple[Owner, N]:
            before = require(self.records_in(owner), record_id)
            after = apply_fields(before, self.to_fields(owner, fields, before), context)
            self.validate(owner, after, before)
            records, written = with_changed(self.records_in(owner), after)
            return self.with_records(owner, records), written

        return self._owners.edit(context, owner_id, alter, self.to_result)

    def remove(self, context: Context, owner_id: str, record_id: str) -> None:
        """Remove the record; 403, 404, 412. Nothing booked changes."""

        def drop(owner: Owner) -> tuple[Owner, None]:
            return self.with_records(owner, without(self.records_in(owner), record_id, context)), None

        self._owners.edit(context, owner_id, drop, lambda *_: None)


def require(records: tuple[N, ...], record_id: str) -> N:
    """The record of that id; 404."""
    found = next((record for record in records if record.id == record_id), None)
    if found is None:
        raise NotFound()
    return found


def with_added(records: tuple[N, ...], record: N, limit: int) -> tuple[N, ...]:
    """The records with one more; 422 ``too_many`` if there are already ``limit``."""
    if len(records) >= limit:
        raise invalid("", f"There are already {limit}, which is the most: remove some first.", "too_many")
    return (*records, record)


def with_changed(records: tuple[N, ...], changed: N) -> tuple[tuple[N, ...], N]:
    """The records with this one changed, and it at its next version; both as before if nothing differs."""
    before = require(records, changed.id)
    if changed == before:
        return records, before
    written: N = replace(changed, version=before.version + 1)  # type: ignore[type-var]  # every record is a dataclass
    return tuple(written if record.id == written.id else record for record in records), written


def without(records: tuple[N, ...], record_id: str, context: Context) -> tuple[N, ...]:
    """The records without this one; 404, 412."""
    removed = require(records, record_id)
    check_version(removed, context)
    return tuple(record for record in records if record is not removed)
