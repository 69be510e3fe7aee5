"""Setting up what can be booked: the services."""

from __future__ import annotations

from chalicelib.domain.organisation.catalog import Location, Service
from chalicelib.services.crud import Fields, check_version, edited, one, page, refer
from chalicelib.services.organisation.references import Usage, refuse_if_used
from chalicelib.services.retry import Pause, decide
from chalicelib.services.unit_of_work import Change, Context, Ids, Page, Store


class Offerings:
    """The organisation's services."""

    def __init__(self, store: Store, ids: Ids, usage: Usage, pause: Pause) -> None:
        self._store = store
        self._ids = ids
        self._usage = usage
        self._pause = pause

    def list(self, limit: int, cursor: str | None) -> Page[Service]:
        """Part of the list, oldest first."""
        return page(self._store.catalogue(Service), limit, cursor)

    def show(self, service_id: str) -> Service:
        """One service; 404."""
        return one(self._store, Service, service_id)

    def create(self, context: Context, fields: Fields) -> Service:
        """A new service; 422 naming each location that does not exist."""
        service = Service(self._ids.new("svc", context.now), **fields)
        return decide(lambda: self._write(context, service, ()), self._pause)

    def change(self, context: Context, service_id: str, fields: Fields) -> Service:
        """The service with some fields changed; 404, 412 and 422 as for a new one. Nothing booked changes."""
        return decide(lambda: self._change(context, service_id, fields), self._pause)

    def _change(self, context: Context, service_id: str, fields: Fields) -> Service:
        before = self.show(service_id)
        service = edited(before, fields, context)
        return before if service == before else self._write(context, service, before.location_ids)

    def _write(self, context: Context, service: Service, before: tuple[str, ...]) -> Service:
        change = Change()
        if set(service.location_ids) - set(before):
            refer(change, "/location_ids", service.location_ids, before, self._store.catalogue(Location))
        written = change.save(service)
        self._store.commit(change, context.once, written)
        return written

    def remove(self, context: Context, service_id: str) -> None:
        """Removes it; 409 ``in_use`` while staff offer it or blocks or upcoming appointments are for it."""
        decide(lambda: self._remove(context, service_id), self._pause)

    def _remove(self, context: Context, service_id: str) -> None:
        service = self.show(service_id)
        check_version(service, context)
        refuse_if_used(self._usage.of_service(service_id, context.now))
        change = Change()
        change.delete(service)
        self._store.commit(change)
