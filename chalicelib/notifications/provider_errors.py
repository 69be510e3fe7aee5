"""What a provider's answer says about a message: surely not sent, never to be sent, or unknown."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.config import Config
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
)

from chalicelib.domain.messaging.notifications import NotSent, Rejected

# One request per permission: the driver's own second attempt after a lost answer could send twice.
SINGLE_ATTEMPT = Config(connect_timeout=2, read_timeout=10, retries={"total_max_attempts": 1})
# What may be repeated without harm is left to the driver.
RETRYING = Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 3, "mode": "standard"})

_NOT_SENT_ERRORS = (ConnectTimeoutError, EndpointConnectionError, NoCredentialsError)
# Gateways answer these when the service itself may well have done its work.
_AMBIGUOUS_STATUSES = frozenset({502, 504})


@contextmanager
def translate_errors(rejection_codes: frozenset[str]) -> Iterator[None]:
    """Raises ``NotSent`` or ``Rejected`` for errors that prove it; anything else says nothing and passes.

    ``rejections`` are the error codes that no repetition cures.
    """
    try:
        yield
    except ParamValidationError as error:
        raise Rejected("ParamValidation") from error
    except _NOT_SENT_ERRORS as error:
        raise NotSent(type(error).__name__) from error
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        if code in rejection_codes:
            raise Rejected(code) from error
        if status in _AMBIGUOUS_STATUSES:
            raise
        raise NotSent(code) from error
