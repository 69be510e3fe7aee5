"""Clients on record: made, shown, edited, and what was done to their profile (CL-1 … CL-3, CC-9, CC-13, D25b)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from chalicelib.domain.clients.client import PHONE_FIELDS, Client, Contact, ExternalId, name_key, normalise_email
from chalicelib.domain.organisation.catalog import Settings
from chalicelib.domain.shared.errors import NotFound
from chalicelib.domain.shared.events import JournalEntry
from chalicelib.domain.shared.permissions import Ability
from chalicelib.domain.shared.times import epoch_minute, known_zone
from chalicelib.services import client_identity, paging
from chalicelib.services.client_access import ClientAccess, require_active
from chalicelib.services.clients import registration
from chalicelib.services.clients.audit_log import record_update
from chalicelib.services.clients.client_search import dialling_countries
from chalicelib.services.clients.registration import ClientRegistration, NewClient
from chalicelib.services.context import Context
from chalicelib.services.crud import Fields, check_version
from chalicelib.services.retry import Pause, retry_on_conflict
from chalicelib.services.settings_reader import settings_in
from chalicelib.services.store_port import ClientDirectory, Ids, Page, ReadResult, Ref, Store
from chalicelib.services.unit_of_work import UnitOfWork


class ClientProfiles:
    """The profiles of clients; whose may be seen and edited follows from whom the caller has to do with."""

    def __init__(
        self, store: Store, directory: ClientDirectory, client_access: ClientAccess, ids: Ids, pause: Pause
    ) -> None:
        self._store = store
        self._directory = directory
        self._client_access = client_access
        self._ids = ids
        self._pause = pause

    def create(self, context: Context, new: NewClient) -> Client:
        """A new client, whom the caller knows until somebody books them (D26).

        422 ``contact_required``, ``invalid_phone``, ``unknown_timezone``; 409 ``already_exists``.
        """
        registration.require_contact(new)
        new = registration.normalise(new, self._dialling_countries() if registration.has_national_number(new) else ())
        return retry_on_conflict(lambda: self._create(context, new), self._pause)

    def _create(self, context: Context, new: NewClient) -> Client:
        found = self._store.read(registration.refs([new]))
        work = UnitOfWork()
        (client,) = registration.register(work, found, context, self._ids, [ClientRegistration(new)])
        self._store.commit(work, context.idempotency, client)
        return client

    def show(self, context: Context, client_id: str, ability: Ability | None = None) -> Client:
        """The client, or whoever they have been merged into; 404 outside the caller's scope (D21).

        With an ability, 403 where the caller sees the client but that does not reach them.
        """
        return self._require_access(context, client_id, ability)[1]

    def log(self, context: Context, client_id: str, limit: int, cursor: str | None) -> Page[JournalEntry]:
        """What was done to the profile and to those merged into it, newest first; 404, 403, 422 ``invalid_cursor``."""
        client = self.show(context, client_id, Ability.LOG_VIEW)
        before = paging.require_entry_id(paging.decode_cursor(cursor, 1)[1])
        lines = [line for member in client.record_ids for line in self._directory.log(member, before, limit + 1)]
        lines.sort(key=lambda line: line.id, reverse=True)
        shown = tuple(lines[:limit])
        return Page(shown, paging.encode_cursor(0, shown[-1].id) if len(lines) > limit else None)

    def change(self, context: Context, client_id: str, fields: Fields) -> Client:
        """The client with these fields changed; a new mobile number has no consent to texts yet (D19).

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
        _update_contacts(work, found, written, before, context.now)
        _update_external_id(work, found, written, before)
        record_update(work, context, self._ids, written, before)
        self._store.commit(work)
        return written

    def require_editable(self, context: Context, client_id: str, ability: Ability) -> Client:
        """The client at the version the caller saw, for writing; 404, 403, 409 ``client_merged``, 412."""
        asked, _ = self._require_access(context, client_id, ability)
        require_active(asked)
        check_version(asked, context)
        return asked

    def _require_access(self, context: Context, client_id: str, ability: Ability | None) -> tuple[Client, Client]:
        """The record of that id and the client it stands for, who is within the ability's reach."""
        found = self._store.read([Ref.to(Client, client_id), Ref.to(Settings)])
        asked, client = found.require(Client, client_id), client_identity.resolve_client(self._store, client_id, found)
        if client is None or client.deleted_at is not None:
            raise NotFound()
        self._client_access.require(context.staff, settings_in(found), ability, client)
        return asked, client

    def _with_fields(self, before: Client, fields: Fields) -> Client:
        if fields.get("timezone"):
            known_zone(fields["timezone"], "/timezone")
        country = fields.get("country", before.country)
        given = {name: fields[name] for name in PHONE_FIELDS if fields.get(name)}
        national = any(not number.startswith("+") for number in given.values())
        places = (country,) if country else self._dialling_countries() if national else ()
        numbers: dict[str, Any] = {n: registration.parse_phone(v, places, f"/{n}") for n, v in given.items()}
        email = {"email": normalise_email(fields["email"])} if fields.get("email") else {}
        after = replace(before, **{**fields, **numbers, **email})
        if after.mobile != before.mobile and not fields.get("receive_sms"):
            after = replace(after, receive_sms=False)
        registration.require_contact(after)
        return replace(after, receive_sms=after.receive_sms and after.mobile is not None)

    def _dialling_countries(self) -> tuple[str, ...]:
        settings = settings_in(self._store.read([Ref.to(Settings)], consistent=False))
        return dialling_countries(self._store, settings)


def _update_contacts(work: UnitOfWork, found: ReadResult, after: Client, before: Client, now: datetime) -> None:
    """The public booking finds them where they are reached now, and no longer where they were (D26b)."""
    key = name_key(after.first_name, after.last_name)
    here, there = registration.contact_values(after), registration.contact_values(before)
    renamed = key != name_key(before.first_name, before.last_name)
    for value in here:
        # What stays as it is may be known by former names, through merges: undoing one must find them again.
        if value in there and not renamed:
            continue
        contact = found.get(Contact, value) or Contact(value)
        named = contact.with_client_name(after.id, key)
        if named is not contact:
            work.save(named)
    for value in there:
        stored = found.get(Contact, value)
        if value not in here and stored is not None:
            remove_from_contact(work, stored, now, after.id)


def remove_from_contact(work: UnitOfWork, contact: Contact, now: datetime, *client_ids: str) -> None:
    """These clients are no longer reached there; what then reaches nobody and counts no booking is not kept."""
    left = contact.without_clients(*client_ids)
    if not left.clients and not left.upcoming_count(epoch_minute(now)):
        work.delete(contact)
    elif left is not contact:
        work.save(left)


def _update_external_id(work: UnitOfWork, found: ReadResult, after: Client, before: Client) -> None:
    if after.external_id == before.external_id:
        return
    registration.claim_external_id(work, found, after)
    # What is still theirs as an alias stays so.
    stored = found.get(ExternalId, before.external_id) if before.external_id else None
    if stored is not None and before.external_id not in after.aliases:
        work.delete(stored)
