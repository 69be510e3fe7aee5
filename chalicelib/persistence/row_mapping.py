"""Records to rows and back: the key, index attributes and body of each kind of record."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from cattrs.preconf.json import make_converter

from chalicelib.domain.appointments.appointment import Appointment, AppointmentState
from chalicelib.domain.appointments.lifecycle import overdue_at
from chalicelib.domain.availability.holds import Hold
from chalicelib.domain.capacity.ledger import Occupant, SeatAccess, Sheet
from chalicelib.domain.clients.client import Client, ClientRelation, Contact, ExternalId
from chalicelib.domain.clients.directory import DirectoryEntry, DirectoryIndex
from chalicelib.domain.clients.merging import Merge
from chalicelib.domain.clients.sessions import Entitlement
from chalicelib.domain.clients.workflows import Workflow
from chalicelib.domain.organisation.branch_roster import BranchRoster, TeamMember
from chalicelib.domain.organisation.catalogue import CancellationReason, Location, Login, Service, Staff
from chalicelib.domain.organisation.opening_hours import BranchHours
from chalicelib.domain.organisation.rota import Rota
from chalicelib.domain.organisation.settings import Settings
from chalicelib.domain.organisation.statuses import (
    StatusCountShard,
    StatusHistoryEntry,
    StatusPipeline,
    StatusPredicate,
)
from chalicelib.domain.quickstream.blocks import Block, BlockIndexEntry, Series
from chalicelib.domain.quickview.rebooking_token import UsedReview
from chalicelib.domain.shared.events import JournalEntry
from chalicelib.domain.shared.times import from_epoch_minute
from chalicelib.persistence import keys
from chalicelib.persistence.keys import Key
from chalicelib.persistence.table import Row

T = TypeVar("T")

# The stream's relay has this long before the sweep delivers a journal entry.
RELAY_GRACE_SECONDS = 120

_converter = make_converter(forbid_extra_keys=False)
_converter.register_unstructure_hook(datetime, lambda at: at.isoformat())
_converter.register_structure_hook(datetime, lambda text, _: datetime.fromisoformat(text))


def to_json(record: Any) -> str:
    """A record as compact JSON."""
    return json.dumps(_converter.unstructure(record), separators=(",", ":"), ensure_ascii=False)


def from_json(text: str, kind: type[T]) -> T:
    """The record that ``to_json`` wrote; fields added since take their defaults."""
    return _converter.structure(json.loads(text), kind)


@dataclass(frozen=True)
class Shape(Generic[T]):
    """The layout of one kind of record in the table: ``key`` from its ids, ``ids`` from the record."""

    kind: str
    key: Callable[..., Key]
    ids: Callable[[T], tuple[str, ...]]
    indexes: Callable[[T], Mapping[str, Any]] = lambda _: {}
    pack: Callable[[T], Mapping[str, Any]] | None = None
    unpack: Callable[[Row], T] | None = None


def _own_id(record: Any) -> tuple[str, ...]:
    return (record.id,)


def _appointment_indexes(a: Appointment) -> dict[str, str]:
    suffix = "" if a.occupies_capacity else keys.CANCELLED_SUFFIX
    assigned = keys.partition(a.staff_id) if a.staff_id else keys.unassigned_partition(a.location_id)
    by_start = keys.start_sort_key(a.start, a.id)
    indexes = {
        "gsi1pk": keys.partition(a.location_id) + suffix,
        "gsi1sk": by_start,
        "gsi2pk": assigned + suffix,
        "gsi2sk": by_start,
    }
    if not a.confirmed and a.occupies_capacity:
        indexes |= {"gsi3pk": keys.partition(a.location_id), "gsi3sk": by_start}
    elif a.staff_id and a.state in (AppointmentState.IN_PROGRESS, AppointmentState.SERVED):
        # No appointment begins unconfirmed, so the review index is free for it.
        indexes |= {"gsi3pk": keys.in_progress_partition(a.staff_id), "gsi3sk": by_start}
    return indexes | appointment_due_attributes(a, a.next_reminder_at())


def appointment_due_attributes(a: Appointment, reminder: datetime | None) -> dict[str, str]:
    """The next due work of an appointment: its next reminder, after the last one to be commenced.

    A row has one place on the due index: reminders come before the start, commencing long after it, and a request,
    which has neither, may be rejected for having waited too long.
    """
    if a.requested_at and not a.confirmed and a.occupies_capacity:
        return keys.due_attributes("request", a.id, a.requested_at)
    if reminder:
        return keys.due_attributes("reminder", a.id, reminder)
    overdue = overdue_at(a)
    return keys.due_attributes("overdue", a.id, overdue) if overdue else {}


def _sheet_due_attributes(sheet: Sheet) -> dict[str, str]:
    starting = (b for b in sheet.blocks.values() if from_epoch_minute(b.start).date().isoformat() == sheet.day)
    due = [at for at in (b.next_check_at() for b in starting) if at is not None]
    return keys.due_attributes("sheet", f"{sheet.calendar_id}#{sheet.day}", from_epoch_minute(min(due))) if due else {}


_ACCESS_BY_VALUE = {str(int(right)): right for right in SeatAccess}


def _pack_occupant(o: Occupant) -> str:
    facts = (o.start, o.end - o.start, o.service_id, int(o.right), int(o.over_capacity), o.expires or "")
    return ",".join(map(str, (*facts, o.before, o.after) if o.before or o.after else facts))


def _unpack_occupant(occupant_id: str, text: str) -> Occupant:
    # A month of fifty full calendars has thirty thousand of these: keywords and enum look-ups would be slow.
    start, length, service_id, right, over, expires, *buffers = text.split(",")
    before, after = map(int, buffers) if buffers else (0, 0)
    begin = int(start)
    until = int(expires) if expires else None
    return Occupant(
        occupant_id, begin, begin + int(length), service_id, _ACCESS_BY_VALUE[right], over == "1", until, before, after
    )


def _pack_sheet(sheet: Sheet) -> dict[str, Any]:
    return {
        "blocks": {k: to_json(b) for k, b in sheet.blocks.items()},
        "occupants": {k: _pack_occupant(o) for k, o in sheet.occupants.items()},
    }


def _unpack_sheet(row: Row) -> Sheet:
    return Sheet(
        calendar_id=keys.id_of_partition(row.pk),
        day=row.sk,
        blocks={k: from_json(text, Block) for k, text in (row.blocks or {}).items()},
        occupants={k: _unpack_occupant(k, text) for k, text in (row.occupants or {}).items()},
        version=int(row.version or 0),
    )


def _pack_contact(contact: Contact) -> dict[str, Any]:
    return {
        "body": json.dumps(contact.clients),
        "upcoming": {appointment_id: str(end) for appointment_id, end in contact.upcoming},
    }


def _unpack_contact(row: Row) -> Contact:
    return Contact(
        value=keys.id_of_partition(row.pk),
        clients=tuple((client_id, name) for client_id, name in json.loads(row.body or "[]")),
        upcoming=tuple((k, int(end)) for k, end in (row.upcoming or {}).items()),
        version=int(row.version or 0),
    )


def _client_indexes(client: Client) -> dict[str, str]:
    if client.erase_at is not None:
        return keys.due_attributes("farewell", client.id, client.erase_at)
    return (
        {"gsi1pk": keys.CLIENTS_PARTITION, "gsi1sk": keys.name_sort_key(client.name, client.id)}
        if client.active
        else {}
    )


def _merge_indexes(merge: Merge) -> dict[str, str]:
    return {"gsi1pk": keys.merges_partition(merge.primary.id), "gsi1sk": keys.start_sort_key(merge.at, merge.id)}


def _workflow_indexes(workflow: Workflow) -> dict[str, str]:
    place = keys.start_sort_key(workflow.created_at, workflow.id)
    return {"gsi1pk": keys.workflows_partition(workflow.client_id), "gsi1sk": place}


def _directory_key(index: str, term: str, client_id: str, name: str) -> Key:
    return keys.directory_entry(DirectoryEntry(DirectoryIndex(index), term, client_id, name))


def _unpack_client_relation(row: Row) -> ClientRelation:
    return ClientRelation(keys.id_of_partition(row.pk), row.sk, int(row.met or 0))


def _unpack_status_share(row: Row) -> StatusCountShard:
    _, predicate, share = row.sk.split("#")
    return StatusCountShard(keys.id_of_partition(row.pk), StatusPredicate(predicate), share, int(row.met or 0))


SHAPES: dict[type[Any], Shape[Any]] = {
    Settings: Shape("settings", keys.settings, lambda _: ()),
    Location: Shape("location", keys.location, _own_id),
    Service: Shape("service", keys.service, _own_id),
    Staff: Shape("staff", keys.staff, _own_id),
    CancellationReason: Shape("reason", keys.cancellation_reason, _own_id),
    StatusPipeline: Shape("pipeline", keys.pipeline, lambda _: ()),
    StatusHistoryEntry: Shape("passed", keys.status_passed, lambda r: (r.appointment_id, r.number)),
    StatusCountShard: Shape(
        "share",
        keys.status_share,
        lambda r: (r.status_id, r.predicate, r.share),
        lambda _: {},
        unpack=_unpack_status_share,
    ),
    Login: Shape("login", keys.login, lambda r: (r.email,)),
    Sheet: Shape(
        "sheet", keys.sheet, lambda r: (r.calendar_id, r.day), _sheet_due_attributes, _pack_sheet, _unpack_sheet
    ),
    BranchHours: Shape("opening", keys.branch_hours, lambda r: (r.location_id,)),
    TeamMember: Shape("post", keys.team_member, lambda r: (r.location_id, r.staff_id)),
    Rota: Shape("rota", keys.rota, lambda r: (r.staff_id,)),
    BlockIndexEntry: Shape("block", keys.block_place, _own_id),
    Series: Shape(
        "series",
        keys.series,
        _own_id,
        lambda s: {} if s.done else keys.due_attributes("series", s.id, s.next_due),
    ),
    Appointment: Shape("appointment", keys.appointment, _own_id, _appointment_indexes),
    Client: Shape("client", keys.client, _own_id, _client_indexes),
    DirectoryEntry: Shape("directory", _directory_key, lambda e: (e.shelf, e.term, e.client_id, e.name)),
    Entitlement: Shape("entitlement", keys.entitlement, lambda e: (e.client_id,)),
    Merge: Shape("merge", keys.merge, _own_id, _merge_indexes),
    ClientRelation: Shape(
        "seen",
        keys.client_relation,
        lambda r: (r.scope_id, r.client_id),
        pack=lambda _: {},
        unpack=_unpack_client_relation,
    ),
    Contact: Shape("contact", keys.contact, lambda r: (r.value,), pack=_pack_contact, unpack=_unpack_contact),
    ExternalId: Shape("external_id", keys.external_id, lambda r: (r.value,)),
    Workflow: Shape("workflow", keys.workflow, _own_id, _workflow_indexes),
    UsedReview: Shape("review", keys.used_review, lambda r: (r.nonce,), lambda r: {"ttl": r.forget}),
    Hold: Shape("hold", keys.hold, _own_id, lambda h: {"ttl": h.expires + 86_400}),
}


def key_of(kind: type[Any], ids: tuple[str, ...]) -> Key:
    """The key of the record of this kind with these ids."""
    return SHAPES[kind].key(*ids)


def to_row(record: Any) -> Row:
    """The row of a record, with the record's version."""
    shape = SHAPES[type(record)]
    key = shape.key(*shape.ids(record))
    body = shape.pack(record) if shape.pack else {"body": to_json(record)}
    return Row(key.pk, key.sk, kind=shape.kind, version=record.version, **body, **shape.indexes(record))


