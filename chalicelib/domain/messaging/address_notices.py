"""Notices about an e-mail address itself, to the one that was replaced and to a login's new one (TR-2, TR-3)."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.domain.clients.client import Client
from chalicelib.domain.messaging.notification_policy import language_for
from chalicelib.domain.messaging.notifications import Medium, Notification
from chalicelib.domain.organisation.catalogue import Staff
from chalicelib.domain.organisation.settings import Settings
from chalicelib.domain.shared.events import JournalEntry, NoticeKind, QueuedNotice


@dataclass(frozen=True, slots=True)
class AddressNotice:
    """The content of one notice: it names no address, neither the one it goes to nor any other."""

    kind: NoticeKind
    subject_id: str
    recipient_id: str
    address: str
    name: str
    language: str
    organisation: str
    medium: Medium = Medium.EMAIL


Message = Notification | AddressNotice
"""Anything that is sent: about an appointment, or about an address."""


def address_notice(
    notice: QueuedNotice, entry: JournalEntry, recipient: Client | Staff, settings: Settings
) -> AddressNotice | None:
    """The notice to the address that the entry's change gives; ``None`` if there is no address, or no longer one."""
    change = next((each for each in entry.changes if each.field == "email"), None)
    if change is None or (isinstance(recipient, Client) and recipient.deleted_at is not None):
        return None
    address = change.after if notice.kind is NoticeKind.LOGIN_ADDRESS_GIVEN else change.before
    if not address:
        return None
    name, preferred = _name_and_languages(recipient)
    return AddressNotice(
        kind=notice.kind,
        subject_id=entry.subject_id,
        recipient_id=recipient.id,
        address=address,
        name=name,
        language=language_for(preferred, settings),
        organisation=settings.organisation_name,
    )


def _name_and_languages(recipient: Client | Staff) -> tuple[str, list[str | None]]:
    if isinstance(recipient, Client):
        return recipient.first_name, [recipient.language]
    return recipient.name, [*recipient.languages]
