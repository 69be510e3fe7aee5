"""Setting up the organisation's own cancellation reasons (CC-12)."""

from __future__ import annotations

from chalicelib.domain.organisation.catalog import Reason
from chalicelib.services.crud import Fields, check_version, edited, one, page
from chalicelib.services.retry import Pause, decide
from chalicelib.services.unit_of_work import Change, Context, Ids, Page, Store


class Reasons:
    """Cancellation reasons; a cancelled appointment keeps the text, so a reason is always free to go."""

    def __init__(self, store: Store, ids: Ids, pause: Pause) -> None:
        self._store = store
        self._ids = ids
        self._pause = pause

    def list(self, limit: int, cursor: str | None) -> Page[Reason]:
        """Part of the list, oldest first."""
        return page(self._store.catalogue(Reason), limit, cursor)

    def show(self, reason_id: str) -> Reason:
        """One reason; 404."""
        return one(self._store, Reason, reason_id)

    def create(self, context: Context, fields: Fields) -> Reason:
        """A new reason."""
        reason = Reason(self._ids.new("rsn", context.now), **fields)
        return decide(lambda: self._write(context, reason), self._pause)

    def change(self, context: Context, reason_id: str, fields: Fields) -> Reason:
        """The reason with another text; 404, 412."""
        return decide(lambda: self._change(context, reason_id, fields), self._pause)

    def _change(self, context: Context, reason_id: str, fields: Fields) -> Reason:
        before = self.show(reason_id)
        reason = edited(before, fields, context)
        return before if reason == before else self._write(context, reason)

    def _write(self, context: Context, reason: Reason) -> Reason:
        change = Change()
        written = change.save(reason)
        self._store.commit(change, context.once, written)
        return written

    def remove(self, context: Context, reason_id: str) -> None:
        """Removes it; 404, 412."""
        decide(lambda: self._remove(context, reason_id), self._pause)

    def _remove(self, context: Context, reason_id: str) -> None:
        reason = self.show(reason_id)
        check_version(reason, context)
        change = Change()
        change.delete(reason)
        self._store.commit(change)
