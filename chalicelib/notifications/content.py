"""The content of an e-mail: a notification in words, before it is laid out as HTML and plain text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Any
from urllib.parse import urlencode

from chalicelib.domain.appointments.video_meetings import LinkState
from chalicelib.domain.messaging.notification_policy import FINAL_KINDS
from chalicelib.domain.messaging.notifications import Notification, NotifiedAttendee, WordingVariant
from chalicelib.domain.organisation.catalogue import MeetingMethod
from chalicelib.domain.shared.events import Audience
from chalicelib.notifications.translations import Translations, one_line, sanitised, translations_for


@dataclass(frozen=True, slots=True)
class ContentRow:
    """One detail: its label and the lines of its value; ``struck`` shows it struck through."""

    label: str
    lines: tuple[str, ...]
    struck: bool = False

    def to_plain_text(self, translations: Translations) -> str:
        """The row as plain text, further lines indented."""
        return translations.line("colon", label=self.label, value="\n    ".join(self.lines))


class Tone(StrEnum):
    """The colour at the head of an e-mail: settled, still open, or over."""

    SETTLED = "#1f5fbf"
    OPEN = "#c98a12"
    OVER = "#8a94a3"


@dataclass(frozen=True, slots=True)
class MessageContent:
    """The words of a message; ``actions`` are (text, URL), the main one first."""

    language: str
    organisation: str
    subject: str
    heading: str
    lead: str
    rows: tuple[ContentRow, ...]
    plain_rows: tuple[str, ...]
    actions: tuple[tuple[str, str], ...]
    closing: tuple[str, ...]
    footer: str
    tone: Tone


def build_content(notification: Notification, public_url: str) -> MessageContent:
    """The notification in its recipient's language and time zone."""
    translations = translations_for(notification.language)
    values = {
        "name": one_line(notification.name),
        "service": one_line(notification.service),
        "date": translations.date(notification.start, notification.timezone),
        "organisation": one_line(notification.organisation),
    }
    words = partial(translations.message, notification.wording_variant, notification.kind)
    rows = tuple(_content_rows(notification, translations))
    link = manage_url(notification, public_url)
    return MessageContent(
        language=translations.language,
        organisation=values["organisation"],
        subject=words("subject", **values),
        heading=words("heading", **values),
        lead=words("lead", **values),
        rows=rows,
        plain_rows=tuple(row.to_plain_text(translations) for row in rows),
        actions=(*_join_actions(notification, translations), *_actions(notification, translations, link, public_url)),
        closing=tuple(_closing_lines(notification, translations))
        if link and notification.kind not in FINAL_KINDS
        else (),
        footer=translations.line("footer", **values),
        tone=_tone(notification),
    )


def _tone(notification: Notification) -> Tone:
    if notification.kind in FINAL_KINDS:
        return Tone.OVER
    return Tone.SETTLED if notification.confirmed else Tone.OPEN


def manage_url(notification: Notification, public_url: str) -> str:
    """The URL where this attendee, and nobody else, sees and changes the appointment; empty for staff."""
    if notification.code is None:
        return ""
    return f"{public_url}/manage?{urlencode({'id': notification.appointment_id, 'code': notification.code})}"


def meeting_place(notification: Notification, translations: Translations) -> str:
    """The place or the meeting method, on one line."""
    if notification.method is MeetingMethod.IN_PERSON:
        return one_line(notification.place)
    return _method_text(notification, translations)


def usable_meeting_link(notification: Notification) -> str:
    """The link to the video call, or an empty text if there is none to use."""
    return (notification.teleconference.link if notification.teleconference else None) or ""


def manual_link_note(notification: Notification, translations: Translations) -> str:
    """The note that staff send the link themselves; empty if no link is to be sent (RB-9, D40)."""
    call, ahead = notification.teleconference, notification.confirmed and notification.changed_at < notification.start
    if call is None or call.state is not LinkState.BY_STAFF or notification.kind in FINAL_KINDS or not ahead:
        return ""
    return translations.line("link_follows" if notification.audience is Audience.CLIENT else "send_link")


