"""The table's stream: new journal entries go to the outbox relay as soon as they are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from chalicelib.container import container


def relay_records(records: Sequence[Mapping[str, Any]]) -> int:
    """Deliver the journal entries among a stream's records; returns how many had something to deliver."""
    entries = container.outbox.new_journal_entries(records)
    # In stage local a request may set the time; the messages about it go by that clock.
    local = container.settings.is_local and entries
    return container.outbox_relay.relay(entries, max(e.at for e in entries) if local else datetime.now(UTC))
