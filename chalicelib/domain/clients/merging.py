"""Merging two records of one person, and undoing it (MG-1 … MG-5, D16 … D24)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from chalicelib.domain.clients.client import PROFILE_FIELDS, Client, normalise_email
from chalicelib.domain.shared.errors import TooManyMerged, invalid
from chalicelib.domain.shared.events import Actor

# Fields with rules of their own; for all others the duplicate's value wins unless it is blank (D16).
_FIELDS_WITH_OWN_RULES = frozenset({"notes", "external_id", "receive_sms", "receive_email"})
# Consent to texts goes with its number (D19).
_FIELD_GROUPS = [("mobile", "receive_sms"), *((f,) for f in PROFILE_FIELDS if f not in ("mobile", "receive_sms"))]
MAX_NOTES_LENGTH = 5000
# Each record and its outside id are items of the transaction, which holds a hundred.
MAX_MERGED_RECORDS = 12
# The fields a pointer keeps.
_POINTER_FIELDS = frozenset({"id", "first_name", "last_name", "created_at", "updated_at", "version"})


@dataclass(frozen=True, slots=True)
class Merge:
    """A merge: both records as they were, and the survivor.

    ``archived_notes`` are the duplicate's notes that did not fit or were not to be copied (D18);
    ``reached`` is the address and name key under which the survivor was made findable by the public booking.
    """

    id: str
    at: datetime
    by: Actor
    duplicate: Client
    primary: Client
    survivor: Client
    archived_notes: str = ""
    reached: tuple[str, str] | None = None
    undone_at: datetime | None = None
    version: int = 0

    @property
    def changed_fields(self) -> tuple[str, ...]:
        """The profile fields of the primary that the merge changed."""
        return tuple(name for name in PROFILE_FIELDS if getattr(self.primary, name) != getattr(self.survivor, name))

    def marked_undone(self, now: datetime) -> Merge:
        """The merge once undone: ids and times only, since both records exist again."""
        duplicate, primary, survivor = map(_without_personal_data, (self.duplicate, self.primary, self.survivor))
        return replace(
            self,
            duplicate=duplicate,
            primary=primary,
            survivor=survivor,
            archived_notes="",
            reached=None,
            undone_at=now,
        )


@dataclass(frozen=True, slots=True)
class UndoneMerge:
    """Both records after undoing; ``kept_fields`` of the primary differ from before the merge (D24)."""

    duplicate: Client
    primary: Client
    kept_fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AppointmentSpan:
    """An appointment of a client, from ``start`` to ``end``."""

    appointment_id: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class AppointmentOverlap:
    """Two appointments of one person at the same time; both stay (D17)."""

    of_duplicate: AppointmentSpan
    of_primary: AppointmentSpan


def find_overlaps(
    duplicates: Iterable[AppointmentSpan], primarys: Iterable[AppointmentSpan], now: datetime
) -> tuple[AppointmentOverlap, ...]:
    """Every pair of different appointments that overlap and are not over, soonest first."""
    upcoming = [span for span in primarys if span.end > now]
    pairs = ((d, p) for d in duplicates for p in upcoming if d.end > now and d.appointment_id != p.appointment_id)
    found = (AppointmentOverlap(d, p) for d, p in pairs if d.start < p.end and p.start < d.end)
    return tuple(
        sorted(found, key=lambda c: (max(c.of_duplicate.start, c.of_primary.start), c.of_duplicate.appointment_id))
    )


def fields_to_copy(names: Iterable[str] | None) -> frozenset[str]:
    """The fields a merge copies: those named, else all; 422 ``unknown_field`` (D16)."""
    if names is None:
        return frozenset(PROFILE_FIELDS)
    wanted = list(names)
    for place, name in enumerate(wanted):
        if name not in PROFILE_FIELDS:
            raise invalid(f"/fields/{place}", "A client has no such field.", "unknown_field")
    return frozenset(wanted)


def merge_clients(
    merge_id: str, by: Actor, duplicate: Client, primary: Client, copied: frozenset[str], now: datetime
) -> Merge:
    """The merge of two active clients; 409 ``too_many_merged`` if too many records would be joined.

    The duplicate's value wins if it has one and the field is copied (D16); notes are joined (D18), consent follows
    the number (D19), the outside id becomes an alias unless there was none (D21).
    """
    if len(primary.record_ids) + len(duplicate.record_ids) > MAX_MERGED_RECORDS:
        raise TooManyMerged()
    values = {name: getattr(duplicate, name) for name in copied - _FIELDS_WITH_OWN_RULES if getattr(duplicate, name)}
    mobile = values.get("mobile", primary.mobile)
    external_id = primary.external_id or (duplicate.external_id if "external_id" in copied else None)
    notes, archived = _join_notes(duplicate, primary, now) if "notes" in copied else (primary.notes, duplicate.notes)
    aliases = (*primary.aliases, *([duplicate.external_id] if duplicate.external_id else []), *duplicate.aliases)
    survivor = replace(
        primary,
        **values,
        notes=notes,
        external_id=external_id,
        aliases=tuple(dict.fromkeys(alias for alias in aliases if alias != external_id)),
        receive_sms=_consents_to_texts(mobile, duplicate, primary),
        # An opt-out from e-mail on either record is kept (D19).
        receive_email=duplicate.receive_email and primary.receive_email,
        # A client booked under either record has been booked (D26).
        prospect_of=primary.prospect_of if duplicate.prospect_of else None,
        absorbed=(*primary.absorbed, *duplicate.record_ids),
        updated_at=now,
    )
    found = [pair for pair in (_lookup_key(duplicate), _lookup_key(primary)) if pair]
    reached = _lookup_key(survivor)
    return Merge(
        merge_id, now, by, duplicate, primary, survivor, archived, reached=reached if reached not in found else None
    )


def as_merged_pointer(client: Client, into: str, by: str, now: datetime) -> Client:
    """The merged client as a pointer to its survivor; everything else is kept in the merge (D21)."""
    return replace(_without_personal_data(client), merged_into=into, merged_by=by, updated_at=now)


def undo_merge(merge: Merge, duplicate: Client, primary: Client, now: datetime) -> UndoneMerge:
    """Both records as before the merge, except for later edits, at their present versions (D24).

    An outside id of the duplicate that the primary was given since stays the primary's (D21).
    """
    values, kept = _restored_values(merge, primary)
    outside = values.get("external_id", primary.external_id)
    alias_before, family = set(merge.primary.aliases), set(merge.duplicate.record_ids)
    unbooked = primary.prospect_of == merge.survivor.prospect_of
    given = {alias for alias in merge.survivor.aliases if alias not in alias_before}
    return UndoneMerge(
        replace(
            merge.duplicate,
            external_id=merge.duplicate.external_id if merge.duplicate.external_id != outside else None,
            aliases=tuple(alias for alias in merge.duplicate.aliases if alias != outside),
            receive_sms=merge.duplicate.receive_sms and not _withdrew_texts(merge, primary),
            receive_email=merge.duplicate.receive_email and not _withdrew_mail(merge, primary),
            updated_at=now,
            version=duplicate.version,
        ),
        replace(
            primary,
            **values,
            aliases=tuple(alias for alias in primary.aliases if alias not in given),
            prospect_of=merge.primary.prospect_of if unbooked else primary.prospect_of,
            absorbed=tuple(member for member in primary.absorbed if member not in family),
            updated_at=now,
        ),
        kept,
    )


def rebase_later_merges(undone: Merge, later: Sequence[Merge]) -> tuple[Merge, ...]:
    """The later merges into the same primary, in order, as if the undone one had never been made.

    Undoing one of them later must not restore values that came from the undone merge's duplicate.
    """
    left, rebased = _FIELD_GROUPS, []
    for merge in later:
        left = [names for names in left if _field_values(merge.primary, names) == _field_values(undone.survivor, names)]
        primary = _with_fields(merge.primary, undone.primary, left)
        # Values that the later merge replaced are its own.
        left = [
            names for names in left if _field_values(merge.survivor, names) == _field_values(undone.survivor, names)
        ]
        rebased.append(replace(merge, primary=primary, survivor=_with_fields(merge.survivor, undone.primary, left)))
    return tuple(rebased)


def _field_values(client: Client, names: Sequence[str]) -> list[Any]:
    return [getattr(client, name) for name in names]


def _with_fields(client: Client, other: Client, fields: Iterable[Sequence[str]]) -> Client:
    """The client with these fields of another's."""
    return replace(client, **{name: getattr(other, name) for names in fields for name in names})


