"""Scheduled functions: their event, and in stage local the time that a caller sets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from chalice.app import BaseLambdaEvent, Chalice, ScheduleExpression

from chalicelib.container import container

# Kept free, so that the item at hand can be finished.
_RESERVE_MILLISECONDS = 5_000


class ScheduledEvent(BaseLambdaEvent):
    """A call by the schedule, or by hand with ``{"now": "<RFC 3339>"}``."""

    def _extract_attributes(self, event_dict: Mapping[str, Any]) -> None:
        self.requested_now = event_dict.get("now")

    @property
    def now(self) -> datetime:
        """The present instant in UTC; in stage local the caller may set it."""
        if self.requested_now is not None and container.settings.is_local:
            return datetime.fromisoformat(str(self.requested_now)).astimezone(UTC)
        return datetime.now(UTC)

    def has_time_left(self) -> bool:
        """True while the function may begin another item before Lambda stops it."""
        remaining = getattr(self.context, "get_remaining_time_in_millis", None)
        return remaining is None or remaining() > _RESERVE_MILLISECONDS


def scheduled(
    app: Chalice, rate: ScheduleExpression
) -> Callable[[Callable[[ScheduledEvent], dict[str, int]]], Callable[..., Any]]:
    """Declare a scheduled function of the app; Chalice's own event class refuses calls by hand."""

    def declare(function: Callable[[ScheduledEvent], dict[str, int]]) -> Callable[..., Any]:
        handler: Any = app.schedule(rate)(function)
        handler.event_class = ScheduledEvent
        return handler  # type: ignore[no-any-return]  # Chalice types its decorators loosely

    return declare
