"""Video calls from booking to mail: the real relay with a double of Microsoft Graph."""

from __future__ import annotations

import email
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from email.policy import default
from typing import Any

import boto3
import pytest
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends

from chalicelib import secrets_manager
from chalicelib.container import container
from chalicelib.domain.organisation.catalogue import MeetingMethod, Service
from chalicelib.domain.shared.permissions import Role
from chalicelib.notifications.fake_links import FakeMeetingLinks
from chalicelib.notifications.microsoft_graph import GraphMeetingLinks
from tests.builders.doubles.api_gateway import Reply
from tests.builders.doubles.microsoft_graph_double import CREDENTIALS, Fault, GraphDouble, graph_double
from tests.builders.in_process.moto_table import REGION, reset_container
from tests.builders.in_process.sample_organisation import Organisation
from tests.builders.in_process.sample_records import BLOCK_START, BOSS, MORTGAGE, NOW, SAM, SAM_EMAIL, hire
from tests.builders.in_process.status_requests import ADMIN
from tests.builders.in_process.table_records import journal, write

MINUTE = timedelta(minutes=1)
LINK = "https://teams.example/l/meetup-join/"


@pytest.fixture
def org(org: Organisation, monkeypatch: pytest.MonkeyPatch) -> Organisation:
    """A branch that also meets by video, over Teams, and sends mail."""
    monkeypatch.setenv("SENDER", "Frontdesk <desk@example.org>")
    boto3.client("sesv2").create_email_identity(EmailIdentity="desk@example.org")
    monkeypatch.setenv("EVENTS_TOPIC_ARN", boto3.client("sns").create_topic(Name="events")["TopicArn"])
    monkeypatch.setenv("DEAD_LETTER_QUEUE_URL", boto3.client("sqs").create_queue(QueueName="dead")["QueueUrl"])
    monkeypatch.setenv("PUBLIC_URL", "https://desk.example.org/v1")
    reset_container()
    org.create_block(limit=9)
    org.add_staff()
    methods = (MeetingMethod.IN_PERSON, MeetingMethod.PHONE, MeetingMethod.VIDEO)
    write(replace(org.read(Service, MORTGAGE), meeting_methods=methods))
    org.set_staff_services(SAM, (MORTGAGE,))
    org.update_settings(teleconference="teams")
    return org


@pytest.fixture
def graph(org: Organisation, monkeypatch: pytest.MonkeyPatch) -> Iterator[GraphDouble]:
    """A double of Graph, with credentials in Secrets Manager."""
    made = boto3.client("secretsmanager").create_secret(Name="graph", SecretString=json.dumps(CREDENTIALS))
    secrets_manager._provider.cache_clear()
    with graph_double() as double:
        monkeypatch.setenv("GRAPH_SECRET_ARN", made["ARN"])
        monkeypatch.setenv("GRAPH_URL", double.url)
        monkeypatch.setenv("GRAPH_LOGIN_URL", double.url)
        reset_container()
        links = container.meeting_link_provider
        assert isinstance(links, GraphMeetingLinks)
        links.clock = double.now = lambda: org.now
        links.read_seconds = 0.3
        yield double
    assert double.refused == []


def sweep(org: Organisation, after: timedelta = 5 * MINUTE) -> None:
    """Run the relay so long after now."""
    org.now += after
    container.outbox_relay.sweep(org.now, lambda: True)


def mails(to: str) -> list[EmailMessage]:
    """The mails sent to an address."""
    raw = [m.raw_data for m in ses_backends[DEFAULT_ACCOUNT_ID][REGION].sent_messages]
    return [m for m in (email.message_from_string(text, policy=default) for text in raw) if m["To"] == to]


def words(mail: EmailMessage) -> str:
    """The text of a mail, its invitation included."""
    parts = [part.get_content() for part in mail.walk() if part.get_content_maintype() == "text"]
    return "\n".join(str(part) for part in parts).replace("\r\n ", "")


def seen(org: Organisation, appointment_id: str) -> dict[str, Any]:
    """The appointment as staff see it."""
    return dict(org.as_staff("GET", f"/appointments/{appointment_id}").json)


