"""Letters: a notice put into words, before it is laid out as HTML, plain text or a text message."""

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
from chalicelib.domain.organisation.catalog import MeetingMethod
from chalicelib.domain.shared.events import Audience
from chalicelib.notifications.translations import Translations, one_line, sanitised, translations_for


@dataclass(frozen=True, slots=True)
class ContentRow:
    """One detail: its name and the lines of its value."""

    label: str
    lines: tuple[str, ...]
    struck: bool = False

    def plain(self, words: Translations) -> str:
        """As plain text, further lines indented."""
        return words.line("colon", label=self.label, value="\n    ".join(self.lines))


class Tone(StrEnum):
    """The colour at the head of a letter: all is settled, all is still open, it is over."""

    SETTLED = "#1f5fbf"
    OPEN = "#c98a12"
    OVER = "#8a94a3"


@dataclass(frozen=True, slots=True)
class MessageContent:
    """What a message says; ``actions`` are (text, URL), the first one being the main one."""

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


def build_content(notice: Notification, public_url: str) -> MessageContent:
    """The notice in its recipient's language and zone."""
    words = translations_for(notice.language)
    values = {
        "name": one_line(notice.name),
        "service": one_line(notice.service),
        "date": words.date(notice.start, notice.timezone),
        "organisation": one_line(notice.organisation),
    }
    kind = partial(words.kind, notice.manner, notice.kind)
    ends = notice.kind in FINAL_KINDS
    rows = tuple(_content_rows(notice, words))
    link = manage_url(notice, public_url)
    return MessageContent(
        language=words.language,
        organisation=values["organisation"],
        subject=kind("subject", **values),
        heading=kind("heading", **values),
        lead=kind("lead", **values),
        rows=rows,
        plain_rows=tuple(row.plain(words) for row in rows),
        actions=(*_join_actions(notice, words), *_actions(notice, words, link, public_url)),
        closing=tuple(_closing_lines(notice, words)) if link and not ends else (),
        footer=words.line("footer", **values),
        tone=_tone(notice),
    )


def _tone(notice: Notification) -> Tone:
    if notice.kind in FINAL_KINDS:
        return Tone.OVER
    return Tone.SETTLED if notice.confirmed else Tone.OPEN


def manage_url(notice: Notification, public_url: str) -> str:
    """Where this attendee, and nobody else, sees and changes the appointment; empty for staff."""
    if notice.code is None:
        return ""
    return f"{public_url}/manage?{urlencode({'id': notice.appointment_id, 'code': notice.code})}"


def meeting_place(notice: Notification, words: Translations) -> str:
    """Where or how it takes place, on one line."""
    if notice.method is MeetingMethod.IN_PERSON:
        return one_line(notice.place)
    return _method_text(notice, words)


def usable_meeting_link(notice: Notification) -> str:
    """The link to the video call, where there is one to use; else empty."""
    return (notice.teleconference.link if notice.teleconference else None) or ""


def manual_link_note(notice: Notification, words: Translations) -> str:
    """That staff send the link themselves, to them that they are to; empty where nobody waits for one (RB-9, D40)."""
    call, coming = notice.teleconference, notice.confirmed and notice.changed_at < notice.start
    if call is None or call.state is not LinkState.BY_STAFF or notice.kind in FINAL_KINDS or not coming:
        return ""
    return words.line("link_follows" if notice.audience is Audience.CLIENT else "send_link")


def _method_text(notice: Notification, words: Translations) -> str:
    if notice.method is MeetingMethod.PHONE and notice.call_number:
        return words.method("phone_number", number=notice.call_number)
    if notice.teleconference:
        return words.method("video_on", platform=words.platform(notice.teleconference.platform))
    return words.method(notice.method)


def _content_rows(notice: Notification, words: Translations) -> Iterator[ContentRow]:
    yield ContentRow(words.label("service"), (one_line(notice.service),))
    if notice.previous_start is not None:
        before = words.moment(notice.previous_start, notice.timezone)
        yield ContentRow(words.label("before"), (before,), struck=True)
    span = words.span(notice.start, notice.end, notice.timezone)
    yield ContentRow(words.label("when"), (span, words.zone(notice.start, notice.timezone)))
    yield ContentRow(words.label("where"), tuple(_place_lines(notice, words)))
    follows = manual_link_note(notice, words)
    if follows:
        yield ContentRow(words.label("link"), (follows,))
    if notice.staff_name:
        yield ContentRow(words.label("with"), (one_line(notice.staff_name),))
    if notice.reason.strip():
        yield ContentRow(words.label("reason"), tuple(sanitised(notice.reason).strip().splitlines()))
    for guest in notice.guests:
        yield from _attendee_rows(guest, notice, words)


def _place_lines(notice: Notification, words: Translations) -> Iterator[str]:
    if notice.method is not MeetingMethod.IN_PERSON:
        yield _method_text(notice, words)
    if notice.method is MeetingMethod.IN_PERSON or notice.audience is not Audience.CLIENT:
        yield one_line(notice.place)
    yield from sanitised(notice.place_address).splitlines()


def _attendee_rows(guest: NotifiedAttendee, notice: Notification, words: Translations) -> Iterator[ContentRow]:
    if notice.audience is not Audience.CLIENT:
        known = (one_line(guest.name), guest.phone, guest.email)
        yield ContentRow(words.label("client"), tuple(filter(None, known)))
    for question, value in guest.answers:
        yield ContentRow(one_line(question), (_answer_text(value, words),))
    if guest.notes.strip():
        yield ContentRow(words.label("notes"), tuple(sanitised(guest.notes).strip().splitlines()))


def _answer_text(value: Any, words: Translations) -> str:
    if isinstance(value, bool):
        return words.label("yes" if value else "no")
    return one_line(str(value))


def _join_actions(notice: Notification, words: Translations) -> Iterator[tuple[str, str]]:
    link = usable_meeting_link(notice)
    if link and notice.kind not in FINAL_KINDS:
        yield words.line("join"), link


def _actions(notice: Notification, words: Translations, link: str, public_url: str) -> Iterator[tuple[str, str]]:
    if not link:
        return
    if notice.kind in FINAL_KINDS:
        if notice.manner is WordingVariant.DECLINED:
            yield words.line("book_again"), f"{public_url}/"
        return
    yield words.line("manage" if notice.cancel_until or notice.rebook_until else "look"), link
    if notice.confirmed and notice.code is not None:
        query = urlencode({"code": notice.code})
        file = f"{public_url}/public/appointments/{notice.appointment_id}/calendar.ics?{query}"
        yield words.line("calendar"), file


def _closing_lines(notice: Notification, words: Translations) -> Iterator[str]:
    limits = {"cancel": notice.cancel_until, "rebook": notice.rebook_until}
    texts = {name: words.moment(at, notice.timezone) for name, at in limits.items() if at is not None}
    if len(texts) == 2:
        yield words.line("until_same" if texts["cancel"] == texts["rebook"] else "until_both", **texts)
    elif texts:
        yield words.line(f"until_{next(iter(texts))}", **texts)
    yield words.line("link_is_yours")
