"""Text messages and domain events through SNS."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial
from typing import Any

from chalicelib.domain.messaging.address_notices import Message
from chalicelib.domain.messaging.notifications import Notification, Rejected
from chalicelib.domain.shared.events import DomainEvent
from chalicelib.domain.shared.times import utc_text
from chalicelib.notifications.provider_errors import RETRYING, SINGLE_ATTEMPT, translate_errors
from chalicelib.notifications.rendered_message import render_text_message

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_REJECTION_CODES = frozenset({"InvalidParameter", "InvalidParameterValue", "OptedOut"})
_TRANSACTIONAL = {"AWS.SNS.SMS.SMSType": {"DataType": "String", "StringValue": "Transactional"}}


@dataclass
class SnsTextSender:
    """Sends text messages."""

    public_url: str
    region: str

    def prepare(self, message: Message, /) -> Callable[[], str]:
        """Render the text message; calling the result sends it and returns SNS's id.

        Raises ``Rejected`` for a number that is not E.164 and for notices, which are mails; the call raises ``NotSent``
        or ``Rejected``.
        """
        if not isinstance(message, Notification):
            raise Rejected("NoText")
        if _E164.fullmatch(message.address) is None:
            raise Rejected("InvalidNumber")
        return partial(self._send, message.address, render_text_message(message, self.public_url))

    def _send(self, number: str, body: str) -> str:
        with translate_errors(_REJECTION_CODES):
            answer = self._client.publish(PhoneNumber=number, Message=body, MessageAttributes=_TRANSACTIONAL)
            return str(answer["MessageId"])

    @cached_property
    def _client(self) -> Any:
        import boto3

        return boto3.client("sns", region_name=self.region, config=SINGLE_ATTEMPT)


@dataclass
class SnsEventTopic:
    """The topic of domain events, each published at least once; subscribers recognise copies by ``id``."""

    arn: str
    region: str

    def publish(self, event_id: str, at: datetime, event: DomainEvent) -> None:
        """Publish one event in its envelope; raises if SNS did not accept it."""
        envelope = {
            "id": event_id,
            "type": event.type,
            "at": utc_text(at),
            "version": event.version,
            "data": event.data,
        }
        attributes = {
            "event_type": event.type,
            "location_id": event.location_id,
            "service_id": event.service_id,
        }
        self._client.publish(
            TopicArn=self.arn,
            Message=json.dumps(envelope, ensure_ascii=False),
            MessageAttributes={
                name: {"DataType": "String", "StringValue": value} for name, value in attributes.items() if value
            },
        )

    @cached_property
    def _client(self) -> Any:
        import boto3

        return boto3.client("sns", region_name=self.region, config=RETRYING)
