"""The connection that repeats a request to DynamoDB until its outcome is known (TR-63, TR-65)."""

from __future__ import annotations

import random
import time
from typing import Any

from pynamodb.connection import Connection
from pynamodb.connection.base import BOTOCORE_EXCEPTIONS
from pynamodb.constants import REQUEST_ITEMS, RESPONSES, UNPROCESSED_KEYS
from pynamodb.exceptions import VerboseClientError

from chalicelib.domain.shared.errors import Busy

# DynamoDB finishes a transaction that hangs when it is asked again five seconds after the first attempt; a token
# stands for one transaction until ten minutes after its end. Both function and gateway wait longer than this.
MAX_SECONDS = 8.0
_FIRST_PAUSE = 0.05
_LONGEST_PAUSE = 1.0
_FIRST_SERVER_FAULT = 500
# DynamoDB's errors of status 400 that pass by themselves; those of status 5xx are retryable, too.
_RETRYABLE_CODES = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ThrottlingException",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)
_TRANSPORT_DETAILS = frozenset({"endpoint_url", "proxy_url", "error"})


class PatientConnection(Connection):
    """PynamoDB's connection, which repeats the same request, token included, with jittered pauses.

    Raises 503 ``busy`` when the time is up. A transaction that is in progress, or whose answer was lost, is asked for
    again with its ClientRequestToken, so that it takes effect once (TR-63).
    """

    sleep = staticmethod(time.sleep)
    clock = staticmethod(time.monotonic)

    def _make_api_call(self, operation_name: str, operation_kwargs: dict[str, Any]) -> dict[str, Any]:
        until = self.clock() + MAX_SECONDS
        answer = self._answer(operation_name, operation_kwargs, until)
        attempt = 0
        # A batch under throttling is answered in part.
        while answer.get(UNPROCESSED_KEYS):
            self._pause(attempt, until)
            attempt += 1
            rest = self._answer(operation_name, operation_kwargs | {REQUEST_ITEMS: answer[UNPROCESSED_KEYS]}, until)
            for table, items in rest.get(RESPONSES, {}).items():
                answer[RESPONSES].setdefault(table, []).extend(items)
            answer[UNPROCESSED_KEYS] = rest.get(UNPROCESSED_KEYS)
        return answer

    def _answer(self, operation_name: str, operation_kwargs: dict[str, Any], until: float) -> dict[str, Any]:
        attempt = 0
        while True:
            try:
                return super()._make_api_call(operation_name, operation_kwargs)
            except BOTOCORE_EXCEPTIONS as error:
                if not _is_retryable(error):
                    raise
                self._pause(attempt, until, error)
            attempt += 1

    def _pause(self, attempt: int, until: float, error: Exception | None = None) -> None:
        """Wait before the next attempt; 503 if there is no time for it."""
        longest = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**attempt)
        seconds = longest * random.uniform(0.5, 1)  # noqa: S311  # no secret
        if self.clock() + seconds > until:
            raise Busy from error
        self.sleep(seconds)


def _is_retryable(error: Exception) -> bool:
    """True for throttling, for faults of the server and for answers that never arrived."""
    if not isinstance(error, VerboseClientError):
        # The transport's errors name what it talked to; missing credentials, for one, do not.
        return not _TRANSPORT_DETAILS.isdisjoint(getattr(error, "kwargs", {}))
    # PynamoDB passes on less than botocore says.
    response = getattr(error.__cause__, "response", {})
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return status >= _FIRST_SERVER_FAULT or response.get("Error", {}).get("Code") in _RETRYABLE_CODES
