"""Send one message: at most once, and only while its content is true."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from chalicelib.domain.messaging.address_notices import Message
from chalicelib.domain.messaging.notifications import Medium, Notification, NotSent, Rejected
from chalicelib.domain.messaging.outbox import ClaimResult, ClaimState, SendClaim, dead_letter
from chalicelib.services.messaging.messaging_ports import DeadLetterQueue, Observer, Outbox, Sender
from chalicelib.services.store_port import Ref, Store

ExpectedVersion = tuple[Ref[Any], int]
"""A record that a message was made from, and its version at that time."""


class SendOutcome(Enum):
    """The outcome of one attempt to send."""

    DONE = "sent, or settled for good"
    CHANGED = "its content is no longer true: read again"
    HELD = "another process is sending it, or it is unknown whether it was sent"
    FAILED = "certainly not sent: try again later"


@dataclass(frozen=True, slots=True)
class SendResult:
    """The result of an attempt to send; ``until`` is the end of the lease of a held claim."""

    outcome: SendOutcome
    until: datetime | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class MessageSender:
    """Claims a message, checks its records again, sends it and settles the claim; a crash after any step is safe."""

    store: Store
    outbox: Outbox
    senders: Mapping[Medium, Sender]
    dead_letters: DeadLetterQueue
    observer: Observer

    def send(
        self, message: Message, cause: str, expected_versions: Sequence[ExpectedVersion], now: datetime
    ) -> SendResult:
        """Send the message unless it has been sent for this cause, recipient and medium (NT-9).

        A claim that was never settled is not granted again: the message may have been sent. When its lease has ended
        the message goes to the dead-letter queue as ``uncertain``.
        """
        send_claim = SendClaim(message.subject_id, cause, message.kind, message.recipient_id, message.medium)
        rejection, send = "", None
        try:
            send = self.senders[message.medium].prepare(message)
        except Rejected as error:
            rejection = str(error)
        claim = self.outbox.claim(send_claim)
        if claim.state is not ClaimState.GRANTED:
            return self._result_without_claim(claim, now)
        if send is None:
            self._dead_letter(claim, "rejected", rejection, now)
            return SendResult(SendOutcome.DONE)
        if self._changed(claim, expected_versions):
            self.outbox.release(claim)
            return SendResult(SendOutcome.CHANGED)
        return self._send(claim, send, now)

    def redirect(
        self,
        notification: Notification,
        cause: str,
        original_recipient_id: str,
        expected_versions: Sequence[ExpectedVersion],
        now: datetime,
    ) -> SendResult:
        """Send to the client that the original recipient has been merged into, unless sent under either id (D20).

        It uses up the claims of both ids: neither the merge nor undoing it sends the same message again.
        """
        claim = self.outbox.claim(
            SendClaim(notification.appointment_id, cause, notification.kind, original_recipient_id, notification.medium)
        )
        if claim.state is not ClaimState.GRANTED:
            return self._result_without_claim(claim, now)
        try:
            result = self.send(notification, cause, expected_versions, now)
        except Exception:
            self.outbox.release(claim)
            raise
        if result.outcome is SendOutcome.DONE:
            self.outbox.settle(claim, "redirected", now, notification.recipient_id)
        else:
            self.outbox.release(claim)
        return result

    def _result_without_claim(self, claim: ClaimResult, now: datetime) -> SendResult:
        if claim.state is ClaimState.HELD:
            return SendResult(SendOutcome.HELD, claim.until)
        if claim.state is ClaimState.EXPIRED:
            self._dead_letter(claim, "uncertain", "", now)
        return SendResult(SendOutcome.DONE)

    def _send(self, claim: ClaimResult, send: Callable[[], str], now: datetime) -> SendResult:
        send_claim = claim.claim
        try:
            provider_id = send()
        except NotSent as error:
            self.outbox.release(claim)
            return SendResult(SendOutcome.FAILED, error=str(error))
        except Rejected as error:
            self._dead_letter(claim, "rejected", str(error), now)
            return SendResult(SendOutcome.DONE)
        except Exception as error:  # noqa: BLE001  # the message may have been sent: keep the claim
            self.observer.note("answer_lost", **_ids(send_claim), error=type(error).__name__)
            return SendResult(SendOutcome.HELD, claim.until)
        self.outbox.settle(claim, "sent", now, provider_id)
        self.observer.count("MessagesSent", kind=send_claim.kind, medium=send_claim.medium)
        self.observer.note("message_sent", **_ids(send_claim), provider_id=provider_id)
        return SendResult(SendOutcome.DONE)

    def give_up(self, send_claim: SendClaim, error: str, now: datetime) -> SendResult:
        """Put the message on the dead-letter queue as failed, unless another process is sending it after all."""
        claim = self.outbox.claim(send_claim)
        if claim.state is ClaimState.GRANTED:
            self._dead_letter(claim, "failed", error, now)
            return SendResult(SendOutcome.DONE)
        return self._result_without_claim(claim, now)

    def _dead_letter(self, claim: ClaimResult, outcome: str, error: str, now: datetime) -> None:
        """Put the message on the queue, then settle the claim: a crash in between repeats it, but never loses it."""
        send_claim = claim.claim
        record = dead_letter(_ids(send_claim), outcome, error, now)
        self.dead_letters.put(record)
        self.outbox.settle(claim, outcome, now, error)
        metric = "MessagesUncertain" if outcome == "uncertain" else "MessagesFailed"
        self.observer.count(metric, kind=send_claim.kind, medium=send_claim.medium)
        self.observer.note("message_set_aside", **record)

    def _changed(self, claim: ClaimResult, expected_versions: Sequence[ExpectedVersion]) -> bool:
        if not expected_versions:
            return False
        try:
            found = self.store.read([ref for ref, _ in expected_versions])
        except Exception:
            self.outbox.release(claim)
            raise
        return any(_version(found.get(ref.kind, *ref.key)) != version for ref, version in expected_versions)


def _version(record: Any) -> int:
    return 0 if record is None else int(record.version)


def _ids(send_claim: SendClaim) -> dict[str, str]:
    return {
        "subject_id": send_claim.subject_id,
        "cause": send_claim.cause,
        "kind": send_claim.kind,
        "recipient_id": send_claim.recipient_id,
        "medium": send_claim.medium,
    }
