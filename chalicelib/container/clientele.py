"""What is done with clients on record, put together."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from chalicelib.container.core import acquaintances, directory, ids, pause, store
from chalicelib.container.desk import cancelling

if TYPE_CHECKING:
    from chalicelib.services.clients.activity import Activities
    from chalicelib.services.clients.client_lists import ClientLists
    from chalicelib.services.clients.duplicates import Duplicates
    from chalicelib.services.clients.erasure import Forgetting
    from chalicelib.services.clients.merging import Merging
    from chalicelib.services.clients.profiles import Clients
    from chalicelib.services.clients.sessions import Sessions
    from chalicelib.services.clients.undo_merge import Undoing
    from chalicelib.services.clients.workflows import Workflows


@lru_cache(maxsize=1)
def clients() -> Clients:
    """The profiles of clients."""
    from chalicelib.services.clients.profiles import Clients

    return Clients(store(), directory(), acquaintances(), ids(), pause)


@lru_cache(maxsize=1)
def client_lists() -> ClientLists:
    """Lists and searches of clients."""
    from chalicelib.services.clients.client_lists import ClientLists
    from chalicelib.services.clients.client_search import Searching

    return ClientLists(store(), directory(), Searching(store(), directory(), acquaintances()))


@lru_cache(maxsize=1)
def duplicates() -> Duplicates:
    """Likely duplicates of clients."""
    from chalicelib.persistence.phonetic_index import DynamoSoundings
    from chalicelib.services.clients.duplicates import Duplicates

    return Duplicates(store(), directory(), DynamoSoundings(), clients(), client_lists(), acquaintances())


@lru_cache(maxsize=1)
def activities() -> Activities:
    """What has been going on with a client."""
    from chalicelib.persistence.workflow_lists import DynamoWorkflows
    from chalicelib.services.clients.activity import Activities

    return Activities(store(), directory(), DynamoWorkflows(), clients())


@lru_cache(maxsize=1)
def workflows() -> Workflows:
    """Steps to be taken for clients."""
    from chalicelib.persistence.workflow_lists import DynamoWorkflows
    from chalicelib.services.clients.workflows import Workflows

    return Workflows(store(), DynamoWorkflows(), clients(), ids(), pause)


@lru_cache(maxsize=1)
def merging() -> Merging:
    """Merges of clients."""
    from chalicelib.services.clients.merging import Merging

    return Merging(store(), directory(), acquaintances(), ids(), pause)


@lru_cache(maxsize=1)
def undoing() -> Undoing:
    """Undone merges."""
    from chalicelib.services.clients.undo_merge import Undoing

    return Undoing(store(), acquaintances(), ids(), pause)


@lru_cache(maxsize=1)
def sessions() -> Sessions:
    """What clients are entitled to."""
    from chalicelib.services.clients.sessions import Sessions

    return Sessions(store(), clients(), ids(), pause)


@lru_cache(maxsize=1)
def forgetting() -> Forgetting:
    """Deleting clients."""
    from chalicelib.services.clients.erasure import Forgetting

    return Forgetting(store(), directory(), clients(), cancelling(), ids(), pause)
