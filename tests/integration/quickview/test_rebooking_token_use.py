"""Review tokens: signed, for one person, expiring, booked once, and only while nothing has changed (D43)."""

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
from tests.builders.in_process.moto_table import REGION, reset_container, stored_items
from tests.builders.in_process.rebooking_organisation import (
    ADA,
    CLIENT,
    KIM,
    MON_TUE,
    SOURCE,
    START,
    URL,
    RebookingOrganisation,
    make_client,
    make_source,
    save_source,
    set_entitlement,
)
from tests.builders.in_process.table_records import write


def test_a_second_click_gives_the_same_appointment(rebooking: RebookingOrganisation) -> None:
    set_entitlement(2)
    token = rebooking.preview()["review_token"]
    first = rebooking.try_confirm(token)
    before = stored_items()
    # Later than the review would have been good for, and under a key of its own.
    rebooking.now += timedelta(minutes=20)
    again = rebooking.try_confirm(token)
    assert (again.status, again.json) == (201, first.json)
    assert stored_items() == before
    keyed = rebooking.try_confirm(token, headers={"Idempotency-Key": "k1"})
    assert (keyed.status, keyed.json) == (201, first.json)
    replayed = rebooking.try_confirm(token, headers={"Idempotency-Key": "k1"})
    assert (replayed.text, replayed.headers["Idempotent-Replayed"]) == (keyed.text, "true")
    other = rebooking.preview(time="11:00")["review_token"]
    assert rebooking.try_confirm(other, headers={"Idempotency-Key": "k1"}).refusal == (422, "idempotency_key_reused")
    assert rebooking.read(Entitlement, CLIENT).reserved == 1


