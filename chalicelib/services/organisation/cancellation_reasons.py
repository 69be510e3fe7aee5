"""Setting up the organisation's own cancellation reasons (CC-12)."""

from __future__ import annotations

from chalicelib.domain.organisation.catalogue import CancellationReason
from chalicelib.services.organisation.catalogue_records import CatalogueRecords


class CancellationReasons(CatalogueRecords[CancellationReason]):
    """Cancellation reasons; a cancelled appointment keeps the text, so a reason can be removed at any time."""

    kind = CancellationReason
    prefix = "rsn"
