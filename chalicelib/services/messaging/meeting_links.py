"""Create the link to a video call before the messages that show it are sent (RB-9, RB-22, NT-5, case 14)."""

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

# A message waits for its link through all attempts but the last, and never longer than this for the next one.
MAX_LINK_ATTEMPTS = 5
MAX_WAIT = timedelta(minutes=15)


class LinkOutcome(Enum):
    """The state of the link after one attempt."""

    SETTLED = "no message waits for a link"
    CHANGED = "the appointment has changed since it was read: read it again"
    WAITING = "no link yet: the messages wait for it"


@dataclass(frozen=True, slots=True)
class LinkResult:
    """The result of one attempt; while waiting, the next one is not made before ``not_before``."""

    outcome: LinkOutcome
    not_before: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class LinkAttempt:
    """The attempt's number, counted from 0, and its time; ``pause`` is the longest time until the next one."""

    attempts: int
    now: datetime
    pause: timedelta


@dataclass(frozen=True, slots=True)
class CreateMeetingLinks:
    """Creates links and stores them with their appointments; without a ``provider`` staff send them."""

    store: Store
    provider: MeetingLinkProvider | None
    ids: Ids
    dead_letters: DeadLetterQueue
    observer: Observer

    def settle(
        self, message_context: MessageContext, messages: Sequence[QueuedMessage], attempt: LinkAttempt
    ) -> LinkResult:
        """Create the link that these messages wait for, if they wait for one.

        Concurrent attempts are safe: the platform returns the same link for the same call, and the link is stored
        only while the appointment still needs it. When waiting any longer makes no sense, staff are to send the link,
        and the messages say so.
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
        except Exception as error:  # noqa: BLE001  # an unknown fault is a delay: the messages must not be lost
            return self._delayed(message_context, LinkDelayed(type(error).__name__), attempt)
        return self._save_link(message_context, link, attempt.now)

    def _delayed(self, message_context: MessageContext, delay: LinkDelayed, attempt: LinkAttempt) -> LinkResult:
        self.observer.count("MeetingLinksDelayed", reason=str(delay))
        requested = timedelta(seconds=delay.seconds)
        next_attempt = attempt.now + max(requested, attempt.pause)
        in_time = requested <= MAX_WAIT and next_attempt < message_context.appointment.start
        if attempt.attempts + 1 < MAX_LINK_ATTEMPTS and in_time:
            return LinkResult(LinkOutcome.WAITING, attempt.now + requested, f"link: {delay}")
        return self._give_up(message_context, str(delay), attempt.now)

    def _give_up(self, message_context: MessageContext, reason: str, now: datetime) -> LinkResult:
        """Report the missing link, then leave it to staff: a crash in between repeats the report, never loses it."""
        if self._current_appointment(message_context, now) is not None:
            ids = {"subject_id": message_context.appointment.id}
            self.dead_letters.put(dead_letter(ids, "no_link", reason, now))
            self.observer.count("MeetingLinksFailed", reason=reason)
            self.observer.note("meeting_link_set_aside", **ids, reason="no_link", error=reason)
        return self._save_link(message_context, None, now)

    def _save_link(self, message_context: MessageContext, link: MeetingLink | None, now: datetime) -> LinkResult:
        """Store the link, or that staff send one; write nothing if the call has changed or is no longer planned."""
        before = self._current_appointment(message_context, now)
        if before is not None:
            work = UnitOfWork()
            after = work.save_appointment(_with_link(before, link, now), before)
            work.add_entry(self._entry(before, after, now))
            try:
                self.store.commit(work)
            except Stale:
                return LinkResult(LinkOutcome.CHANGED)
            self.observer.count("MeetingLinksMade" if link else "MeetingLinksLeftToStaff")
        return LinkResult(LinkOutcome.CHANGED)

    def _current_appointment(self, message_context: MessageContext, now: datetime) -> Appointment | None:
        """The appointment as it is now; ``None`` unless the same call still waits for a link."""
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
    """The meeting to create: its times and the names of service and organisation; nothing about the client."""
    appointment = message_context.appointment
    return Meeting(
        key=f"{appointment.id}-{call.revision}",
        subject=f"{message_context.service.name} ({message_context.settings.organisation_name})",
        start=appointment.start,
        end=appointment.end,
    )


def _with_link(appointment: Appointment, link: MeetingLink | None, now: datetime) -> Appointment:
    call = call_awaiting_link(appointment, now)
    linked = call and (call.with_link(link) if link else call.with_link_by_staff())
    return replace(appointment, teleconference=linked, updated_at=now)
