"""Lists of clients: all of them by name, or those somebody has to do with, in the order they were made (CL-2, D26)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from chalicelib.domain.clients.client import Acquaintance, Client
from chalicelib.domain.clients.directory import Shelf
from chalicelib.domain.organisation.catalog import Settings
from chalicelib.domain.shared.permissions import Principal
from chalicelib.services import client_identity, paging
from chalicelib.services.client_access import Scopes, own, viewing
from chalicelib.services.clients.client_search import MOST_ROUNDS, ROUND, Searching
from chalicelib.services.settings_reader import settings_in
from chalicelib.services.unit_of_work import Context, Directory, Page, Ref, Store


class Whose(StrEnum):
    """Whose clients a list shows: the caller's own, or all that they may see."""

    MINE = "mine"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class ClientQuery:
    """Which clients are asked for, and which part of them."""

    text: str = ""
    whose: Whose = Whose.ALL
    limit: int = 50
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class ClientLists:
    """Lists and searches within the caller's scope; merged and deleted clients are on none."""

    store: Store
    directory: Directory
    searching: Searching

    def listed(self, context: Context, query: ClientQuery) -> Page[Client]:
        """Part of a list; a page may be short while there is a cursor. 422 ``invalid_cursor``."""
        principal = context.staff
        settings = settings_in(self.store.read([Ref.to(Settings)]))
        scopes = own(principal) if query.whose is Whose.MINE else viewing(principal, settings)
        text = query.text.strip()
        if text:
            return self.searching.search(principal, settings, scopes, text, query.limit, query.cursor)
        return self.within(principal, scopes, query.limit, query.cursor)

    def within(self, principal: Principal, scopes: Scopes, limit: int, cursor: str | None) -> Page[Client]:
        """Part of all the clients known through these scopes; everybody's are in order of name."""
        if scopes is None:
            return self.directory.everybody(limit, cursor)
        return self._met(principal, scopes, limit, cursor)

    def _met(self, principal: Principal, scopes: tuple[str, ...], limit: int, cursor: str | None) -> Page[Client]:
        """Those known through these scopes, in order of the id under which they became known."""
        after = paging.client_id(paging.decode(cursor, 1)[1])
        shown: list[Client] = []
        for _ in range(MOST_ROUNDS):
            ids, last = self._round(principal, scopes, after)
            for client_id, client in self._once(principal, scopes, ids):
                if len(shown) == limit:
                    return Page(tuple(shown), paging.encode(0, after or ""))
                shown.append(client)
                after = client_id
            if last is None:
                return Page(tuple(shown))
            after = last
        return Page(tuple(shown), paging.encode(0, after or ""))

    def _round(self, principal: Principal, scopes: Iterable[str], after: str | None) -> tuple[list[str], str | None]:
        """The ids that come next, through whomever they are known, and the last of them unless it ends there."""
        lists = [[row.client_id for row in self.directory.seen(scope, ROUND, after)] for scope in scopes]
        if principal.staff_id:
            lists.append(list(self.directory.listed(Shelf.PROSPECT, principal.staff_id, ROUND, after)))
        # Beyond the end of the shortest full list its next ids are not known yet.
        ends = [ids[-1] for ids in lists if len(ids) == ROUND]
        last = min(ends, default=None)
        return sorted({i for ids in lists for i in ids if last is None or i <= last}), last

    def _once(self, principal: Principal, scopes: Scopes, ids: list[str]) -> Iterator[tuple[str, Client]]:
        """Each client at the first id of their family that is known, as the one they have been merged into."""
        everybody = client_identity.people(
            self.store, ids, self.store.read([Ref.to(Client, client_id) for client_id in ids])
        )
        shown: dict[str, Client] = {}
        for client_id in ids:
            client = everybody.by_id.get(client_id)
            if client is not None and client.active and client not in shown.values():
                shown[client_id] = client
        earlier = self._known_before(principal, scopes, shown)
        yield from ((i, client) for i, client in shown.items() if client.id not in earlier)

    def _known_before(self, principal: Principal, scopes: Scopes, shown: dict[str, Client]) -> set[str]:
        """Those of them who were listed under another id of their family already."""
        asked = {(s, m): c.id for i, c in shown.items() for m in c.family if m < i for s in scopes or ()}
        found = self.store.read([Ref.to(Acquaintance, *pair) for pair in asked])
        rows = ((found.get(Acquaintance, *pair), client_id) for pair, client_id in asked.items())
        made = {c.id for i, c in shown.items() if c.id < i and c.prospect_of and c.prospect_of == principal.staff_id}
        return made | {client_id for row, client_id in rows if row is not None and row.met > 0}
