"""The meaning of a provider's error for a message: certainly not sent, never to be sent, or unknown."""

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

# One request per claim: a second attempt by the driver after a lost response could send twice.
SINGLE_ATTEMPT = Config(connect_timeout=2, read_timeout=10, retries={"total_max_attempts": 1})
# For requests that may be repeated without harm.
RETRYING = Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 3, "mode": "standard"})

_NOT_SENT_ERRORS = (ConnectTimeoutError, EndpointConnectionError, NoCredentialsError)
# Gateways return these although the service may have done its work.
_AMBIGUOUS_STATUSES = frozenset({502, 504})


@contextmanager
def translate_errors(rejection_codes: frozenset[str]) -> Iterator[None]:
    """Raise ``NotSent`` or ``Rejected`` for errors that prove it; other errors pass unchanged.

    ``rejection_codes`` are the error codes for which trying again is of no use.
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