def _without_personal_data(client: Client) -> Client:
    """The client without personal data."""
    blank: dict[str, Any] = {f.name: f.default for f in fields(Client) if f.name not in _POINTER_FIELDS}
    return replace(client, **blank | {"first_name": "", "last_name": ""})


def _restored_values(merge: Merge, primary: Client) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The former values of fields unchanged since the merge, and the names of those that keep another value."""
    values: dict[str, Any] = {}
    for name in merge.changed_fields:
        if name != "receive_sms" and getattr(primary, name) == getattr(merge.survivor, name):
            values[name] = getattr(merge.primary, name)
    values["receive_sms"] = _restored_consent(merge, primary, values.get("mobile", primary.mobile))
    restored = replace(primary, **values)
    kept = (name for name in PROFILE_FIELDS if getattr(restored, name) != getattr(merge.primary, name))
    return values, tuple(kept)


def _restored_consent(merge: Merge, primary: Client, mobile: str | None) -> bool:
    """True if there is consent to texts to the primary's number once the merge is undone (D19).

    Consent from before the merge belongs to the number from before it; a refusal since then holds.
    """
    if mobile != merge.primary.mobile:
        return primary.receive_sms
    if primary.receive_sms == merge.survivor.receive_sms:
        return merge.primary.receive_sms
    return primary.receive_sms and (merge.primary.receive_sms or mobile == primary.mobile)


def _withdrew_texts(merge: Merge, primary: Client) -> bool:
    """True if consent to texts to the duplicate's number has been withdrawn since the merge."""
    same = primary.mobile == merge.survivor.mobile == merge.duplicate.mobile
    return same and merge.survivor.receive_sms and not primary.receive_sms


def _withdrew_mail(merge: Merge, primary: Client) -> bool:
    same = primary.email == merge.survivor.email == merge.duplicate.email
    return same and merge.survivor.receive_email and not primary.receive_email


def _consents_to_texts(mobile: str | None, duplicate: Client, primary: Client) -> bool:
    """The consent on record for this number; of two that differ the refusal wins (D19)."""
    return bool(mobile) and all(client.receive_sms for client in (duplicate, primary) if client.mobile == mobile)


def _join_notes(duplicate: Client, primary: Client, now: datetime) -> tuple[str, str]:
    """The notes of both, the primary's first, and the rest that exceeds the limit of a profile (D18)."""
    if not duplicate.notes or duplicate.notes == primary.notes:
        return primary.notes, ""
    if not primary.notes:
        return duplicate.notes, ""
    joined = f"{primary.notes}\n\n— {duplicate.name}, {duplicate.id}, {now:%Y-%m-%d} —\n{duplicate.notes}"
    return joined[:MAX_NOTES_LENGTH], joined[MAX_NOTES_LENGTH:]


def _lookup_key(client: Client) -> tuple[str, str] | None:
    """The address and name key by which the public booking finds the client (D26b)."""
    return (normalise_email(client.email), client.name_key) if client.email else None