def _method_text(notification: Notification, translations: Translations) -> str:
    if notification.method is MeetingMethod.PHONE and notification.call_number:
        return translations.method("phone_number", number=notification.call_number)
    if notification.teleconference:
        return translations.method("video_on", platform=translations.platform(notification.teleconference.platform))
    return translations.method(notification.method)


def _content_rows(notification: Notification, translations: Translations) -> Iterator[ContentRow]:
    yield ContentRow(translations.label("service"), (one_line(notification.service),))
    if notification.previous_start is not None:
        before = translations.date_time(notification.previous_start, notification.timezone)
        yield ContentRow(translations.label("before"), (before,), struck=True)
    span = translations.time_range(notification.start, notification.end, notification.timezone)
    yield ContentRow(translations.label("when"), (span, translations.zone(notification.start, notification.timezone)))
    yield ContentRow(translations.label("where"), tuple(_place_lines(notification, translations)))
    link_note = manual_link_note(notification, translations)
    if link_note:
        yield ContentRow(translations.label("link"), (link_note,))
    if notification.staff_name:
        yield ContentRow(translations.label("with"), (one_line(notification.staff_name),))
    if notification.reason.strip():
        yield ContentRow(translations.label("reason"), tuple(sanitised(notification.reason).strip().splitlines()))
    for attendee in notification.attendees:
        yield from _attendee_rows(attendee, notification, translations)


def _place_lines(notification: Notification, translations: Translations) -> Iterator[str]:
    if notification.method is not MeetingMethod.IN_PERSON:
        yield _method_text(notification, translations)
    if notification.method is MeetingMethod.IN_PERSON or notification.audience is not Audience.CLIENT:
        yield one_line(notification.place)
    yield from sanitised(notification.place_address).splitlines()


def _attendee_rows(
    attendee: NotifiedAttendee, notification: Notification, translations: Translations
) -> Iterator[ContentRow]:
    if notification.audience is not Audience.CLIENT:
        contact = (one_line(attendee.name), attendee.phone, attendee.email)
        yield ContentRow(translations.label("client"), tuple(filter(None, contact)))
    for question, value in attendee.answers:
        yield ContentRow(one_line(question), (_answer_text(value, translations),))
    if attendee.notes.strip():
        yield ContentRow(translations.label("notes"), tuple(sanitised(attendee.notes).strip().splitlines()))


def _answer_text(value: Any, translations: Translations) -> str:
    if isinstance(value, bool):
        return translations.label("yes" if value else "no")
    return one_line(str(value))


def _join_actions(notification: Notification, translations: Translations) -> Iterator[tuple[str, str]]:
    link = usable_meeting_link(notification)
    if link and notification.kind not in FINAL_KINDS:
        yield translations.line("join"), link


def _actions(
    notification: Notification, translations: Translations, link: str, public_url: str
) -> Iterator[tuple[str, str]]:
    if not link:
        return
    if notification.kind in FINAL_KINDS:
        if notification.wording_variant is WordingVariant.DECLINED:
            yield translations.line("book_again"), f"{public_url}/"
        return
    yield translations.line("manage" if notification.cancel_until or notification.rebook_until else "look"), link
    if notification.confirmed and notification.code is not None:
        query = urlencode({"code": notification.code})
        file = f"{public_url}/public/appointments/{notification.appointment_id}/calendar.ics?{query}"
        yield translations.line("calendar"), file


def _closing_lines(notification: Notification, translations: Translations) -> Iterator[str]:
    limits = {"cancel": notification.cancel_until, "rebook": notification.rebook_until}
    texts = {name: translations.date_time(at, notification.timezone) for name, at in limits.items() if at is not None}
    if len(texts) == 2:
        yield translations.line("until_same" if texts["cancel"] == texts["rebook"] else "until_both", **texts)
    elif texts:
        yield translations.line(f"until_{next(iter(texts))}", **texts)
    yield translations.line("link_is_yours")
