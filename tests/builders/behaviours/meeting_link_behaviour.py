"""What is promised about links to video calls, told once: these tests run on memory and on DynamoDB (``desk``)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.appointments.meeting_link import meeting_link
from chalicelib.domain.appointments.video_meetings import (
    LinkDelayed,
    LinkRefused,
    LinkState,
    MeetingLink,
    Teleconference,
    VideoPlatform,
)
from chalicelib.domain.messaging.notifications import NotSent
from chalicelib.domain.organisation.catalog import MeetingMethod
from chalicelib.domain.shared.events import DomainEvent, JournalEntry, MessageKind
from chalicelib.services.messaging.meeting_links import MAX_LINK_ATTEMPTS
from chalicelib.services.store_port import Ref
from tests.builders.doubles.messaging_doubles import Desk, Died
from tests.builders.records.appointment_builder import (
    ANA,
    APPOINTMENT,
    NOW,
    SAM,
    START,
    ana,
    appointment,
    cancelled,
    entry,
    message,
)

MINUTE = timedelta(minutes=1)
TEAMS = Teleconference.agreed(VideoPlatform.TEAMS)
LINK = f"https://teams.example/{APPOINTMENT}-0"


def video(**fields: Any) -> Appointment:
    """Ana's appointment with Sam, over Teams unless said otherwise."""
    return appointment(**{"method": MeetingMethod.VIDEO, "teleconference": TEAMS, "staff_id": SAM} | fields)


def agreed(desk: Desk, **fields: Any) -> JournalEntry:
    """It has been booked; nobody has been told."""
    desk.put(video(**fields))
    made = entry(message(), message(MessageKind.STAFF_BOOKED, SAM))
    desk.table.journal(made)
    return made


def kept(desk: Desk) -> Appointment:
    """The appointment as it is kept."""
    found: Appointment = desk.table.store.read([Ref.to(Appointment, APPOINTMENT)]).require(Appointment, APPOINTMENT)
    return found


def call(desk: Desk) -> tuple[str | None, LinkState] | None:
    """Link and state of its call."""
    there = kept(desk).teleconference
    return (there.link, there.state) if there else None


def told(desk: Desk) -> list[tuple[str, str, str | None]]:
    """Every mail: what, to whom, with which link."""
    return sorted(
        (n.kind.value, n.recipient_id, n.teleconference.link if n.teleconference else None) for n in desk.mail.sent
    )


def both(link: str | None) -> list[tuple[str, str, str | None]]:
    """The confirmation and the consultant's mail."""
    return [("confirmation", ANA, link), ("staff_booked", SAM, link)]


def sweeps(desk: Desk, minutes: int, since: datetime = NOW) -> None:
    """Sweeps for so long, at the minutes at which something may be due again."""
    for minute in (m for m in (1, 2, 4, 8, 16, 32, 64, 128) if m <= minutes):
        desk.sweep(since + minute * MINUTE)


def test_the_link_is_made_before_the_messages_go_and_stands_in_all_of_them(desk: Desk) -> None:
    desk.relay(agreed(desk))

    assert told(desk) == both(LINK)
    assert call(desk) == (LINK, LinkState.READY)
    assert kept(desk).version == 2
    assert [(m.key, m.start, m.end) for m in desk.links.asked] == [(f"{APPOINTMENT}-0", START, video().end)]
    assert desk.links.asked[0].subject == "Mortgage advice (Maple Bank)"
    assert desk.observer.metrics == {"MeetingLinksMade": 1, "MessagesSent": 2}
    assert desk.waiting() == []


def test_who_is_not_to_be_told_has_a_link_all_the_same_and_the_consultant_gets_it(desk: Desk) -> None:
    desk.relay(agreed(desk, notify_client=False))

    assert told(desk) == [("staff_booked", SAM, LINK)]
    assert call(desk) == (LINK, LinkState.READY)


@pytest.mark.parametrize(
    "fields",
    [
        {"teleconference": Teleconference.agreed(VideoPlatform.ZOOM)},
        {"teleconference": None},
        {"teleconference": TEAMS.with_link_by_staff()},
        {"confirmed": False},
        {"method": MeetingMethod.PHONE, "teleconference": None},
        {"teleconference": TEAMS.with_link(MeetingLink("https://teams.example/earlier"))},
    ],
    ids=["zoom", "no platform", "left to staff", "unconfirmed", "by phone", "has one"],
)
def test_no_link_is_made_where_none_is_wanted(desk: Desk, fields: dict[str, Any]) -> None:
    desk.relay(agreed(desk, **fields))

    assert desk.links.asked == []
    assert kept(desk) == video(**fields)


def test_no_link_is_made_for_what_is_over(desk: Desk) -> None:
    desk.relay(agreed(desk), now=video().end)

    assert desk.links.asked == []


def test_a_farewell_waits_for_no_link(desk: Desk) -> None:
    desk.put(video(staff_id=None))
    desk.links.faults = [LinkDelayed("throttled")]

    desk.relay(entry(message(MessageKind.STAFF_UNASSIGNED, SAM)))

    assert desk.links.asked == []
    assert told(desk) == [("staff_unassigned", SAM, None)]


