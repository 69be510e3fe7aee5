"""What each operation may ask of DynamoDB: the architecture's budget, and what it takes today where that is more."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Budget:
    """Reads, transactions and items written as the architecture allows them; ``today`` and ``written`` where more.

    ``batches`` is how many of the reads may be batch gets, where the others are queries beside them. More items than
    allowed are written by whoever makes a new client: all that one is found by goes into the same transaction.
    """

    reads: int
    transactions: int
    today: int | None = None
    batches: int | None = None
    items: int = 8
    written: int | None = None

    @property
    def most_reads(self) -> int:
        """What may not be exceeded."""
        return self.reads if self.today is None else self.today

    @property
    def most_items(self) -> int:
        """How many items may not be exceeded."""
        return self.items if self.written is None else self.written

    @property
    def most_batches(self) -> int:
        """How many batch gets may not be exceeded."""
        return self.most_reads if self.batches is None else self.batches


BLOCKS = {
    "availability, 31 days": Budget(1, 0),
    "explain": Budget(1, 0),
    "hold": Budget(1, 1),
    "book, new client": Budget(1, 1, written=13),
    "book, known client": Budget(1, 1, today=2),
    "book what was held": Budget(1, 1, written=14),
    "book with Idempotency-Key": Budget(1, 1, written=14),
    "reschedule": Budget(1, 1, today=2),
    "cancel": Budget(1, 1),
    "claim": Budget(1, 1, today=4),
    "book through Schedule": Budget(1, 1, today=3, written=13),
}
"""At a branch with blocks."""

_STAFF = {
    "availability, 31 days": Budget(3, 0, today=4, batches=3),
    "availability, kind unknown": Budget(3, 0, today=4, batches=3),
    "explain": Budget(3, 0, today=4, batches=3),
    "hold": Budget(1, 1, today=3, batches=2),
    "book anyone": Budget(1, 1, today=3, batches=2, written=15),
    "book anyone, kind unknown": Budget(1, 1, today=3, batches=2, written=15),
    "book one of them": Budget(1, 1, today=3, batches=2, written=15),
    "book what was held": Budget(1, 1, today=3, batches=2, written=16),
    "book with Idempotency-Key": Budget(1, 1, today=3, batches=2, written=16),
    "reschedule": Budget(1, 1, today=4, batches=3, written=9),
    "cancel": Budget(1, 1),
    "move by staff": Budget(1, 1, today=7, batches=6),
    "unassign": Budget(1, 1, today=4),
    "claim": Budget(1, 1, today=4),
    "book through Schedule": Budget(1, 1, today=5, batches=4, written=15),
}

TEAM = {f"50 staff: {name}": budget for name, budget in _STAFF.items()}
"""At a branch of fifty whose service is taken from their calendars."""

BUDGETS = BLOCKS | TEAM

CLIENTS = {
    "search by a name that one has": Budget(2, 0, today=6, batches=4),
    "search by a name that all have": Budget(2, 0, today=6, batches=4),
    "search by a name that all have, as manager": Budget(2, 0, today=8, batches=6),
    "search by number": Budget(2, 0, today=6, batches=4),
    "everybody": Budget(1, 0, today=4, batches=3),
    "those of a branch, as manager": Budget(1, 0, today=7, batches=4),
    "one client": Budget(1, 0, today=3),
    "one client, as manager": Budget(1, 0, today=4),
    "book, known client who is known here": Budget(1, 1, today=2),
    "merge, 10 appointments": Budget(3, 1, today=5, batches=3, items=24),
    "merge, 2 000 appointments": Budget(3, 1, today=5, batches=3, items=24),
    "merge, 2 000 appointments ahead": Budget(3, 1, today=5, batches=3, items=24),
    "undo, 10 appointments": Budget(3, 1, today=5, items=24),
    "undo, 2 000 appointments": Budget(3, 1, today=5, items=24),
    "undo, 2 000 appointments ahead": Budget(3, 1, today=5, items=24),
}
"""About clients on record."""
