"""The clients a caller may see: those with appointments with them or at their locations (CL-2, CL-3, D26)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from chalicelib.domain.clients.client import Client, ClientRelation
from chalicelib.domain.organisation.settings import Settings
from chalicelib.domain.shared.errors import ClientMerged, Forbidden, NotFound
from chalicelib.domain.shared.permissions import Ability, Principal, Scope
from chalicelib.services import client_identity
from chalicelib.services.settings_reader import settings_in
from chalicelib.services.store_port import ReadResult, Ref, Store

ClientScopes = tuple[str, ...] | None
"""The locations and the staff member through whom clients are known; ``None`` for all clients."""


def scopes_for_ability(principal: Principal, ability: Ability) -> ClientScopes:
    """The scopes that the ability covers: the caller's locations and the caller, or ``None`` for all clients."""
    scopes = principal.scopes(ability)
    if Scope.ALL in scopes:
        return None
    locations = sorted(principal.location_ids) if Scope.LOCATIONS in scopes else []
    # Access to locations includes the caller's own clients (Staff Advanced, managers).
    return (*locations, *own_scopes(principal)) if scopes else ()


def own_scopes(principal: Principal) -> tuple[str, ...]:
    """The caller alone; empty for the first administrator, who has no staff record."""
    return (principal.staff_id,) if principal.staff_id else ()


def viewing_scopes(principal: Principal, settings: Settings) -> ClientScopes:
    """The scopes within which the caller sees clients; ``None`` if ``all_staff_view_all_clients`` (CL-3)."""
    return scopes_for_ability(principal, _ability_to_view(settings))


class ClientAccess:
    """The scope check: one batch read for any number of clients, their families included."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def visible(self, principal: Principal, clients: Iterable[Client]) -> list[Client]:
        """The clients that the caller may see, in order; nothing is read for a caller who sees all."""
        wanted = list(clients)
        scopes = scopes_for_ability(principal, Ability.CLIENT_VIEW)
        if scopes is None or not wanted:
            return wanted
        found = self._store.read([Ref.to(Settings), *_relation_refs(scopes, wanted)])
        sees_all = viewing_scopes(principal, settings_in(found)) is None
        return wanted if sees_all else _filter_known(found, principal, scopes, wanted)

    def sees(self, principal: Principal, client_id: str) -> bool:
        """True if the caller may see this client, or the one they have been merged into."""
        found = self._store.read([Ref.to(Client, client_id)])
        client = client_identity.resolve_client(self._store, client_id, found)
        return client is not None and bool(self.visible(principal, [client]))

    def known_through(self, principal: Principal, scopes: ClientScopes, clients: Iterable[Client]) -> list[Client]:
        """The clients that are known through these scopes, in order."""
        wanted = list(clients)
        if scopes is None or not wanted:
            return wanted
        return _filter_known(self._store.read(_relation_refs(scopes, wanted)), principal, scopes, wanted)

    def require(self, principal: Principal, settings: Settings, ability: Ability | None, client: Client) -> None:
        """404 for a client the caller may not see, 403 if they may see it but lack the ability (CL-2).

        Without an ability, seeing the client is enough.
        """
        viewing = viewing_scopes(principal, settings)
        if viewing is not None and not self.known_through(principal, viewing, [client]):
            raise NotFound()
        if ability is None:
            return
        if not principal.may(ability):
            raise Forbidden()
        required = scopes_for_ability(principal, ability)
        # Mostly the ability covers the scopes just checked.
        if required != viewing and not self.known_through(principal, required, [client]):
            raise Forbidden("This client has had no appointment with you.")


def require_active(client: Client) -> None:
    """409 ``client_merged`` with the id of the surviving record; 404 once deleted (D21, D25)."""
    if client.deleted_at is not None:
        raise NotFound()
    if client.merged_into is not None:
        raise ClientMerged(extra={"merged_into": client.merged_into})


def _ability_to_view(settings: Settings) -> Ability:
    return Ability.CLIENT_VIEW_SHARED if settings.all_staff_view_all_clients else Ability.CLIENT_VIEW


def _relation_refs(scopes: Sequence[str], clients: Iterable[Client]) -> list[Ref[Any]]:
    return [Ref.to(ClientRelation, s, member) for client in clients for member in client.record_ids for s in scopes]


def _filter_known(
    found: ReadResult, principal: Principal, scopes: Sequence[str], clients: Iterable[Client]
) -> list[Client]:
    def has_relation(client: Client) -> bool:
        rows = (found.get(ClientRelation, s, member) for member in client.record_ids for s in scopes)
        return any(row is not None and row.met > 0 for row in rows)

    # The author of a client sees it until somebody books it (D26).
    return [c for c in clients if (c.prospect_of and c.prospect_of == principal.staff_id) or has_relation(c)]
