"""Send the notices of a journal entry about an address that was changed, each once (TR-2, TR-3, NT-9)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from chalicelib.domain.clients.client import Client
from chalicelib.domain.messaging.address_notices import address_notice
from chalicelib.domain.organisation.catalogue import Staff
from chalicelib.domain.organisation.settings import Settings
from chalicelib.domain.shared.events import JournalEntry, NoticeKind, QueuedNotice
from chalicelib.services.messaging.message_sender import MessageSender, SendOutcome, SendResult
from chalicelib.services.settings_reader import settings_in
from chalicelib.services.store_port import Ref, Store


def send_notices(
    store: Store, message_sender: MessageSender, entry: JournalEntry, now: datetime
) -> Iterator[tuple[QueuedNotice, SendResult]]:
    """Send each notice, with its result; a recipient who is gone is told nothing."""
    if not entry.notices:
        return
    found = store.read([Ref.to(Settings), *(_recipient_ref(notice) for notice in entry.notices)])
    for queued in entry.notices:
        recipient = found.get(_recipient_kind(queued), queued.recipient_id)
        notice = address_notice(queued, entry, recipient, settings_in(found)) if recipient else None
        if notice is None:
            message_sender.observer.note("message_unsaid", entry_id=entry.id, kind=queued.kind, reason="unreachable")
            continue
        try:
            # What it says follows from the entry alone, so no record can make it untrue.
            yield queued, message_sender.send(notice, entry.id, (), now)
        except Exception as error:  # noqa: BLE001  # one notice must not stop the others of its entry
            yield queued, SendResult(SendOutcome.FAILED, error=type(error).__name__)


def _recipient_kind(notice: QueuedNotice) -> type[Any]:
    return Client if notice.kind is NoticeKind.CLIENT_ADDRESS_REPLACED else Staff


def _recipient_ref(notice: QueuedNotice) -> Ref[Any]:
    return Ref.to(_recipient_kind(notice), notice.recipient_id)
