"""AWS as a transport that fails at calls of one's choice: before the effect, after it, or throttled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError, ReadTimeoutError

Call = Callable[[], Any]
Fault = Callable[[Call], Any]
"""Answers a call, with or without making it."""


def refused(code: str, status: int = 400) -> Fault:
    """Answer with this error instead of doing anything."""

    def answer(_: Call) -> Any:
        raise _client_error(code, status)

    return answer


def answer_lost(call: Call) -> Any:
    """Do what was asked, but lose the answer."""
    call()
    raise ReadTimeoutError(endpoint_url="aws")


def done_but_refused(code: str, status: int) -> Fault:
    """Do what was asked, then answer with this error."""

    def answer(call: Call) -> Any:
        call()
        raise _client_error(code, status)

    return answer


def cancelled_for(*codes: str) -> Fault:
    """Cancel a transaction for these reasons, one for each of its first items."""

    def answer(_: Call) -> Any:
        error = _client_error("TransactionCanceledException", 400)
        error.response["CancellationReasons"] = [{"Code": code} for code in codes]
        raise error

    return answer


class FaultyAws:
    """Every AWS call of this process; ``faults`` answer the n-th call, from 1, of their operation.

    A ClientRequestToken that has been used is answered without a second effect, as DynamoDB does for ten minutes.
    """

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.faults: dict[tuple[str, int], Fault] = {}
        self.always: dict[str, Fault] = {}
        self.calls: list[tuple[str, Mapping[str, Any]]] = []
        self._done: set[str] = set()
        self._real: Any = BaseClient._make_api_call  # type: ignore[attr-defined]  # botocore's own, untyped
        aws = self

        def make(client: BaseClient, operation: str, parameters: dict[str, Any]) -> Any:
            return aws._answer(operation, parameters, lambda: aws._real(client, operation, parameters))

        patch.setattr(BaseClient, "_make_api_call", make)

    def count(self, operation: str) -> int:
        """The calls of this operation so far."""
        return sum(name == operation for name, _ in self.calls)

    def tokens(self) -> list[str]:
        """The tokens of all transactions, in order."""
        return [p["ClientRequestToken"] for name, p in self.calls if name == "TransactWriteItems"]

    def fail(self, operation: str, fault: Fault, *numbers: int) -> None:
        """Let these calls of an operation, counted from now, meet this fault; without numbers all of them."""
        if not numbers:
            self.always[operation] = fault
        for number in numbers:
            self.faults[operation, self.count(operation) + number] = fault

    def fail_if(self, operation: str, fault: Fault, wanted: Callable[[Mapping[str, Any]], bool]) -> None:
        """Let the calls of an operation with such parameters meet this fault."""

        def answer(call: Call) -> Any:
            return fault(call) if wanted(self.calls[-1][1]) else call()

        self.always[operation] = answer

    def _answer(self, operation: str, parameters: dict[str, Any], call: Call) -> Any:
        self.calls.append((operation, parameters))
        fault = self.faults.pop((operation, self.count(operation)), self.always.get(operation))
        once = self._once(parameters.get("ClientRequestToken"), call)
        return once() if fault is None else fault(once)

    def _once(self, token: str | None, call: Call) -> Call:
        def made() -> Any:
            if token is not None and token in self._done:
                return {}
            answer = call()
            self._done.add(token or "")
            return answer

        return made


def _client_error(code: str, status: int) -> ClientError:
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "Call")  # type: ignore[typeddict-item]  # abridged
