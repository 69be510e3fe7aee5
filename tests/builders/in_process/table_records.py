"""Records written past the API, journals read, and writes that come between a decision and its commit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from chalicelib.container import container
from chalicelib.domain.shared.events import JournalEntry, MessageKind
from chalicelib.services.store_port import Ref
from chalicelib.services.unit_of_work import UnitOfWork


@contextmanager
def committed() -> Iterator[UnitOfWork]:
    """A unit of work that is committed at the end of the block."""
    work = UnitOfWork()
    yield work
    container.store.commit(work)


def write(*records: Any) -> None:
    """Save records as another part of the system would leave them."""
    with committed() as work:
        for record in records:
            work.save(record)


def read(kind: Any, *key: str) -> Any:
    """A record as it is in the table."""
    return container.store.read([Ref.to(kind, *key)]).get(kind, *key)


def journal(subject_id: str) -> list[JournalEntry]:
    """The journal of an appointment, client, block or series, newest first."""
    return list(container.appointment_lists.journal(subject_id, 100, None).items)


def recipients(entry: JournalEntry) -> list[tuple[MessageKind, str]]:
    """Kind and recipient of each message of an entry."""
    return [(message.kind, message.recipient_id) for message in entry.messages]


def before_the_next_commit(act: Callable[[], object], of: type[Any] = object) -> None:
    """Call ``act`` just before the next commit, or the next that saves a record ``of`` a kind.

    The store is the container's, which every test makes afresh.
    """
    store = container.store
    commit = store.commit

    def overtaken(work: UnitOfWork, *more: Any) -> None:
        if of is object or any(isinstance(record, of) for record, _ in work.saved):
            setattr(store, "commit", commit)  # noqa: B010  # mypy takes no assignment to a method
            act()
        commit(work, *more)

    setattr(store, "commit", overtaken)  # noqa: B010  # the same