@pytest.mark.parametrize("faults", range(1, MAX_LINK_ATTEMPTS))
def test_after_faults_everybody_gets_one_message_and_it_has_the_link(desk: Desk, faults: int) -> None:
    made = agreed(desk)
    desk.links.faults = [LinkDelayed("server_fault") for _ in range(faults)]

    desk.relay(made)
    assert desk.mail.sent == []
    sweeps(desk, 60)

    assert told(desk) == both(LINK)
    assert len(desk.links.asked) == faults + 1
    assert desk.observer.metrics["MeetingLinksDelayed"] == faults
    assert desk.dead.letters == []


def test_events_do_not_wait_for_the_link(desk: Desk) -> None:
    made = agreed(desk)
    desk.links.faults = [LinkDelayed("server_fault")]

    desk.relay(replace(made, events=(DomainEvent("appointment.booked", 1, {}),)))

    assert [kind for _, kind in desk.topic.published] == ["appointment.booked"]
    assert desk.mail.sent == []


def test_when_nothing_helps_the_mail_goes_once_says_that_the_link_follows_and_somebody_is_told(desk: Desk) -> None:
    made = agreed(desk)
    desk.links.faults = [LinkDelayed("unreachable") for _ in range(99)]

    desk.relay(made)
    sweeps(desk, 180)

    assert told(desk) == both(None)
    assert call(desk) == (None, LinkState.BY_STAFF)
    assert len(desk.links.asked) == MAX_LINK_ATTEMPTS
    assert [(letter["reason"], letter["error"]) for letter in desk.dead.letters] == [("no_link", "unreachable")]
    assert desk.observer.metrics["MeetingLinksFailed"] == 1
    desk.links.faults = []
    desk.remind(START - timedelta(hours=24))
    assert told(desk) == sorted([*both(None), ("reminder", ANA, None)])


def test_what_never_heals_is_set_aside_at_once(desk: Desk) -> None:
    desk.links.faults = [LinkRefused("refused_403")]

    desk.relay(agreed(desk))

    assert told(desk) == both(None)
    assert call(desk) == (None, LinkState.BY_STAFF)
    assert desk.dead.reasons() == ["no_link"]
    assert desk.waiting() == []


def test_an_unknown_fault_does_not_sink_the_message(desk: Desk) -> None:
    desk.links.faults = [ZeroDivisionError() for _ in range(99)]

    desk.relay(agreed(desk))
    sweeps(desk, 60)

    assert told(desk) == both(None)


def test_nobody_is_asked_before_they_want_to_be(desk: Desk) -> None:
    made = agreed(desk)
    desk.links.faults = [LinkDelayed("throttled", 400)]

    desk.relay(made)
    sweeps(desk, 6)
    assert len(desk.links.asked) == 1
    assert desk.mail.sent == []

    desk.sweep(NOW + timedelta(seconds=400))
    assert told(desk) == both(LINK)


@pytest.mark.parametrize(
    ("start", "seconds"), [(START, 901), (NOW + MINUTE, 0)], ids=["asked to wait for too long", "it begins"]
)
def test_a_message_does_not_wait_longer_than_it_may(desk: Desk, start: datetime, seconds: float) -> None:
    made = agreed(desk, start=start, end=start + 30 * MINUTE)
    desk.links.faults = [LinkDelayed("throttled", seconds)]

    desk.relay(made)

    assert told(desk) == both(None)
    assert call(desk) == (None, LinkState.BY_STAFF)


def test_a_crash_between_link_and_mail_leads_to_one_mail_with_that_link(desk: Desk) -> None:
    made = agreed(desk)
    reads = desk.store.reads
    # Reads: the scene (three), the appointment before the link is kept, then the scene again.
    desk.store.meddle[reads + 5] = died
    with pytest.raises(Died):
        desk.relay(made)
    assert call(desk) == (LINK, LinkState.READY)
    assert desk.mail.sent == []

    sweeps(desk, 10)

    assert told(desk) == both(LINK)
    assert len(desk.links.asked) == 1


def test_a_crash_before_the_link_is_kept_asks_again_and_gets_the_same(desk: Desk) -> None:
    made = agreed(desk)
    desk.links.meddle = [died]
    with pytest.raises(Died):
        desk.relay(made)
    assert call(desk) == (None, LinkState.PENDING)

    sweeps(desk, 10)

    assert told(desk) == both(LINK)
    assert {m.key for m in desk.links.asked} == {f"{APPOINTMENT}-0"}


def died() -> None:
    raise Died


def test_a_mail_that_fails_after_the_link_was_made_goes_with_the_same_link(desk: Desk) -> None:
    made = agreed(desk)
    desk.mail.before = [NotSent("Throttling"), NotSent("Throttling")]

    desk.relay(made)
    sweeps(desk, 10)

    assert told(desk) == both(LINK)
    assert len(desk.links.asked) == 1


def by_phone() -> Appointment:
    return video(method=MeetingMethod.PHONE, teleconference=None, sequence=1, version=2)


