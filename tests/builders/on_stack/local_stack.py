"""The whole system on the embedded AWS for tests: one instance per test run, away from the developer's own.

It keeps everything in ``.local-tests``, starts empty but for settings and a staff user per role, and stops with
the run. Of tests that run in parallel each worker has a stack of its own. To test against a stack that runs already,
name its directory: ``FRONTDESK_LOCAL_DIR=.local``.
"""

from __future__ import annotations

import atexit
import json
import os
import shutil
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import httpx

from infra import aws_clients, local_stack, staff_logins, stages
from infra.emulator import Emulator

OWN_DIRECTORY = stages.ROOT / f".local-tests{os.environ.get('PYTEST_XDIST_WORKER', '')}"
PATIENCE_SECONDS = 60


@dataclass(frozen=True)
class Stack:
    """A running stack: ``content`` is what its ``stack.json`` says."""

    place: Path
    content: dict[str, Any]
    _tokens: dict[str, str] = field(default_factory=dict)

    @property
    def api_url(self) -> str:
        """The API's base, without a slash at the end."""
        return str(self.content["api_url"])

    @property
    def table_name(self) -> str:
        """The table."""
        return str(self.content["table_name"])

    def aws(self, service: str) -> Any:
        """A client of the embedded AWS with its root credentials."""
        return aws_clients.endpoint_clients(self.content["aws_endpoint_url"], self.content["region"])(service)

    def token(self, role: str) -> str:
        """The ID token of the staff user with this role."""
        if role not in self._tokens:
            demo, client_id = self.content["demo"], self.content["user_pool_client_id"]
            self._tokens[role] = staff_logins.sign_in(self.aws, client_id, demo["users"][role], demo["password"])
        return self._tokens[role]

    def public(self) -> httpx.Client:
        """An HTTP client without a login; paths are relative to the API's base."""
        return httpx.Client(base_url=self.api_url, timeout=PATIENCE_SECONDS)

    def staff(self, role: str) -> httpx.Client:
        """An HTTP client that is signed in with this role."""
        authorization = {"Authorization": f"Bearer {self.token(role)}"}
        return httpx.Client(base_url=self.api_url, timeout=PATIENCE_SECONDS, headers=authorization)

    def invoke(self, function: str, event: dict[str, Any]) -> Any:
        """What a function answers to an event, by its name in app.py; AssertionError when it fails."""
        answer = self.aws("lambda").invoke(
            FunctionName=self.content["functions"][function], Payload=json.dumps(event).encode()
        )
        body = json.load(answer["Payload"])
        assert "FunctionError" not in answer, body
        return body

    def sent_mail(self) -> list[dict[str, Any]]:
        """Every e-mail sent so far, as the embedded SES keeps it."""
        return self._kept("ses/messages", "messages")

    def sent_texts(self) -> list[dict[str, Any]]:
        """Every text sent so far, as the embedded SNS keeps it."""
        return self._kept("sns/sms-messages", "sms_messages")

    def _kept(self, path: str, name: str) -> list[dict[str, Any]]:
        """All messages, which come grouped by account or by number."""
        answer = httpx.get(f"{self.content['aws_endpoint_url']}/_ministack/{path}").raise_for_status()
        groups: dict[str, list[dict[str, Any]]] = answer.json()[name]
        return [message for group in groups.values() for message in group]


@cache
def shared() -> Stack:
    """The test run's one stack, started at the first call."""
    named = os.environ.get("FRONTDESK_LOCAL_DIR")
    if named and Emulator(local_stack.stack_directory()).is_running():
        return Stack(local_stack.stack_directory(), local_stack.up(local_stack.stack_directory(), "empty"))
    Emulator(OWN_DIRECTORY).stop()
    shutil.rmtree(OWN_DIRECTORY, ignore_errors=True)
    atexit.register(local_stack.down, OWN_DIRECTORY)
    return Stack(OWN_DIRECTORY, local_stack.up(OWN_DIRECTORY, "empty"))
