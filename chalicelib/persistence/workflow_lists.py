"""The workflows of a client, newest first."""

from __future__ import annotations

from chalicelib.domain.clients.workflows import Workflow
from chalicelib.persistence import keys, row_mapping
from chalicelib.persistence.table import Row


class DynamoWorkflowLists:
    """``services.clients.workflows.WorkflowLists`` on the table."""

    def workflows(self, client_id: str, before: str | None, limit: int) -> tuple[tuple[str, Workflow], ...]:
        """The workflows of this id before a position, newest first, each with its position: one query."""
        earlier = None if before is None else Row.gsi1sk < before
        rows = Row.agenda.query(keys.workflows_partition(client_id), earlier, scan_index_forward=False, limit=limit)
        return tuple((row.gsi1sk, row_mapping.from_row(row, Workflow)) for row in rows)
