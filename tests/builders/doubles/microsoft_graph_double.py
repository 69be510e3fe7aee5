"""A double of Microsoft Graph and its sign-in over real HTTP: it accepts only what they would accept."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

TENANT = "11111111-2222-3333-4444-555555555555"
CLIENT = "66666666-7777-8888-9999-000000000000"
SECRET = "a secret of Frontdesk's own"
ORGANIZER = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
CREDENTIALS = {"tenant_id": TENANT, "client_id": CLIENT, "client_secret": SECRET, "organizer_id": ORGANIZER}
_TOKEN_PATH = f"/{TENANT}/oauth2/v2.0/token"
_MEETING_PATH = f"/v1.0/users/{ORGANIZER}/onlineMeetings/createOrGet"


@dataclass(frozen=True)
class Fault:
    """A failure of one request; with ``lost`` the work is done although no answer comes."""

    status: int = 0
    retry_after: str | None = None
    silent: bool = False
    hangs_up: bool = False
    lost: bool = False
    body: dict[str, Any] | None = None


@dataclass
class GraphDouble:
    """Records requests and keeps meetings; each of ``faults`` hits one request, in order.

    ``asked`` has every body sent to ``createOrGet``, ``signed_in`` every form sent for a token.
    """

    url: str = ""
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    life: int = 3600
    faults: list[Fault] = field(default_factory=list)
    sign_in_faults: list[Fault] = field(default_factory=list)
    signed_in: list[dict[str, str]] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    meetings: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, datetime] = field(default_factory=dict)
    secret: str = SECRET
    released: threading.Event = field(default_factory=threading.Event)

    def expire(self) -> None:
        """Invalidate every token that was given out."""
        self.tokens.clear()

    def token(self, form: dict[str, str], kind: str) -> tuple[int, dict[str, Any]]:
        """Answer a sign-in."""
        self.signed_in.append(form)
        wanted = {
            "grant_type": "client_credentials",
            "client_id": CLIENT,
            "client_secret": self.secret,
            "scope": f"{self.url}/.default",
        }
        if kind != "application/x-www-form-urlencoded":
            return 400, {"error": "invalid_request"}
        wrong = sorted(name for name in wanted | form if wanted.get(name) != form.get(name))
        if wrong:
            self.refused.append(f"sign-in: {wrong}")
            return 401, {"error": "invalid_client"}
        token = f"token-{len(self.signed_in)}"
        self.tokens[token] = self.now() + timedelta(seconds=self.life)
        return 200, {"token_type": "Bearer", "expires_in": self.life, "access_token": token}

    def meeting(self, sent: Any, kind: str, authorization: str) -> tuple[int, dict[str, Any]]:
        """Return the meeting of that external id; create it if there is none."""
        scheme, _, token = authorization.partition(" ")
        if scheme != "Bearer" or self.tokens.get(token, self.now()) <= self.now():
            return 401, {"error": {"code": "InvalidAuthenticationToken"}}
        wrong = _request_error(sent) if kind == "application/json" else "content type"
        if wrong:
            self.refused.append(f"meeting: {wrong}")
            return 400, {"error": {"code": "BadRequest"}}
        known = sent["externalId"] in self.meetings
        link = self.meetings.setdefault(
            sent["externalId"], f"https://teams.example/l/meetup-join/{len(self.meetings) + 1}"
        )
        return 200 if known else 201, {**sent, "id": f"meeting-{link[-1]}", "joinWebUrl": link}


def _request_error(sent: Any) -> str:
    """The part of a meeting that Graph would refuse, or an empty text."""
    if not isinstance(sent, dict) or sent.keys() != {"externalId", "subject", "startDateTime", "endDateTime"}:
        return "fields"
    if not sent["externalId"] or not sent["subject"]:
        return "empty"
    times = [datetime.fromisoformat(sent[name]) for name in ("startDateTime", "endDateTime")]
    if any(at.utcoffset() != timedelta(0) for at in times) or times[0] >= times[1]:
        return "times"
    return ""


class _Handler(BaseHTTPRequestHandler):
    """Serves the double over HTTP."""

    double: GraphDouble
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        kind = self.headers.get("Content-Type", "")
        if self.path == _TOKEN_PATH:
            form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
            self._reply(self.double.sign_in_faults, lambda: self.double.token(form, kind))
        elif self.path == _MEETING_PATH:
            sent = json.loads(body)
            self.double.asked.append(sent)
            authorization = self.headers.get("Authorization", "")
            self._reply(self.double.faults, lambda: self.double.meeting(sent, kind, authorization))
        else:
            self.double.refused.append(self.path)
            self._answer(404, {})

    def _reply(self, faults: list[Fault], work: Callable[[], tuple[int, dict[str, Any]]]) -> None:
        fault = faults.pop(0) if faults else None
        if fault is None:
            self._answer(*work())
            return
        if fault.lost:
            work()
        if fault.silent:
            self.double.released.wait(30)
        if fault.silent or fault.hangs_up:
            self.close_connection = True
            return
        self._answer(fault.status, fault.body or {}, fault.retry_after)

    def _answer(self, status: int, body: dict[str, Any], retry_after: str | None = None) -> None:
        raw = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        if retry_after is not None:
            self.send_header("Retry-After", retry_after)
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *args: Any) -> None:
        """Stay quiet."""


@contextmanager
def graph_double() -> Iterator[GraphDouble]:
    """A double that serves on a free local port."""
    double = GraphDouble()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"double": double}))
    server.daemon_threads = True
    double.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield double
    finally:
        double.released.set()
        server.shutdown()
        server.server_close()
        thread.join()
