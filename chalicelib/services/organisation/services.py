"""Setting up what can be booked: the services."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from chalicelib.domain.organisation.catalogue import Location, Service
from chalicelib.services.crud import require_references
from chalicelib.services.organisation.catalogue_records import CatalogueRecords
from chalicelib.services.organisation.references import Reference
from chalicelib.services.unit_of_work import UnitOfWork


class Services(CatalogueRecords[Service]):
    """The organisation's services."""

    kind = Service
    prefix = "svc"

    def validate(self, work: UnitOfWork, record: Service, before: Service | None) -> None:
        """422 naming each location that does not exist."""
        former_ids = before.location_ids if before else ()
        require_references(work, self._store, Location, "/location_ids", record.location_ids, former_ids)

    def references_to(self, record_id: str, now: datetime) -> Iterable[Reference]:
        """Staff who offer it, open blocks and upcoming appointments for it."""
        return self._references.to_service(record_id, now)
