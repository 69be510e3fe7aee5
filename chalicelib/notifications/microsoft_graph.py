"""Links to Teams meetings from Microsoft Graph: client credentials, ``onlineMeetings/createOrGet``.

Graph identifies a meeting by tenant, organiser and external id: the same request returns the same meeting, so nothing
has to be stored here. All meetings belong to one organiser.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cached_property
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

from chalicelib.domain.appointments.video_meetings import LinkDelayed, LinkRefused, Meeting, MeetingLink
from chalicelib.domain.shared.times import utc_text

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse, PoolManager

# Two of each fit many times into the time limit of a function; later responses are given up.
CONNECT_SECONDS, READ_SECONDS = 2.0, 5.0
# A token is not used in its last minutes, so that it cannot expire on the way.
TOKEN_MARGIN = timedelta(minutes=5)
# After a failure Graph is not called for this long: the relay has other messages to send.
PAUSE_AFTER_FAILURE = timedelta(seconds=20)
# Teams drops a link this long after its meeting.
LINK_LIFETIME = timedelta(days=60)
# Statuses that pass by themselves, besides 429 and 5xx.
_TRANSIENT_STATUSES = frozenset(
    {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.LOCKED, HTTPStatus.TOO_EARLY}
)


@dataclass(frozen=True, slots=True)
class GraphCredentials:
    """The content of the secret: the app registration, and the object id of the user who organises the meetings."""

    tenant_id: str
    client_id: str
    client_secret: str = field(repr=False)
    organizer_id: str


@dataclass(frozen=True, slots=True)
class _AccessToken:
    text: str = field(repr=False)
    credentials: GraphCredentials
    expires_at: datetime


@dataclass
class GraphMeetingLinks:
    """``messaging_ports.MeetingLinkProvider`` with Microsoft Graph; ``secret`` gives the credentials as JSON.

    ``clock`` is the real one, also in stage local: tokens and ``Retry-After`` go by it.
    """

    secret: Callable[[], str] = field(repr=False)
    graph_url: str
    login_url: str
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    read_seconds: float = READ_SECONDS
    _token: _AccessToken | None = field(default=None, init=False, repr=False)
    _paused: tuple[datetime, str] | None = field(default=None, init=False)

    def create_link(self, meeting: Meeting) -> MeetingLink:
        """The link to join by; guests need no account if the tenant admits them.

        ``LinkDelayed`` for network faults, throttling and rejected credentials, which a new secret cures;
        ``LinkRefused`` if Graph says that the request itself is wrong or not allowed.
        """
        self._require_not_paused()
        try:
            credentials = self._read_credentials()
            answer = self._create_or_get(meeting, credentials, self._access_token(credentials))
            if answer.status == HTTPStatus.UNAUTHORIZED:
                self._token = None
                answer = self._create_or_get(meeting, credentials, self._access_token(credentials))
            return MeetingLink(self._join_url(answer), meeting.end + LINK_LIFETIME)
        except LinkDelayed as delay:
            rest = max(PAUSE_AFTER_FAILURE, timedelta(seconds=delay.seconds))
            self._paused = (self.clock() + rest, str(delay))
            raise

    def _require_not_paused(self) -> None:
        """``LinkDelayed`` while the server asks for a pause or has just failed."""
        if self._paused is None:
            return
        until, reason = self._paused
        left = (until - self.clock()).total_seconds()
        if left > 0:
            raise LinkDelayed(reason, left)
        self._paused = None

    def _read_credentials(self) -> GraphCredentials:
        try:
            fields = json.loads(self.secret())
            return GraphCredentials(**{name: str(fields[name]) for name in GraphCredentials.__dataclass_fields__})
        except Exception as error:
            # The error's text may quote the secret: only this reason is logged.
            raise LinkDelayed("credentials_unreadable") from error

    def _access_token(self, credentials: GraphCredentials) -> str:
        """A token that is valid for a while yet, the cached one if possible."""
        token = self._token
        if token is None or token.credentials != credentials or token.expires_at <= self.clock():
            self._token = token = self._request_token(credentials)
        return token.text

    def _request_token(self, credentials: GraphCredentials) -> _AccessToken:
        url = f"{self.login_url}/{quote(credentials.tenant_id, safe='')}/oauth2/v2.0/token"
        form = {
            "client_id": credentials.client_id,
            "client_secret": credentials.client_secret,
            "grant_type": "client_credentials",
            "scope": f"{self.graph_url}/.default",
        }
        answer = self._post(url, urlencode(form), {"Content-Type": "application/x-www-form-urlencoded"})
        if answer.status != HTTPStatus.OK:
            self._raise_if_transient(answer)
            raise LinkDelayed("credentials_refused")
        body = _json_object(answer)
        if not body.get("access_token"):
            raise LinkDelayed("unexpected_answer")
        life = timedelta(seconds=float(body.get("expires_in") or 0))
        return _AccessToken(str(body["access_token"]), credentials, self.clock() + life - TOKEN_MARGIN)

    def _create_or_get(self, meeting: Meeting, credentials: GraphCredentials, token: str) -> BaseHTTPResponse:
        organizer = quote(credentials.organizer_id, safe="")
        url = f"{self.graph_url}/v1.0/users/{organizer}/onlineMeetings/createOrGet"
        body = {
            "externalId": meeting.key,
            "subject": meeting.subject,
            "startDateTime": utc_text(meeting.start),
            "endDateTime": utc_text(meeting.end),
        }
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
        return self._post(url, json.dumps(body), headers)

    def _join_url(self, answer: BaseHTTPResponse) -> str:
        if answer.status in (HTTPStatus.OK, HTTPStatus.CREATED):
            link = str(_json_object(answer).get("joinWebUrl") or "")
            if urlsplit(link).scheme != "https":
                raise LinkRefused("no_link_in_answer")
            return link
        self._raise_if_transient(answer)
        if answer.status == HTTPStatus.UNAUTHORIZED:
            raise LinkDelayed("token_refused")
        raise LinkRefused(f"refused_{answer.status}")

    def _raise_if_transient(self, answer: BaseHTTPResponse) -> None:
        """``LinkDelayed`` for what another attempt may cure: throttling and server faults."""
        if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
            raise LinkDelayed("throttled", self._retry_after_seconds(answer))
        if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR or answer.status in _TRANSIENT_STATUSES:
            raise LinkDelayed("server_fault", self._retry_after_seconds(answer))

    def _retry_after_seconds(self, answer: BaseHTTPResponse) -> float:
        """The seconds that ``Retry-After`` asks for, as a number or a date; 0 without it."""
        value = answer.headers.get("Retry-After", "").strip()
        if value.isdecimal():
            return float(value)
        try:
            return max(0.0, (parsedate_to_datetime(value) - self.clock()).total_seconds())
        except (ValueError, TypeError):
            return 0.0

    def _post(self, url: str, body: str, headers: Mapping[str, str]) -> BaseHTTPResponse:
        from urllib3.exceptions import HTTPError

        try:
            return self._pool.request("POST", url, body=body.encode(), headers=headers, redirect=False, retries=False)
        except HTTPError as error:
            raise LinkDelayed("unreachable") from error

    @cached_property
    def _pool(self) -> PoolManager:
        from urllib3 import PoolManager, Timeout

        return PoolManager(timeout=Timeout(connect=CONNECT_SECONDS, read=self.read_seconds))


def _json_object(answer: BaseHTTPResponse) -> Mapping[str, Any]:
    try:
        body = json.loads(answer.data)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise LinkDelayed("unexpected_answer")
    return body
