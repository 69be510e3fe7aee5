"""The promises about links to video calls; these tests run on memory and on DynamoDB (fixture ``harness``)."""

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
from chalicelib.domain.organisation.catalogue import MeetingMethod
from chalicelib.domain.shared.events import DomainEvent, JournalEntry, MessageKind
from chalicelib.services.messaging.meeting_links import MAX_LINK_ATTEMPTS
from chalicelib.services.store_port import Ref
from tests.builders.doubles.messaging_doubles import Harness, ProcessCrash
from tests.builders.records import appointment_builder as build
from tests.builders.records.appointment_builder import ANA, APPOINTMENT, NOW, SAM, START

MINUTE = timedelta(minutes=1)
TEAMS = Teleconference.agreed(VideoPlatform.TEAMS)
LINK = f"https://teams.example/{APPOINTMENT}-0"


def video_appointment(**fields: Any) -> Appointment:
    """Ana's appointment with Sam, over Teams by default."""
    return build.appointment(**{"method": MeetingMethod.VIDEO, "teleconference": TEAMS, "staff_id": SAM} | fields)


def put_call(harness: Harness, **fields: Any) -> JournalEntry:
    """Write a booked video appointment and its journal entry; nothing has been sent yet."""
    harness.put(video_appointment(**fields))
    return harness.journal(build.entry(build.message(), build.message(MessageKind.STAFF_BOOKED, SAM)))


def stored_appointment(harness: Harness) -> Appointment:
    found: Appointment = harness.table.store.read([Ref.to(Appointment, APPOINTMENT)]).require(Appointment, APPOINTMENT)
    return found


def stored_call(harness: Harness) -> tuple[str | None, LinkState] | None:
    """Link and state of the stored call."""
    there = stored_appointment(harness).teleconference
    return (there.link, there.state) if there else None


def sent_links(harness: Harness) -> list[tuple[str, str, str | None]]:
    """Kind, recipient and link of every e-mail that was sent."""
    return sorted(
        (n.kind.value, n.recipient_id, n.teleconference.link if n.teleconference else None) for n in harness.mail.sent
    )


def sent_to_both(link: str | None) -> list[tuple[str, str, str | None]]:
    """The confirmation and the consultant's e-mail."""
    return [("confirmation", ANA, link), ("staff_booked", SAM, link)]


def run_sweeps(harness: Harness, minutes: int, since: datetime = NOW) -> None:
    """Sweep for so many minutes, whenever something may be due again."""
    for minute in (m for m in (1, 2, 4, 8, 16, 32, 64, 128) if m <= minutes):
        harness.sweep(since + minute * MINUTE)


def test_the_link_is_made_before_the_messages_go_and_stands_in_all_of_them(harness: Harness) -> None:
    harness.relay(put_call(harness))

    assert sent_links(harness) == sent_to_both(LINK)
    assert stored_call(harness) == (LINK, LinkState.READY)
    assert stored_appointment(harness).version == 2
    assert [(m.key, m.start, m.end) for m in harness.links.asked] == [
        (f"{APPOINTMENT}-0", START, video_appointment().end)
    ]
    assert harness.links.asked[0].subject == "Mortgage advice (Maple Bank)"
    assert harness.observer.metrics == {"MeetingLinksMade": 1, "MessagesSent": 2}
    assert harness.due_entries() == []


def test_who_is_not_to_be_told_has_a_link_all_the_same_and_the_consultant_gets_it(harness: Harness) -> None:
    harness.relay(put_call(harness, notify_client=False))

    assert sent_links(harness) == [("staff_booked", SAM, LINK)]
    assert stored_call(harness) == (LINK, LinkState.READY)


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
def test_no_link_is_made_where_none_is_wanted(harness: Harness, fields: dict[str, Any]) -> None:
    harness.relay(put_call(harness, **fields))

    assert harness.links.asked == []
    assert stored_appointment(harness) == video_appointment(**fields)


def test_no_link_is_made_for_what_is_over(harness: Harness) -> None:
    harness.relay(put_call(harness), now=video_appointment().end)

    assert harness.links.asked == []


def test_a_message_to_unassigned_staff_waits_for_no_link(harness: Harness) -> None:
    harness.put(video_appointment(staff_id=None))
    harness.links.faults = [LinkDelayed("throttled")]

    harness.relay(build.entry(build.message(MessageKind.STAFF_UNASSIGNED, SAM)))

    assert harness.links.asked == []
    assert sent_links(harness) == [("staff_unassigned", SAM, None)]


@pytest.mark.parametrize("faults", range(1, MAX_LINK_ATTEMPTS))
def test_after_faults_everybody_gets_one_message_and_it_has_the_link(harness: Harness, faults: int) -> None:
    made = put_call(harness)
    harness.links.faults = [LinkDelayed("server_fault") for _ in range(faults)]

    harness.relay(made)
    assert harness.mail.sent == []
    run_sweeps(harness, 60)

    assert sent_links(harness) == sent_to_both(LINK)
    assert len(harness.links.asked) == faults + 1
    assert harness.observer.metrics["MeetingLinksDelayed"] == faults
    assert harness.dead.letters == []


