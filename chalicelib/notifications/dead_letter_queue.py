"""The queue where messages end that could not be delivered, so that a person can look after them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from chalicelib.notifications.provider_errors import RETRYING


@dataclass
class SqsDeadLetterQueue:
    """The dead-letter queue of messages."""

    url: str
    region: str

    def put(self, record: Mapping[str, str]) -> None:
        """Sets one message aside: ids and reason, no personal data; raises when SQS did not take it."""
        self._client.send_message(QueueUrl=self.url, MessageBody=json.dumps(dict(record)))

    @cached_property
    def _client(self) -> Any:
        import boto3

        return boto3.client("sqs", region_name=self.region, config=RETRYING)
