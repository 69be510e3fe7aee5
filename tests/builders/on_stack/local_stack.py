"""The whole system on the embedded AWS for tests: one instance per test run, away from the developer's own.

It stores everything in ``.local-tests``, starts with settings and one staff user per role only, and stops with the
run. With parallel tests each worker has its own stack. To test against a running stack, name its directory:
``FRONTDESK_LOCAL_DIR=.local``.
"""

from __future__ import annotations

import atexit
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any, Protocol, TypeVar

import httpx

from chalicelib.domain.shared.times import utc_text
from infra import aws_clients, bootstrap_logins, local_stack, stages
from infra.emulator import Emulator
from tests.builders.on_stack.stack_requests import run_together

OWN_DIRECTORY = stages.ROOT / f".local-tests{os.environ.get('PYTEST_XDIST_WORKER', '')}"
T = TypeVar("T")

TIMEOUT_SECONDS = 120
LIMITS = httpx.Limits(max_connections=250, max_keepalive_connections=0)


class Eventually(Protocol):
    """Asks a question until its answer is true, for at most 30 seconds."""

    def __call__(self, question: Callable[[], T], /) -> T:
        """The last answer, true or not."""


@dataclass(frozen=True)
class LocalStack:
    """A running stack: ``content`` is its ``stack.json``."""

    place: Path
    content: dict[str, Any]
    _tokens: dict[str, str] = field(default_factory=dict)

    @property
    def api_url(self) -> str:
        """The API's base, without a slash at the end."""
        return str(self.content["api_url"])

    @property
    def table_name(self) -> str:
        """The name of the DynamoDB table."""
        return str(self.content["table_name"])

    def aws(self, service: str) -> Any:
        """A client of the embedded AWS with its root credentials."""
        return aws_clients.endpoint_clients(self.content["aws_endpoint_url"], self.content["region"])(service)

    def token(self, role: str) -> str:
        """The ID token of the staff user with this role."""
        if role not in self._tokens:
            self._tokens[role] = self.sign_in(self.content["demo"]["users"][role])
        return self._tokens[role]

    def sign_in(self, email: str) -> str:
        """The ID token of a new sign-in with the password of all users."""
        client_id = self.content["user_pool_client_id"]
        return bootstrap_logins.sign_in(self.aws, client_id, email, self.content["demo"]["password"])

    def set_password(self, email: str) -> None:
        """Give a new user that password."""
        self.aws("cognito-idp").admin_set_user_password(
            UserPoolId=self.content["user_pool_id"],
            Username=email,
            Password=self.content["demo"]["password"],
            Permanent=True,
        )

    def client(self, token: str = "") -> httpx.Client:
        """An HTTP client that sends this token, if any; its requests do not wait for one another.

        Paths are relative to the API's base.
        """
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.Client(base_url=self.api_url, timeout=TIMEOUT_SECONDS, headers=headers, limits=LIMITS)

    def staff(self, role: str) -> httpx.Client:
        """An HTTP client that is signed in with this role."""
        return self.client(self.token(role))

    def invoke(self, function: str, event: dict[str, Any]) -> Any:
        """The result of a function, by its name in app.py, for an event; AssertionError if it fails."""
        response = self.aws("lambda").invoke(
            FunctionName=self.content["functions"][function], Payload=json.dumps(event).encode()
        )
        body = json.load(response["Payload"])
        assert "FunctionError" not in response, body
        return body

    def run_job(self, function: str, now: datetime) -> Any:
        """The result of a scheduled function at this time."""
        return self.invoke(function, {"now": utc_text(now)})

    def deliver_messages(self, runs: int = 1, now: datetime | None = None) -> None:
        """Send the messages due at ``now``, by default ten minutes from now; ``runs`` at once."""
        at = now or datetime.now(UTC) + timedelta(minutes=10)
        run_together([partial(self.run_job, "deliver_due", at)] * runs)

    def require_consistent(self) -> None:
        """The integrity check finds no differences."""
        assert self.invoke("check_integrity", {})["differences"] == 0

    def sent_mail(self) -> list[dict[str, Any]]:
        """Every e-mail sent so far, as the embedded SES stores it."""
        return self._stored("ses/messages", "messages")

    def sent_texts(self) -> list[dict[str, Any]]:
        """Every text message sent so far, as the embedded SNS stores it."""
        return self._stored("sns/sms-messages", "sms_messages")

    def _stored(self, path: str, name: str) -> list[dict[str, Any]]:
        """All messages; the endpoint groups them by account or by number."""
        response = httpx.get(f"{self.content['aws_endpoint_url']}/_ministack/{path}").raise_for_status()
        groups: dict[str, list[dict[str, Any]]] = response.json()[name]
        return [message for group in groups.values() for message in group]


@cache
def shared_stack() -> LocalStack:
    """The only stack of the test run, started at the first call."""
    directory = os.environ.get("FRONTDESK_LOCAL_DIR")
    if directory and Emulator(local_stack.stack_directory()).is_running():
        return LocalStack(local_stack.stack_directory(), local_stack.up(local_stack.stack_directory(), "empty"))
    Emulator(OWN_DIRECTORY).stop()
    shutil.rmtree(OWN_DIRECTORY, ignore_errors=True)
    atexit.register(local_stack.down, OWN_DIRECTORY)
    return LocalStack(OWN_DIRECTORY, local_stack.up(OWN_DIRECTORY, "empty"))
