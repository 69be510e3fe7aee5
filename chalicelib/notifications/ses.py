"""E-mail through SES: one MIME message with HTML, plain text and the invitation as alternatives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import parseaddr
from functools import cached_property, partial
from typing import Any

from chalicelib.domain.messaging.notifications import Notification, Rejected
from chalicelib.notifications.calendar_invitation import build_invitation, scheduling_method
from chalicelib.notifications.provider_errors import SINGLE_ATTEMPT, translate_errors
from chalicelib.notifications.rendered_message import render_email
from chalicelib.notifications.translations import one_line

_REJECTION_CODES = frozenset({"MessageRejected", "BadRequestException", "InvalidParameterValue"})


@dataclass
class SesEmailSender:
    """Sends e-mail; ``sender`` is a verified address, ``configuration_set`` may be empty."""

    sender: str
    configuration_set: str
    public_url: str
    region: str

    def prepare(self, notification: Notification) -> Callable[[], str]:
        """Render the e-mail; calling the result sends it and returns SES's id.

        Raises ``Rejected`` for an invalid address; the call raises ``NotSent`` or ``Rejected``.
        """
        address = _smtp_address(notification.address)
        return partial(self._send, address, build_mime_message(notification, self.sender, self.public_url, address))

    def _send(self, address: str, message: EmailMessage) -> str:
        request: dict[str, Any] = {
            "FromEmailAddress": parseaddr(self.sender)[1],
            "Destination": {"ToAddresses": [address]},
            "Content": {"Raw": {"Data": message.as_bytes()}},
        }
        if self.configuration_set:
            request["ConfigurationSetName"] = self.configuration_set
        with translate_errors(_REJECTION_CODES):
            return str(self._client.send_email(**request)["MessageId"])

    @cached_property
    def _client(self) -> Any:
        import boto3

        return boto3.client("sesv2", region_name=self.region, config=SINGLE_ATTEMPT)


def build_mime_message(notification: Notification, sender: str, public_url: str, address: str) -> EmailMessage:
    """The complete MIME message; no text in it can start another header (case 24)."""
    content = render_email(notification, public_url)
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(one_line(notification.organisation), addr_spec=parseaddr(sender)[1])
    message["To"] = Address(addr_spec=address)
    message["Subject"] = content.subject
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(content.text, cte="quoted-printable")
    message.add_alternative(content.html, subtype="html", cte="quoted-printable")
    method = scheduling_method(notification)
    if method is not None:
        file = build_invitation(notification, method, sender, public_url)
        parameters = {"method": method.value, "charset": "UTF-8"}
        message.add_alternative(file, maintype="text", subtype="calendar", params=parameters)
    message["Content-Language"] = notification.language
    return message


def _smtp_address(text: str) -> str:
    """An address as SES accepts it: ASCII, the domain in its IDNA form."""
    local, _, domain = text.strip().rpartition("@")
    if not local or not domain:
        raise Rejected("InvalidAddress")
    try:
        spec = Address(addr_spec=f"{local}@{domain.encode('idna').decode('ascii')}").addr_spec
        spec.encode("ascii")
    except (ValueError, IndexError, MessageError) as error:  # the parser raises IndexError for some addresses
        raise Rejected("InvalidAddress") from error
    return spec
