"""The one Logger and the metrics, neither with personal data."""

from __future__ import annotations

import os
import traceback
from types import TracebackType

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import MetricUnit, single_metric

SERVICE = "frontdesk"
NAMESPACE = "Frontdesk"

# Without the location in the source, which would be the same for every request.
logger = Logger(service=SERVICE, location=None, use_rfc3339=True)


def count_metric(name: str, by: int = 1, **dimensions: str) -> None:
    """Add ``by`` to a metric such as ``BookingMade``; each dimension must have few values (a code, a channel).

    It is written at once, as a line in CloudWatch's embedded format, so that no function has to flush.
    """
    always = {"service": SERVICE, "stage": os.environ.get("STAGE", "none")}
    with single_metric(name=name, unit=MetricUnit.Count, value=by, namespace=NAMESPACE) as metric:
        for dimension, value in (always | dimensions).items():
            metric.add_dimension(name=dimension, value=value)


def error_fields(error: BaseException) -> dict[str, object]:
    """An unexpected exception as log fields: its type, the service's error code, the frames outermost first.

    The message is left out: validators and drivers quote the rejected values in it.
    """
    return {
        "error": type(error).__qualname__,
        "error_code": getattr(error, "cause_response_code", None),
        "stack": _frames(error.__traceback__),
    }


def _frames(trace: TracebackType | None) -> list[str]:
    return [f"{f.filename}:{f.lineno} {f.name}" for f in traceback.extract_tb(trace)]


class PowertoolsObserver:
    """``messaging_ports.Observer`` with the Logger and the metrics."""

    def count(self, name: str, by: int = 1, **dimensions: str) -> None:
        """Add to a metric; each dimension has few values."""
        count_metric(name, by, **dimensions)

    def note(self, event: str, **fields: str) -> None:
        """Write one log line that contains only ids."""
        logger.info(event, extra=fields)

    def alarm(self, event: str, **fields: str) -> None:
        """Write one log line at level ERROR that contains only ids."""
        logger.error(event, extra=fields)


observer = PowertoolsObserver()
