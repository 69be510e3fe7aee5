"""Making the link to a video call, before the messages go that show it (RB-9, RB-22, NT-5, case 14)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.appointments.meeting_link import call_awaiting_link, meeting_link
from chalicelib.domain.appointments.video_meetings import LinkDelayed, LinkRefused, Meeting, MeetingLink, Teleconference
from chalicelib.domain.messaging.notification_policy import FINAL_KINDS
from chalicelib.domain.messaging.notifications import MessageContext
from chalicelib.domain.messaging.outbox import dead_letter
from chalicelib.domain.shared.errors import Stale
from chalicelib.domain.shared.events import Channel, FieldChange, JournalEntry, QueuedMessage
from chalicelib.services.appointments.journal_entries import appointment_entry
from chalicelib.services.context import Context
from chalicelib.services.messaging.messaging_ports import DeadLetterQueue, MeetingLinkProvider, Observer
from chalicelib.services.store_port import Ids, Ref, Store
from chalicelib.services.unit_of_work import UnitOfWork

# A message waits for its link through so many attempts but the last, and never so long for the next one.
MAX_LINK_ATTEMPTS = 5
MAX_WAIT = timedelta(minutes=15)


class LinkOutcome(Enum):
    """How things stand with the link after one attempt."""

    SETTLED = "nothing waits for one"
    CHANGED = "the appointment is no longer as it was read: look again"
    WAITING = "not yet: the messages wait for it"


@dataclass(frozen=True, slots=True)
class LinkResult:
    """How one attempt ended; one that waits is repeated, not before ``not_before``, and says why."""

    outcome: LinkOutcome
    not_before: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class LinkAttempt:
    """Which attempt this is, from 0 on, and when; ``pause`` is the longest time until the next one."""

    attempts: int
    now: datetime
    pause: timedelta


@dataclass(frozen=True, slots=True)
class CreateMeetingLinks:
    """Makes links and keeps them with their appointments; without ``links`` they are left to staff at once."""

    store: Store
    provider: MeetingLinkProvider | None
    ids: Ids
    dead_letters: DeadLetterQueue
    observer: Observer

    def settle(
        self, message_context: MessageContext, messages: Sequence[QueuedMessage], attempt: LinkAttempt
    ) -> LinkResult:
        """Makes the link that these messages wait for, if they do; once only, whoever else is at it.

        The call's own key makes the platform give the same link to everybody who asks; it is kept in one write that
        goes through only while the appointment still wants it. When there is no sense in waiting any longer the call
        is left to staff, so that the messages go, each once, and say so.
        """
        call = call_awaiting_link(message_context.appointment, attempt.now)
        if call is None or all(m.kind in FINAL_KINDS for m in messages):
            return LinkResult(LinkOutcome.SETTLED)
        if self.provider is None:
            self.observer.count("MeetingLinksUnconfigured")
            return self._save_link(message_context, None, attempt.now)
        try:
            link = self.provider.create_link(meeting_request(message_context, call))
        except LinkDelayed as delay:
            return self._delayed(message_context, delay, attempt)
        except LinkRefused as refusal:
            return self._give_up(message_context, str(refusal), attempt.now)
        except Exception as error:  # noqa: BLE001  # whatever it was, the messages must not be lost with the link
            return self._delayed(message_context, LinkDelayed(type(error).__name__), attempt)
        return self._save_link(message_context, link, attempt.now)

    def _delayed(self, message_context: MessageContext, delay: LinkDelayed, attempt: LinkAttempt) -> LinkResult:
        self.observer.count("MeetingLinksDelayed", reason=str(delay))
        asked = timedelta(seconds=delay.seconds)
        next_one = attempt.now + max(asked, attempt.pause)
        in_time = asked <= MAX_WAIT and next_one < message_context.appointment.start
        if attempt.attempts + 1 < MAX_LINK_ATTEMPTS and in_time:
            return LinkResult(LinkOutcome.WAITING, attempt.now + asked, f"link: {delay}")
        return self._give_up(message_context, str(delay), attempt.now)

    def _give_up(self, message_context: MessageContext, reason: str, now: datetime) -> LinkResult:
        """Sets the link aside for a person, first of all: a crash after that repeats the letter, never loses it."""
        if self._current_appointment(message_context, now) is not None:
            ids = {"subject_id": message_context.appointment.id}
            self.dead_letters.put(dead_letter(ids, "no_link", reason, now))
            self.observer.count("MeetingLinksFailed", reason=reason)
            self.observer.note("meeting_link_set_aside", **ids, reason="no_link", error=reason)
        return self._save_link(message_context, None, now)

    def _save_link(self, message_context: MessageContext, link: MeetingLink | None, now: datetime) -> LinkResult:
        """Keeps the link, or that staff send one; nothing is written where the call is no longer wanted."""
        before = self._current_appointment(message_context, now)
        if before is not None:
            settled = _with_link(before, link, now)
            work = UnitOfWork()
            after = work.save_appointment(settled, before)
            work.add_entry(self._entry(before, after, now))
            try:
                self.store.commit(work)
            except Stale:
                return LinkResult(LinkOutcome.CHANGED)
            self.observer.count("MeetingLinksMade" if link else "MeetingLinksLeftToStaff")
        return LinkResult(LinkOutcome.CHANGED)

    def _current_appointment(self, message_context: MessageContext, now: datetime) -> Appointment | None:
        """The appointment as it is now, if it is still this call that wants a link."""
        known = message_context.appointment
        current = self.store.read([Ref.to(Appointment, known.id)]).get(Appointment, known.id)
        call = call_awaiting_link(current, now) if current else None
        return current if call is not None and call == call_awaiting_link(known, now) else None

    def _entry(self, before: Appointment, after: Appointment, now: datetime) -> JournalEntry:
        states = [call.state.value if call else None for call in (before.teleconference, after.teleconference)]
        action = "meeting_link_made" if meeting_link(after) else "meeting_link_left_to_staff"
        changes = (FieldChange("teleconference", *states),)
        return appointment_entry(self.ids, Context(now, channel=Channel.SYSTEM), after, action, changes=changes)


def meeting_request(message_context: MessageContext, call: Teleconference) -> Meeting:
    """What the platform is told of a call: when, and the names of service and organisation; nothing of the client."""
    appointment = message_context.appointment
    return Meeting(
        key=f"{appointment.id}-{call.revision}",
        subject=f"{message_context.service.name} ({message_context.settings.organisation_name})",
        start=appointment.start,
        end=appointment.end,
    )


def _with_link(appointment: Appointment, link: MeetingLink | None, now: datetime) -> Appointment:
    call = call_awaiting_link(appointment, now)
    known: Teleconference | None = call and (call.with_link(link) if link else call.with_link_by_staff())
    return replace(appointment, teleconference=known, updated_at=now)
