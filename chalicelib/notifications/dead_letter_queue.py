"""The SQS queue of messages that could not be delivered, for a person to look at."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from chalicelib.notifications.provider_errors import RETRYING


@dataclass
class SqsDeadLetterQueue:
    """``messaging_ports.DeadLetterQueue`` with SQS."""

    url: str
    region: str

    def put(self, record: Mapping[str, str]) -> None:
        """Send one record: ids and reason, no personal data; raises if SQS did not accept it."""
        self._client.send_message(QueueUrl=self.url, MessageBody=json.dumps(dict(record)))

    @cached_property
    def _client(self) -> Any:
        import boto3

        return boto3.client("sqs", region_name=self.region, config=RETRYING)