def call(org: Organisation, appointment_id: str) -> Any:
    """Its video call as staff see it."""
    return seen(org, appointment_id)["teleconference"]


def by_client(org: Organisation, **more: Any) -> Reply:
    """A client's booking by video."""
    return org.try_book(meeting_method="video", **more)


FAULTS = {
    "none": [],
    "throttled": [Fault(429, "120")],
    "server error": [Fault(500), Fault(500)],
    "slow": [Fault(silent=True, lost=True)],
    "answer lost": [Fault(hangs_up=True, lost=True)],
    "token refused": [Fault(401)],
    "all of it": [Fault(429, "90"), Fault(500), Fault(silent=True, lost=True), Fault(401)],
}


@pytest.mark.parametrize("faults", FAULTS.values(), ids=FAULTS)
def test_the_client_gets_one_message_with_one_link_in_the_end(
    org: Organisation, graph: GraphDouble, faults: list[Fault]
) -> None:
    graph.faults = list(faults)
    made = by_client(org).json
    assert graph.asked == graph.signed_in == []
    assert call(org, made["id"]) == {"platform": "teams", "link": None, "state": "pending"}

    for _ in range(6):
        sweep(org)

    (mail,) = mails("ana@example.org")
    assert mail["Subject"].startswith("Confirmed")
    ((key, link),) = graph.meetings.items()
    assert key == f"{made['id']}-0"
    said = words(mail)
    assert said.count(f"LOCATION:{link}") == said.count(f'href="{link}"') == 1
    assert call(org, made["id"]) == {"platform": "teams", "link": link, "state": "ready"}
    assert [link in words(m) for m in mails("toronto@example.org")] == [True]
    code = {"code": made["code"]}
    page = org.call("GET", f"/public/appointments/{made['id']}?code={code['code']}").json
    assert page["meeting_link"] == link
    file = org.call("GET", f"/public/appointments/{made['id']}/calendar.ics?code={code['code']}")
    assert f"LOCATION:{link}" in file.text.replace("\r\n ", "")
    assert "CONFERENCE;" in file.text
    lines = [(entry.action, entry.actor.label) for entry in journal(made["id"])]
    assert lines == [("meeting_link_made", "System"), ("booked", "Modern Client View")]


def test_a_token_that_expires_between_two_bookings_is_renewed_without_delay(
    org: Organisation, graph: GraphDouble
) -> None:
    by_client(org)
    sweep(org)
    graph.expire()
    by_client(org, attendee={"email": "bo@example.org"})
    sweep(org)

    assert [len(mails(to)) for to in ("ana@example.org", "bo@example.org")] == [1, 1]
    assert len(graph.signed_in) == 2
    assert len(set(graph.meetings.values())) == 2


def test_bookings_are_made_while_nobody_answers(org: Organisation, graph: GraphDouble) -> None:
    graph.faults = [Fault(silent=True)]
    graph.sign_in_faults = [Fault(silent=True)]

    assert by_client(org).status == 201
    assert org.try_book_by_staff(meeting_method="video").status == 201

    assert graph.asked == graph.signed_in == []
    graph.faults, graph.sign_in_faults = [], []


def test_what_is_refused_for_good_is_set_aside_and_the_mail_says_that_the_link_follows(
    org: Organisation, graph: GraphDouble
) -> None:
    graph.faults = [Fault(403)]
    made = org.book_by_staff(meeting_method="video", staff={"id": SAM})
    sweep(org)

    (mail,) = mails("bo@example.org")
    assert "The link follows: your consultant will send it to you." in words(mail)
    (theirs,) = mails(SAM_EMAIL)
    assert "whoever has the appointment sends the client one" in words(theirs)
    assert call(org, made["id"]) == {"platform": "teams", "link": None, "state": "by_staff"}
    url = boto3.client("sqs").get_queue_url(QueueName="dead")["QueueUrl"]
    (letter,) = boto3.client("sqs").receive_message(QueueUrl=url)["Messages"]
    body = json.loads(letter["Body"])
    assert (body["reason"], body["error"], body["subject_id"]) == ("no_link", "refused_403", made["id"])

    assert org.edit_appointment(made, {"platform": "teams"}).status == 200
    sweep(org)
    assert call(org, made["id"]) == {"platform": "teams", "link": f"{LINK}1", "state": "ready"}
    assert [f"{LINK}1" in words(m) for m in mails("bo@example.org")] == [False, True]