@pytest.mark.parametrize("after", [by_phone, lambda: cancelled(video())], ids=["changed to phone", "cancelled"])
@pytest.mark.parametrize("when", ["while it is made", "before it is kept"])
def test_a_link_to_a_call_that_is_off_meanwhile_is_not_kept(
    desk: Desk, after: Callable[[], Appointment], when: str
) -> None:
    made, change = agreed(desk), lambda: desk.put(after())
    if when == "while it is made":
        desk.links.meddle = [change]
    else:
        between_read_and_write(desk, change)

    desk.relay(made)

    assert kept(desk) == after()
    assert told(desk) == []
    assert desk.dead.letters == []


def between_read_and_write(desk: Desk, change: Callable[[], None]) -> None:
    """Something happens after the last look at the appointment."""
    commit = desk.store.commit

    def late(*arguments: Any) -> None:
        desk.store.commit = commit  # type: ignore[method-assign]  # only once
        change()
        commit(*arguments)

    desk.store.commit = late  # type: ignore[assignment,method-assign]  # the moment before the write


@pytest.mark.parametrize("when", ["while it is made", "before it is kept"])
def test_what_changes_beside_the_call_is_kept_with_the_link(desk: Desk, when: str) -> None:
    made, change = agreed(desk), lambda: desk.put(video(notes="Bring a passport", version=2))
    if when == "while it is made":
        desk.links.meddle = [change]
    else:
        between_read_and_write(desk, change)

    desk.relay(made)

    assert (kept(desk).notes, kept(desk).version) == ("Bring a passport", 3)
    assert told(desk) == both(LINK)


def test_another_call_agreed_meanwhile_gets_a_link_of_its_own(desk: Desk) -> None:
    made = agreed(desk)
    other = video(teleconference=Teleconference.agreed(VideoPlatform.TEAMS, 1), sequence=1, version=2)
    desk.links.meddle = [lambda: desk.put(other)]

    desk.relay(made)
    desk.relay(entry(message(MessageKind.RESCHEDULED), sequence=1, number=2))

    assert told(desk) == [("rescheduled", ANA, f"https://teams.example/{APPOINTMENT}-1")]


@pytest.mark.parametrize(("days", "revision"), [(60, 0), (61, 1)], ids=["it still works", "it has expired"])
def test_a_call_moved_beyond_the_life_of_its_link_gets_another(desk: Desk, days: int, revision: int) -> None:
    desk.relay(agreed(desk))
    start = START + timedelta(days=days)
    moved = replace(kept(desk), start=start, end=start + 30 * MINUTE, sequence=1, version=3)
    desk.put(moved)
    assert meeting_link(moved) == (None if revision else LINK)

    desk.relay(
        entry(message(MessageKind.RESCHEDULED), message(MessageKind.STAFF_RESCHEDULED, SAM), sequence=1, number=2)
    )

    link = f"https://teams.example/{APPOINTMENT}-{revision}"
    assert [known for kind, _, known in told(desk) if "rescheduled" in kind] == [link, link]
    assert call(desk) == (link, LinkState.READY)
    assert [(m.key, m.start) for m in desk.links.asked[1:]] == [(f"{APPOINTMENT}-1", start)] * revision


def test_a_call_that_was_dropped_is_in_no_later_message(desk: Desk) -> None:
    desk.relay(agreed(desk))
    desk.put(replace(by_phone(), version=3))

    desk.relay(entry(message(MessageKind.RESCHEDULED), sequence=1, number=2))
    desk.remind(START - timedelta(hours=24))

    assert [link for kind, _, link in told(desk) if kind in ("rescheduled", "reminder")] == [None, None]


def test_a_reminder_has_the_link_and_a_cancellation_has_not(desk: Desk) -> None:
    desk.relay(agreed(desk))
    desk.remind(START - timedelta(hours=24))
    desk.put(cancelled(kept(desk)))
    desk.relay(entry(message(MessageKind.CANCELLED), message(MessageKind.STAFF_CANCELLED, SAM), sequence=1, number=2))

    assert told(desk) == sorted(
        [*both(LINK), ("reminder", ANA, LINK), ("cancelled", ANA, None), ("staff_cancelled", SAM, None)]
    )


def test_without_a_platform_to_ask_the_call_is_left_to_staff_at_once(desk: Desk) -> None:
    object.__setattr__(desk.delivery.create_meeting_links, "provider", None)

    desk.relay(agreed(desk))

    assert told(desk) == both(None)
    assert call(desk) == (None, LinkState.BY_STAFF)
    assert desk.dead.letters == []
    assert desk.observer.metrics["MeetingLinksUnconfigured"] == 1


def test_who_gets_texts_only_is_told_once_too(desk: Desk) -> None:
    desk.put(ana(receive_email=False, receive_sms=True))
    made = agreed(desk)
    desk.links.faults = [LinkDelayed("server_fault")]

    desk.relay(made)
    sweeps(desk, 10)

    assert [n.kind for n in desk.texts.sent] == [MessageKind.CONFIRMATION]
