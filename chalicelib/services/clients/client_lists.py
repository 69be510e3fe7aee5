"""Lists of clients: all by name, or those known through some scopes by creation (CL-2, D26)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from chalicelib.domain.clients.client import Client, ClientRelation
from chalicelib.domain.clients.directory import DirectoryIndex
from chalicelib.domain.organisation.settings import Settings
from chalicelib.domain.shared.permissions import Principal
from chalicelib.services import client_identity, paging
from chalicelib.services.client_access import ClientScopes, own_scopes, viewing_scopes
from chalicelib.services.clients.client_search import BATCH_SIZE, MAX_BATCHES, ClientSearch
from chalicelib.services.context import Context
from chalicelib.services.settings_reader import settings_in
from chalicelib.services.store_port import ClientDirectory, Page, Ref, Store


class ClientListScope(StrEnum):
    """Scope of a list: the caller's own clients, or all that they may see."""

    MINE = "mine"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class ClientListRequest:
    """The clients to list, and the page."""

    text: str = ""
    scope: ClientListScope = ClientListScope.ALL
    limit: int = 50
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class ClientLists:
    """Lists and searches within the caller's scope; merged and deleted clients are on none."""

    store: Store
    directory: ClientDirectory
    client_search: ClientSearch

    def list_page(self, context: Context, request: ClientListRequest) -> Page[Client]:
        """A page of a list; it may be short while there is a cursor. 422 ``invalid_cursor``."""
        principal = context.staff
        settings = settings_in(self.store.read([Ref.to(Settings)]))
        scopes = own_scopes(principal) if request.scope is ClientListScope.MINE else viewing_scopes(principal, settings)
        text = request.text.strip()
        if text:
            return self.client_search.search(principal, settings, scopes, text, request.limit, request.cursor)
        return self.list_within_scopes(principal, scopes, request.limit, request.cursor)

    def list_within_scopes(
        self, principal: Principal, scopes: ClientScopes, limit: int, cursor: str | None
    ) -> Page[Client]:
        """A page of the clients known through these scopes; all clients (``None``) are in order of name."""
        if scopes is None:
            return self.directory.all_clients(limit, cursor)
        return self._list_by_relation(principal, scopes, limit, cursor)

    def _list_by_relation(
        self, principal: Principal, scopes: tuple[str, ...], limit: int, cursor: str | None
    ) -> Page[Client]:
        """The clients known through these scopes, in order of the id under which they became known."""
        after = paging.require_client_id(paging.decode_cursor(cursor, 1)[1])
        shown: list[Client] = []
        for _ in range(MAX_BATCHES):
            ids, last = self._next_ids(principal, scopes, after)
            for client_id, client in self._unique_clients(principal, scopes, ids):
                if len(shown) == limit:
                    return Page(tuple(shown), paging.encode_cursor(0, after or ""))
                shown.append(client)
                after = client_id
            if last is None:
                return Page(tuple(shown))
            after = last
        return Page(tuple(shown), paging.encode_cursor(0, after or ""))

    def _next_ids(self, principal: Principal, scopes: Iterable[str], after: str | None) -> tuple[list[str], str | None]:
        """The next ids over all scopes, and the last of them unless the list ends."""
        lists = [[row.client_id for row in self.directory.relations_of(scope, BATCH_SIZE, after)] for scope in scopes]
        if principal.staff_id:
            lists.append(
                list(self.directory.find_by_term(DirectoryIndex.PROSPECT, principal.staff_id, BATCH_SIZE, after))
            )
        # Beyond the end of the shortest full list its next ids are not known yet.
        ends = [ids[-1] for ids in lists if len(ids) == BATCH_SIZE]
        last = min(ends, default=None)
        return sorted({i for ids in lists for i in ids if last is None or i <= last}), last

    def _unique_clients(
        self, principal: Principal, scopes: ClientScopes, ids: list[str]
    ) -> Iterator[tuple[str, Client]]:
        """Each client once, at the first of its ids that is listed, as the record it has been merged into."""
        identities = client_identity.resolve_clients(
            self.store, ids, self.store.read([Ref.to(Client, client_id) for client_id in ids])
        )
        shown: dict[str, Client] = {}
        for client_id in ids:
            client = identities.by_id.get(client_id)
            if client is not None and client.active and client not in shown.values():
                shown[client_id] = client
        earlier = self._listed_earlier(principal, scopes, shown)
        yield from ((i, client) for i, client in shown.items() if client.id not in earlier)

    def _listed_earlier(self, principal: Principal, scopes: ClientScopes, shown: dict[str, Client]) -> set[str]:
        """The ids of clients that an earlier page listed under another of their ids."""
        earlier = {(s, m): c.id for i, c in shown.items() for m in c.record_ids if m < i for s in scopes or ()}
        found = self.store.read([Ref.to(ClientRelation, *pair) for pair in earlier])
        rows = ((found.get(ClientRelation, *pair), client_id) for pair, client_id in earlier.items())
        prospects = {
            c.id for i, c in shown.items() if c.id < i and c.prospect_of and c.prospect_of == principal.staff_id
        }
        return prospects | {client_id for row, client_id in rows if row is not None and row.met > 0}
