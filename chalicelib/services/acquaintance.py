"""Whom a caller may know: clients they, or their locations, have had to do with (CL-2, CL-3, D26)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from chalicelib.domain.catalog import Settings
from chalicelib.domain.clients import Acquaintance, Client
from chalicelib.domain.errors import ClientMerged, Forbidden, NotFound
from chalicelib.domain.permissions import Ability, Principal, Scope
from chalicelib.services.ports import Directory, Ref, Store


def scope_ids(principal: Principal, ability: Ability) -> tuple[str, ...] | None:
    """The locations and the person through whom somebody is known; none where everybody is."""
    scopes = principal.scopes(ability)
    if Scope.ALL in scopes:
        return None
    places = sorted(principal.location_ids) if Scope.LOCATIONS in scopes else []
    # Whoever reaches locations reaches what is his own there besides (S: Staff Advanced and Manager).
    return (*places, principal.staff_id) if scopes else ()


class Acquaintances:
    """The scope check: one batch read for any number of clients, their families included."""

    def __init__(self, store: Store, directory: Directory) -> None:
        self._store = store
        self._directory = directory

    def viewing(self, principal: Principal, settings: Settings) -> tuple[str, ...] | None:
        """Through whom the caller sees clients; with ``all_staff_view_all_clients`` everybody sees all (CL-3)."""
        ability = Ability.CLIENT_VIEW_SHARED if settings.all_staff_view_all_clients else Ability.CLIENT_VIEW
        return scope_ids(principal, ability)

    def known(self, principal: Principal, scopes: Sequence[str] | None, clients: Iterable[Client]) -> list[Client]:
        """Those of the clients that are known through these scopes, in order."""
        wanted = list(clients)
        if scopes is None:
            return wanted
        keys = {client.id: [(s, member) for s in scopes for member in client.family] for client in wanted}
        refs = [Ref.to(Acquaintance, *key) for pairs in keys.values() for key in pairs]
        found = self._store.read(refs) if refs else None

        def met(pair: tuple[str, str]) -> bool:
            row = found.get(Acquaintance, *pair) if found else None
            return row is not None and row.met > 0

        return [c for c in wanted if any(map(met, keys[c.id])) or self._unbooked_own(principal, c)]

    def require(self, principal: Principal, settings: Settings, ability: Ability, client: Client) -> None:
        """404 for a client the caller may not know of, 403 where they may see but not do this (section 13)."""
        if not self.known(principal, self.viewing(principal, settings), [client]):
            raise NotFound()
        if not principal.may(ability):
            raise Forbidden()
        if not self.known(principal, scope_ids(principal, ability), [client]):
            raise Forbidden("This client has had no appointment with you.")

    def _unbooked_own(self, principal: Principal, client: Client) -> bool:
        """Whoever made a client sees them until somebody books them (D26)."""
        own = client.created_by is not None and client.created_by == principal.staff_id
        return own and not any(self._directory.appointments(member, None, 1) for member in client.family)


def require_active(client: Client) -> None:
    """409 ``client_merged`` with the id of the one it was merged into; 404 once deleted (D21, D25)."""
    if client.merged_into is not None:
        raise ClientMerged(extra={"merged_into": client.merged_into})
    if client.deleted_at is not None:
        raise NotFound()
