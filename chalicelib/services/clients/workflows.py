"""The workflows of clients: listing, creating and changing them (CL-1, CL-2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import date
from typing import Any, Protocol

from chalicelib.domain.clients.client import Client
from chalicelib.domain.clients.workflows import MAX_WORKFLOWS_PER_CLIENT, Workflow
from chalicelib.domain.organisation.catalogue import Staff
from chalicelib.domain.shared.errors import invalid
from chalicelib.domain.shared.events import FieldChange
from chalicelib.domain.shared.permissions import Ability
from chalicelib.services import paging
from chalicelib.services.clients.audit_log import client_entry
from chalicelib.services.clients.profiles import ClientProfiles
from chalicelib.services.context import Context
from chalicelib.services.crud import Fields, apply_fields, read_record
from chalicelib.services.retry import Pause, retry_on_conflict
from chalicelib.services.store_port import Ids, Page, Ref, Store
from chalicelib.services.unit_of_work import UnitOfWork

_LOGGED_FIELDS = ("name", "steps", "assignee_id", "state")


class WorkflowLists(Protocol):
    """The workflows made under one client's id."""

    def workflows(self, client_id: str, before: str | None, limit: int) -> tuple[tuple[str, Workflow], ...]:
        """The workflows before this position, newest first, each with its position: one query."""


class Workflows:
    """Workflows of the client and of every merged record; each change is logged under the client."""

    def __init__(
        self, store: Store, lists: WorkflowLists, client_profiles: ClientProfiles, ids: Ids, pause: Pause
    ) -> None:
        self._store = store
        self._lists = lists
        self._client_profiles = client_profiles
        self._ids = ids
        self._pause = pause

    def list_page(self, context: Context, client_id: str, limit: int, cursor: str | None) -> Page[Workflow]:
        """A client's workflows, those of merged records included, newest first; 404, 403, 422 ``invalid_cursor``."""
        _, before = paging.decode_cursor(cursor, 1)
        client = self._client_profiles.show(context, client_id, Ability.LOG_VIEW)
        found = self._read(client, before, limit + 1)
        page = paging.first_page(found, limit, lambda pair: pair[0])
        return Page(tuple(workflow for _, workflow in page.items), page.next_cursor)

    def create(self, context: Context, client_id: str, fields: Fields) -> Workflow:
        """Create a workflow; 404, 403, 409 ``client_merged``, 422 ``unknown_staff``, ``too_many`` beyond a hundred."""
        return retry_on_conflict(lambda: self._create(context, client_id, fields), self._pause)

    def _create(self, context: Context, client_id: str, fields: Fields) -> Workflow:
        client = self._client_profiles.require_editable(context, client_id, Ability.WORKFLOW_EDIT)
        if len(self._read(client, None, MAX_WORKFLOWS_PER_CLIENT)) >= MAX_WORKFLOWS_PER_CLIENT:
            raise invalid(
                "", f"There are already {MAX_WORKFLOWS_PER_CLIENT}, which is the most for a client.", "too_many"
            )
        workflow = Workflow(
            self._ids.new("wfl", context.now),
            client.id,
            created_by=context.actor,
            created_at=context.now,
            updated_at=context.now,
            **fields,
        )
        return self._write(context, client, workflow, None)

    def change(self, context: Context, workflow_id: str, fields: Fields) -> Workflow:
        """Change these fields, ``steps`` as a whole; 404, 403, 412, 422 ``unknown_staff``."""
        return retry_on_conflict(lambda: self._change(context, workflow_id, fields), self._pause)

    def _change(self, context: Context, workflow_id: str, fields: Fields) -> Workflow:
        before = read_record(self._store, Workflow, workflow_id)
        client = self._client_profiles.show(context, before.client_id, Ability.WORKFLOW_EDIT)
        after = apply_fields(before, fields, context)
        if after == before:
            return before
        return self._write(context, client, replace(after, updated_at=context.now), before)

    def _write(self, context: Context, client: Client, workflow: Workflow, before: Workflow | None) -> Workflow:
        work = UnitOfWork()
        self._require_assignable(work, workflow, before)
        # A workflow must not be added to a client who is merged or erased meanwhile.
        work.require_unchanged(client)
        written = work.save(workflow)
        action = "workflow_updated" if before else "workflow_created"
        changes = (FieldChange("workflow_id", None, written.id), *_changes(before, written))
        work.add_entry(client_entry(self._ids, context, client.id, written.version, action, changes))
        self._store.commit(work, context.idempotency, written)
        return written

    def _require_assignable(self, work: UnitOfWork, workflow: Workflow, before: Workflow | None) -> None:
        assignee = workflow.assignee_id
        if assignee is None or (before is not None and before.assignee_id == assignee):
            return
        staff = self._store.read([Ref.to(Staff, assignee)]).get(Staff, assignee)
        if staff is None or not staff.active:
            raise invalid("/assignee_id", "Nobody who works here has this id.", "unknown_staff")
        work.require_unchanged(staff)

    def _read(self, client: Client, before: str | None, limit: int) -> list[tuple[str, Workflow]]:
        found = [pair for member in client.record_ids for pair in self._lists.workflows(member, before, limit)]
        return sorted(found, key=lambda pair: pair[0], reverse=True)[:limit]


def _changes(before: Workflow | None, after: Workflow) -> Iterator[FieldChange]:
    for name in _LOGGED_FIELDS:
        old, new = (_logged_value(workflow, name) if workflow else None for workflow in (before, after))
        if old != new:
            yield FieldChange(name, old, new)


def _logged_value(workflow: Workflow, name: str) -> Any:
    """The field's value as JSON."""
    if name != "steps":
        return getattr(workflow, name)
    steps = (asdict(step) for step in workflow.steps)
    return [{k: v.isoformat() if isinstance(v, date) else v for k, v in step.items()} for step in steps]
