"""What the system tells its operators: the one Logger and the metrics, neither with personal data."""

from __future__ import annotations

import os
import traceback
from types import TracebackType

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import MetricUnit, single_metric

SERVICE = "frontdesk"
NAMESPACE = "Frontdesk"

# The place in the source is left out of lines: every request would name the same one.
logger = Logger(service=SERVICE, location=None, use_rfc3339=True)


def count_metric(name: str, by: int = 1, **dimensions: str) -> None:
    """Add ``by`` to a metric such as ``BookingMade``; dimensions must stay few-valued (a code, a channel).

    Written at once as a line of its own in CloudWatch's embedded format, so no function has to flush.
    """
    always = {"service": SERVICE, "stage": os.environ.get("STAGE", "none")}
    with single_metric(name=name, unit=MetricUnit.Count, value=by, namespace=NAMESPACE) as metric:
        for dimension, value in (always | dimensions).items():
            metric.add_dimension(name=dimension, value=value)


def error_fields(error: BaseException) -> dict[str, object]:
    """An unexpected exception as log fields: its type, the service's error code, the frames outermost first.

    The message is left out: those of validators and drivers quote the values they choked on.
    """
    return {
        "error": type(error).__qualname__,
        "error_code": getattr(error, "cause_response_code", None),
        "stack": _frames(error.__traceback__),
    }


def _frames(trace: TracebackType | None) -> list[str]:
    return [f"{f.filename}:{f.lineno} {f.name}" for f in traceback.extract_tb(trace)]


class PowertoolsObserver:
    """Metrics and log lines as the use cases ask for them (``services.delivery_ports.Observer``)."""

    def count(self, name: str, by: int = 1, **dimensions: str) -> None:
        """Adds to a metric; dimensions are few-valued."""
        count_metric(name, by, **dimensions)

    def note(self, event: str, **fields: str) -> None:
        """One log line made of ids only."""
        logger.info(event, extra=fields)

    def alarm(self, event: str, **fields: str) -> None:
        """One log line at level ERROR, made of ids only."""
        logger.error(event, extra=fields)


observer = PowertoolsObserver()
