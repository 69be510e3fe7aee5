"""Each operation's DynamoDB budget by the architecture, and its present usage where that is more."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class OperationBudget:
    """Reads, transactions and items that the architecture allows; ``current_…`` if an operation needs more today.

    ``batches`` is the number of reads that may be batch gets, if others are queries beside them. An operation that
    creates a client writes more items than allowed: its directory entries go into the same transaction.
    """

    reads: int
    transactions: int
    current_reads: int | None = None
    batches: int | None = None
    items: int = 8
    current_items: int | None = None

    @property
    def max_reads(self) -> int:
        """The most reads."""
        return self.reads if self.current_reads is None else self.current_reads

    @property
    def max_items(self) -> int:
        """The most items."""
        return self.items if self.current_items is None else self.current_items

    @property
    def max_batches(self) -> int:
        """The most batch gets."""
        return self.max_reads if self.batches is None else self.batches


BLOCK_BRANCH_BUDGETS = {
    "availability, 31 days": OperationBudget(1, 0),
    "explain": OperationBudget(1, 0),
    "hold": OperationBudget(1, 1),
    "book, new client": OperationBudget(1, 1, current_items=13),
    "book, known client": OperationBudget(1, 1, current_reads=2),
    "book what was held": OperationBudget(1, 1, current_items=14),
    "book with Idempotency-Key": OperationBudget(1, 1, current_items=14),
    "reschedule": OperationBudget(1, 1, current_reads=2),
    "cancel": OperationBudget(1, 1),
    "claim": OperationBudget(1, 1, current_reads=4),
    "book through Schedule": OperationBudget(1, 1, current_reads=3, current_items=13),
}
"""At a branch with blocks."""

_STAFF_BUDGETS = {
    "availability, 31 days": OperationBudget(3, 0, current_reads=4, batches=3),
    "availability, kind unknown": OperationBudget(3, 0, current_reads=4, batches=3),
    "explain": OperationBudget(3, 0, current_reads=4, batches=3),
    "hold": OperationBudget(1, 1, current_reads=3, batches=2),
    "book anyone": OperationBudget(1, 1, current_reads=3, batches=2, current_items=15),
    "book anyone, kind unknown": OperationBudget(1, 1, current_reads=3, batches=2, current_items=15),
    "book one of them": OperationBudget(1, 1, current_reads=3, batches=2, current_items=15),
    "book what was held": OperationBudget(1, 1, current_reads=3, batches=2, current_items=16),
    "book with Idempotency-Key": OperationBudget(1, 1, current_reads=3, batches=2, current_items=16),
    "reschedule": OperationBudget(1, 1, current_reads=4, batches=3, current_items=9),
    "cancel": OperationBudget(1, 1),
    "move by staff": OperationBudget(1, 1, current_reads=7, batches=6),
    "unassign": OperationBudget(1, 1, current_reads=4),
    "claim": OperationBudget(1, 1, current_reads=4),
    "book through Schedule": OperationBudget(1, 1, current_reads=5, batches=4, current_items=15),
}

STAFF_BRANCH_BUDGETS = {f"50 staff: {name}": budget for name, budget in _STAFF_BUDGETS.items()}
"""At a branch of fifty staff whose service takes its times from their calendars."""

BOOKING_BUDGETS = BLOCK_BRANCH_BUDGETS | STAFF_BRANCH_BUDGETS

CLIENT_BUDGETS = {
    "search by a name that one has": OperationBudget(2, 0, current_reads=6, batches=4),
    "search by a name that all have": OperationBudget(2, 0, current_reads=6, batches=4),
    "search by a name that all have, as manager": OperationBudget(2, 0, current_reads=8, batches=6),
    "search by number": OperationBudget(2, 0, current_reads=6, batches=4),
    "everybody": OperationBudget(1, 0, current_reads=4, batches=3),
    "those of a branch, as manager": OperationBudget(1, 0, current_reads=7, batches=4),
    "one client": OperationBudget(1, 0, current_reads=3),
    "one client, as manager": OperationBudget(1, 0, current_reads=4),
    "book, known client who is known here": OperationBudget(1, 1, current_reads=2),
    "merge, 10 appointments": OperationBudget(3, 1, current_reads=5, batches=3, items=24),
    "merge, 2 000 appointments": OperationBudget(3, 1, current_reads=5, batches=3, items=24),
    "merge, 2 000 appointments ahead": OperationBudget(3, 1, current_reads=5, batches=3, items=24),
    "undo, 10 appointments": OperationBudget(3, 1, current_reads=5, items=24),
    "undo, 2 000 appointments": OperationBudget(3, 1, current_reads=5, items=24),
    "undo, 2 000 appointments ahead": OperationBudget(3, 1, current_reads=5, items=24),
}
"""About client records."""
