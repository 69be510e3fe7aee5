"""Request and response models of workflows."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import Discriminator, Field, Tag

from chalicelib.api.schemas.shared.fields import Day, Id, Instant, RequestModel, ResponseModel, Text
from chalicelib.api.schemas.shared.record_models import RecordBody, patch_model
from chalicelib.domain.clients import workflows as domain

StepText = Annotated[str, Text(300)]


class WorkflowStepBody(RequestModel):
    """One thing to do, until some day if that is said."""

    text: StepText
    done: bool = False
    due: Day | None = None


def _step_form(sent: Any) -> str:
    return "plain" if isinstance(sent, str) else "whole"


# Discriminated first, so that an invalid step is not also reported as an invalid text.
WorkflowStepInput = Annotated[
    Annotated[WorkflowStepBody, Tag("whole")] | Annotated[StepText, Tag("plain")], Discriminator(_step_form)
]
Steps = Annotated[tuple[WorkflowStepInput, ...], Field(max_length=domain.MAX_STEPS)]


class WorkflowBody(RecordBody):
    """Named steps to be taken for a client; a plain text is a step that is not done yet."""

    name: Annotated[str, Text(100)]
    steps: Steps = ()
    assignee_id: Id | None = None
    state: domain.WorkflowState = domain.WorkflowState.OPEN

    def values(self) -> dict[str, Any]:
        """The fields that were sent, the steps as the domain's."""
        values = super().values()
        if "steps" in values:
            values["steps"] = tuple(_to_step(step) for step in values["steps"])
        return values


WorkflowChangeBody = patch_model(WorkflowBody, "WorkflowChangeBody")


class WorkflowStepResponse(ResponseModel):
    """One thing to do."""

    text: str
    done: bool
    due: Day | None


class WorkflowResponse(ResponseModel):
    """Steps to be taken for a client; `client_id` is the record it was made for, be it merged into another since."""

    id: Id
    version: int
    client_id: Id
    name: str
    steps: list[WorkflowStepResponse]
    assignee_id: Id | None
    state: domain.WorkflowState
    added_by: str
    added_by_id: str | None
    created_at: Instant
    updated_at: Instant

    @classmethod
    def from_domain(cls, result: Any) -> Self:
        """From a workflow."""
        workflow: domain.Workflow = result
        same = {n: getattr(workflow, n) for n in cls.model_fields if n not in ("steps", "added_by", "added_by_id")}
        return cls(
            **same,
            steps=[WorkflowStepResponse.model_validate(step) for step in workflow.steps],
            added_by=workflow.created_by.label,
            added_by_id=workflow.created_by.staff_id or None,
        )


def _to_step(sent: WorkflowStepBody | str) -> domain.WorkflowStep:
    return domain.WorkflowStep(sent) if isinstance(sent, str) else domain.WorkflowStep(sent.text, sent.done, sent.due)
