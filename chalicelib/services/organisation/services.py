"""Setting up what can be booked: the services."""

from __future__ import annotations

from chalicelib.domain.organisation.catalog import Location, Service
from chalicelib.services.context import Context
from chalicelib.services.crud import Fields, apply_fields, check_version, paginate, read_record, require_references
from chalicelib.services.organisation.references import References, require_unused
from chalicelib.services.retry import Pause, retry_on_conflict
from chalicelib.services.store_port import Ids, Page, Store
from chalicelib.services.unit_of_work import UnitOfWork


class Services:
    """The organisation's services."""

    def __init__(self, store: Store, ids: Ids, references: References, pause: Pause) -> None:
        self._store = store
        self._ids = ids
        self._references = references
        self._pause = pause

    def list(self, limit: int, cursor: str | None) -> Page[Service]:
        """Part of the list, oldest first."""
        return paginate(self._store.catalogue(Service), limit, cursor)

    def show(self, service_id: str) -> Service:
        """One service; 404."""
        return read_record(self._store, Service, service_id)

    def create(self, context: Context, fields: Fields) -> Service:
        """A new service; 422 naming each location that does not exist."""
        service = Service(self._ids.new("svc", context.now), **fields)
        return retry_on_conflict(lambda: self._write(context, service, ()), self._pause)

    def change(self, context: Context, service_id: str, fields: Fields) -> Service:
        """The service with some fields changed; 404, 412 and 422 as for a new one. Nothing booked changes."""
        return retry_on_conflict(lambda: self._change(context, service_id, fields), self._pause)

    def _change(self, context: Context, service_id: str, fields: Fields) -> Service:
        before = self.show(service_id)
        service = apply_fields(before, fields, context)
        return before if service == before else self._write(context, service, before.location_ids)

    def _write(self, context: Context, service: Service, before: tuple[str, ...]) -> Service:
        work = UnitOfWork()
        if set(service.location_ids) - set(before):
            require_references(work, "/location_ids", service.location_ids, before, self._store.catalogue(Location))
        written = work.save(service)
        self._store.commit(work, context.idempotency, written)
        return written

    def remove(self, context: Context, service_id: str) -> None:
        """Removes it; 409 ``in_use`` while staff offer it or blocks or upcoming appointments are for it."""
        retry_on_conflict(lambda: self._remove(context, service_id), self._pause)

    def _remove(self, context: Context, service_id: str) -> None:
        service = self.show(service_id)
        check_version(service, context)
        require_unused(self._references.to_service(service_id, context.now))
        work = UnitOfWork()
        work.delete(service)
        self._store.commit(work)
