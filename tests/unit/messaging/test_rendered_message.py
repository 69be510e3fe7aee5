"""Messages as people read them: wording, zones, privacy, and text that stays text."""

from __future__ import annotations

import re
import string
import tomllib
from dataclasses import replace
from functools import partial
from html.parser import HTMLParser

import pytest

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.messaging.notifications import Medium, MessageContext, Notification
from chalicelib.domain.organisation.catalogue import Location, MeetingMethod, Service
from chalicelib.domain.shared.events import MessageKind
from chalicelib.notifications.rendered_message import render_email, render_text_message
from chalicelib.notifications.translations import TEMPLATES, one_line, sanitised, translations_for
from tests.builders.records import appointment_builder as build
from tests.builders.records.appointment_builder import ANA, BEN, NOW, PUBLIC_URL, SAM, SETTINGS, STAFF_NOTES, START

HOSTILE = "<img src=x onerror=alert(1)> {{ 7*7 }} {% raw %} {name} %s & \"quoted\" 'single'"
CLIENT_KINDS = [
    MessageKind.CONFIRMATION,
    MessageKind.REQUEST_RECEIVED,
    MessageKind.RESCHEDULED,
    MessageKind.CANCELLED,
    MessageKind.REMINDER,
]
STAFF_KINDS = [kind for kind in MessageKind if kind not in CLIENT_KINDS]

render = partial(render_email, public_url=PUBLIC_URL)
render_text = partial(render_text_message, public_url=PUBLIC_URL)