def from_row(row: Row, kind: type[T]) -> T:
    """The record of a row, with the row's version."""
    shape = SHAPES[kind]
    if shape.unpack:
        unpacked: T = shape.unpack(row)
        return unpacked
    body = json.loads(row.body or "{}")
    return _converter.structure(body | {"version": int(row.version or 0)}, kind)


def roster_of(location_id: str, rows: Iterable[Row]) -> BranchRoster:
    """The roster of a location from the rows of its partition."""
    branch_hours = BranchHours(location_id)
    members = []
    for row in rows:
        if row.kind == SHAPES[BranchHours].kind:
            branch_hours = from_row(row, BranchHours)
        else:
            members.append(from_row(row, TeamMember))
    return BranchRoster(location_id, branch_hours, tuple(members))


def directory_row(entry: DirectoryEntry) -> Row:
    """The row of a directory entry."""
    key = keys.directory_entry(entry)
    return Row(key.pk, key.sk, kind="directory", body=to_json(entry))


def attendee_rows(appointment: Appointment) -> list[Row]:
    """The rows that put an appointment into its clients' lists."""
    rows = []
    for attendee in appointment.attendees:
        key = keys.attendee(appointment.id, attendee.client_id)
        body = json.dumps({"cancelled": attendee.cancelled, "end": appointment.end.isoformat()})
        by_start = keys.start_sort_key(appointment.start, appointment.id)
        client = keys.partition(attendee.client_id)
        rows.append(Row(key.pk, key.sk, kind="attendee", body=body, gsi1pk=client, gsi1sk=by_start))
    return rows


def journal_row(entry: JournalEntry) -> Row:
    """The row of a journal entry; due until it is delivered, if it has anything to deliver."""
    key = keys.journal(entry.subject_id, entry.id)
    sweep_at = datetime.fromtimestamp(entry.at.timestamp() + RELAY_GRACE_SECONDS, UTC)
    due: Mapping[str, Any] = keys.due_attributes("journal", entry.id, sweep_at) if entry.is_deliverable else {}
    return Row(key.pk, key.sk, kind="entry", body=to_json(entry), **due)
