"""What the log of a profile says: every field before and after, consents apart, who did it (CL-1, D19, NT-1)."""

from __future__ import annotations

from typing import Any

from chalicelib.container import container
from chalicelib.domain.shared.events import JournalEntry
from tests.builders.in_process.sample_organisation import World
from tests.builders.in_process.staff_bookings import as_role
from tests.integration.clients.test_client_profiles import FULL, edit, made


def logged(world: World, path: str) -> list[tuple[str, dict[str, tuple[Any, Any]]]]:
    """The log, newest first: actions, and fields with what was before and after."""
    reply = as_role(world, "GET", f"{path}/log")
    assert reply.status == 200, reply.text
    return [
        (line["action"], {c["field"]: (c["before"], c["after"]) for c in line["changes"]})
        for line in reply.json["items"]
    ]


def journal(path: str) -> list[JournalEntry]:
    """Everything that was recorded about them, newest first."""
    return list(container.appointment_lists.journal(path.rpartition("/")[2], 50, None).items)


def test_texts_are_consented_to_for_one_number(world: World) -> None:
    path = made(world, mobile="+14165550100", receive_sms=True)
    assert edit(world, path, mobile="+14165550111").json["receive_sms"] is False
    assert edit(world, path, receive_sms=True).json["receive_sms"] is True
    assert edit(world, path, mobile="+14165550122", receive_sms=True).json["receive_sms"] is True
    assert edit(world, path, mobile="416 555 0122", city="Ajax").json["receive_sms"] is True
    assert edit(world, path, mobile=None).json["receive_sms"] is False
    assert edit(world, path, receive_sms=True).json["receive_sms"] is False
    one, two, three = "+14165550100", "+14165550111", "+14165550122"
    assert [(a, c["mobile"]) for a, c in logged(world, path) if a.startswith("sms_")] == [
        ("sms_consent_withdrawn", (three, None)),
        ("sms_consent_given", (two, three)),
        ("sms_consent_given", (None, two)),
        ("sms_consent_withdrawn", (one, None)),
        ("sms_consent_given", (None, one)),
    ]


def test_the_widgets_consents_are_logged_too(world: World) -> None:
    world.lay(limit=2)
    attendee = {"mobile": "+14165550100", "receive_sms": True}
    assert world.book(attendee=attendee).status == 201
    (client,) = as_role(world, "GET", "/clients?q=ruiz").json["items"]
    path = f"/clients/{client['id']}"
    assert [action for action, _ in logged(world, path)] == ["sms_consent_given", "created"]
    line = as_role(world, "GET", f"{path}/log").json["items"][0]
    assert (line["user"], line["channel"]) == ("Modern Client View", "modern_client_view")


def test_a_number_that_the_widget_fills_in_is_logged_with_its_consent(world: World) -> None:
    world.lay()
    path = made(world)
    assert world.book(attendee={"mobile": "+14165550100", "receive_sms": True, "language": "fr"}).status == 201
    number = "+14165550100"
    assert logged(world, path)[:2] == [
        ("sms_consent_given", {"mobile": (None, number)}),
        ("updated", {"mobile": (None, number), "language": (None, "fr"), "receive_sms": (False, True)}),
    ]


def test_the_log_says_who_did_what_with_before_and_after(world: World) -> None:
    path = made(world)
    assert edit(world, path, city="Oshawa", email="ana@example.com").status == 200
    assert as_role(world, "PATCH", path, {"city": "Ajax"}).status == 200
    assert logged(world, path) == [
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
    newest = as_role(world, "GET", f"{path}/log?limit=1").json
    assert (newest["items"][0]["user"], newest["items"][0]["channel"]) == ("Alex", "call_centre")
    older = as_role(world, "GET", f"{path}/log?limit=100&cursor={newest['next_cursor']}").json
    assert (len(older["items"]), older["next_cursor"]) == (2, None)


def test_making_and_editing_a_client_are_told_by_id_alone(world: World) -> None:
    path = made(world, **FULL)
    assert edit(world, path, city="Ajax", receive_sms=False).status == 200
    events = [(e.type, e.version, dict(e.data)) for entry in journal(path) for e in entry.events]
    client_id = path.rpartition("/")[2]
    assert events == [("client.updated", 2, {"id": client_id}), ("client.created", 1, {"id": client_id})]


def test_the_log_of_those_merged_into_a_client_is_theirs_too(world: World) -> None:
    primary, duplicate = made(world), made(world, email="other@example.org")
    assert edit(world, duplicate, city="Oshawa").status == 200
    wish = {"primary_id": primary.rpartition("/")[2], "duplicate_id": duplicate.rpartition("/")[2]}
    assert as_role(world, "POST", "/clients/merge", wish).status == 200
    assert sorted(action for action, _ in logged(world, primary)) == ["created"] * 2 + ["merged"] * 2 + ["updated"]
    assert logged(world, duplicate) == logged(world, primary)
    walked, cursor = [], ""
    for _ in range(5):
        page = as_role(world, "GET", f"{primary}/log?limit=1{cursor}").json
        walked += [line["action"] for line in page["items"]]
        cursor = f"&cursor={page['next_cursor']}"
    assert (page["next_cursor"], walked) == (None, [action for action, _ in logged(world, primary)])


def test_a_cursor_of_another_log_is_refused(world: World) -> None:
    path = made(world)
    for cursor in ("x", "WzAsIngiXQ", "WzEsImV2dF8xIl0"):
        refused = as_role(world, "GET", f"{path}/log?cursor={cursor}")
        assert (refused.status, refused.json["code"]) == (422, "invalid_cursor")
