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
    from chalicelib.services.clients.erasure import EraseClient
    from chalicelib.services.clients.merging import MergeClients
    from chalicelib.services.clients.profiles import ClientProfiles
    from chalicelib.services.clients.sessions import Sessions
    from chalicelib.services.clients.undo_merge import UndoMerge
    from chalicelib.services.clients.workflows import Workflows


@lru_cache(maxsize=1)
def clients() -> ClientProfiles:
    """The profiles of clients."""
    from chalicelib.services.clients.profiles import ClientProfiles

    return ClientProfiles(store(), directory(), acquaintances(), ids(), pause)


@lru_cache(maxsize=1)
def client_lists() -> ClientLists:
    """Lists and searches of clients."""
    from chalicelib.services.clients.client_lists import ClientLists
    from chalicelib.services.clients.client_search import ClientSearch

    return ClientLists(store(), directory(), ClientSearch(store(), directory(), acquaintances()))


@lru_cache(maxsize=1)
def duplicates() -> Duplicates:
    """Likely duplicates of clients."""
    from chalicelib.persistence.phonetic_index import DynamoPhoneticIndex
    from chalicelib.services.clients.duplicates import Duplicates

    return Duplicates(store(), directory(), DynamoPhoneticIndex(), clients(), client_lists(), acquaintances())


@lru_cache(maxsize=1)
def activities() -> Activities:
    """What has been going on with a client."""
    from chalicelib.persistence.workflow_lists import DynamoWorkflowLists
    from chalicelib.services.clients.activity import Activities

    return Activities(store(), directory(), DynamoWorkflowLists(), clients())


@lru_cache(maxsize=1)
def workflows() -> Workflows:
    """Steps to be taken for clients."""
    from chalicelib.persistence.workflow_lists import DynamoWorkflowLists
    from chalicelib.services.clients.workflows import Workflows

    return Workflows(store(), DynamoWorkflowLists(), clients(), ids(), pause)


@lru_cache(maxsize=1)
def merging() -> MergeClients:
    """Merges of clients."""
    from chalicelib.services.clients.merging import MergeClients

    return MergeClients(store(), directory(), acquaintances(), ids(), pause)


@lru_cache(maxsize=1)
def undoing() -> UndoMerge:
    """Undone merges."""
    from chalicelib.services.clients.undo_merge import UndoMerge

    return UndoMerge(store(), acquaintances(), ids(), pause)


@lru_cache(maxsize=1)
def sessions() -> Sessions:
    """What clients are entitled to."""
    from chalicelib.services.clients.sessions import Sessions

    return Sessions(store(), clients(), ids(), pause)


@lru_cache(maxsize=1)
def forgetting() -> EraseClient:
    """Deleting clients."""
    from chalicelib.services.clients.erasure import EraseClient

    return EraseClient(store(), directory(), clients(), cancelling(), ids(), pause)
