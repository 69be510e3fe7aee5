"""Setting up the branches."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from chalicelib.domain.organisation.catalogue import Location
from chalicelib.domain.organisation.opening_hours import BranchHours
from chalicelib.domain.shared.times import known_zone
from chalicelib.services.organisation.catalogue_records import CatalogueRecords
from chalicelib.services.organisation.references import Reference
from chalicelib.services.store_port import Ref
from chalicelib.services.unit_of_work import UnitOfWork, Versioned


class Locations(CatalogueRecords[Location]):
    """The organisation's locations; one is removed with its hours."""

    kind = Location
    prefix = "loc"

    def validate(self, work: UnitOfWork, record: Location, before: Location | None) -> None:
        """422 ``unknown_timezone``."""
        known_zone(record.timezone)

    def references_to(self, record_id: str, now: datetime) -> Iterable[Reference]:
        """Services, staff, open blocks and upcoming appointments there."""
        return self._references.to_location(record_id, now)

    def read_with_dependents(self, record_id: str) -> tuple[Location, tuple[Versioned, ...]]:
        """The location and its hours; 404.

        Hours that have never been written are deleted as well, so that nobody writes them in between.
        """
        found = self._store.read([Ref.to(Location, record_id), Ref.to(BranchHours, record_id)])
        location = found.require(Location, record_id)
        return location, (found.get(BranchHours, record_id) or BranchHours(record_id),)
