"""Reviews: signed, for one person, good for a while, booked once, and only while all is as it was (D43)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import boto3
import pytest

from chalicelib import secrets_manager
from chalicelib.container import container
from chalicelib.domain.clients.client import Client
from chalicelib.domain.clients.sessions import Entitlement
from tests.builders.in_process.rebooking_organisation import (
    ADA,
    CLIENT,
    KIM,
    MON_TUE,
    SOURCE,
    START,
    URL,
    allot,
    attend,
    call,
    client,
    confirm,
    keep,
    practice,
    reviewed,
    rows,
    source,
)
from tests.builders.in_process.sample_organisation import World
from tests.builders.in_process.staff_bookings import refusal, write
from tests.integration.conftest import REGION, forget_singletons


@pytest.fixture
def world(blank: World, monkeypatch: pytest.MonkeyPatch) -> World:
    return practice(blank, monkeypatch)


def test_a_second_click_gives_the_same_appointment(world: World) -> None:
    allot(2)
    token = reviewed(world)["review_token"]
    first = confirm(world, token)
    before = rows()
    # Later than the review would have been good for, and under a key of its own.
    world.now += timedelta(minutes=20)
    again = confirm(world, token)
    assert (again.status, again.json) == (201, first.json)
    assert rows() == before
    keyed = confirm(world, token, headers={"Idempotency-Key": "k1"})
    assert (keyed.status, keyed.json) == (201, first.json)
    replayed = confirm(world, token, headers={"Idempotency-Key": "k1"})
    assert (replayed.text, replayed.headers["Idempotent-Replayed"]) == (keyed.text, "true")
    other = reviewed(world, time="11:00")["review_token"]
    assert refusal(confirm(world, other, headers={"Idempotency-Key": "k1"})) == (422, "idempotency_key_reused")
    assert world.read(Entitlement, CLIENT).reserved == 1


def test_a_click_that_meets_its_own_booking_is_not_refused_for_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another click books between the look whether the review is used and the look at the consultant's time."""
    allot(1)
    token = reviewed(world)["review_token"]
    plans = container.rebook_appointment._plan_rebooking
    plan, first = plans.plan, []

    def overtaken(*arguments: Any) -> Any:
        monkeypatch.setattr(plans, "plan", plan)
        first.append(confirm(world, token))
        return plan(*arguments)

    monkeypatch.setattr(plans, "plan", overtaken)
    second = confirm(world, token)
    assert (second.status, second.json) == (201, first[0].json)
    assert world.read(Entitlement, CLIENT).reserved == 1


def test_nothing_is_booked_without_a_review(world: World) -> None:
    before = rows()
    codes: dict[str | None, str] = dict.fromkeys((None, "", " "), "review_required")
    codes |= dict.fromkeys(("x", "a.b.c", "é.ü", "e30.e30", "."), "invalid_review_token")
    for token, code in codes.items():
        assert refusal(confirm(world, token)) == (422, code), token
    assert refusal(call(world, "POST", URL, {})) == (422, "review_required")
    assert rows() == before


def test_a_token_that_was_changed_by_one_letter_is_none(world: World) -> None:
    token = reviewed(world)["review_token"]
    for at in (0, len(token) // 2, token.index("."), len(token) - 1):
        changed = token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]
        assert refusal(confirm(world, changed)) == (422, "invalid_review_token")


def test_a_review_is_for_one_person_and_one_appointment(world: World) -> None:
    token = reviewed(world)["review_token"]
    assert refusal(confirm(world, token, "rae")) == (403, "forbidden")
    for who in ("lee", "kim"):
        for signed in (token, "nonsense"):
            # Beyond one's reach, or nowhere: as if there were nothing, whatever is sent with it.
            unknown = "apt_9" if who == "kim" else SOURCE
            assert refusal(confirm(world, signed, who, of=unknown)) == (404, "not_found")
    attend(client(id="cli_2", email=None), id="apt_2")
    assert refusal(confirm(world, token, of="apt_2")) == (422, "invalid_review_token")


def test_a_review_is_good_for_fifteen_minutes(world: World) -> None:
    token = reviewed(world)["review_token"]
    world.now += timedelta(minutes=15)
    assert refusal(confirm(world, token)) == (409, "review_expired")
    world.now -= timedelta(seconds=1)
    assert confirm(world, token).status == 201


def test_a_review_signed_with_another_key_is_none(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    token = reviewed(world)["review_token"]
    monkeypatch.setattr(container.rebook_appointment, "_signing_key", lambda: "another key")
    assert refusal(confirm(world, token)) == (422, "invalid_review_token")


def test_a_schedule_that_was_changed_since_is_reviewed_again(world: World) -> None:
    """Ended, made something else, or removed between preview and booking: nothing is booked (case 13)."""
    url = f"/staff/{KIM}/work-schedules/{MON_TUE}"
    for method, body in (
        ("PATCH", {"valid_until": "2027-09-28"}),
        ("PATCH", {"calendar_type": "open"}),
        ("DELETE", None),
    ):
        token = reviewed(world)["review_token"]
        assert call(world, method, url, body, "boss").status in (200, 204)
        assert refusal(confirm(world, token)) == (409, "schedule_changed")
        if method == "PATCH":
            assert call(world, "PATCH", url, {"calendar_type": "ad_hoc"}, "boss").status == 200


def test_what_else_has_changed_since_is_reviewed_again(world: World) -> None:
    token = reviewed(world)["review_token"]
    write(replace(world.read(Client, CLIENT), timezone="Australia/Brisbane"))
    assert refusal(confirm(world, token)) == (409, "review_outdated")
    token = reviewed(world)["review_token"]
    assert call(world, "PATCH", f"/services/{source().service_id}", {"duration_minutes": 90}, "boss").status == 200
    assert refusal(confirm(world, token)) == (409, "review_outdated")
    token = reviewed(world, "rae")["review_token"]
    keep(world, staff_id=ADA)
    assert refusal(confirm(world, token, "rae")) == (409, "schedule_changed")


def test_what_was_free_is_decided_anew(world: World) -> None:
    """Somebody else's booking, leave, the last session, and time itself may come between."""
    allot(2)
    first, second = reviewed(world)["review_token"], reviewed(world, time="10:30")["review_token"]
    late = reviewed(world, time="07:00", date="2026-09-29")["review_token"]
    assert confirm(world, first).status == 201
    assert refusal(confirm(world, second)) == (409, "consultant_conflict")
    last = reviewed(world, date="2026-09-28")["review_token"]
    assert confirm(world, last).status == 201
    assert refusal(confirm(world, late)) == (409, "no_sessions")


def test_the_time_may_have_come_since(world: World) -> None:
    world.now = START - timedelta(minutes=10)
    token = reviewed(world)["review_token"]
    world.now = START
    assert refusal(confirm(world, token)) == (422, "past")


def test_reviews_are_signed_with_the_deployments_secret(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read from Secrets Manager by the name in the environment; one key's reviews are not another's."""
    secrets_manager._provider.cache_clear()
    secrets = boto3.client("secretsmanager", region_name=REGION)
    for name in ("one", "other"):
        monkeypatch.setenv("REVIEW_KEY_ARN", secrets.create_secret(Name=name, SecretString=f"{name} key")["ARN"])
        forget_singletons()
        assert (name, container.review_key()) == (name, f"{name} key")
    secrets_manager._provider.cache_clear()