class Visible(HTMLParser):
    """The text a reader sees, and every tag and link."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = ""
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name == "href"]

    def handle_data(self, data: str) -> None:
        self.text += data


def notification_of(kind: MessageKind) -> Notification:
    """A notification of this kind about an appointment that fits it."""
    about = build.with_ben()
    if kind in (MessageKind.CANCELLED, MessageKind.STAFF_CANCELLED):
        about = build.cancelled(about)
    if kind is MessageKind.REQUEST_RECEIVED:
        about = replace(about, confirmed=False)
    if kind is MessageKind.STAFF_ASSIGNED:
        about = replace(about, staff_id=SAM)
    return build.notification(kind, ANA if kind in CLIENT_KINDS else SAM, build.context(about))


@pytest.mark.parametrize("kind", list(MessageKind))
@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_message_can_be_written_in_every_language(kind: MessageKind, language: str) -> None:
    content = render(replace(notification_of(kind), language=language))

    for body in (content.text, Visible(content.html).text):
        assert "Mortgage advice" in body
        assert "2026" in body
    assert f'<html lang="{language}">' in content.html
    written = content.subject + content.text + re.sub(r"<style>.*?</style>", "", content.html, flags=re.DOTALL)
    assert not re.search(r"[{}]", written)


def test_the_languages_say_the_same_things_with_the_same_blanks() -> None:
    def blanks(words: dict[str, object], path: str = "") -> dict[str, object]:
        found: dict[str, object] = {}
        for key, value in words.items():
            if isinstance(value, dict):
                found |= blanks(value, f"{path}{key}.")
            elif isinstance(value, list):
                found[path + key] = len(value)
            else:
                found[path + key] = sorted(name for _, name, _, _ in string.Formatter().parse(str(value)) if name)
        return found

    english, french = (
        blanks(tomllib.loads((TEMPLATES / f"{language}.toml").read_text("utf-8"))) for language in ("en", "fr")
    )
    per_language = {"calendar.time", "calendar.first_day"}
    assert english.keys() == french.keys()
    assert {k: v for k, v in english.items() if french[k] != v}.keys() <= per_language
    assert {key.split(".")[1] for key in english if key.startswith("kinds.")} == {kind.value for kind in MessageKind}


def test_a_confirmation_holds_everything_the_client_needs() -> None:
    content = render(build.notification(at=build.context(build.appointment(staff_id=SAM))))
    link = f"{PUBLIC_URL}/manage?id=apt_01KAB&code=code-of-ana"

    assert content.subject == "Confirmed: Mortgage advice, Tuesday, December 1, 2026"
    for line in (
        "Hello Ana,",
        "When: Tuesday, December 1, 2026, 10:00 AM – 10:30 AM\n    Toronto time, UTC−05:00\n",
        "Where: King Street\n    1 King St W\n    Toronto ON\n",
        "With: Sam Lee\n",
        "First home?: Yes\n",
        "Notes: Wheelchair access\n",
        f"Change or cancel:\n{link}\n",
        "You can change or cancel online until Monday, November 30, 2026, 10:00 AM.",
    ):
        assert line in content.text
    seen = Visible(content.html)
    assert link in seen.links
    assert f"{PUBLIC_URL}/public/appointments/apt_01KAB/calendar.ics?code=code-of-ana" in seen.links


def test_in_french_the_whole_mail_is_french() -> None:
    context = build.context(build.appointment(), build.ana(language="fr"))
    content = render(build.notification(MessageKind.RESCHEDULED, at=context, previous_start="2026-11-30T15:00:00Z"))

    assert content.subject == "Nouvelle heure : Mortgage advice, mardi 1er décembre 2026"
    for line in (
        "Votre rendez-vous a été déplacé",
        "Auparavant : lundi 30 novembre 2026, 10 h 00",
        "Date et heure : mardi 1er décembre 2026, 10 h 00 à 10 h 30\n    heure de Toronto, UTC−05:00",
        "First home? : Oui",
        "Remarques : Wheelchair access",
    ):
        assert line in content.text
    english = {"Hello", "When", "Where", "Notes", "until", "Change", "Tuesday", "December", "time"}
    assert not english & set(re.findall(r"\w+", content.text))


def test_receiving_a_request_confirms_nothing() -> None:
    content = render(notification_of(MessageKind.REQUEST_RECEIVED))

    assert "This is not a confirmation yet" in content.text
    assert "confirmed" not in (content.subject + content.text).lower()
    assert "calendar.ics" not in content.text + content.html


def test_a_cancellation_gives_the_reason_and_no_link() -> None:
    content = render(
        build.notification(
            MessageKind.CANCELLED, at=build.context(build.cancelled(build.appointment(), "The branch is closed"))
        )
    )

    assert "Reason: The branch is closed" in content.text
    assert "code-of-ana" not in content.text + content.html


def test_a_move_tells_the_old_time_and_the_new() -> None:
    notified = build.notification(MessageKind.RESCHEDULED, previous_start="2026-11-02T14:00:00Z", reason="Sam is away")
    content = render(notified)

    assert "Before: Monday, November 2, 2026, 9:00 AM" in content.text
    assert "When: Tuesday, December 1, 2026, 10:00 AM" in content.text
    assert "Reason: Sam is away" in content.text


@pytest.mark.parametrize(
    ("language", "kind", "subject", "lead"),
    [
        ("en", MessageKind.RESCHEDULED, "Changed: Mortgage advice", "this is when and where it takes place now"),
        ("fr", MessageKind.RESCHEDULED, "Modifié : Mortgage advice", "voici la date et le lieu qui comptent désormais"),
        ("en", MessageKind.STAFF_RESCHEDULED, "Changed: Mortgage advice", "this is when and where it takes place now"),
        (
            "fr",
            MessageKind.STAFF_RESCHEDULED,
            "Modifié : Mortgage advice",
            "voici la date et le lieu qui comptent désormais",
        ),
    ],
)
def test_a_move_elsewhere_speaks_of_the_place_and_of_no_new_time(
    language: str, kind: MessageKind, subject: str, lead: str
) -> None:
    settings = replace(SETTINGS, languages=(language,))
    context = build.context(
        build.appointment(method=MeetingMethod.PHONE), build.ana(language=language, receive_sms=True), settings=settings
    )
    notified = build.notifications(
        kind, ANA if kind is MessageKind.RESCHEDULED else "loc_king", at=context, elsewhere="yes"
    )
    for each in notified:
        if each.medium is Medium.TEXT:
            text = render_text(each)
        else:
            content = render(each)
            text = content.subject + content.text
            assert content.subject.startswith(subject)
            assert lead in content.text
        assert not re.search(r"new time|moved|nouvelle heure|déplacé", text, re.IGNORECASE)


@pytest.mark.parametrize("kind", list(MessageKind))
def test_private_notes_are_in_no_message(kind: MessageKind) -> None:
    notified = notification_of(kind)
    content = render(notified)

    assert STAFF_NOTES not in repr(notified) + content.subject + content.text + content.html


@pytest.mark.parametrize("kind", CLIENT_KINDS)
def test_a_client_reads_nothing_of_another_attendee(kind: MessageKind) -> None:
    notified = notification_of(kind)
    content = render(notified)
    everything = repr(notified) + content.text + content.html

    assert "Wheelchair access" in everything
    assert not any(of_ben in everything for of_ben in ("Ben", "Okafor", "other file", "code-of-ben", "ben@"))


@pytest.mark.parametrize("kind", STAFF_KINDS)
def test_staff_read_every_attendee_s_notes_and_nobody_s_code(kind: MessageKind) -> None:
    notified = notification_of(kind)
    content = render(notified)

    for known in ("Ana Ruiz", "+14165550100", "Wheelchair access", "Ben Okafor", "ben@example.org", "other file"):
        assert known in content.text
    assert "code-of" not in repr(notified) + content.text + content.html
    assert "/manage" not in content.text + content.html


def hostile_context(about: Appointment) -> MessageContext:
    """A context in which every text a person may type is hostile."""
    context = build.context(about, build.ana(first_name=HOSTILE), build.ben())
    attendees = tuple(replace(a, name=HOSTILE, notes=f"{HOSTILE}\n{HOSTILE}") for a in about.attendees)
    return replace(
        context,
        appointment=replace(about, attendees=attendees),
        location=Location("loc_king", HOSTILE, "America/Toronto", address=HOSTILE),
        service=Service("svc_mortgage", HOSTILE, 30),
        settings=replace(context.settings, organisation_name=HOSTILE),
    )


@pytest.mark.parametrize("kind", [MessageKind.RESCHEDULED, MessageKind.STAFF_RESCHEDULED])
def test_what_people_typed_appears_literally(kind: MessageKind) -> None:
    recipient = ANA if kind is MessageKind.RESCHEDULED else SAM
    content = render(build.notification(kind, recipient, hostile_context(build.appointment()), reason=HOSTILE))
    seen = Visible(content.html)

    assert "img" not in seen.tags
    assert content.text.count(HOSTILE) >= 5
    assert seen.text.count(HOSTILE) >= 5
    assert "49" not in content.text


@pytest.mark.parametrize("name", ["Ana\r\nBcc: evil@example.org", "Ana\u2028\x00\x1b[31m", "\ud800 Ana", "👩‍👩‍👧 Ana"])
def test_strange_names_break_nothing(name: str) -> None:
    content = render(build.notification(at=build.context(build.appointment(), build.ana(first_name=name))))

    assert "Ana" in content.text
    (content.subject + content.text + content.html).encode("utf-8")
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\u2028]", content.text.replace("\n", ""))
    assert "\n" not in content.subject


def test_legible_keeps_line_breaks_and_one_line_does_not() -> None:
    assert sanitised("a\r\nb\x00c") == "a\nb c"
    assert one_line("  a\r\nb\tc\u2029d ") == "a b c d"


def test_the_clock_on_the_wall_is_the_recipient_s() -> None:
    context = build.context(build.appointment(staff_id=SAM, timezone="America/St_Johns"))

    assert "11:30 AM – 12:00 PM\n    St Johns time, UTC−03:30" in render(build.notification(at=context)).text
    assert (
        "7 h 00 à 7 h 30\n    heure de Vancouver"
        in render(build.notification(MessageKind.STAFF_BOOKED, SAM, context)).text
    )
    assert "10:00 AM" in render(build.notification(MessageKind.STAFF_BOOKED, "loc_king", context)).text


def test_the_wall_time_stays_when_the_clocks_change_between_booking_and_meeting() -> None:
    before, after = build.appointment(), build.appointment(start=START.replace(month=7, hour=14), updated_at=NOW)

    assert "10:00 AM" in render(build.notification(at=build.context(before))).text
    summer = render(build.notification(at=build.context(after))).text
    assert "Wednesday, July 1, 2026, 10:00 AM" in summer
    assert "UTC−04:00" in summer


@pytest.mark.parametrize(
    ("method", "line"),
    [
        (MeetingMethod.IN_PERSON, "Where: King Street\n    1 King St W"),
        (MeetingMethod.PHONE, "Where: By phone: we call you at +14165550100\n"),
        (MeetingMethod.VIDEO, "Where: By video\n"),
        (MeetingMethod.OFF_SITE, "Where: Off site\n"),
    ],
)
def test_where_it_takes_place(method: MeetingMethod, line: str) -> None:
    assert line in render(build.notification(at=build.context(build.appointment(method=method)))).text


def test_times_of_day_in_both_languages() -> None:
    midnight, noon = START.replace(hour=5), START.replace(hour=17, minute=5)

    assert translations_for("en").time(midnight, "America/Toronto") == "12:00 AM"
    assert translations_for("en").time(noon, "America/Toronto") == "12:05 PM"
    assert translations_for("fr").time(midnight, "America/Toronto") == "0 h 00"
    assert translations_for("fr").short_date_time(noon, "America/Toronto") == "mar. 1er déc., 12 h 05"
    assert translations_for("en").zone(noon, "UTC") == "UTC"
    assert translations_for("xx").language == "en"


def test_once_both_deadlines_have_passed_the_mail_promises_nothing() -> None:
    soon = build.appointment(start=NOW.replace(hour=20), end=NOW.replace(hour=21))
    content = render(build.notification(at=build.context(soon)))

    assert "View the appointment:" in content.text
    assert "online until" not in content.text


def test_who_has_moved_once_may_only_cancel() -> None:
    (attendee,) = build.appointment().attendees
    context = build.context(build.appointment(attendees=(replace(attendee, moves=1),)))

    assert "You can cancel online until Monday" in render(build.notification(at=context)).text


def test_the_other_attendee_gets_their_own_link_and_notes() -> None:
    content = render(build.notification(MessageKind.CONFIRMATION, BEN, build.context(build.with_ben())))

    assert "code=code-of-ben" in content.text
    assert "Bring the other file" in content.text
    assert "Wheelchair" not in content.text
