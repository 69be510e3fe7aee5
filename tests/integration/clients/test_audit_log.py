"""The log of a profile: fields before and after, consents, actors (CL-1, D19, NT-1)."""

from __future__ import annotations

import pytest

from chalicelib.container import container
from chalicelib.domain.shared.events import JournalEntry
from tests.builders.in_process.client_requests import FULL
from tests.builders.in_process.sample_organisation import Organisation
from tests.builders.in_process.sample_records import ALEX_EMAIL

pytestmark = pytest.mark.organisation(user=ALEX_EMAIL)


def journal(path: str) -> list[JournalEntry]:
    """The journal of the client at this path, newest first."""
    return list(container.appointment_lists.journal(path.rpartition("/")[2], 50, None).items)


def test_texts_are_consented_to_for_one_number(org: Organisation) -> None:
    path = org.clients.create_path(mobile="+14165550100", receive_sms=True)
    assert org.clients.edit(path, mobile="+14165550111").json["receive_sms"] is False
    assert org.clients.edit(path, receive_sms=True).json["receive_sms"] is True
    assert org.clients.edit(path, mobile="+14165550122", receive_sms=True).json["receive_sms"] is True
    assert org.clients.edit(path, mobile="416 555 0122", city="Ajax").json["receive_sms"] is True
    assert org.clients.edit(path, mobile=None).json["receive_sms"] is False
    assert org.clients.edit(path, receive_sms=True).json["receive_sms"] is False
    one, two, three = "+14165550100", "+14165550111", "+14165550122"
    assert [(a, c["mobile"]) for a, c in org.clients.log(path) if a.startswith("sms_")] == [
        ("sms_consent_withdrawn", (three, None)),
        ("sms_consent_given", (two, three)),
        ("sms_consent_given", (None, two)),
        ("sms_consent_withdrawn", (one, None)),
        ("sms_consent_given", (None, one)),
    ]


def test_the_widgets_consents_are_logged_too(org: Organisation) -> None:
    org.create_block(limit=2)
    attendee = {"mobile": "+14165550100", "receive_sms": True}
    assert org.try_book(attendee=attendee).status == 201
    (client,) = org.as_staff("GET", "/clients?q=ruiz").json["items"]
    path = f"/clients/{client['id']}"
    assert [action for action, _ in org.clients.log(path)] == ["sms_consent_given", "created"]
    line = org.as_staff("GET", f"{path}/log").json["items"][0]
    assert (line["user"], line["channel"]) == ("Modern Client View", "modern_client_view")


def test_a_number_that_the_widget_fills_in_is_logged_with_its_consent(org: Organisation) -> None:
    org.create_block()
    path = org.clients.create_path()
    assert org.try_book(attendee={"mobile": "+14165550100", "receive_sms": True, "language": "fr"}).status == 201
    number = "+14165550100"
    assert org.clients.log(path)[:2] == [
        ("sms_consent_given", {"mobile": (None, number)}),
        ("updated", {"mobile": (None, number), "language": (None, "fr"), "receive_sms": (False, True)}),
    ]


def test_the_log_says_who_did_what_with_before_and_after(org: Organisation) -> None:
    path = org.clients.create_path()
    assert org.clients.edit(path, city="Oshawa", email="ana@example.com").status == 200
    assert org.as_staff("PATCH", path, {"city": "Ajax"}).status == 200
    assert org.clients.log(path) == [
        ("updated", {"city": ("Oshawa", "Ajax")}),
        ("updated", {"city": ("", "Oshawa"), "email": ("ana@example.org", "ana@example.com")}),
        (
            "created",
            {
                "first_name": (None, "Ana"),
                "last_name": (None, "Ruiz"),
                "email": (None, "ana@example.org"),
                "receive_sms": (None, False),
                "receive_email": (None, True),
            },
        ),
    ]
    newest = org.as_staff("GET", f"{path}/log?limit=1").json
    assert (newest["items"][0]["user"], newest["items"][0]["channel"]) == ("Alex", "call_centre")
    older = org.as_staff("GET", f"{path}/log?limit=100&cursor={newest['next_cursor']}").json
    assert (len(older["items"]), older["next_cursor"]) == (2, None)


def test_making_and_editing_a_client_are_told_by_id_alone(org: Organisation) -> None:
    path = org.clients.create_path(**FULL)
    assert org.clients.edit(path, city="Ajax", receive_sms=False).status == 200
    events = [(e.type, e.version, dict(e.data)) for entry in journal(path) for e in entry.events]
    client_id = path.rpartition("/")[2]
    assert events == [("client.updated", 2, {"id": client_id}), ("client.created", 1, {"id": client_id})]


def test_the_log_of_those_merged_into_a_client_is_theirs_too(org: Organisation) -> None:
    primary, duplicate = org.clients.create_path(), org.clients.create_path(email="other@example.org")
    assert org.clients.edit(duplicate, city="Oshawa").status == 200
    merge_body = {"primary_id": primary.rpartition("/")[2], "duplicate_id": duplicate.rpartition("/")[2]}
    assert org.as_staff("POST", "/clients/merge", merge_body).status == 200
    assert sorted(action for action, _ in org.clients.log(primary)) == ["created"] * 2 + ["merged"] * 2 + ["updated"]
    assert org.clients.log(duplicate) == org.clients.log(primary)
    actions, cursor = [], ""
    for _ in range(5):
        page = org.as_staff("GET", f"{primary}/log?limit=1{cursor}").json
        actions += [line["action"] for line in page["items"]]
        cursor = f"&cursor={page['next_cursor']}"
    assert (page["next_cursor"], actions) == (None, [action for action, _ in org.clients.log(primary)])


def test_a_cursor_of_another_log_is_refused(org: Organisation) -> None:
    path = org.clients.create_path()
    for cursor in ("x", "WzAsIngiXQ", "WzEsImV2dF8xIl0"):
        assert org.as_staff("GET", f"{path}/log?cursor={cursor}").refusal == (422, "invalid_cursor")
