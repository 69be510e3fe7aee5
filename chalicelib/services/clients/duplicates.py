"""Likely duplicates: of one client, as a list to work off, and as a hint to whoever makes a new one."""

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
from chalicelib.services.store_port import ClientDirectory, Page, Ref, Store

MAX_LISTED = 20
# So many clients are looked at for one page of the worklist.
BATCH_SIZE = 20
MAX_HINTS = 3
# One number or address reaches a household or an office; more of them are looked at by nobody.
_MAX_SAME_CONTACT = 20
# Of a frequent name so many entries are read, and of these the most alike are compared in full.
_MAX_SAME_SOUND = 500
_MAX_COMPARED = 50


class PhoneticIndex(Protocol):
    """Where two records of one person meet."""

    def find_by_key(self, key: str, limit: int) -> tuple[DirectoryEntry, ...]:
        """The first so many who are filed under this key, in order of name: one query."""


@dataclass(frozen=True, slots=True)
class LikelyDuplicate:
    """A client who may be the same person as another, and why."""

    client: Client
    likeness: MatchScore


@dataclass(frozen=True, slots=True)
class LikelyPair:
    """Two clients who may be one person; the one with the smaller id, the older one, comes first."""

    first: Client
    second: Client
    likeness: MatchScore


class Duplicates:
    """Finding likely duplicates among the clients a caller may know; every list is bounded by what it reads."""

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
        """The likeliest duplicates, at most three, of a client who is about to be made or just was."""
        return self._visible(principal, client)[:MAX_HINTS]

    def worklist(self, context: Context, limit: int, cursor: str | None) -> Page[LikelyPair]:
        """Pairs of clients the caller may merge, each once; a page may be empty and the list go on all the same.

        A page comes from one stretch of twenty clients; within it the likeliest stand first. 422 ``invalid_cursor``.
        """
        shown, begin = paging.decode_cursor(cursor, BATCH_SIZE * MAX_LISTED)
        scopes = scopes_for_ability(context.staff, Ability.CLIENT_MERGE)
        stretch = self._lists.list_within_scopes(context.staff, scopes, BATCH_SIZE, begin)
        pairs = [pair for client in stretch.items for pair in self._pairs(context.staff, scopes, client)]
        pairs.sort(key=lambda pair: (-pair.likeness.score, pair.first.id, pair.second.id))
        page = tuple(pairs[shown : shown + limit])
        if shown + limit < len(pairs):
            return Page(page, paging.encode_cursor(shown + limit, begin or ""))
        return Page(page, paging.encode_cursor(0, stretch.next_cursor) if stretch.next_cursor else None)

    def _pairs(self, principal: Principal, scopes: ClientScopes, client: Client) -> list[LikelyPair]:
        """Those in which this is the older one."""
        likely = [each for each in self._likely(client) if each.client.id > client.id]
        known = {c.id for c in self._client_access.known_through(principal, scopes, [each.client for each in likely])}
        shown = [each for each in likely if each.client.id in known][:MAX_LISTED]
        return [LikelyPair(client, each.client, each.likeness) for each in shown]

    def _visible(self, principal: Principal, client: Client) -> tuple[LikelyDuplicate, ...]:
        likely = self._likely(client)
        seen = {c.id for c in self._client_access.visible(principal, [each.client for each in likely])}
        return tuple(each for each in likely if each.client.id in seen)

    def _likely(self, client: Client) -> list[LikelyDuplicate]:
        """Everybody beyond the threshold, highest first."""
        traits = ComparedFields.from_client(client)
        likely = [LikelyDuplicate(other, match_score(traits, other)) for other in self._candidates(client)]
        found = [each for each in likely if each.likeness.score >= MATCH_THRESHOLD]
        return sorted(found, key=lambda each: (-each.likeness.score, each.client.id))

    def _candidates(self, client: Client) -> list[Client]:
        """Who is reached at the same place or filed under the same sound, without the client and those absorbed."""
        reached: dict[str, None] = {}
        heard: dict[str, str] = {}
        for entry in sorted(directory_entries(client), key=lambda e: (e.shelf, e.term)):
            if entry.shelf in (DirectoryIndex.EMAIL, DirectoryIndex.PHONE):
                reached |= dict.fromkeys(self._directory.find_by_term(entry.shelf, entry.term, _MAX_SAME_CONTACT))
            elif entry.shelf is DirectoryIndex.SOUND:
                heard |= {
                    found.client_id: found.name
                    for found in self._phonetic_index.find_by_key(entry.term, _MAX_SAME_SOUND)
                }
        ids = dict.fromkeys([*reached, *_most_alike(client, heard)])
        refs = [Ref.to(Client, client_id) for client_id in ids if client_id not in client.record_ids]
        found = self._store.read(refs, consistent=False) if refs else None
        clients = (found.get(Client, *ref.key) for ref in refs) if found else ()
        return [other for other in clients if other is not None and other.active]


def _most_alike(client: Client, same_sound: dict[str, str]) -> list[str]:
    """The ids of those whose names are most like the client's."""
    name = " ".join(fold_words(client.name))
    others = [(name_similarity(name, other), client_id) for client_id, other in same_sound.items()]
    return [client_id for _, client_id in sorted(others, key=lambda o: (-o[0], o[1]))[:_MAX_COMPARED]]
