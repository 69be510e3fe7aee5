"""Workflows of clients as requests and answers say them."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import Discriminator, Field, Tag

from chalicelib.api.schemas.shared.fields import Answer, Day, Id, Input, Instant, Text
from chalicelib.api.schemas.shared.record_models import Record, partial
from chalicelib.domain.clients import workflows as domain

StepText = Annotated[str, Text(300)]


class NewWorkflowStep(Input):
    """One thing to do, until some day if that is said."""

    text: StepText
    done: bool = False
    due: Day | None = None


def _form(sent: Any) -> str:
    return "plain" if isinstance(sent, str) else "whole"


# Told apart beforehand, so that a wrong step is not also called a wrong text.
StepSent = Annotated[Annotated[NewWorkflowStep, Tag("whole")] | Annotated[StepText, Tag("plain")], Discriminator(_form)]
Steps = Annotated[tuple[StepSent, ...], Field(max_length=domain.MOST_STEPS)]


class NewWorkflow(Record):
    """Named steps to be taken for a client; a plain text is a step that is not done yet."""

    name: Annotated[str, Text(100)]
    steps: Steps = ()
    assignee_id: Id | None = None
    state: domain.WorkflowState = domain.WorkflowState.OPEN

    def values(self) -> dict[str, Any]:
        """What was sent, the steps as the domain's."""
        found = super().values()
        if "steps" in found:
            found["steps"] = tuple(_step(step) for step in found["steps"])
        return found


WorkflowChange = partial(NewWorkflow, "WorkflowChange")


class WorkflowStep(Answer):
    """One thing to do."""

    text: str
    done: bool
    due: Day | None


class Workflow(Answer):
    """Steps to be taken for a client; `client_id` is the record it was made for, be it merged into another since."""

    id: Id
    version: int
    client_id: Id
    name: str
    steps: list[WorkflowStep]
    assignee_id: Id | None
    state: domain.WorkflowState
    added_by: str
    added_by_id: str | None
    created_at: Instant
    updated_at: Instant

    @classmethod
    def of(cls, result: Any) -> Self:
        """From a workflow."""
        workflow: domain.Workflow = result
        same = {n: getattr(workflow, n) for n in cls.model_fields if n not in ("steps", "added_by", "added_by_id")}
        return cls(
            **same,
            steps=[WorkflowStep.model_validate(step) for step in workflow.steps],
            added_by=workflow.created_by.label,
            added_by_id=workflow.created_by.staff_id or None,
        )


def _step(sent: NewWorkflowStep | str) -> domain.Step:
    return domain.Step(sent) if isinstance(sent, str) else domain.Step(sent.text, sent.done, sent.due)
