"""Searching clients: by address, number or outside id, then by the words of their names (CL-1)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chalicelib.domain.clients.client import Client
from chalicelib.domain.clients.directory import DirectoryIndex, SearchTerms, directory_entries, parse_search
from chalicelib.domain.organisation.catalogue import Location
from chalicelib.domain.organisation.settings import Settings
from chalicelib.domain.shared.permissions import Principal
from chalicelib.domain.shared.times import country_of
from chalicelib.services import paging
from chalicelib.services.client_access import ClientAccess, ClientScopes
from chalicelib.services.store_port import ClientDirectory, Page, Ref, Store

# Entries of one query, and queries of one request: a caller who may see few of many clients pages on.
BATCH_SIZE = 100
MAX_BATCHES = 5


@dataclass(frozen=True, slots=True)
class _IndexQuery:
    """A term to look up in one index; in the index of names it is the beginning of a word."""

    index: DirectoryIndex
    term: str

    def matches(self, client: Client, wanted: SearchTerms) -> bool:
        """True if the client is found by this query."""
        entries = (entry for entry in directory_entries(client) if entry.shelf is self.index)
        if self.index is DirectoryIndex.NAME:
            return any(wanted.matches(entry) for entry in entries)
        return any(entry.term == self.term for entry in entries)


@dataclass(frozen=True, slots=True)
class ClientSearch:
    """Search with one query per meaning of the text; clients and access are one batch read each."""

    store: Store
    directory: ClientDirectory
    client_access: ClientAccess

    def search(
        self, principal: Principal, settings: Settings, scopes: ClientScopes, text: str, limit: int, cursor: str | None
    ) -> Page[Client]:
        """A page of the clients found, each once; it may be short of ``limit`` while there is a cursor."""
        wanted = parse_search(text, self._dialling_countries(settings))
        queries = _index_queries(wanted)
        part, after = paging.decode_cursor(cursor, max(len(queries), 1))
        shown: list[Client] = []
        rounds = MAX_BATCHES
        while part < len(queries):
            if not rounds or len(shown) == limit:
                return Page(tuple(shown), paging.encode_cursor(part, after or ""))
            found, last = self._query_index(queries[part], wanted, after)
            for position, client in self._visible_clients(principal, scopes, queries[: part + 1], wanted, found):
                if len(shown) == limit:
                    return Page(tuple(shown), paging.encode_cursor(part, after or ""))
                shown.append(client)
                after = position
            rounds -= last is not None
            part, after = (part, last) if last is not None else (part + 1, None)
        return Page(tuple(shown))

    def _query_index(
        self, query: _IndexQuery, wanted: SearchTerms, after: str | None
    ) -> tuple[list[tuple[str, str]], str | None]:
        """Positions and ids of the matches, and the position after which the index goes on, ``None`` at its end."""
        if query.index is not DirectoryIndex.NAME:
            ids = self.directory.find_by_term(query.index, query.term, BATCH_SIZE, paging.require_client_id(after))
            return [(i, i) for i in ids], ids[-1] if len(ids) == BATCH_SIZE else None
        if after is not None and not after.startswith(query.term):
            raise paging.invalid_cursor()
        names = self.directory.find_by_name(query.term, BATCH_SIZE, after)
        matching = [(entry.position, entry.client_id) for entry in names if wanted.matches(entry)]
        return matching, names[-1].position if len(names) == BATCH_SIZE else None

    def _visible_clients(
        self,
        principal: Principal,
        scopes: ClientScopes,
        queries: Sequence[_IndexQuery],
        wanted: SearchTerms,
        found: Sequence[tuple[str, str]],
    ) -> Iterator[tuple[str, Client]]:
        """The found clients that the caller may see and that no earlier query finds."""
        if not found:
            return
        rows = self.store.read([Ref.to(Client, client_id) for _, client_id in found])
        clients = ((position, rows.get(Client, client_id)) for position, client_id in found)
        *before, _ = queries
        fresh = [
            (position, client)
            for position, client in clients
            if client is not None and client.active and not any(query.matches(client, wanted) for query in before)
        ]
        known = {client.id for client in self.client_access.known_through(principal, scopes, [c for _, c in fresh])}
        yield from ((position, client) for position, client in fresh if client.id in known)

    def _dialling_countries(self, settings: Settings) -> Iterator[str]:
        """The countries to read numbers in: fetched only when a number without its country is searched."""
        yield from dialling_countries(self.store, settings)


def dialling_countries(store: Store, settings: Settings) -> tuple[str, ...]:
    """The countries of the organisation's locations, of its holidays and of its time zone; each once."""
    holidays = settings.holidays.country if settings.holidays else None
    found = [location.phone_country for location in store.catalogue(Location)]
    return tuple(dict.fromkeys(country for country in (*found, holidays, country_of(settings.timezone)) if country))


def _index_queries(wanted: SearchTerms) -> list[_IndexQuery]:
    found = [_IndexQuery(DirectoryIndex.EMAIL, wanted.email)] if wanted.email else []
    found += [_IndexQuery(DirectoryIndex.PHONE, number) for number in wanted.phones]
    found += [_IndexQuery(DirectoryIndex.EXTERNAL, wanted.external_id)] if wanted.external_id else []
    return found + ([_IndexQuery(DirectoryIndex.NAME, wanted.lead_word)] if wanted.lead_word else [])
