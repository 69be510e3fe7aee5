"""The work nobody waits for: what the schedule and the table's stream set going, put together as the container does."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any
from zlib import crc32

from chalicelib import container, observability

if TYPE_CHECKING:
    from chalicelib.persistence.outbox import DynamoOutbox
    from chalicelib.services.appointments.auto_reject_job import Lapsing
    from chalicelib.services.appointments.auto_start_job import Commencing
    from chalicelib.services.clients.erasure import Farewells
    from chalicelib.services.integrity.client_integrity import ClientIntegrity
    from chalicelib.services.integrity.ledger_integrity import Integrity
    from chalicelib.services.messaging.messaging_ports import MeetingLinks
    from chalicelib.services.messaging.outbox_relay import Delivery
    from chalicelib.services.messaging.reminder_job import Reminding
    from chalicelib.services.quickstream.release_job import Releasing

# So many clients are compared in one run.
MOST_CLIENTS = 500


@lru_cache(maxsize=1)
def releasing() -> Releasing:
    """The scheduled release of Quickstream blocks."""
    from chalicelib.persistence.due_index import DynamoDueWork
    from chalicelib.services.quickstream.release_job import Releasing

    return Releasing(
        container.store(), container.agenda(), DynamoDueWork(), container.ids(), container.pause, observability.count
    )


@lru_cache(maxsize=1)
def outbox() -> DynamoOutbox:
    """Journal entries and reminders until they are delivered."""
    from chalicelib.persistence.outbox import DynamoOutbox

    container.store()
    return DynamoOutbox()


@lru_cache(maxsize=1)
def delivery() -> Delivery:
    """Messages to people and events to the topic."""
    from chalicelib.domain.messaging.notifications import Medium
    from chalicelib.notifications.dead_letter_queue import SqsDeadLetters
    from chalicelib.notifications.ses import SesMail
    from chalicelib.notifications.sns import SnsTexts, SnsTopic
    from chalicelib.services.messaging.meeting_links import Linking
    from chalicelib.services.messaging.message_sender import Dispatcher
    from chalicelib.services.messaging.messaging_ports import Carrier
    from chalicelib.services.messaging.outbox_relay import Delivery

    config = container.settings()
    carriers: dict[Medium, Carrier] = {
        Medium.EMAIL: SesMail(config.sender, config.configuration_set, config.public_url, config.region),
        Medium.TEXT: SnsTexts(config.public_url, config.region),
    }
    dead_letters = SqsDeadLetters(config.dead_letter_queue_url, config.region)
    dispatcher = Dispatcher(container.store(), outbox(), carriers, dead_letters, observability.observer)
    linking = Linking(container.store(), meeting_links(), container.ids(), dead_letters, observability.observer)
    topic = SnsTopic(config.events_topic_arn, config.region)
    return Delivery(container.store(), outbox(), topic, dispatcher, linking, observability.observer, random.random)


@lru_cache(maxsize=1)
def meeting_links() -> MeetingLinks | None:
    """Who makes links to video calls: Microsoft Graph where its credentials are kept, a pretence in stage local."""
    config = container.settings()
    if config.graph_secret_arn:
        from chalicelib import secrets_manager
        from chalicelib.notifications.microsoft_graph import GraphLinks

        credentials = partial(secrets_manager.secret, config.graph_secret_arn, config.region)
        return GraphLinks(credentials, config.graph_url, config.graph_login_url)
    if config.local:
        from chalicelib.notifications.fake_links import PretendedLinks

        return PretendedLinks(config.stage)
    return None


@lru_cache(maxsize=1)
def reminding() -> Reminding:
    """Reminders."""
    from chalicelib.services.messaging.reminder_job import Reminding

    return Reminding(container.store(), outbox(), delivery(), observability.observer)


@lru_cache(maxsize=1)
def commencing() -> Commencing:
    """Appointments that nobody has commenced."""
    from chalicelib.persistence.due_index import DynamoDueWork
    from chalicelib.services.appointments.auto_start_job import Commencing

    return Commencing(container.store(), DynamoDueWork(), container.ids(), observability.count)


@lru_cache(maxsize=1)
def farewells() -> Farewells:
    """Deleted clients who were kept reachable for a last message."""
    from chalicelib.persistence.due_index import DynamoDueWork
    from chalicelib.services.clients.erasure import Farewells

    return Farewells(container.store(), DynamoDueWork())


@lru_cache(maxsize=1)
def lapsing() -> Lapsing:
    """Requests nobody decides on."""
    from chalicelib.persistence.due_index import DynamoDueWork
    from chalicelib.services.appointments.auto_reject_job import Lapsing

    return Lapsing(container.store(), DynamoDueWork(), container.cancelling())


def relay(records: list[Mapping[str, Any]]) -> int:
    """Delivers the journal entries among a stream's records; returns how many there were."""
    from chalicelib.persistence.outbox import entries_in

    entries = entries_in(records)
    # In stage local a request may have said what time it is; the messages about it go by that clock.
    local = container.settings().local and entries
    return delivery().relay(entries, max(e.at for e in entries) if local else datetime.now(UTC))


@lru_cache(maxsize=1)
def client_integrity() -> ClientIntegrity:
    """The comparison of clients with what is kept about them elsewhere."""
    from chalicelib.services.integrity.client_integrity import ClientIntegrity

    return ClientIntegrity(container.store(), container.directory())


@lru_cache(maxsize=1)
def integrity() -> Integrity:
    """The comparison of what is kept twice."""
    from chalicelib.services.integrity.ledger_integrity import Integrity

    return Integrity(container.store(), container.agenda())


def check_integrity(now: datetime) -> dict[str, int]:
    """Compares what is kept twice, and some clients with all about them; counts and logs what differs (ids only).

    Whoever has something ahead is looked at in one hour of the day, so that no run takes long.
    """
    report = integrity().check(now)
    their_hour = [client_id for client_id in report.client_ids if crc32(client_id.encode()) % 24 == now.hour]
    flaws = client_integrity().check(their_hour[:MOST_CLIENTS])
    places = [*(difference.place for difference in report.differences), *report.astray]
    places += [(flaw.client_id, flaw.flaw) for flaw in flaws]
    observability.count("IntegrityDifferences", len(places))
    for place in places:
        observability.logger.error("integrity", extra={"place": "/".join(place)})
    return {
        "appointments": report.appointments,
        "occupants": report.occupants,
        "clients": len(their_hour[:MOST_CLIENTS]),
        "differences": len(places),
    }
