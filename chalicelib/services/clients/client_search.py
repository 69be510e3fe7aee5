"""Searching clients: by address, number or outside id, then by the words of their names (CL-1)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chalicelib.domain.clients.client import Client
from chalicelib.domain.clients.directory import Shelf, Sought, entries, sought
from chalicelib.domain.organisation.catalog import Location, Settings
from chalicelib.domain.shared.permissions import Principal
from chalicelib.domain.shared.times import country_of
from chalicelib.services import paging
from chalicelib.services.client_access import Acquaintances, Scopes
from chalicelib.services.unit_of_work import Directory, Page, Ref, Store

# So many entries are looked at in one go, so often in one request: somebody who may see few of many pages on.
ROUND = 100
MOST_ROUNDS = 5


@dataclass(frozen=True, slots=True)
class _Shelf:
    """One place to look in; on the shelf of names ``term`` is what a word begins with."""

    kind: Shelf
    term: str

    def holds(self, client: Client, wanted: Sought) -> bool:
        """Whether the client stands here and is what is looked for."""
        here = (entry for entry in entries(client) if entry.shelf is self.kind)
        if self.kind is Shelf.NAME:
            return any(wanted.matches(entry) for entry in here)
        return any(entry.term == self.term for entry in here)


@dataclass(frozen=True, slots=True)
class Searching:
    """Searches: a query for each thing the text may mean, the clients and who may see them in one batch read each."""

    store: Store
    directory: Directory
    acquaintances: Acquaintances

    def search(
        self, principal: Principal, settings: Settings, scopes: Scopes, text: str, limit: int, cursor: str | None
    ) -> Page[Client]:
        """Part of what is found, each client once; a page may be short of ``limit`` while there is a cursor."""
        wanted = sought(text, self._countries(settings))
        shelves = _shelves(wanted)
        part, after = paging.decode(cursor, max(len(shelves), 1))
        shown: list[Client] = []
        rounds = MOST_ROUNDS
        while part < len(shelves):
            if not rounds or len(shown) == limit:
                return Page(tuple(shown), paging.encode(part, after or ""))
            found, last = self._look(shelves[part], wanted, after)
            for place, client in self._told(principal, scopes, shelves[: part + 1], wanted, found):
                if len(shown) == limit:
                    return Page(tuple(shown), paging.encode(part, after or ""))
                shown.append(client)
                after = place
            rounds -= last is not None
            part, after = (part, last) if last is not None else (part + 1, None)
        return Page(tuple(shown))

    def _look(self, shelf: _Shelf, wanted: Sought, after: str | None) -> tuple[list[tuple[str, str]], str | None]:
        """Places and ids of those who may be looked for, and behind which place the shelf goes on, if it does."""
        if shelf.kind is not Shelf.NAME:
            ids = self.directory.listed(shelf.kind, shelf.term, ROUND, paging.client_id(after))
            return [(i, i) for i in ids], ids[-1] if len(ids) == ROUND else None
        if after is not None and not after.startswith(shelf.term):
            raise paging.refused()
        names = self.directory.named(shelf.term, ROUND, after)
        matching = [(entry.place, entry.client_id) for entry in names if wanted.matches(entry)]
        return matching, names[-1].place if len(names) == ROUND else None

    def _told(
        self,
        principal: Principal,
        scopes: Scopes,
        shelves: Sequence[_Shelf],
        wanted: Sought,
        found: Sequence[tuple[str, str]],
    ) -> Iterator[tuple[str, Client]]:
        """Those of them that the caller may see and has not found on an earlier shelf."""
        if not found:
            return
        rows = self.store.read([Ref.to(Client, client_id) for _, client_id in found])
        there = ((place, rows.get(Client, client_id)) for place, client_id in found)
        *before, _ = shelves
        fresh = [
            (place, client)
            for place, client in there
            if client is not None and client.active and not any(shelf.holds(client, wanted) for shelf in before)
        ]
        known = {client.id for client in self.acquaintances.known(principal, scopes, [c for _, c in fresh])}
        yield from ((place, client) for place, client in fresh if client.id in known)

    def _countries(self, settings: Settings) -> Iterator[str]:
        """Where numbers may be dialled: read only when a number without its country is looked for."""
        yield from countries(self.store, settings)


def countries(store: Store, settings: Settings) -> tuple[str, ...]:
    """The countries of the organisation's locations, the one whose holidays it keeps, its time zone's; each once."""
    kept = settings.holidays.country if settings.holidays else None
    found = [location.dials_in for location in store.catalogue(Location)]
    return tuple(dict.fromkeys(country for country in (*found, kept, country_of(settings.timezone)) if country))


def _shelves(wanted: Sought) -> list[_Shelf]:
    found = [_Shelf(Shelf.EMAIL, wanted.email)] if wanted.email else []
    found += [_Shelf(Shelf.PHONE, number) for number in wanted.phones]
    found += [_Shelf(Shelf.EXTERNAL, wanted.external_id)] if wanted.external_id else []
    return found + ([_Shelf(Shelf.NAME, wanted.lead)] if wanted.lead else [])
