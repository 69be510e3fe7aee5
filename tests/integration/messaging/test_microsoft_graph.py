"""Links from Microsoft Graph over real HTTP: tokens, payloads, and what each kind of fault comes to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from chalicelib.domain.appointments.video_meetings import LinkDelayed, LinkRefused, Meeting, MeetingLink
from chalicelib.notifications.microsoft_graph import PAUSE_AFTER_FAILURE, TOKEN_MARGIN, GraphMeetingLinks
from tests.builders.doubles.microsoft_graph_double import CREDENTIALS, SECRET, Fault, GraphDouble, graph_double

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
MEETING = Meeting("apt_1-0", "Mortgage advice (Maple Bank)", NOW + timedelta(days=9), NOW + timedelta(days=9, hours=1))
FIRST = MeetingLink("https://teams.example/l/meetup-join/1", MEETING.end + timedelta(days=60))


class Desk:
    """Graph's double and who asks it, by one clock."""

    def __init__(self, double: GraphDouble) -> None:
        self.now = NOW
        self.double = double
        self.double.now = lambda: self.now
        self.secret = json.dumps(CREDENTIALS)
        self.links = self.another()

    def another(self) -> GraphMeetingLinks:
        """Somebody else who asks, with a memory of their own."""
        url = self.double.url
        return GraphMeetingLinks(lambda: self.secret, url, url, lambda: self.now, read_seconds=0.3)

    def delayed(self) -> LinkDelayed:
        """The delay that asking comes to."""
        with pytest.raises(LinkDelayed) as caught:
            self.links.create_link(MEETING)
        return caught.value


@pytest.fixture
def desk() -> Iterator[Desk]:
    with graph_double() as double:
        yield Desk(double)
        assert double.faults == double.sign_in_faults == []


def test_a_meeting_is_asked_for_with_credentials_and_all_that_graph_needs(desk: Desk) -> None:
    assert desk.links.create_link(MEETING) == FIRST

    assert desk.double.asked == [
        {
            "externalId": "apt_1-0",
            "subject": "Mortgage advice (Maple Bank)",
            "startDateTime": "2026-11-29T12:00:00Z",
            "endDateTime": "2026-11-29T13:00:00Z",
        }
    ]
    assert [form["grant_type"] for form in desk.double.signed_in] == ["client_credentials"]
    assert desk.double.refused == []


def test_whoever_asks_again_with_the_same_key_gets_the_same_meeting(desk: Desk) -> None:
    assert [desk.links.create_link(MEETING), desk.another().create_link(MEETING)] == [FIRST, FIRST]
    assert list(desk.double.meetings) == ["apt_1-0"]


def test_a_token_is_kept_until_shortly_before_it_expires(desk: Desk) -> None:
    desk.links.create_link(MEETING)
    desk.now = NOW + timedelta(seconds=desk.double.life) - TOKEN_MARGIN - timedelta(seconds=1)
    desk.links.create_link(MEETING)
    assert len(desk.double.signed_in) == 1

    desk.now += timedelta(seconds=1)
    desk.links.create_link(MEETING)
    assert len(desk.double.signed_in) == 2
    assert desk.double.refused == []


def test_a_token_that_is_no_longer_taken_is_renewed_once(desk: Desk) -> None:
    desk.links.create_link(MEETING)
    desk.double.expire()

    assert desk.links.create_link(MEETING) == FIRST
    assert len(desk.double.signed_in) == 2

    desk.double.expire()
    desk.double.faults = [Fault(401), Fault(401)]
    assert str(desk.delayed()) == "token_refused"
    assert len(desk.double.signed_in) == 3


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("120", 120), (format_datetime(NOW + timedelta(seconds=75), usegmt=True), 75), (None, 0), ("soon", 0), ("-5", 0)],
)
def test_throttling_says_when_to_ask_again_and_nobody_asks_before(desk: Desk, said: str | None, seconds: float) -> None:
    desk.double.faults = [Fault(429, said)]
    delay = desk.delayed()
    assert (str(delay), delay.seconds) == ("throttled", seconds)

    rest = max(timedelta(seconds=seconds), PAUSE_AFTER_FAILURE)
    desk.now += rest - timedelta(seconds=1)
    assert (str(desk.delayed()), desk.delayed().seconds) == ("throttled", 1)
    assert len(desk.double.asked) == 1

    desk.now += timedelta(seconds=1)
    assert desk.links.create_link(MEETING) == FIRST


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fault(500), "server_fault"),
        (Fault(503, "30"), "server_fault"),
        (Fault(409), "server_fault"),
        (Fault(silent=True, lost=True), "unreachable"),
        (Fault(hangs_up=True, lost=True), "unreachable"),
    ],
    ids=["500", "503", "409", "no answer in time", "connection lost"],
)
def test_faults_pass_and_the_answer_that_was_lost_is_found_again(desk: Desk, fault: Fault, reason: str) -> None:
    desk.double.faults = [fault]
    assert str(desk.delayed()) == reason

    desk.now += timedelta(minutes=1)
    assert desk.links.create_link(MEETING) == FIRST
    assert len(desk.double.meetings) == 1


@pytest.mark.parametrize("fault", [Fault(500), Fault(429, "40"), Fault(silent=True), Fault(200, body={})])
def test_faults_of_the_sign_in_pass_too(desk: Desk, fault: Fault) -> None:
    desk.double.sign_in_faults = [fault]
    desk.delayed()

    desk.now += timedelta(minutes=1)
    assert desk.links.create_link(MEETING) == FIRST


def test_nobody_there_is_a_fault_that_passes() -> None:
    links = GraphMeetingLinks(lambda: json.dumps(CREDENTIALS), "http://127.0.0.1:9", "http://127.0.0.1:9")

    with pytest.raises(LinkDelayed, match="unreachable"):
        links.create_link(MEETING)


def test_a_secret_that_was_changed_is_taken_up(desk: Desk) -> None:
    desk.double.secret = "another one"
    assert str(desk.delayed()) == "credentials_refused"

    desk.secret = json.dumps(CREDENTIALS | {"client_secret": "another one"})
    desk.now += timedelta(minutes=1)
    assert desk.links.create_link(MEETING) == FIRST


@pytest.mark.parametrize("secret", ["", "[]", "{}", json.dumps({**CREDENTIALS, "tenant_id": None})[:-1]])
def test_a_secret_that_cannot_be_read_asks_for_patience_and_is_not_quoted(desk: Desk, secret: str) -> None:
    desk.secret = secret

    assert str(desk.delayed()) == "credentials_unreadable"
    assert SECRET not in repr(desk.links)
    assert desk.double.signed_in == []


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fault(403), "refused_403"),
        (Fault(404), "refused_404"),
        (Fault(400), "refused_400"),
        (Fault(302), "refused_302"),
        (Fault(200, body={"joinWebUrl": None}), "no_link_in_answer"),
        (Fault(200, body={"joinWebUrl": "javascript:alert(1)"}), "no_link_in_answer"),
    ],
)
def test_what_no_repetition_heals_is_refused(desk: Desk, fault: Fault, reason: str) -> None:
    desk.double.faults = [fault]

    with pytest.raises(LinkRefused, match=f"^{reason}$"):
        desk.links.create_link(MEETING)
    assert desk.links.create_link(MEETING) == FIRST
