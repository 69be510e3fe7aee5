"""Setting up one kind of record of the catalogue: list, show, create, change and remove, the same for each kind."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Generic, TypeVar

from chalicelib.services.context import Context
from chalicelib.services.crud import Fields, IdentifiedRecord, apply_fields, check_version, paginate, read_record
from chalicelib.services.organisation.references import Reference, References, require_unused
from chalicelib.services.retry import Pause, retry_on_conflict
from chalicelib.services.store_port import Ids, Page, Store
from chalicelib.services.unit_of_work import UnitOfWork, Versioned

R = TypeVar("R", bound=IdentifiedRecord)


class CatalogueRecords(Generic[R]):
    """Records of one ``kind``, with ids of one ``prefix``; every write is one transaction, retried when overtaken.

    A subclass says how its kind differs: in ``validate``, ``references_to``, ``read_with_dependents``.
    """

    kind: type[R]
    prefix: str

    def __init__(self, store: Store, ids: Ids, references: References, pause: Pause) -> None:
        self._store = store
        self._ids = ids
        self._references = references
        self._pause = pause

    def validate(self, work: UnitOfWork, record: R, before: R | None) -> None:
        """422 if a new or changed record must not be written; adds to ``work`` the records it depends on."""

    def references_to(self, record_id: str, now: datetime) -> Iterable[Reference]:
        """The references that keep a record from being removed."""
        return ()

    def read_with_dependents(self, record_id: str) -> tuple[R, tuple[Versioned, ...]]:
        """The record and the records that are removed with it; 404."""
        return self._read(record_id), ()

    def list(self, context: Context, limit: int, cursor: str | None) -> Page[R]:
        """Part of the list, oldest first; 422 ``invalid_cursor``."""
        return paginate(self._store.catalogue(self.kind), limit, cursor)

    def show(self, context: Context, record_id: str) -> R:
        """One record; 404."""
        return self._read(record_id)

    def create(self, context: Context, fields: Fields) -> R:
        """A new record; 422 as ``validate`` says."""
        record = self._new(context, fields)
        return retry_on_conflict(lambda: self._write(context, record, None), self._pause)

    def change(self, context: Context, record_id: str, fields: Fields) -> R:
        """The record with some fields changed; 404, 412 and 422 as for a new one. Nothing booked changes."""

        def attempt() -> R:
            before = self._read(record_id)
            after = apply_fields(before, fields, context)
            return before if after == before else self._write(context, after, before)

        return retry_on_conflict(attempt, self._pause)

    def remove(self, context: Context, record_id: str) -> None:
        """Remove the record; 404, 412, 409 ``in_use`` while there are references to it."""

        def attempt() -> None:
            record, dependents = self.read_with_dependents(record_id)
            check_version(record, context)
            require_unused(self.references_to(record_id, context.now))
            work = UnitOfWork()
            work.delete(record)
            for dependent in dependents:
                work.delete(dependent)
            self._store.commit(work)

        retry_on_conflict(attempt, self._pause)

    def _new(self, context: Context, fields: Fields) -> R:
        record_id = self._ids.new(self.prefix, context.now)
        return self.kind(record_id, **fields)  # type: ignore[call-arg]  # every record is a dataclass, its id first

    def _read(self, record_id: str) -> R:
        return read_record(self._store, self.kind, record_id)

    def _write(self, context: Context, record: R, before: R | None) -> R:
        work = UnitOfWork()
        self.validate(work, record, before)
        written = work.save(record)
        self._store.commit(work, context.idempotency, written)
        return written
