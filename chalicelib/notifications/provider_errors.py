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
# From here on the service, or a gateway before it, failed at a point nobody knows: it may have done its work (TR-62).
_FIRST_SERVER_FAULT = 500


@contextmanager
def translate_errors(rejection_codes: frozenset[str]) -> Iterator[None]:
    """Raise ``NotSent`` or ``Rejected`` for errors that prove it; other errors pass unchanged: unknown (TR-62).

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
        # An answer without a readable status proves nothing either.
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") or _FIRST_SERVER_FAULT
        if status >= _FIRST_SERVER_FAULT:
            raise
        if code in rejection_codes:
            raise Rejected(code) from error
        raise NotSent(code) from error
