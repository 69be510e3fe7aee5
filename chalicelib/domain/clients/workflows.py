"""Workflows: named lists of steps for a client, with assignee and due days (CL-1)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from chalicelib.domain.shared.events import Actor

MAX_STEPS = 50
MAX_WORKFLOWS_PER_CLIENT = 100


class WorkflowState(StrEnum):
    """Open while something is still to be done."""

    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class WorkflowStep:
    """One thing to do; ``due`` is a day in no particular time zone."""

    text: str
    done: bool = False
    due: date | None = None


@dataclass(frozen=True, slots=True)
class Workflow:
    """Steps for a client; ``client_id`` is the record it was created for, which may have been merged since."""

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
        """The workflow without name and steps, for a deleted client (D25)."""
        return replace(self, name="", steps=(), updated_at=now)
