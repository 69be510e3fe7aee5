"""Messages about requests: never sounding like a confirmation, declined with the reason as typed."""

from __future__ import annotations

import email
import re
from dataclasses import replace
from email.policy import default
from functools import partial

import pytest
from hypothesis import given, strategies as st

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.messaging.notification_policy import route
from chalicelib.domain.messaging.notifications import Medium, Notification, WordingVariant
from chalicelib.domain.shared.events import SYSTEM_ACTOR, Actor, Channel, MessageKind
from chalicelib.notifications.content import Tone, build_content
from chalicelib.notifications.mime_message import build_mime_message
from chalicelib.notifications.rendered_message import render_email, render_text_message
from chalicelib.notifications.sms_segments import fit_to_segments
from chalicelib.notifications.translations import one_line, sanitised
from tests.builders.records import appointment_builder as build
from tests.builders.records.appointment_builder import ANA, NOW, PUBLIC_URL, SAM, SAM_LEE

STAFF = Actor(Channel.DASHBOARD, "Sam Lee", "stf_sam")
CLIENT = Actor(Channel.MODERN_CLIENT_VIEW)
BEFORE = "2026-11-30T15:00:00Z"
OPEN = {"en": "This is not a confirmation yet", "fr": "Ceci n’est pas encore une confirmation"}
OPEN_IN_SHORT = {"en": "not yet confirmed", "fr": "en attente de réponse"}
BEFORE_LABEL = {"en": "Before: Monday", "fr": "Auparavant : lundi"}
PROMISE = re.compile(r"is confirmed|^confirmed|est confirmé|^confirmé", re.IGNORECASE | re.MULTILINE)
FAMILY = "👩‍👩‍👧"
FLAG = "🇨🇦"
THUMB = "👍🏽"
RIGHT_TO_LEFT = "\u202e"
ZERO_WIDTH = "\u200b"
REASONS = {
    "markup": "<script>alert(1)</script><img src=x onerror=alert(1)> & \"quotes\" 'too' <!-- -->",
    "headers": "Sorry\r\nBcc: evil@example.org\r\nSubject: You have won\r\n\r\n<b>",
    "templates": "{{ 7*7 }} {% raw %} {# #} {name} {0} %s ${x}",
    "invisible": f"zero{ZERO_WIDTH}width",
    "emoji": f"{FAMILY} {FLAG} {THUMB} e\u0301",
    "right to left": f"{RIGHT_TO_LEFT}desrever",
    "long": "No room. " * 220,
}

render = partial(render_email, public_url=PUBLIC_URL)
render_text = partial(render_text_message, public_url=PUBLIC_URL)


def notified(
    kind: MessageKind,
    about: Appointment,
    actor: Actor = STAFF,
    medium: Medium = Medium.EMAIL,
    language: str = "en",
    facts: dict[str, str] | None = None,
) -> Notification:
    """The notification to Ana about an appointment, by medium and actor."""
    queued = build.message(kind, ANA, **(facts or {}))
    written = replace(build.entry(queued, sequence=about.sequence), actor=actor)
    context = build.context(about, build.ana(receive_sms=True, language=language))
    return next(n for n in route(queued, written, context, NOW).notifications if n.medium is medium)


def request(**fields: object) -> Appointment:
    return build.appointment(confirmed=False, **fields)


def rejected(reason: str, medium: Medium = Medium.EMAIL, language: str = "en") -> Notification:
    """The notification to Ana when staff decline her request."""
    return notified(MessageKind.CANCELLED, build.cancelled(request(), reason), STAFF, medium, language)


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize(
    ("kind", "facts"),
    [
        (MessageKind.REQUEST_RECEIVED, {}),
        (MessageKind.REQUEST_RECEIVED, {"previous_start": BEFORE}),
        (MessageKind.RESCHEDULED, {"previous_start": BEFORE}),
        (MessageKind.RESCHEDULED, {"previous_start": BEFORE, "elsewhere": "yes"}),
    ],
)
def test_what_is_told_of_a_request_confirms_nothing(language: str, kind: MessageKind, facts: dict[str, str]) -> None:
    content = render(notified(kind, request(), language=language, facts=facts))
    short = render_text(notified(kind, request(), STAFF, Medium.TEXT, language, facts))

    assert OPEN[language] in content.text
    assert OPEN_IN_SHORT[language] in short
    for text in (content.subject, content.text, short):
        assert not PROMISE.search(text)
    assert "calendar.ics" not in content.text
    assert bool(facts) is (BEFORE_LABEL[language] in content.text)


