"""Whom a caller may know: clients they, or their locations, have had to do with (CL-2, CL-3, D26)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from chalicelib.domain.clients.client import Acquaintance, Client
from chalicelib.domain.organisation.catalog import Settings
from chalicelib.domain.shared.errors import ClientMerged, Forbidden, NotFound
from chalicelib.domain.shared.permissions import Ability, Principal, Scope
from chalicelib.services.settings_reader import settings_in
from chalicelib.services.unit_of_work import Found, Ref, Store

Scopes = tuple[str, ...] | None
"""The locations and the person through whom clients are known; none where everybody is."""


def scope_ids(principal: Principal, ability: Ability) -> Scopes:
    """Through whom the ability reaches clients: the caller's locations and the caller, or none for all clients."""
    scopes = principal.scopes(ability)
    if Scope.ALL in scopes:
        return None
    places = sorted(principal.location_ids) if Scope.LOCATIONS in scopes else []
    # Whoever reaches locations reaches what is theirs there besides (Staff Advanced, managers).
    return (*places, *own(principal)) if scopes else ()


def own(principal: Principal) -> tuple[str, ...]:
    """The caller alone: whom they themselves have to do with; the first administrator has no staff record."""
    return (principal.staff_id,) if principal.staff_id else ()


def viewing(principal: Principal, settings: Settings) -> Scopes:
    """Through whom the caller sees clients; with ``all_staff_view_all_clients`` everybody sees all (CL-3)."""
    return scope_ids(principal, _ability_to_view(settings))


class Acquaintances:
    """The scope check: one batch read for any number of clients, their families included."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def visible(self, principal: Principal, clients: Iterable[Client]) -> list[Client]:
        """Those of the clients that the caller may see, in order; nothing is read for those who see all."""
        wanted = list(clients)
        scopes = scope_ids(principal, Ability.CLIENT_VIEW)
        if scopes is None or not wanted:
            return wanted
        found = self._store.read([Ref.to(Settings), *_refs(scopes, wanted)])
        everybody = viewing(principal, settings_in(found)) is None
        return wanted if everybody else _known(found, principal, scopes, wanted)

    def known(self, principal: Principal, scopes: Scopes, clients: Iterable[Client]) -> list[Client]:
        """Those of the clients that are known through these scopes, in order."""
        wanted = list(clients)
        if scopes is None or not wanted:
            return wanted
        return _known(self._store.read(_refs(scopes, wanted)), principal, scopes, wanted)

    def require(self, principal: Principal, settings: Settings, ability: Ability | None, client: Client) -> None:
        """404 for a client the caller may not know of, 403 where they may see but not do this (CL-2).

        Without an ability, seeing the client is all that is needed.
        """
        seen_through = viewing(principal, settings)
        if seen_through is not None and not self.known(principal, seen_through, [client]):
            raise NotFound()
        if ability is None:
            return
        if not principal.may(ability):
            raise Forbidden()
        reached_through = scope_ids(principal, ability)
        # Mostly a client is reached through whom it is seen: that has been asked.
        if reached_through != seen_through and not self.known(principal, reached_through, [client]):
            raise Forbidden("This client has had no appointment with you.")


def require_active(client: Client) -> None:
    """409 ``client_merged`` with the id of the one it was merged into; 404 once deleted (D21, D25)."""
    if client.deleted_at is not None:
        raise NotFound()
    if client.merged_into is not None:
        raise ClientMerged(extra={"merged_into": client.merged_into})


def _ability_to_view(settings: Settings) -> Ability:
    return Ability.CLIENT_VIEW_SHARED if settings.all_staff_view_all_clients else Ability.CLIENT_VIEW


def _refs(scopes: Sequence[str], clients: Iterable[Client]) -> list[Ref[Any]]:
    return [Ref.to(Acquaintance, s, member) for client in clients for member in client.family for s in scopes]


def _known(found: Found, principal: Principal, scopes: Sequence[str], clients: Iterable[Client]) -> list[Client]:
    def met(client: Client) -> bool:
        rows = (found.get(Acquaintance, s, member) for member in client.family for s in scopes)
        return any(row is not None and row.met > 0 for row in rows)

    # Whoever made a client sees them until somebody books them (D26).
    return [c for c in clients if (c.prospect_of and c.prospect_of == principal.staff_id) or met(c)]