def test_zoom_never_gets_a_link_and_both_languages_say_that_it_follows(org: Organisation, graph: GraphDouble) -> None:
    org.update_settings(teleconference="zoom")
    english = by_client(org).json
    by_client(org, attendee={"email": "zoe@example.org", "language": "fr"})
    sweep(org)

    assert graph.asked == graph.signed_in == []
    assert call(org, english["id"]) == {"platform": "zoom", "link": None, "state": "by_staff"}
    (mail,), (french,) = mails("ana@example.org"), mails("zoe@example.org")
    assert "By video, Zoom" in words(mail)
    assert "The link follows: your consultant will send it to you." in words(mail)
    assert "Le lien suivra : votre conseillère ou conseiller vous l’enverra." in words(french)


def test_staff_s_bookings_meet_where_the_organisation_does_and_others_nowhere(org: Organisation) -> None:
    assert call(org, org.book_by_staff(meeting_method="video")["id"])["platform"] == "teams"
    assert call(org, org.book_by_staff(meeting_method="phone")["id"]) is None
    org.update_settings(teleconference=None)
    assert call(org, org.book_by_staff(meeting_method="video")["id"]) is None


def test_who_is_not_to_be_told_has_a_link_which_the_consultant_gets(org: Organisation, graph: GraphDouble) -> None:
    made = org.book_by_staff(meeting_method="video", notify_client=False, staff={"id": SAM})
    sweep(org)

    assert call(org, made["id"])["link"] == f"{LINK}1"
    assert mails("bo@example.org") == []
    assert [f"{LINK}1" in words(m) for m in mails(SAM_EMAIL)] == [True]


def test_by_phone_after_all_drops_the_link_from_everything_said_later(org: Organisation, graph: GraphDouble) -> None:
    made = by_client(org).json
    sweep(org)
    assert org.edit_appointment(made, {"meeting_method": "phone"}).json["teleconference"] is None
    assert {c.field: (c.before, c.after) for c in journal(made["id"])[0].changes} == {
        "meeting_method": ("video", "phone"),
        "platform": ("teams", None),
    }
    sweep(org)
    container.reminder_job.remind(BLOCK_START - timedelta(hours=24), lambda: True)

    first, *later = mails("ana@example.org")
    assert LINK in words(first)
    assert [m["Subject"].partition(":")[0] for m in later] == ["Changed", "Reminder"]
    assert not any(LINK in words(m) for m in later)
    code = made["code"]
    assert org.call("GET", f"/public/appointments/{made['id']}?code={code}").json["meeting_link"] is None
    assert LINK not in org.call("GET", f"/public/appointments/{made['id']}/calendar.ics?code={code}").text

    back = org.edit_appointment(made, {"meeting_method": "video"})
    assert back.json["teleconference"] == {"platform": "teams", "link": None, "state": "pending"}
    sweep(org)
    assert list(graph.meetings.values()) == [f"{LINK}1", f"{LINK}2"]
    assert f"{LINK}2" in words(mails("ana@example.org")[-1])


def test_a_request_has_no_link_before_it_is_confirmed_and_then_its_one_confirmation_has(
    org: Organisation, graph: GraphDouble
) -> None:
    hire("stf_admin", ADMIN, role=Role.ADMIN)
    statuses = org.statuses.create()
    made = by_client(org).json
    sweep(org)
    assert graph.asked == []
    assert [m["Subject"].startswith("Confirmed") for m in mails("ana@example.org")] == [False]

    assert org.statuses.change(made["id"], statuses["Confirmed"]).status == 200
    graph.faults = [Fault(500)]
    sweep(org)
    sweep(org)

    _, mail = mails("ana@example.org")
    assert (mail["Subject"].partition(":")[0], f"{LINK}1" in words(mail)) == ("Confirmed", True)