def test_events_do_not_wait_for_the_link(harness: Harness) -> None:
    made = put_call(harness)
    harness.links.faults = [LinkDelayed("server_fault")]

    harness.relay(replace(made, events=(DomainEvent("appointment.booked", 1, {}),)))

    assert [kind for _, kind in harness.topic.published] == ["appointment.booked"]
    assert harness.mail.sent == []


def test_when_nothing_helps_the_mail_goes_once_says_that_the_link_follows_and_somebody_is_told(
    harness: Harness,
) -> None:
    made = put_call(harness)
    harness.links.faults = [LinkDelayed("unreachable") for _ in range(99)]

    harness.relay(made)
    run_sweeps(harness, 180)

    assert sent_links(harness) == sent_to_both(None)
    assert stored_call(harness) == (None, LinkState.BY_STAFF)
    assert len(harness.links.asked) == MAX_LINK_ATTEMPTS
    assert [(letter["reason"], letter["error"]) for letter in harness.dead.letters] == [("no_link", "unreachable")]
    assert harness.observer.metrics["MeetingLinksFailed"] == 1
    harness.links.faults = []
    harness.remind(START - timedelta(hours=24))
    assert sent_links(harness) == sorted([*sent_to_both(None), ("reminder", ANA, None)])


def test_what_never_heals_is_set_aside_at_once(harness: Harness) -> None:
    harness.links.faults = [LinkRefused("refused_403")]

    harness.relay(put_call(harness))

    assert sent_links(harness) == sent_to_both(None)
    assert stored_call(harness) == (None, LinkState.BY_STAFF)
    assert harness.dead.reasons() == ["no_link"]
    assert harness.due_entries() == []


def test_an_unknown_fault_does_not_sink_the_message(harness: Harness) -> None:
    harness.links.faults = [ZeroDivisionError() for _ in range(99)]

    harness.relay(put_call(harness))
    run_sweeps(harness, 60)

    assert sent_links(harness) == sent_to_both(None)


def test_nobody_is_asked_before_they_want_to_be(harness: Harness) -> None:
    made = put_call(harness)
    harness.links.faults = [LinkDelayed("throttled", 400)]

    harness.relay(made)
    run_sweeps(harness, 6)
    assert len(harness.links.asked) == 1
    assert harness.mail.sent == []

    harness.sweep(NOW + timedelta(seconds=400))
    assert sent_links(harness) == sent_to_both(LINK)


@pytest.mark.parametrize(
    ("start", "seconds"), [(START, 901), (NOW + MINUTE, 0)], ids=["asked to wait for too long", "it begins"]
)
def test_a_message_does_not_wait_longer_than_it_may(harness: Harness, start: datetime, seconds: float) -> None:
    made = put_call(harness, start=start, end=start + 30 * MINUTE)
    harness.links.faults = [LinkDelayed("throttled", seconds)]

    harness.relay(made)

    assert sent_links(harness) == sent_to_both(None)
    assert stored_call(harness) == (None, LinkState.BY_STAFF)


def test_a_crash_between_link_and_mail_leads_to_one_mail_with_that_link(harness: Harness) -> None:
    made = put_call(harness)
    reads = harness.store.reads
    # Reads: the context (three), the appointment before the link is saved, then the context again.
    harness.store.interrupt[reads + 5] = crash
    with pytest.raises(ProcessCrash):
        harness.relay(made)
    assert stored_call(harness) == (LINK, LinkState.READY)
    assert harness.mail.sent == []

    run_sweeps(harness, 10)

    assert sent_links(harness) == sent_to_both(LINK)
    assert len(harness.links.asked) == 1


def test_a_crash_before_the_link_is_kept_asks_again_and_gets_the_same(harness: Harness) -> None:
    made = put_call(harness)
    harness.links.interrupt = [crash]
    with pytest.raises(ProcessCrash):
        harness.relay(made)
    assert stored_call(harness) == (None, LinkState.PENDING)

    run_sweeps(harness, 10)

    assert sent_links(harness) == sent_to_both(LINK)
    assert {m.key for m in harness.links.asked} == {f"{APPOINTMENT}-0"}


def crash() -> None:
    raise ProcessCrash


def test_a_mail_that_fails_after_the_link_was_made_goes_with_the_same_link(harness: Harness) -> None:
    made = put_call(harness)
    harness.mail.before = [NotSent("Throttling"), NotSent("Throttling")]

    harness.relay(made)
    run_sweeps(harness, 10)

    assert sent_links(harness) == sent_to_both(LINK)
    assert len(harness.links.asked) == 1


def as_phone_call() -> Appointment:
    return video_appointment(method=MeetingMethod.PHONE, teleconference=None, sequence=1, version=2)


