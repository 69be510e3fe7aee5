"""Dispatching one notice: at most once, and only while what it says is true."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from chalicelib.domain.messaging.notifications import Medium, Notification, NotSent, Rejected
from chalicelib.domain.messaging.outbox import ClaimResult, ClaimState, SendClaim
from chalicelib.domain.shared.times import utc_text
from chalicelib.services.messaging.messaging_ports import DeadLetterQueue, Observer, Outbox, Sender
from chalicelib.services.unit_of_work import Ref, Store

ExpectedVersion = tuple[Ref[Any], int]
"""A record a notice was written from, and the version it had then."""


class SendOutcome(Enum):
    """What became of one attempt."""

    DONE = "sent, or settled for good"
    CHANGED = "what it says is no longer so: look again"
    HELD = "somebody else is sending, or nobody knows whether it was sent"
    FAILED = "surely not sent: try again later"


@dataclass(frozen=True, slots=True)
class SendResult:
    """How an attempt ended; ``until`` is when a held permission's lease ends."""

    outcome: SendOutcome
    until: datetime | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class MessageSender:
    """Asks for permission, looks once more, sends, and settles; each step is safe to crash after."""

    store: Store
    outbox: Outbox
    carriers: Mapping[Medium, Sender]
    dead_letters: DeadLetterQueue
    observer: Observer

    def dispatch(
        self, notice: Notification, cause: str, guards: Sequence[ExpectedVersion], now: datetime
    ) -> SendResult:
        """Sends the notice if nobody has for this cause, recipient and medium (NT-9).

        A permission that was taken and never settled is not given again: the message may have gone out. After
        its lease it is set aside as uncertain.
        """
        permission = SendClaim(notice.appointment_id, cause, notice.kind, notice.recipient_id, notice.medium)
        refusal, send = "", None
        try:
            send = self.carriers[notice.medium].prepare(notice)
        except Rejected as error:
            refusal = str(error)
        claim = self.outbox.claim(permission)
        if claim.standing is not ClaimState.GRANTED:
            return self._without(claim, now)
        if send is None:
            self.set_aside(claim, "rejected", refusal, now)
            return SendResult(SendOutcome.DONE)
        if self._changed(claim, guards):
            self.outbox.release(claim)
            return SendResult(SendOutcome.CHANGED)
        return self._send(claim, send, now)

    def redirect(
        self, notice: Notification, cause: str, asked: str, guards: Sequence[ExpectedVersion], now: datetime
    ) -> SendResult:
        """Sends to whoever the client ``asked`` is by now, if nobody has told them under either id (D20).

        Both permissions are used up by it: neither the merge nor its undoing lets the same message out again.
        """
        claim = self.outbox.claim(SendClaim(notice.appointment_id, cause, notice.kind, asked, notice.medium))
        if claim.standing is not ClaimState.GRANTED:
            return self._without(claim, now)
        try:
            result = self.dispatch(notice, cause, guards, now)
        except Exception:
            self.outbox.release(claim)
            raise
        if result.outcome is SendOutcome.DONE:
            self.outbox.settle(claim, "redirected", now, notice.recipient_id)
        else:
            self.outbox.release(claim)
        return result

    def _without(self, claim: ClaimResult, now: datetime) -> SendResult:
        if claim.standing is ClaimState.HELD:
            return SendResult(SendOutcome.HELD, claim.until)
        if claim.standing is ClaimState.EXPIRED:
            self.set_aside(claim, "uncertain", "", now)
        return SendResult(SendOutcome.DONE)

    def _send(self, claim: ClaimResult, send: Callable[[], str], now: datetime) -> SendResult:
        permission = claim.permission
        try:
            provider_id = send()
        except NotSent as error:
            self.outbox.release(claim)
            return SendResult(SendOutcome.FAILED, error=str(error))
        except Rejected as error:
            self.set_aside(claim, "rejected", str(error), now)
            return SendResult(SendOutcome.DONE)
        except Exception as error:  # noqa: BLE001  # whatever it was, the message may be out: keep the permission
            self.observer.note("answer_lost", **_ids(permission), error=type(error).__name__)
            return SendResult(SendOutcome.HELD, claim.until)
        self.outbox.settle(claim, "sent", now, provider_id)
        self.observer.count("MessagesSent", kind=permission.kind, medium=permission.medium)
        self.observer.note("message_sent", **_ids(permission), provider_id=provider_id)
        return SendResult(SendOutcome.DONE)

    def give_up(self, permission: SendClaim, error: str, now: datetime) -> SendResult:
        """No further attempt: the message is set aside as failed, unless somebody is sending it after all."""
        claim = self.outbox.claim(permission)
        if claim.standing is ClaimState.GRANTED:
            self.set_aside(claim, "failed", error, now)
            return SendResult(SendOutcome.DONE)
        return self._without(claim, now)

    def set_aside(self, claim: ClaimResult, outcome: str, error: str, now: datetime) -> None:
        """Onto the dead-letter queue first, then settled: a crash between repeats the letter, never loses it."""
        permission = claim.permission
        letter = {**_ids(permission), "reason": outcome, "error": error, "at": utc_text(now)}
        self.dead_letters.put(letter)
        self.outbox.settle(claim, outcome, now, error)
        metric = "MessagesUncertain" if outcome == "uncertain" else "MessagesFailed"
        self.observer.count(metric, kind=permission.kind, medium=permission.medium)
        self.observer.note("message_set_aside", **letter)

    def _changed(self, claim: ClaimResult, guards: Sequence[ExpectedVersion]) -> bool:
        try:
            found = self.store.read([ref for ref, _ in guards])
        except Exception:
            self.outbox.release(claim)
            raise
        return any(_version(found.get(ref.kind, *ref.key)) != version for ref, version in guards)


def _version(record: Any) -> int:
    return 0 if record is None else int(record.version)


def _ids(permission: SendClaim) -> dict[str, str]:
    return {
        "subject_id": permission.subject_id,
        "cause": permission.cause,
        "kind": permission.kind,
        "recipient_id": permission.recipient_id,
        "medium": permission.medium,
    }
