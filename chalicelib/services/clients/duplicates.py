"""Likely duplicates: of one client, as a worklist, and as hints when a client is created."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from chalicelib.domain.clients.client import Client
from chalicelib.domain.clients.directory import DirectoryEntry, DirectoryIndex, directory_entries, fold_words
from chalicelib.domain.clients.duplicates import (
    MATCH_THRESHOLD,
    ComparedFields,
    MatchScore,
    match_score,
    name_similarity,
)
from chalicelib.domain.shared.permissions import Ability, Principal
from chalicelib.services import paging
from chalicelib.services.client_access import ClientAccess, ClientScopes, scopes_for_ability
from chalicelib.services.clients.client_lists import ClientLists
from chalicelib.services.clients.profiles import ClientProfiles
from chalicelib.services.context import Context
from chalicelib.services.crud import read_existing
from chalicelib.services.store_port import ClientDirectory, Page, Store

MAX_LISTED = 20
# Clients examined for one page of the worklist.
BATCH_SIZE = 20
MAX_HINTS = 3
# A household or an office shares one number or address; more matches are not examined.
_MAX_SAME_CONTACT = 20
# Entries read of a frequent sound; the most similar of them are compared in full.
_MAX_SAME_SOUND = 500
_MAX_COMPARED = 50


class PhoneticIndex(Protocol):
    """The entries of clients by the sound of their names and streets."""

    def find_by_key(self, key: str, limit: int) -> tuple[DirectoryEntry, ...]:
        """The first entries under this key, in order of name: one query."""


@dataclass(frozen=True, slots=True)
class LikelyDuplicate:
    """A client who may be the same person as another, with score and reasons."""

    client: Client
    likeness: MatchScore


@dataclass(frozen=True, slots=True)
class LikelyPair:
    """Two clients who may be one person; the older one, with the smaller id, first."""

    first: Client
    second: Client
    likeness: MatchScore


class Duplicates:
    """Find likely duplicates among the clients a caller may see; every list is bounded by what it reads."""

    def __init__(
        self,
        store: Store,
        directory: ClientDirectory,
        phonetic_index: PhoneticIndex,
        client_profiles: ClientProfiles,
        lists: ClientLists,
        client_access: ClientAccess,
    ) -> None:
        self._store = store
        self._directory = directory
        self._phonetic_index = phonetic_index
        self._client_profiles = client_profiles
        self._lists = lists
        self._client_access = client_access

    def list_for(self, context: Context, client_id: str) -> Page[LikelyDuplicate]:
        """The likeliest duplicates of one client, at most twenty, highest first; 404 outside the caller's scope."""
        client = self._client_profiles.show(context, client_id)
        return Page(self._visible(context.staff, client)[:MAX_LISTED])

    def hints(self, principal: Principal, client: Client) -> tuple[LikelyDuplicate, ...]:
        """The likeliest duplicates, at most three, of a new client."""
        return self._visible(principal, client)[:MAX_HINTS]

    def worklist(self, context: Context, limit: int, cursor: str | None) -> Page[LikelyPair]:
        """Pairs of clients the caller may merge, each once; a page may be empty though the list goes on.

        A page examines twenty clients, its likeliest pairs first. 422 ``invalid_cursor``.
        """
        shown, begin = paging.decode_cursor(cursor, BATCH_SIZE * MAX_LISTED)
        scopes = scopes_for_ability(context.staff, Ability.CLIENT_MERGE)
        examined = self._lists.list_within_scopes(context.staff, scopes, BATCH_SIZE, begin)
        pairs = [pair for client in examined.items for pair in self._pairs(context.staff, scopes, client)]
        pairs.sort(key=lambda pair: (-pair.likeness.score, pair.first.id, pair.second.id))
        page = tuple(pairs[shown : shown + limit])
        if shown + limit < len(pairs):
            return Page(page, paging.encode_cursor(shown + limit, begin or ""))
        return Page(page, paging.encode_cursor(0, examined.next_cursor) if examined.next_cursor else None)

    def _pairs(self, principal: Principal, scopes: ClientScopes, client: Client) -> list[LikelyPair]:
        """The pairs in which this client is the older one."""
        likely = [each for each in self._likely(client) if each.client.id > client.id]
        known = {c.id for c in self._client_access.known_through(principal, scopes, [each.client for each in likely])}
        shown = [each for each in likely if each.client.id in known][:MAX_LISTED]
        return [LikelyPair(client, each.client, each.likeness) for each in shown]

    def _visible(self, principal: Principal, client: Client) -> tuple[LikelyDuplicate, ...]:
        likely = self._likely(client)
        seen = {c.id for c in self._client_access.visible(principal, [each.client for each in likely])}
        return tuple(each for each in likely if each.client.id in seen)

    def _likely(self, client: Client) -> list[LikelyDuplicate]:
        """Every client at or above the threshold, highest score first."""
        compared = ComparedFields.from_client(client)
        likely = [LikelyDuplicate(other, match_score(compared, other)) for other in self._candidates(client)]
        found = [each for each in likely if each.likeness.score >= MATCH_THRESHOLD]
        return sorted(found, key=lambda each: (-each.likeness.score, each.client.id))

    def _candidates(self, client: Client) -> list[Client]:
        """Clients with the same contact or sound, other than the client's own records."""
        same_contact: dict[str, None] = {}
        same_sound: dict[str, str] = {}
        for entry in sorted(directory_entries(client), key=lambda e: (e.shelf, e.term)):
            if entry.shelf in (DirectoryIndex.EMAIL, DirectoryIndex.PHONE):
                same_contact |= dict.fromkeys(self._directory.find_by_term(entry.shelf, entry.term, _MAX_SAME_CONTACT))
            elif entry.shelf is DirectoryIndex.SOUND:
                same_sound |= {
                    found.client_id: found.name
                    for found in self._phonetic_index.find_by_key(entry.term, _MAX_SAME_SOUND)
                }
        ids = dict.fromkeys([*same_contact, *_most_similar(client, same_sound)])
        others = [client_id for client_id in ids if client_id not in client.record_ids]
        return [other for other in read_existing(self._store, Client, others, consistent=False) if other.active]


def _most_similar(client: Client, same_sound: dict[str, str]) -> list[str]:
    """The ids of the clients with the most similar names."""
    name = " ".join(fold_words(client.name))
    others = [(name_similarity(name, other), client_id) for client_id, other in same_sound.items()]
    return [client_id for _, client_id in sorted(others, key=lambda o: (-o[0], o[1]))[:_MAX_COMPARED]]
