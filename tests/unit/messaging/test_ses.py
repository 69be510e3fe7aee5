"""E-mail through SES: MIME that resists injection, addresses, and the meaning of provider errors."""

from __future__ import annotations

import email
import threading
from collections.abc import Iterator
from dataclasses import replace
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError

from chalicelib.domain.messaging.notifications import Medium, NotSent, Rejected
from chalicelib.notifications.mime_message import build_mime_message
from chalicelib.notifications.ses import SesEmailSender
from chalicelib.notifications.sns import SnsTextSender
from chalicelib.services.messaging.messaging_ports import Sender
from tests.builders.records import appointment_builder as build
from tests.builders.records.appointment_builder import PUBLIC_URL

SENDER = "Frontdesk <bookings@example.org>"
INJECTION = "Prêt\r\nBcc: evil@example.org\r\n\r\n<script>"


class FakeClient:
    """Gives the planned answers; records the requests."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.requests: list[dict[str, Any]] = []

    def send_email(self, **request: Any) -> Any:
        return self._answer(request)

    def publish(self, **request: Any) -> Any:
        return self._answer(request)

    def _answer(self, request: dict[str, Any]) -> Any:
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def refused(code: str, status: int = 400) -> ClientError:
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "Send")  # type: ignore[typeddict-item]  # abridged


def ses_sender(client: FakeClient) -> SesEmailSender:
    ses = SesEmailSender(SENDER, "frontdesk-test", PUBLIC_URL, "us-east-1")
    vars(ses)["_client"] = client
    return ses


def test_the_request_names_sender_recipient_and_configuration_set() -> None:
    client = FakeClient({"MessageId": "m-1"})

    assert ses_sender(client).prepare(build.notification())() == "m-1"

    (request,) = client.requests
    assert request["FromEmailAddress"] == "bookings@example.org"
    assert request["Destination"] == {"ToAddresses": ["ana@example.org"]}
    assert request["ConfigurationSetName"] == "frontdesk-test"


def test_nothing_a_person_types_becomes_a_header() -> None:
    hostile = replace(build.notification(), service=INJECTION, organisation=INJECTION, name=INJECTION, place=INJECTION)
    raw = build_mime_message(hostile, SENDER, PUBLIC_URL, "ana@example.org").as_bytes()
    parsed = email.message_from_bytes(raw, policy=default)

    assert parsed["Bcc"] is None
    assert parsed["To"] == "ana@example.org"
    assert parsed["From"].addresses[0].addr_spec == "bookings@example.org"
    assert "Bcc: evil@example.org" in parsed["Subject"]
    assert len(list(parsed.iter_parts())) == 3
    assert raw.isascii()


@pytest.mark.parametrize(
    "address",
    [
        *("ana", "ana@", "@example.org", "a b@example.org", "änä@example.org", "a@x.org\r\nBcc: b@x.org"),
        "a@x.org, b@x.org",
    ],
)
def test_what_is_no_address_is_rejected_before_anything_is_sent(address: str) -> None:
    client = FakeClient()

    with pytest.raises(Rejected):
        ses_sender(client).prepare(replace(build.notification(), address=address))
    assert client.requests == []


def test_an_international_domain_is_written_in_ascii() -> None:
    client = FakeClient({"MessageId": "m-1"})
    ses_sender(client).prepare(replace(build.notification(), address="ana@bücher.example"))()

    assert client.requests[0]["Destination"] == {"ToAddresses": ["ana@xn--bcher-kva.example"]}


@pytest.mark.parametrize(
    ("error", "understood"),
    [
        (refused("TooManyRequestsException", 429), NotSent),
        (refused("ServiceUnavailable", 503), ClientError),
        (refused("InternalFailure", 500), ClientError),
        (refused("MessageRejected", 500), ClientError),
        (refused("AccessDeniedException", 403), NotSent),
        (refused("MessageRejected"), Rejected),
        (refused("BadRequestException"), Rejected),
        (ConnectTimeoutError(endpoint_url="x"), NotSent),
        (EndpointConnectionError(endpoint_url="x"), NotSent),
        (ReadTimeoutError(endpoint_url="x"), ReadTimeoutError),
        (refused("GatewayTimeout", 504), ClientError),
    ],
)
def test_only_proof_counts_as_not_sent(error: Exception, understood: type[Exception]) -> None:
    send = ses_sender(FakeClient(error)).prepare(build.notification())

    with pytest.raises(understood):
        send()


@pytest.fixture
def failing_provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """A local provider that answers every request with 503; yields the requested paths."""
    asked: list[str] = []

    class Failing(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(self.path)
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(503)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            """Stay quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Failing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        yield asked
        server.shutdown()


@pytest.mark.parametrize("medium", list(Medium))
def test_the_driver_never_sends_a_second_time_of_its_own_accord(failing_provider: list[str], medium: Medium) -> None:
    senders: dict[Medium, Sender] = {
        Medium.EMAIL: SesEmailSender(SENDER, "", PUBLIC_URL, "us-east-1"),
        Medium.TEXT: SnsTextSender(PUBLIC_URL, "us-east-1"),
    }
    by_medium = {
        n.medium: n for n in build.notifications(at=build.context(build.appointment(), build.ana(receive_sms=True)))
    }

    with pytest.raises(ClientError):
        senders[medium].prepare(by_medium[medium])()

    assert len(failing_provider) == 1