@pytest.mark.parametrize(
    "after", [as_phone_call, lambda: build.cancelled(video_appointment())], ids=["changed to phone", "cancelled"]
)
@pytest.mark.parametrize("when", ["while it is made", "before it is kept"])
def test_a_link_to_a_call_that_is_off_meanwhile_is_not_kept(
    harness: Harness, after: Callable[[], Appointment], when: str
) -> None:
    made, change = put_call(harness), lambda: harness.put(after())
    if when == "while it is made":
        harness.links.interrupt = [change]
    else:
        interrupt_before_write(harness, change)

    harness.relay(made)

    assert stored_appointment(harness) == after()
    assert sent_links(harness) == []
    assert harness.dead.letters == []


def interrupt_before_write(harness: Harness, change: Callable[[], None]) -> None:
    """Run ``change`` after the last read of the appointment and before it is written."""
    commit = harness.store.commit

    def late(*arguments: Any) -> None:
        harness.store.commit = commit  # type: ignore[method-assign]  # only once
        change()
        commit(*arguments)

    harness.store.commit = late  # type: ignore[assignment,method-assign]  # the moment before the write


@pytest.mark.parametrize("when", ["while it is made", "before it is kept"])
def test_what_changes_beside_the_call_is_kept_with_the_link(harness: Harness, when: str) -> None:
    made, change = put_call(harness), lambda: harness.put(video_appointment(notes="Bring a passport", version=2))
    if when == "while it is made":
        harness.links.interrupt = [change]
    else:
        interrupt_before_write(harness, change)

    harness.relay(made)

    assert (stored_appointment(harness).notes, stored_appointment(harness).version) == ("Bring a passport", 3)
    assert sent_links(harness) == sent_to_both(LINK)


def test_another_call_agreed_meanwhile_gets_a_link_of_its_own(harness: Harness) -> None:
    made = put_call(harness)
    other = video_appointment(teleconference=Teleconference.agreed(VideoPlatform.TEAMS, 1), sequence=1, version=2)
    harness.links.interrupt = [lambda: harness.put(other)]

    harness.relay(made)
    harness.relay(build.entry(build.message(MessageKind.RESCHEDULED), sequence=1, number=2))

    assert sent_links(harness) == [("rescheduled", ANA, f"https://teams.example/{APPOINTMENT}-1")]


@pytest.mark.parametrize(("days", "revision"), [(60, 0), (61, 1)], ids=["it still works", "it has expired"])
def test_a_call_moved_beyond_the_life_of_its_link_gets_another(harness: Harness, days: int, revision: int) -> None:
    harness.relay(put_call(harness))
    start = START + timedelta(days=days)
    moved = replace(stored_appointment(harness), start=start, end=start + 30 * MINUTE, sequence=1, version=3)
    harness.put(moved)
    assert meeting_link(moved) == (None if revision else LINK)

    harness.relay(
        build.entry(
            build.message(MessageKind.RESCHEDULED),
            build.message(MessageKind.STAFF_RESCHEDULED, SAM),
            sequence=1,
            number=2,
        )
    )

    link = f"https://teams.example/{APPOINTMENT}-{revision}"
    assert [known for kind, _, known in sent_links(harness) if "rescheduled" in kind] == [link, link]
    assert stored_call(harness) == (link, LinkState.READY)
    assert [(m.key, m.start) for m in harness.links.asked[1:]] == [(f"{APPOINTMENT}-1", start)] * revision


def test_a_call_that_was_dropped_is_in_no_later_message(harness: Harness) -> None:
    harness.relay(put_call(harness))
    harness.put(replace(as_phone_call(), version=3))

    harness.relay(build.entry(build.message(MessageKind.RESCHEDULED), sequence=1, number=2))
    harness.remind(START - timedelta(hours=24))

    assert [link for kind, _, link in sent_links(harness) if kind in ("rescheduled", "reminder")] == [None, None]


def test_a_reminder_has_the_link_and_a_cancellation_has_not(harness: Harness) -> None:
    harness.relay(put_call(harness))
    harness.remind(START - timedelta(hours=24))
    harness.put(build.cancelled(stored_appointment(harness)))
    harness.relay(
        build.entry(
            build.message(MessageKind.CANCELLED), build.message(MessageKind.STAFF_CANCELLED, SAM), sequence=1, number=2
        )
    )

    assert sent_links(harness) == sorted(
        [*sent_to_both(LINK), ("reminder", ANA, LINK), ("cancelled", ANA, None), ("staff_cancelled", SAM, None)]
    )


def test_without_a_platform_to_ask_the_call_is_left_to_staff_at_once(harness: Harness) -> None:
    object.__setattr__(harness.outbox_relay.create_meeting_links, "provider", None)

    harness.relay(put_call(harness))

    assert sent_links(harness) == sent_to_both(None)
    assert stored_call(harness) == (None, LinkState.BY_STAFF)
    assert harness.dead.letters == []
    assert harness.observer.metrics["MeetingLinksUnconfigured"] == 1


def test_who_gets_texts_only_is_told_once_too(harness: Harness) -> None:
    harness.put(build.ana(receive_email=False, receive_sms=True))
    made = put_call(harness)
    harness.links.faults = [LinkDelayed("server_fault")]

    harness.relay(made)
    run_sweeps(harness, 10)

    assert [n.kind for n in harness.texts.sent] == [MessageKind.CONFIRMATION]