def test_a_call_that_moves_keeps_its_link(org: Organisation, graph: GraphDouble) -> None:
    made = by_client(org).json
    sweep(org)
    org.edit_appointment(made, {"start": "2026-12-03T15:00:00Z"})
    sweep(org)

    assert call(org, made["id"])["link"] == f"{LINK}1"
    assert [f"{LINK}1" in words(m) for m in mails("ana@example.org")] == [True, True]
    assert len(graph.asked) == 1


def test_a_call_on_another_platform_is_another_call(org: Organisation, graph: GraphDouble) -> None:
    made = by_client(org).json
    sweep(org)
    assert org.edit_appointment(made, {"platform": "teams"}).json["version"] == seen(org, made["id"])["version"] == 2

    zoom = org.edit_appointment(made, {"platform": "zoom"})
    assert zoom.json["teleconference"] == {"platform": "zoom", "link": None, "state": "by_staff"}
    sweep(org)

    later = words(mails("ana@example.org")[-1])
    assert LINK not in later
    assert "The link follows" in later


@pytest.mark.parametrize("body", [{"platform": "zoom"}, {"platform": "teams", "meeting_method": "phone"}])
def test_only_a_meeting_by_video_has_a_platform(org: Organisation, body: dict[str, str]) -> None:
    made = org.book_by_staff(meeting_method="phone" if len(body) == 1 else "video")
    reply = org.edit_appointment(made, body)

    assert reply.refusal == (422, "platform_not_allowed")
    assert [error["pointer"] for error in reply.json["errors"]] == ["/platform"]


def test_a_platform_may_be_chosen_with_the_change_to_video(org: Organisation) -> None:
    made = org.book_by_staff(meeting_method="phone")
    reply = org.edit_appointment(made, {"meeting_method": "video", "platform": "zoom"})
    assert reply.json["teleconference"] == {"platform": "zoom", "link": None, "state": "by_staff"}


def test_a_cancelled_call_is_shown_without_its_link(org: Organisation, graph: GraphDouble) -> None:
    made = by_client(org).json
    sweep(org)
    org.cancel(made)
    sweep(org)

    assert LINK not in words(mails("ana@example.org")[-1])
    page = org.call("GET", f"/public/appointments/{made['id']}?code={made['code']}").json
    assert page["meeting_link"] is None


def test_without_credentials_calls_are_left_to_staff_and_nothing_is_pretended(
    org: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = by_client(org).json
    monkeypatch.setenv("STAGE", "prod")
    reset_container()
    assert container.meeting_link_provider is None
    container.outbox_relay.sweep(NOW + 5 * MINUTE, lambda: True)
    monkeypatch.setenv("STAGE", "local")
    reset_container()

    assert call(org, made["id"]) == {"platform": "teams", "link": None, "state": "by_staff"}
    (mail,) = mails("ana@example.org")
    assert "The link follows" in words(mail)


def test_in_stage_local_links_are_pretended_and_say_so(org: Organisation) -> None:
    made = by_client(org).json
    sweep(org)

    link = f"https://example.org/pretended-meeting/{made['id']}-0"
    assert call(org, made["id"]) == {"platform": "teams", "link": link, "state": "ready"}
    assert [link in words(m) for m in mails("ana@example.org")] == [True]


@pytest.mark.parametrize("stage", ["dev", "prod", "test", "Local", "locale", ""])
def test_no_other_stage_can_pretend(stage: str) -> None:
    with pytest.raises(ValueError, match="stage local only"):
        FakeMeetingLinks(stage)


@pytest.mark.parametrize(("value", "status"), [("teams", 200), ("zoom", 200), (None, 200), ("meet", 422), ("", 422)])
def test_the_organisation_s_platform_is_one_of_two_or_none(org: Organisation, value: str | None, status: int) -> None:
    reply = org.as_staff("PATCH", "/settings", {"teleconference": value}, BOSS)

    assert reply.status == status
    if status == 200:
        assert reply.json["teleconference"] == value
