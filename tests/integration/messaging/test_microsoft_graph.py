"""Links from Microsoft Graph over real HTTP: tokens, payloads and faults."""

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


class GraphClientHarness:
    """A Graph client and the double it calls, on one clock."""

    def __init__(self, double: GraphDouble) -> None:
        self.now = NOW
        self.double = double
        self.double.now = lambda: self.now
        self.secret = json.dumps(CREDENTIALS)
        self.links = self.another()

    def another(self) -> GraphMeetingLinks:
        """Another client, with a token cache of its own."""
        url = self.double.url
        return GraphMeetingLinks(lambda: self.secret, url, url, lambda: self.now, read_seconds=0.3)

    def delayed(self) -> LinkDelayed:
        """The delay that a request asks for."""
        with pytest.raises(LinkDelayed) as caught:
            self.links.create_link(MEETING)
        return caught.value


@pytest.fixture
def harness() -> Iterator[GraphClientHarness]:
    with graph_double() as double:
        yield GraphClientHarness(double)
        assert double.faults == double.sign_in_faults == []


def test_a_meeting_is_asked_for_with_credentials_and_all_that_graph_needs(harness: GraphClientHarness) -> None:
    assert harness.links.create_link(MEETING) == FIRST

    assert harness.double.asked == [
        {
            "externalId": "apt_1-0",
            "subject": "Mortgage advice (Maple Bank)",
            "startDateTime": "2026-11-29T12:00:00Z",
            "endDateTime": "2026-11-29T13:00:00Z",
        }
    ]
    assert [form["grant_type"] for form in harness.double.signed_in] == ["client_credentials"]
    assert harness.double.refused == []


def test_whoever_asks_again_with_the_same_key_gets_the_same_meeting(harness: GraphClientHarness) -> None:
    assert [harness.links.create_link(MEETING), harness.another().create_link(MEETING)] == [FIRST, FIRST]
    assert list(harness.double.meetings) == ["apt_1-0"]


def test_a_token_is_kept_until_shortly_before_it_expires(harness: GraphClientHarness) -> None:
    harness.links.create_link(MEETING)
    harness.now = NOW + timedelta(seconds=harness.double.life) - TOKEN_MARGIN - timedelta(seconds=1)
    harness.links.create_link(MEETING)
    assert len(harness.double.signed_in) == 1

    harness.now += timedelta(seconds=1)
    harness.links.create_link(MEETING)
    assert len(harness.double.signed_in) == 2
    assert harness.double.refused == []


def test_a_token_that_is_no_longer_taken_is_renewed_once(harness: GraphClientHarness) -> None:
    harness.links.create_link(MEETING)
    harness.double.expire()

    assert harness.links.create_link(MEETING) == FIRST
    assert len(harness.double.signed_in) == 2

    harness.double.expire()
    harness.double.faults = [Fault(401), Fault(401)]
    assert str(harness.delayed()) == "token_refused"
    assert len(harness.double.signed_in) == 3


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("120", 120), (format_datetime(NOW + timedelta(seconds=75), usegmt=True), 75), (None, 0), ("soon", 0), ("-5", 0)],
)
def test_throttling_says_when_to_ask_again_and_nobody_asks_before(
    harness: GraphClientHarness, said: str | None, seconds: float
) -> None:
    harness.double.faults = [Fault(429, said)]
    delay = harness.delayed()
    assert (str(delay), delay.seconds) == ("throttled", seconds)

    rest = max(timedelta(seconds=seconds), PAUSE_AFTER_FAILURE)
    harness.now += rest - timedelta(seconds=1)
    assert (str(harness.delayed()), harness.delayed().seconds) == ("throttled", 1)
    assert len(harness.double.asked) == 1

    harness.now += timedelta(seconds=1)
    assert harness.links.create_link(MEETING) == FIRST


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
def test_faults_pass_and_the_answer_that_was_lost_is_found_again(
    harness: GraphClientHarness, fault: Fault, reason: str
) -> None:
    harness.double.faults = [fault]
    assert str(harness.delayed()) == reason

    harness.now += timedelta(minutes=1)
    assert harness.links.create_link(MEETING) == FIRST
    assert len(harness.double.meetings) == 1


@pytest.mark.parametrize("fault", [Fault(500), Fault(429, "40"), Fault(silent=True), Fault(200, body={})])
def test_faults_of_the_sign_in_pass_too(harness: GraphClientHarness, fault: Fault) -> None:
    harness.double.sign_in_faults = [fault]
    harness.delayed()

    harness.now += timedelta(minutes=1)
    assert harness.links.create_link(MEETING) == FIRST


def test_nobody_there_is_a_fault_that_passes() -> None:
    links = GraphMeetingLinks(lambda: json.dumps(CREDENTIALS), "http://127.0.0.1:9", "http://127.0.0.1:9")

    with pytest.raises(LinkDelayed, match="unreachable"):
        links.create_link(MEETING)


def test_a_secret_that_was_changed_is_taken_up(harness: GraphClientHarness) -> None:
    harness.double.secret = "another one"
    assert str(harness.delayed()) == "credentials_refused"

    harness.secret = json.dumps(CREDENTIALS | {"client_secret": "another one"})
    harness.now += timedelta(minutes=1)
    assert harness.links.create_link(MEETING) == FIRST


@pytest.mark.parametrize("secret", ["", "[]", "{}", json.dumps({**CREDENTIALS, "tenant_id": None})[:-1]])
def test_a_secret_that_cannot_be_read_asks_for_patience_and_is_not_quoted(
    harness: GraphClientHarness, secret: str
) -> None:
    harness.secret = secret

    assert str(harness.delayed()) == "credentials_unreadable"
    assert SECRET not in repr(harness.links)
    assert harness.double.signed_in == []


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
def test_what_no_repetition_heals_is_refused(harness: GraphClientHarness, fault: Fault, reason: str) -> None:
    harness.double.faults = [fault]

    with pytest.raises(LinkRefused, match=f"^{reason}$"):
        harness.links.create_link(MEETING)
    assert harness.links.create_link(MEETING) == FIRST