@pytest.mark.parametrize(
    ("kind", "about", "actor", "facts", "manner"),
    [
        (MessageKind.CONFIRMATION, build.appointment(), STAFF, {}, WordingVariant.PLAIN),
        (MessageKind.REQUEST_RECEIVED, request(), CLIENT, {}, WordingVariant.PLAIN),
        (
            MessageKind.REQUEST_RECEIVED,
            request(),
            CLIENT,
            {"previous_start": BEFORE},
            WordingVariant.REQUEST_MOVED,
        ),
        (MessageKind.RESCHEDULED, build.appointment(), STAFF, {}, WordingVariant.PLAIN),
        (MessageKind.RESCHEDULED, request(), STAFF, {}, WordingVariant.REQUEST),
        (MessageKind.RESCHEDULED, request(), STAFF, {"elsewhere": "yes"}, WordingVariant.REQUEST_ELSEWHERE),
        (MessageKind.CANCELLED, build.cancelled(build.appointment()), STAFF, {}, WordingVariant.PLAIN),
        (MessageKind.CANCELLED, build.cancelled(request()), STAFF, {}, WordingVariant.DECLINED),
        (MessageKind.CANCELLED, build.cancelled(request()), SYSTEM_ACTOR, {}, WordingVariant.DECLINED),
        (
            MessageKind.CANCELLED,
            build.cancelled(request()),
            CLIENT,
            {},
            WordingVariant.REQUEST,
        ),
    ],
)
def test_what_is_confirmed_and_who_did_it_decides_how_it_is_told(
    kind: MessageKind, about: Appointment, actor: Actor, facts: dict[str, str], manner: WordingVariant
) -> None:
    assert notified(kind, about, actor, facts=facts).wording_variant is manner


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize(
    ("kind", "facts"),
    [
        (MessageKind.STAFF_ASSIGNED, {}),
        (MessageKind.STAFF_RESCHEDULED, {"previous_start": BEFORE}),
        (MessageKind.STAFF_RESCHEDULED, {"previous_start": BEFORE, "elsewhere": "yes"}),
    ],
)
def test_staff_read_of_a_request_that_the_client_waits(language: str, kind: MessageKind, facts: dict[str, str]) -> None:
    context = replace(build.context(request(staff_id=SAM)), staff={SAM: replace(SAM_LEE, languages=(language,))})
    content = render(build.notification(kind, SAM, context, **facts))

    assert {"en": "the client is waiting", "fr": "le client attend"}[language] in content.text


def test_open_settled_and_over_are_told_apart_at_a_glance() -> None:
    tones = [
        build_content(notified(kind, about), PUBLIC_URL).tone
        for kind, about in (
            (MessageKind.REQUEST_RECEIVED, request()),
            (MessageKind.CONFIRMATION, build.appointment()),
            (MessageKind.CANCELLED, build.cancelled(request())),
        )
    ]

    assert tones == [Tone.OPEN, Tone.SETTLED, Tone.OVER]


def test_a_rejection_gives_the_reason_and_a_way_to_another_time() -> None:
    content = render(rejected("No adviser speaks Tamil\non that day"))

    assert "We could not confirm your request" in content.text
    assert "Reason: No adviser speaks Tamil\n    on that day\n" in content.text
    assert f"Choose another time:\n{PUBLIC_URL}/\n" in content.text
    assert "code-of-ana" not in content.text + content.html
    short = render_text(rejected("No adviser speaks Tamil\non that day", Medium.TEXT))
    assert short.startswith("Maple Bank: we could not confirm your request, Mortgage advice, Tue, Dec 1")
    assert short.endswith("Reason: No adviser speaks Tamil on that day")


def test_a_rejection_in_french_is_french() -> None:
    content = render(rejected("Complet", language="fr"))

    assert content.subject.startswith("Annulé : votre demande")
    assert "Motif : Complet" in content.text
    assert render_text(rejected("Complet", Medium.TEXT, "fr")).endswith("Motif : Complet")


@pytest.mark.parametrize("reason", REASONS.values(), ids=REASONS)
def test_the_reason_appears_as_typed_in_both_bodies_and_in_no_header(reason: str) -> None:
    raw = build_mime_message(rejected(reason), "Frontdesk <desk@example.org>", PUBLIC_URL, "ana@example.org").as_bytes()
    parsed = email.message_from_bytes(raw, policy=default)
    plain, html, _ = (part.get_content() for part in parsed.iter_parts())
    lines = [line.strip() for line in reason.splitlines() if line.strip()]

    for line in lines:
        assert line in plain
        assert _escaped(line) in html
        assert not any(line in value for value in parsed.values())
    assert parsed["Bcc"] is None
    assert parsed["Subject"] == "Cancelled: your request, Mortgage advice, Tuesday, December 1, 2026"
    assert not re.search(r"<(script|img|b)\b", html)


def _escaped(line: str) -> str:
    for char, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&#34;"), ("'", "&#39;")):
        line = line.replace(char, entity)
    return line


@pytest.mark.parametrize("reason", REASONS.values(), ids=REASONS)
def test_a_text_holds_as_much_of_the_reason_as_fits_on_one_line(reason: str) -> None:
    short = render_text(rejected(reason, Medium.TEXT))

    assert "\n" not in short
    text = short.partition("Reason: ")[2]
    assert text
    assert one_line(reason).startswith(text.removesuffix("..."))
    assert len(short) <= 3 * 153


@pytest.mark.parametrize("whole", [FAMILY, FLAG, THUMB, "e\u0301\u0323", "❤️", "🏴\U000e0067\U000e0062\U000e007f"])
def test_a_character_is_kept_whole_or_left_out(whole: str) -> None:
    for before in range(150, 201):
        kept = fit_to_segments("x" * before + "ж" + whole * 60).removesuffix("...")
        assert len(kept.lstrip("xж")) % len(whole) == 0


def test_marks_heaped_up_without_end_are_cut_all_the_same() -> None:
    kept = fit_to_segments("x" + "\u0301" * 1000)

    assert len(kept) == 3 * 67


@given(st.text(alphabet="ab \u202a\u202b\u202d\u202e\u202c\u2066\u2067\u2068\u2069\n", max_size=40))
def test_no_line_turns_the_direction_of_the_next_words(typed: str) -> None:
    for line, text in zip(typed.split("\n"), sanitised(typed).split("\n"), strict=True):
        assert text.startswith(line)
        depth: list[str] = []
        for char in text:
            if char in "\u202a\u202b\u202d\u202e":
                depth.append("\u202c")
            elif char in "\u2066\u2067\u2068":
                depth.append("\u2069")
            elif depth and char == depth[-1]:
                depth.pop()
        assert depth == []
