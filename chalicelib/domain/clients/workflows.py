"""Workflows: named lists of steps that are to be taken for a client, by somebody, until some day (CL-1)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from chalicelib.domain.shared.events import Actor

MAX_STEPS = 50
MAX_WORKFLOWS_PER_CLIENT = 100


class WorkflowState(StrEnum):
    """Whether there is still something to do."""

    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class WorkflowStep:
    """One thing to do; ``due`` is a day, wherever it is."""

    text: str
    done: bool = False
    due: date | None = None


@dataclass(frozen=True, slots=True)
class Workflow:
    """Steps to be taken for the client under whose id it was made, which may have been merged into another since."""

    id: str
    client_id: str
    name: str
    created_by: Actor
    created_at: datetime
    updated_at: datetime
    steps: tuple[WorkflowStep, ...] = ()
    assignee_id: str | None = None
    state: WorkflowState = WorkflowState.OPEN
    version: int = 0

    def without_content(self, now: datetime) -> Workflow:
        """What stays of it once the client is deleted: that it was there, and nothing of what it said (D25)."""
        return replace(self, name="", steps=(), updated_at=now)
