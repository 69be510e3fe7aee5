"""What each operation may ask of DynamoDB: the architecture's budget, and the reads it takes today."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Budget:
    """Reads and transactions architecture allows, and the reads it takes today where these are more.

    ``batches`` is how many of the reads may be batch gets, where the others are queries beside them.
    """

    reads: int
    transactions: int
    today: int | None = None
    batches: int | None = None

    @property
    def most_reads(self) -> int:
        """What may not be exceeded."""
        return self.reads if self.today is None else self.today

    @property
    def most_batches(self) -> int:
        """How many batch gets may not be exceeded."""
        return self.most_reads if self.batches is None else self.batches


BLOCKS = {
    "availability, 31 days": Budget(1, 0),
    "explain": Budget(1, 0),
    "hold": Budget(1, 1),
    "book, new client": Budget(1, 1),
    "book, known client": Budget(1, 1, today=2),
    "book what was held": Budget(1, 1),
    "book with Idempotency-Key": Budget(1, 1),
    "reschedule": Budget(1, 1, today=2),
    "cancel": Budget(1, 1),
    "claim": Budget(1, 1, today=4),
    "book through Schedule": Budget(1, 1, today=3),
}
"""At a branch with blocks."""

_STAFF = {
    "availability, 31 days": Budget(3, 0, today=4, batches=3),
    "availability, kind unknown": Budget(3, 0, today=4, batches=3),
    "explain": Budget(3, 0, today=4, batches=3),
    "hold": Budget(1, 1, today=3, batches=2),
    "book anyone": Budget(1, 1, today=3, batches=2),
    "book anyone, kind unknown": Budget(1, 1, today=3, batches=2),
    "book one of them": Budget(1, 1, today=3, batches=2),
    "book what was held": Budget(1, 1, today=3, batches=2),
    "book with Idempotency-Key": Budget(1, 1, today=3, batches=2),
    "reschedule": Budget(1, 1, today=4, batches=3),
    "cancel": Budget(1, 1),
    "move by staff": Budget(1, 1, today=6, batches=5),
    "unassign": Budget(1, 1, today=4),
    "claim": Budget(1, 1, today=4),
    "book through Schedule": Budget(1, 1, today=5, batches=4),
}

TEAM = {f"50 staff: {name}": budget for name, budget in _STAFF.items()}
"""At a branch of fifty whose service is taken from their calendars."""

BUDGETS = BLOCKS | TEAM
