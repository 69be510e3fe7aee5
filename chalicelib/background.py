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
    from chalicelib.services.appointments.auto_reject_job import AutoRejectJob
    from chalicelib.services.appointments.auto_start_job import AutoStartJob
    from chalicelib.services.clients.erasure import ErasureJob
    from chalicelib.services.integrity.client_integrity import ClientIntegrity
    from chalicelib.services.integrity.ledger_integrity import LedgerIntegrity
    from chalicelib.services.messaging.messaging_ports import MeetingLinkProvider
    from chalicelib.services.messaging.outbox_relay import OutboxRelay
    from chalicelib.services.messaging.reminder_job import ReminderJob
    from chalicelib.services.quickstream.release_job import ReleaseJob

# So many clients are compared in one run.
MOST_CLIENTS = 500


@lru_cache(maxsize=1)
def releasing() -> ReleaseJob:
    """The scheduled release of Quickstream blocks."""
    from chalicelib.persistence.due_index import DynamoDueWork
    from chalicelib.services.quickstream.release_job import ReleaseJob

    return ReleaseJob(
        container.store(),
        container.agenda(),
        DynamoDueWork(),
        container.ids(),
        container.pause,
        observability.count_metric,
    )


@lru_cache(maxsize=1)
def outbox() -> DynamoOutbox:
    """Journal entries and reminders until they are delivered."""
    from chalicelib.persistence.outbox import DynamoOutbox

    container.store()
    return DynamoOutbox()


@lru_cache(maxsize=1)
def delivery() -> OutboxRelay:
    """Messages to people and events to the topic."""
    from chalicelib.domain.messaging.notifications import Medium
    from chalicelib.notifications.dead_letter_queue import SqsDeadLetterQueue
    from chalicelib.notifications.ses import SesEmailSender
    from chalicelib.notifications.sns import SnsEventTopic, SnsTextSender
    from chalicelib.services.messaging.meeting_links import CreateMeetingLinks
    from chalicelib.services.messaging.message_sender import MessageSender
    from chalicelib.services.messaging.messaging_ports import Sender
    from chalicelib.services.messaging.outbox_relay import OutboxRelay

    config = container.settings()
    carriers: dict[Medium, Sender] = {
        Medium.EMAIL: SesEmailSender(config.sender, config.configuration_set, config.public_url, config.region),
        Medium.TEXT: SnsTextSender(config.public_url, config.region),
    }
    dead_letters = SqsDeadLetterQueue(config.dead_letter_queue_url, config.region)
    dispatcher = MessageSender(container.store(), outbox(), carriers, dead_letters, observability.observer)
    linking = CreateMeetingLinks(
        container.store(), meeting_links(), container.ids(), dead_letters, observability.observer
    )
    topic = SnsEventTopic(config.events_topic_arn, config.region)
    return OutboxRelay(container.store(), outbox(), topic, dispatcher, linking, observability.observer, random.random)


@lru_cache(maxsize=1)
def meeting_links() -> MeetingLinkProvider | None:
    """Who makes links to video calls: Microsoft Graph where its credentials are kept, a pretence in stage local."""
    config = container.settings()
    if config.graph_secret_arn:
        from chalicelib import secrets_manager
        from chalicelib.notifications.microsoft_graph import GraphMeetingLinks

        credentials = partial(secrets_manager.read_secret, config.graph_secret_arn, config.region)
        return GraphMeetingLinks(credentials, config.graph_url, config.graph_login_url)
    if config.is_local:
        from chalicelib.notifications.fake_links import FakeMeetingLinks

        return FakeMeetingLinks(config.stage)
    return None


@lru_cache(maxsize=1)
def reminding() -> ReminderJob:
    """Reminders."""
    from chalicelib.services.messaging.reminder_job import ReminderJob

    return ReminderJob(container.store(), outbox(), delivery(), observability.observer)


@lru_cache(maxsize=1)
def commencing() -> AutoStartJob:
    """Appointments that nobody has commenced."""
    from chalicelib.persistence.due_index import DynamoDueWork
    from chalicelib.services.appointments.auto_start_job import AutoStartJob

    return AutoStartJob(container.store(), DynamoDueWork(), container.ids(), observability.count_metric)


@lru_cache(maxsize=1)
def farewells() -> ErasureJob:
    """Deleted clients who were kept reachable for a last message."""
    from chalicelib.persistence.due_index import DynamoDueWork
    from chalicelib.services.clients.erasure import ErasureJob

    return ErasureJob(container.store(), DynamoDueWork())


@lru_cache(maxsize=1)
def lapsing() -> AutoRejectJob:
    """Requests nobody decides on."""
    from chalicelib.persistence.due_index import DynamoDueWork
    from chalicelib.services.appointments.auto_reject_job import AutoRejectJob

    return AutoRejectJob(container.store(), DynamoDueWork(), container.cancelling())


def relay(records: list[Mapping[str, Any]]) -> int:
    """Delivers the journal entries among a stream's records; returns how many there were."""
    from chalicelib.persistence.outbox import new_journal_entries

    entries = new_journal_entries(records)
    # In stage local a request may have said what time it is; the messages about it go by that clock.
    local = container.settings().is_local and entries
    return delivery().relay(entries, max(e.at for e in entries) if local else datetime.now(UTC))


@lru_cache(maxsize=1)
def client_integrity() -> ClientIntegrity:
    """The comparison of clients with what is kept about them elsewhere."""
    from chalicelib.services.integrity.client_integrity import ClientIntegrity

    return ClientIntegrity(container.store(), container.directory())


@lru_cache(maxsize=1)
def integrity() -> LedgerIntegrity:
    """The comparison of what is kept twice."""
    from chalicelib.services.integrity.ledger_integrity import LedgerIntegrity

    return LedgerIntegrity(container.store(), container.agenda())


def check_integrity(now: datetime) -> dict[str, int]:
    """Compares what is kept twice, and some clients with all about them; counts and logs what differs (ids only).

    Whoever has something ahead is looked at in one hour of the day, so that no run takes long.
    """
    report = integrity().check(now)
    their_hour = [client_id for client_id in report.client_ids if crc32(client_id.encode()) % 24 == now.hour]
    flaws = client_integrity().check(their_hour[:MOST_CLIENTS])
    places = [*(difference.key for difference in report.differences), *report.stale_team_members]
    places += [(flaw.client_id, flaw.flaw) for flaw in flaws]
    observability.count_metric("IntegrityDifferences", len(places))
    for place in places:
        observability.logger.error("integrity", extra={"place": "/".join(place)})
    return {
        "appointments": report.appointments,
        "occupants": report.occupants,
        "clients": len(their_hour[:MOST_CLIENTS]),
        "differences": len(places),
    }
