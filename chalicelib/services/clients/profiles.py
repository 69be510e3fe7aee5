"""The profiles of clients: creating, showing and editing them, and their log (CL-1 … CL-3, CC-9, CC-13, D25b)."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from chalicelib.domain.clients.client import PHONE_FIELDS, Client, ClientProfile, normalise_email
from chalicelib.domain.organisation.settings import Settings
from chalicelib.domain.shared.errors import NotFound
from chalicelib.domain.shared.events import JournalEntry
from chalicelib.domain.shared.permissions import Ability
from chalicelib.domain.shared.times import known_zone
from chalicelib.services import client_identity, paging
from chalicelib.services.client_access import ClientAccess, require_active
from chalicelib.services.clients import contact_index, external_ids, registration
from chalicelib.services.clients.audit_log import record_update
from chalicelib.services.clients.client_search import dialling_countries
from chalicelib.services.clients.registration import ClientRegistration
from chalicelib.services.context import Context
from chalicelib.services.crud import Fields, check_version
from chalicelib.services.retry import Pause, retry_on_conflict
from chalicelib.services.settings_reader import settings_in
from chalicelib.services.store_port import ClientDirectory, Ids, Page, Ref, Store
from chalicelib.services.unit_of_work import UnitOfWork


class ClientProfiles:
    """Create, show and edit the clients within the caller's scope."""

    def __init__(
        self, store: Store, directory: ClientDirectory, client_access: ClientAccess, ids: Ids, pause: Pause
    ) -> None:
        self._store = store
        self._directory = directory
        self._client_access = client_access
        self._ids = ids
        self._pause = pause

    def create(self, context: Context, new: ClientProfile) -> Client:
        """Register a client, visible to the caller until somebody books them (D26).

        422 ``contact_required``, ``invalid_phone``, ``unknown_timezone``; 409 ``already_exists``.
        """
        registration.require_contact(new)
        new = registration.normalise(new, self._dialling_countries() if registration.has_national_number(new) else ())
        return retry_on_conflict(lambda: self._create(context, new), self._pause)

    def _create(self, context: Context, new: ClientProfile) -> Client:
        found = self._store.read(registration.refs([new]))
        work = UnitOfWork()
        (client,) = registration.register(
            work, found, context, self._ids, self._client_access, [ClientRegistration(new)]
        )
        self._store.commit(work, context.idempotency, client)
        return client

    def show(self, context: Context, client_id: str, ability: Ability | None = None) -> Client:
        """The client, or the one they have been merged into; 404 outside the caller's scope (D21).

        With an ability, 403 if the caller sees the client but the ability does not cover them.
        """
        return self._require_access(context, client_id, ability)[1]

    def log(self, context: Context, client_id: str, limit: int, cursor: str | None) -> Page[JournalEntry]:
        """The log of the client and of merged records, newest first; 404, 403, 422 ``invalid_cursor``."""
        client = self.show(context, client_id, Ability.LOG_VIEW)
        before = paging.require_entry_id(paging.decode_cursor(cursor, 1)[1])
        entries = [entry for member in client.record_ids for entry in self._directory.log(member, before, limit + 1)]
        entries.sort(key=lambda entry: entry.id, reverse=True)
        return paging.first_page(entries, limit, lambda entry: entry.id)

    def change(self, context: Context, client_id: str, fields: Fields) -> Client:
        """Change these fields; a new mobile number has no consent to texts yet (D19).

        404, 403; 409 ``client_merged``, ``already_exists``; 412; 422 as for a new one.
        """
        return retry_on_conflict(lambda: self._change(context, client_id, fields), self._pause)

    def _change(self, context: Context, client_id: str, fields: Fields) -> Client:
        before = self.require_editable(context, client_id, Ability.CLIENT_EDIT)
        after = self._with_fields(before, fields)
        if after == before:
            return before
        found = self._store.read(registration.refs([before, after]))
        work = UnitOfWork()
        written = work.save(replace(after, updated_at=context.now))
        work.index_client(written, before)
        contact_index.update_client(work, found, written, before, context.now)
        external_ids.update(work, found, written, before, partial(self._client_access.sees, context.staff))
        record_update(work, context, self._ids, written, before)
        self._store.commit(work)
        return written

    def require_editable(self, context: Context, client_id: str, ability: Ability) -> Client:
        """The client at the version the caller saw, for writing; 404, 403, 409 ``client_merged``, 412."""
        record, _ = self._require_access(context, client_id, ability)
        require_active(record)
        check_version(record, context)
        return record

    def _require_access(self, context: Context, client_id: str, ability: Ability | None) -> tuple[Client, Client]:
        """The record of that id and the client it stands for, whom the ability covers."""
        found = self._store.read([Ref.to(Client, client_id), Ref.to(Settings)])
        record, client = found.require(Client, client_id), client_identity.resolve_client(self._store, client_id, found)
        if client is None or client.deleted_at is not None:
            raise NotFound()
        self._client_access.require(context.staff, settings_in(found), ability, client)
        return record, client

    def _with_fields(self, before: Client, fields: Fields) -> Client:
        if fields.get("timezone"):
            known_zone(fields["timezone"], "/timezone")
        country = fields.get("country", before.country)
        typed = {name: fields[name] for name in PHONE_FIELDS if fields.get(name)}
        national = any(not number.startswith("+") for number in typed.values())
        countries = (country,) if country else self._dialling_countries() if national else ()
        numbers = registration.normalise_phones(typed, countries)
        email = {"email": normalise_email(fields["email"])} if fields.get("email") else {}
        after = replace(before, **{**fields, **numbers, **email})
        if after.mobile != before.mobile and not fields.get("receive_sms"):
            after = replace(after, receive_sms=False)
        registration.require_contact(after)
        return replace(after, receive_sms=after.sms_number is not None)

    def _dialling_countries(self) -> tuple[str, ...]:
        settings = settings_in(self._store.read([Ref.to(Settings)], consistent=False))
        return dialling_countries(self._store, settings)
