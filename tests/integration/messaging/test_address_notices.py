"""An e-mail address that was changed is told: a client's old one, a login's old and new one (TR-2, TR-3)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.container import container
from chalicelib.domain.messaging.address_notices import AddressNotice
from chalicelib.domain.messaging.notifications import Medium, NotSent
from chalicelib.notifications.rendered_message import render_email
from chalicelib.services.messaging.meeting_links import CreateMeetingLinks
from chalicelib.services.messaging.message_sender import MessageSender
from chalicelib.services.messaging.outbox_relay import FIRST_RETRY, OutboxRelay
from tests.builders.doubles.api_gateway import Reply, send
from tests.builders.doubles.messaging_doubles import (
    FakeDeadLetterQueue,
    FakeLinkProvider,
    FakeObserver,
    FakeSender,
    FakeTopic,
    SequentialIds,
)
from tests.builders.in_process.set_up_requests import ADMIN, UserPool, create, staff_body

OLD, NEW = "ana.old@example.org", "ana.new@example.org"
ANA = {"first_name": "Ana", "last_name": "Ruiz", "email": OLD, "mobile": "+14165550142", "receive_email": False}
SOON = timedelta(minutes=5)


@pytest.fixture
def api(user_pool: UserPool) -> Callable[..., Reply]:
    """The application with a user pool, called as the first administrator."""
    from app import app

    def call(method: str, url: str, body: object = None, **more: Any) -> Reply:
        return send(app, method, url, body=body, **({"login": ADMIN} | more))

    return call


class Delivery:
    """The outbox relay on the table, with senders that record."""

    def __init__(self) -> None:
        self.mail, self.texts, self.dead, observer = FakeSender(), FakeSender(), FakeDeadLetterQueue(), FakeObserver()
        senders = {Medium.EMAIL: self.mail, Medium.TEXT: self.texts}
        store, outbox = container.store, container.outbox
        sender = MessageSender(store, outbox, senders, self.dead, observer)
        links = CreateMeetingLinks(store, FakeLinkProvider(), SequentialIds(), self.dead, observer)
        self.relay = OutboxRelay(store, outbox, FakeTopic(), sender, links, observer, lambda: 1.0, container.job_runs)

    def sweep(self, after: timedelta = SOON) -> list[AddressNotice]:
        """Deliver what is due by then; everything that was sent so far."""
        self.relay.sweep(datetime.now(UTC) + after, lambda: True)
        assert (self.mail.sent, self.texts.sent, self.texts.notices) == ([], [], [])
        return self.mail.notices


def words(notice: AddressNotice) -> str:
    """Everything the recipient reads."""
    mail = render_email(notice, "https://desk.example.org")
    return "\n".join((mail.subject, mail.text, mail.html))


def test_the_old_address_of_a_client_is_told_once_and_without_the_new_one(api: Callable[..., Reply]) -> None:
    at = f"/clients/{create(api, '/clients', ANA)['id']}"
    assert api("PATCH", at, {"email": NEW}).status == 200

    delivery = Delivery()
    due = container.outbox.due_entries(datetime.now(UTC) + SOON, 100)
    delivery.relay.relay([each.entry for each in due if each.entry], datetime.now(UTC))
    for each in due:  # the sweep comes upon the same entries
        delivery.relay.deliver(each, datetime.now(UTC))
    (notice,) = delivery.sweep()

    assert notice.address == OLD
    assert "Ana" in words(notice)
    assert "ana." not in words(notice)
    assert "@" not in render_email(notice, "").text


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"email": NEW}, [OLD]),
        ({"email": None}, [OLD]),
        ({"email": OLD.upper()}, []),
        ({"city": "Toronto"}, []),
    ],
)
def test_every_loss_of_an_address_is_told_and_nothing_else(
    api: Callable[..., Reply], change: dict[str, Any], told: list[str]
) -> None:
    at = f"/clients/{create(api, '/clients', ANA)['id']}"
    assert api("PATCH", at, change).status == 200
    assert [notice.address for notice in Delivery().sweep()] == told


def test_a_first_address_replaces_none(api: Callable[..., Reply]) -> None:
    at = f"/clients/{create(api, '/clients', ANA | {'email': None})['id']}"
    assert api("PATCH", at, {"email": NEW}).status == 200
    assert Delivery().sweep() == []


def test_each_address_in_a_row_of_changes_is_told(api: Callable[..., Reply]) -> None:
    at = f"/clients/{create(api, '/clients', ANA)['id']}"
    for email in (NEW, OLD, NEW):
        assert api("PATCH", at, {"email": email}).status == 200
    assert sorted(notice.address for notice in Delivery().sweep()) == sorted([OLD, NEW, OLD])


def test_a_refused_notice_is_tried_again(api: Callable[..., Reply]) -> None:
    at = f"/clients/{create(api, '/clients', ANA)['id']}"
    assert api("PATCH", at, {"email": NEW}).status == 200
    delivery = Delivery()
    delivery.mail.before = [NotSent("Throttled")]
    assert delivery.sweep() == []
    (notice,) = delivery.sweep(SOON + 2 * FIRST_RETRY)
    assert (notice.address, delivery.dead.letters) == (OLD, [])


def test_a_client_who_was_deleted_since_is_not_written_to(api: Callable[..., Reply]) -> None:
    at = f"/clients/{create(api, '/clients', ANA)['id']}"
    assert api("PATCH", at, {"email": NEW}).status == 200
    assert api("DELETE", at).status == 204
    assert Delivery().sweep() == []


@pytest.mark.parametrize("language", ["en", "fr"])
def test_both_addresses_of_a_login_are_told_in_the_colleagues_language(
    api: Callable[..., Reply], language: str
) -> None:
    assert api("PATCH", "/settings", {"languages": ["en", "fr"]}).status == 200
    sam = create(api, "/staff", staff_body("Sam", "staff", languages=[language]))
    assert api("PATCH", f"/staff/{sam['id']}", {"email": "lee@example.org"}).status == 200

    told = {notice.address: words(notice) for notice in Delivery().sweep()}

    assert set(told) == {"sam@example.org", "lee@example.org"}
    for text in told.values():
        assert "lee@" not in text
        assert "sam@" not in text
        assert f'<html lang="{language}">' in text
        assert ("Bonjour Sam" if language == "fr" else "Hello Sam") in text
    assert len(set(told.values())) == 2


def test_other_changes_of_a_colleague_tell_nobody(api: Callable[..., Reply]) -> None:
    sam = create(api, "/staff", staff_body("Sam", "staff"))
    assert api("PATCH", f"/staff/{sam['id']}", {"name": "Sam Lee", "email": "SAM@example.org"}).status == 200
    assert Delivery().sweep() == []
