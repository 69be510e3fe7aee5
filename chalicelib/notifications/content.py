"""Letters: a notice put into words, before it is laid out as HTML, plain text or a text message."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Any
from urllib.parse import urlencode

from chalicelib.domain.appointments.video_meetings import LinkState
from chalicelib.domain.messaging.notification_policy import FAREWELLS
from chalicelib.domain.messaging.notifications import Guest, Manner, Notice
from chalicelib.domain.organisation.catalog import Method
from chalicelib.domain.shared.events import Audience
from chalicelib.notifications.translations import Wording, legible, one_line, wording


@dataclass(frozen=True, slots=True)
class Row:
    """One detail: its name and the lines of its value."""

    label: str
    lines: tuple[str, ...]
    struck: bool = False

    def plain(self, words: Wording) -> str:
        """As plain text, further lines indented."""
        return words.line("colon", label=self.label, value="\n    ".join(self.lines))


class Tone(StrEnum):
    """The colour at the head of a letter: all is settled, all is still open, it is over."""

    SETTLED = "#1f5fbf"
    OPEN = "#c98a12"
    OVER = "#8a94a3"


@dataclass(frozen=True, slots=True)
class Letter:
    """What a message says; ``actions`` are (text, URL), the first one being the main one."""

    language: str
    organisation: str
    subject: str
    heading: str
    lead: str
    rows: tuple[Row, ...]
    plain_rows: tuple[str, ...]
    actions: tuple[tuple[str, str], ...]
    closing: tuple[str, ...]
    footer: str
    tone: Tone


def letter(notice: Notice, public_url: str) -> Letter:
    """The notice in its recipient's language and zone."""
    words = wording(notice.language)
    values = {
        "name": one_line(notice.name),
        "service": one_line(notice.service),
        "date": words.date(notice.start, notice.timezone),
        "organisation": one_line(notice.organisation),
    }
    kind = partial(words.kind, notice.manner, notice.kind)
    ends = notice.kind in FAREWELLS
    rows = tuple(_rows(notice, words))
    link = manage_url(notice, public_url)
    return Letter(
        language=words.language,
        organisation=values["organisation"],
        subject=kind("subject", **values),
        heading=kind("heading", **values),
        lead=kind("lead", **values),
        rows=rows,
        plain_rows=tuple(row.plain(words) for row in rows),
        actions=(*_joining(notice, words), *_actions(notice, words, link, public_url)),
        closing=tuple(_closing(notice, words)) if link and not ends else (),
        footer=words.line("footer", **values),
        tone=_tone(notice),
    )


def _tone(notice: Notice) -> Tone:
    if notice.kind in FAREWELLS:
        return Tone.OVER
    return Tone.SETTLED if notice.confirmed else Tone.OPEN


def manage_url(notice: Notice, public_url: str) -> str:
    """Where this attendee, and nobody else, sees and changes the appointment; empty for staff."""
    if notice.code is None:
        return ""
    return f"{public_url}/manage?{urlencode({'id': notice.appointment_id, 'code': notice.code})}"


def place(notice: Notice, words: Wording) -> str:
    """Where or how it takes place, on one line."""
    if notice.method is Method.IN_PERSON:
        return one_line(notice.place)
    return _method(notice, words)


def meeting_link(notice: Notice) -> str:
    """The link to the video call, where there is one to use; else empty."""
    return (notice.teleconference.link if notice.teleconference else None) or ""


def link_follows(notice: Notice, words: Wording) -> str:
    """That staff send the link themselves, to them that they are to; empty where nobody waits for one (RB-9, D40)."""
    call, coming = notice.teleconference, notice.confirmed and notice.changed_at < notice.start
    if call is None or call.state is not LinkState.BY_STAFF or notice.kind in FAREWELLS or not coming:
        return ""
    return words.line("link_follows" if notice.audience is Audience.CLIENT else "send_link")


def _method(notice: Notice, words: Wording) -> str:
    if notice.method is Method.PHONE and notice.call_number:
        return words.method("phone_number", number=notice.call_number)
    if notice.teleconference:
        return words.method("video_on", platform=words.platform(notice.teleconference.platform))
    return words.method(notice.method)


def _rows(notice: Notice, words: Wording) -> Iterator[Row]:
    yield Row(words.label("service"), (one_line(notice.service),))
    if notice.previous_start is not None:
        before = words.moment(notice.previous_start, notice.timezone)
        yield Row(words.label("before"), (before,), struck=True)
    span = words.span(notice.start, notice.end, notice.timezone)
    yield Row(words.label("when"), (span, words.zone(notice.start, notice.timezone)))
    yield Row(words.label("where"), tuple(_where(notice, words)))
    follows = link_follows(notice, words)
    if follows:
        yield Row(words.label("link"), (follows,))
    if notice.staff_name:
        yield Row(words.label("with"), (one_line(notice.staff_name),))
    if notice.reason.strip():
        yield Row(words.label("reason"), tuple(legible(notice.reason).strip().splitlines()))
    for guest in notice.guests:
        yield from _guest(guest, notice, words)


def _where(notice: Notice, words: Wording) -> Iterator[str]:
    if notice.method is not Method.IN_PERSON:
        yield _method(notice, words)
    if notice.method is Method.IN_PERSON or notice.audience is not Audience.CLIENT:
        yield one_line(notice.place)
    yield from legible(notice.place_address).splitlines()


def _guest(guest: Guest, notice: Notice, words: Wording) -> Iterator[Row]:
    if notice.audience is not Audience.CLIENT:
        known = (one_line(guest.name), guest.phone, guest.email)
        yield Row(words.label("client"), tuple(filter(None, known)))
    for question, value in guest.answers:
        yield Row(one_line(question), (_answer(value, words),))
    if guest.notes.strip():
        yield Row(words.label("notes"), tuple(legible(guest.notes).strip().splitlines()))


def _answer(value: Any, words: Wording) -> str:
    if isinstance(value, bool):
        return words.label("yes" if value else "no")
    return one_line(str(value))


def _joining(notice: Notice, words: Wording) -> Iterator[tuple[str, str]]:
    link = meeting_link(notice)
    if link and notice.kind not in FAREWELLS:
        yield words.line("join"), link


def _actions(notice: Notice, words: Wording, link: str, public_url: str) -> Iterator[tuple[str, str]]:
    if not link:
        return
    if notice.kind in FAREWELLS:
        if notice.manner is Manner.DECLINED:
            yield words.line("book_again"), f"{public_url}/"
        return
    yield words.line("manage" if notice.cancel_until or notice.rebook_until else "look"), link
    if notice.confirmed and notice.code is not None:
        query = urlencode({"code": notice.code})
        file = f"{public_url}/public/appointments/{notice.appointment_id}/calendar.ics?{query}"
        yield words.line("calendar"), file


def _closing(notice: Notice, words: Wording) -> Iterator[str]:
    limits = {"cancel": notice.cancel_until, "rebook": notice.rebook_until}
    texts = {name: words.moment(at, notice.timezone) for name, at in limits.items() if at is not None}
    if len(texts) == 2:
        yield words.line("until_same" if texts["cancel"] == texts["rebook"] else "until_both", **texts)
    elif texts:
        yield words.line(f"until_{next(iter(texts))}", **texts)
    yield words.line("link_is_yours")
