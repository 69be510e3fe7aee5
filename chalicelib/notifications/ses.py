"""E-mail through SES: one MIME message with HTML, plain text and the invitation as alternatives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import parseaddr
from functools import cached_property, partial
from typing import Any

from chalicelib.domain.messaging.address_notices import Message
from chalicelib.notifications.mime_message import build_mime_message, smtp_address
from chalicelib.notifications.provider_errors import SINGLE_ATTEMPT, translate_errors

_REJECTION_CODES = frozenset({"MessageRejected", "BadRequestException", "InvalidParameterValue"})


@dataclass
class SesEmailSender:
    """Sends e-mail; ``sender`` is a verified address, ``configuration_set`` may be empty."""

    sender: str
    configuration_set: str
    public_url: str
    region: str

    def prepare(self, message: Message, /) -> Callable[[], str]:
        """Render the e-mail; calling the result sends it and returns SES's id.

        Raises ``Rejected`` for an invalid address; the call raises ``NotSent`` or ``Rejected``.
        """
        address = smtp_address(message.address)
        return partial(self._send, address, build_mime_message(message, self.sender, self.public_url, address))

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
