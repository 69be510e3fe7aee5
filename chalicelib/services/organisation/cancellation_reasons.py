"""Setting up the organisation's own cancellation reasons (CC-12)."""

from __future__ import annotations

from chalicelib.domain.organisation.catalog import CancellationReason
from chalicelib.services.context import Context
from chalicelib.services.crud import Fields, apply_fields, check_version, paginate, read_record
from chalicelib.services.retry import Pause, retry_on_conflict
from chalicelib.services.store_port import Ids, Page, Store
from chalicelib.services.unit_of_work import UnitOfWork


class CancellationReasons:
    """Cancellation reasons; a cancelled appointment keeps the text, so a reason is always free to go."""

    def __init__(self, store: Store, ids: Ids, pause: Pause) -> None:
        self._store = store
        self._ids = ids
        self._pause = pause

    def list(self, limit: int, cursor: str | None) -> Page[CancellationReason]:
        """Part of the list, oldest first."""
        return paginate(self._store.catalogue(CancellationReason), limit, cursor)

    def show(self, reason_id: str) -> CancellationReason:
        """One reason; 404."""
        return read_record(self._store, CancellationReason, reason_id)

    def create(self, context: Context, fields: Fields) -> CancellationReason:
        """A new reason."""
        reason = CancellationReason(self._ids.new("rsn", context.now), **fields)
        return retry_on_conflict(lambda: self._write(context, reason), self._pause)

    def change(self, context: Context, reason_id: str, fields: Fields) -> CancellationReason:
        """The reason with another text; 404, 412."""
        return retry_on_conflict(lambda: self._change(context, reason_id, fields), self._pause)

    def _change(self, context: Context, reason_id: str, fields: Fields) -> CancellationReason:
        before = self.show(reason_id)
        reason = apply_fields(before, fields, context)
        return before if reason == before else self._write(context, reason)

    def _write(self, context: Context, reason: CancellationReason) -> CancellationReason:
        work = UnitOfWork()
        written = work.save(reason)
        self._store.commit(work, context.idempotency, written)
        return written

    def remove(self, context: Context, reason_id: str) -> None:
        """Removes it; 404, 412."""
        retry_on_conflict(lambda: self._remove(context, reason_id), self._pause)

    def _remove(self, context: Context, reason_id: str) -> None:
        reason = self.show(reason_id)
        check_version(reason, context)
        work = UnitOfWork()
        work.delete(reason)
        self._store.commit(work)