def test_a_click_that_meets_its_own_booking_is_not_refused_for_it(
    rebooking: RebookingOrganisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another click books between the look whether the review is used and the look at the consultant's time."""
    set_entitlement(1)
    token = rebooking.preview()["review_token"]
    plans = container.rebook_appointment._plan_rebooking
    plan, first = plans.plan, []

    def overtaken(*arguments: Any) -> Any:
        monkeypatch.setattr(plans, "plan", plan)
        first.append(rebooking.try_confirm(token))
        return plan(*arguments)

    monkeypatch.setattr(plans, "plan", overtaken)
    second = rebooking.try_confirm(token)
    assert (second.status, second.json) == (201, first[0].json)
    assert rebooking.read(Entitlement, CLIENT).reserved == 1


def test_nothing_is_booked_without_a_review(rebooking: RebookingOrganisation) -> None:
    before = stored_items()
    codes: dict[str | None, str] = dict.fromkeys((None, "", " "), "review_required")
    codes |= dict.fromkeys(("x", "a.b.c", "é.ü", "e30.e30", "."), "invalid_review_token")
    for token, code in codes.items():
        assert rebooking.try_confirm(token).refusal == (422, code), token
    assert rebooking.as_staff("POST", URL, {}).refusal == (422, "review_required")
    assert stored_items() == before


def test_a_token_that_was_changed_by_one_letter_is_none(rebooking: RebookingOrganisation) -> None:
    token = rebooking.preview()["review_token"]
    for at in (0, len(token) // 2, token.index("."), len(token) - 1):
        changed = token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]
        assert rebooking.try_confirm(changed).refusal == (422, "invalid_review_token")


def test_a_review_is_for_one_person_and_one_appointment(rebooking: RebookingOrganisation) -> None:
    token = rebooking.preview()["review_token"]
    assert rebooking.try_confirm(token, "rae").refusal == (403, "forbidden")
    for who in ("lee", "kim"):
        for signed in (token, "nonsense"):
            # Beyond one's reach, or nowhere: as if there were nothing, whatever is sent with it.
            unknown = "apt_9" if who == "kim" else SOURCE
            assert rebooking.try_confirm(signed, who, of=unknown).refusal == (404, "not_found")
    save_source(make_client(id="cli_2", email=None), id="apt_2")
    assert rebooking.try_confirm(token, of="apt_2").refusal == (422, "invalid_review_token")


def test_a_review_is_good_for_fifteen_minutes(rebooking: RebookingOrganisation) -> None:
    token = rebooking.preview()["review_token"]
    rebooking.now += timedelta(minutes=15)
    assert rebooking.try_confirm(token).refusal == (409, "review_expired")
    rebooking.now -= timedelta(seconds=1)
    assert rebooking.try_confirm(token).status == 201


def test_a_review_signed_with_another_key_is_none(
    rebooking: RebookingOrganisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = rebooking.preview()["review_token"]
    monkeypatch.setattr(container.rebook_appointment, "_signing_key", lambda: "another key")
    assert rebooking.try_confirm(token).refusal == (422, "invalid_review_token")


def test_a_schedule_that_was_changed_since_is_reviewed_again(rebooking: RebookingOrganisation) -> None:
    """Ended, made something else, or removed between preview and booking: nothing is booked (case 13)."""
    url = f"/staff/{KIM}/work-schedules/{MON_TUE}"
    for method, body in (
        ("PATCH", {"valid_until": "2027-09-28"}),
        ("PATCH", {"calendar_type": "open"}),
        ("DELETE", None),
    ):
        token = rebooking.preview()["review_token"]
        assert rebooking.as_staff(method, url, body, "boss").status in (200, 204)
        assert rebooking.try_confirm(token).refusal == (409, "schedule_changed")
        if method == "PATCH":
            assert rebooking.as_staff("PATCH", url, {"calendar_type": "ad_hoc"}, "boss").status == 200


def test_what_else_has_changed_since_is_reviewed_again(rebooking: RebookingOrganisation) -> None:
    token = rebooking.preview()["review_token"]
    write(replace(rebooking.read(Client, CLIENT), timezone="Australia/Brisbane"))
    assert rebooking.try_confirm(token).refusal == (409, "review_outdated")
    token = rebooking.preview()["review_token"]
    assert (
        rebooking.as_staff("PATCH", f"/services/{make_source().service_id}", {"duration_minutes": 90}, "boss").status
        == 200
    )
    assert rebooking.try_confirm(token).refusal == (409, "review_outdated")
    token = rebooking.preview("rae")["review_token"]
    rebooking.update_source(staff_id=ADA)
    assert rebooking.try_confirm(token, "rae").refusal == (409, "schedule_changed")


def test_what_was_free_is_decided_anew(rebooking: RebookingOrganisation) -> None:
    """Somebody else's booking, leave, the last session, and time itself may come between."""
    set_entitlement(2)
    first, second = rebooking.preview()["review_token"], rebooking.preview(time="10:30")["review_token"]
    late = rebooking.preview(time="07:00", date="2026-09-29")["review_token"]
    assert rebooking.try_confirm(first).status == 201
    assert rebooking.try_confirm(second).refusal == (409, "consultant_conflict")
    last = rebooking.preview(date="2026-09-28")["review_token"]
    assert rebooking.try_confirm(last).status == 201
    assert rebooking.try_confirm(late).refusal == (409, "no_sessions")


def test_the_time_may_have_come_since(rebooking: RebookingOrganisation) -> None:
    rebooking.now = START - timedelta(minutes=10)
    token = rebooking.preview()["review_token"]
    rebooking.now = START
    assert rebooking.try_confirm(token).refusal == (422, "past")


def test_reviews_are_signed_with_the_deployments_secret(
    rebooking: RebookingOrganisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Read from Secrets Manager by the name in the environment; one key's reviews are not another's."""
    secrets_manager._provider.cache_clear()
    secrets = boto3.client("secretsmanager", region_name=REGION)
    for name in ("one", "other"):
        monkeypatch.setenv("REVIEW_KEY_ARN", secrets.create_secret(Name=name, SecretString=f"{name} key")["ARN"])
        reset_container()
        assert (name, container.review_key()) == (name, f"{name} key")
    secrets_manager._provider.cache_clear()
