"""Setting up the branches."""

from __future__ import annotations

from chalicelib.domain.organisation.catalog import Location
from chalicelib.domain.organisation.opening_hours import BranchHours
from chalicelib.domain.shared.times import known_zone
from chalicelib.services.context import Context
from chalicelib.services.crud import Fields, apply_fields, check_version, paginate, read_record
from chalicelib.services.organisation.references import References, require_unused
from chalicelib.services.retry import Pause, retry_on_conflict
from chalicelib.services.store_port import Ids, Page, Ref, Store
from chalicelib.services.unit_of_work import UnitOfWork


class Locations:
    """The organisation's locations; every change is one read and one transaction."""

    def __init__(self, store: Store, ids: Ids, references: References, pause: Pause) -> None:
        self._store = store
        self._ids = ids
        self._references = references
        self._pause = pause

    def list(self, limit: int, cursor: str | None) -> Page[Location]:
        """Part of the list, oldest first."""
        return paginate(self._store.catalogue(Location), limit, cursor)

    def show(self, location_id: str) -> Location:
        """One location; 404."""
        return read_record(self._store, Location, location_id)

    def create(self, context: Context, fields: Fields) -> Location:
        """A new location; 422 for an unknown time zone."""
        location = Location(self._ids.new("loc", context.now), **fields)
        return retry_on_conflict(lambda: self._write(context, location), self._pause)

    def change(self, context: Context, location_id: str, fields: Fields) -> Location:
        """The location with some fields changed; 404, 412 and 422 as for a new one."""
        return retry_on_conflict(lambda: self._change(context, location_id, fields), self._pause)

    def _change(self, context: Context, location_id: str, fields: Fields) -> Location:
        before = self.show(location_id)
        location = apply_fields(before, fields, context)
        return before if location == before else self._write(context, location)

    def _write(self, context: Context, location: Location) -> Location:
        known_zone(location.timezone)
        work = UnitOfWork()
        written = work.save(location)
        self._store.commit(work, context.idempotency, written)
        return written

    def remove(self, context: Context, location_id: str) -> None:
        """Removes it and its hours; 409 ``in_use`` while services, staff, blocks or upcoming appointments are there."""
        retry_on_conflict(lambda: self._remove(context, location_id), self._pause)

    def _remove(self, context: Context, location_id: str) -> None:
        found = self._store.read([Ref.to(Location, location_id), Ref.to(BranchHours, location_id)])
        location = found.require(Location, location_id)
        hours = found.get(BranchHours, location_id) or BranchHours(location_id)
        check_version(location, context)
        require_unused(self._references.to_location(location_id, context.now))
        work = UnitOfWork()
        work.delete(location)
        # Hours that nobody has written yet are deleted as well: nobody writes them in between.
        work.delete(hours)
        self._store.commit(work)
