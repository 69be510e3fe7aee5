"""Every key of the one table, and with them every access pattern.

| pattern | how | key |
|---|---|---|
| settings, locations, services, staff, reasons | query, batch get | `ORG` · `SETTINGS`, `LOC#id`, `SVC#id` … |
| all statuses of the organisation | get | `ORG` · `STATUSES` |
| how many appointments hold a status | get | `STS#id` · `HELD#predicate#share` |
| the staff member who signs in as an address | get | `LOGIN#email` · `META` |
| blocks and occupants of a location by UTC day | batch get or query | `CAL#location` · `2026-12-01` |
| busy times of a staff member by fortnight | batch get or query | `CAL#staff` · `2026-11-30` |
| a location's hours and its team members | query | `TEAM#location` · `HOURS`, `STF#staff` |
| when a staff member works | get | `ROTA#staff` · `META` |
| the location and day of a block | get | `BLK#id` · `META` |
| a series of blocks | get | `SER#id` · `META` |
| an appointment | get | `APT#id` · `META` |
| a location's appointments by start | query `agenda` | `LOC#location` · start, id |
| a client's appointments by start | query `agenda` | `CLI#client` · start, id (rows `APT#id` · `ATT#client`) |
| a staff member's appointments by start | query `queue` | `STF#staff` · start, id |
| a staff member's cancelled appointments by start | query `queue` | `STF#staff#CANCELLED` · start, id |
| a staff member's appointments in progress by start | query `review` | `BEGUN#staff` · start, id |
| a location's unassigned appointments by start | query `queue` | `OPEN#location` · start, id |
| a location's unconfirmed appointments by start | query `review` | `LOC#location` · start, id |
| the journal of a subject, newest first | query | `APT#id`, `BLK#id`, `CLI#id`, `STF#id` · `LOG#ulid` |
| the status history of an appointment, newest first | query | `APT#id` · `PASSED#version` |
| the claim to send a message | get, conditional put | `APT#id` · `SENT#cause#kind#recipient#channel` |
| a client | get | `CLI#id` · `META` |
| the sessions a client is entitled to | get | `CLI#id` · `SESSIONS` |
| a merge of two clients | get | `MRG#id` · `META` |
| the merges into a client by time | query `agenda` | `MERGED#client` · instant, id |
| clients by the sound of a name or street | query | `FIND#sound#key` · key, name, id |
| all clients by name | query `agenda` | `CLIENTS` · name, id |
| clients by the beginning of a word of their name | query | `FIND#name#<letter>` · word, name, id |
| clients by address, number or outside id | query | `FIND#email#value`, `FIND#phone#…`, `FIND#external#…` · id |
| the clients related to a location or staff member | query, batch get | `SEEN#location`, `SEEN#staff` · id |
| the clients and upcoming bookings behind an address or number | get | `CONTACT#value` · `META` |
| the client with an outside id | get | `EXTERNAL#value` · `META` |
| a workflow | get | `WFL#id` · `META` |
| a client's workflows by creation | query `agenda` | `WFL#client` · instant, id |
| a hold | get | `HLD#id` · `META` |
| the booking made from a review of a rebooking | get | `REVIEW#nonce` · `META` |
| the items that a scheduled job could not deal with | query | `FAILED#job` · item |
| the response stored under an Idempotency-Key | get | `ONCE#scope#key` · `META` |
| due journal, reminder, request, overdue, sheet, series, farewell | query `due`, a shard | `DUE#work#shard` · at |

A start in a sort key is RFC 3339 UTC, so that text order is time order; cancelled appointments leave the
`agenda` of their location and every `queue` (their keys end in `#CANCELLED`).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple
from zlib import crc32

from chalicelib.domain.clients.directory import DirectoryEntry, fold_words
from chalicelib.domain.shared.times import utc_text

TABLE_KEYS = ("pk", "sk")
INDEXES = {
    "agenda": ("gsi1pk", "gsi1sk"),
    "queue": ("gsi2pk", "gsi2sk"),
    "review": ("gsi3pk", "gsi3sk"),
    "due": ("duepk", "due_at"),
}
# The other indexes contain whole rows; due work is found without a sheet's blocks and occupants.
DUE_INDEX_ATTRIBUTES = ("kind", "version", "state", "body")
TTL_ATTRIBUTE = "ttl"
DUE_SHARDS = 4
CATALOGUE_PARTITION = "ORG"
CLIENTS_PARTITION = "CLIENTS"
JOURNAL_PREFIX = "LOG#"
CANCELLED_SUFFIX = "#CANCELLED"
STATUS_HISTORY_PREFIX = "PASSED#"


def projection(index: str) -> dict[str, Any]:
    """The projection of an index, as DynamoDB takes it."""
    if index == "due":
        return {"ProjectionType": "INCLUDE", "NonKeyAttributes": list(DUE_INDEX_ATTRIBUTES)}
    return {"ProjectionType": "ALL"}


class Key(NamedTuple):
    """A primary key."""

    pk: str
    sk: str = "META"


def settings() -> Key:
    """The organisation's settings."""
    return Key(CATALOGUE_PARTITION, "SETTINGS")


def location(location_id: str) -> Key:
    """A location in the catalogue."""
    return Key(CATALOGUE_PARTITION, f"LOC#{location_id}")


def service(service_id: str) -> Key:
    """A service in the catalogue."""
    return Key(CATALOGUE_PARTITION, f"SVC#{service_id}")


def staff(staff_id: str) -> Key:
    """A staff member in the catalogue."""
    return Key(CATALOGUE_PARTITION, f"STF#{staff_id}")


def cancellation_reason(reason_id: str) -> Key:
    """A cancellation reason in the catalogue."""
    return Key(CATALOGUE_PARTITION, f"RSN#{reason_id}")


def pipeline() -> Key:
    """All statuses of the organisation."""
    return Key(CATALOGUE_PARTITION, "STATUSES")


def status_share(status_id: str, predicate: str, share: str) -> Key:
    """One of the counts of appointments that hold a status with this predicate."""
    return Key(f"STS#{status_id}", f"HELD#{predicate}#{share}")


def status_passed(appointment_id: str, number: int) -> Key:
    """The status an appointment got with this version; text order is the order of versions."""
    return Key(f"APT#{appointment_id}", f"{STATUS_HISTORY_PREFIX}{number:010}")


def roster_partition(location_id: str) -> str:
    """The partition of a location's hours and team members."""
    return f"TEAM#{location_id}"


def branch_hours(location_id: str) -> Key:
    """The opening hours of a location."""
    return Key(roster_partition(location_id), "HOURS")


def team_member(location_id: str, staff_id: str) -> Key:
    """A staff member as a team member of one location."""
    return Key(roster_partition(location_id), f"STF#{staff_id}")


def rota(staff_id: str) -> Key:
    """The rota of a staff member."""
    return Key(f"ROTA#{staff_id}")


def login(email: str) -> Key:
    """The staff member who signs in with this address."""
    return Key(f"LOGIN#{email}")


def sheet(calendar_id: str, day: str) -> Key:
    """The ledger of a location or staff member from that UTC day on."""
    return Key(f"CAL#{calendar_id}", day)


def block_place(block_id: str) -> Key:
    """The index entry of a block."""
    return Key(f"BLK#{block_id}")


def series(series_id: str) -> Key:
    """A series of blocks."""
    return Key(f"SER#{series_id}")


def appointment(appointment_id: str) -> Key:
    """An appointment."""
    return Key(f"APT#{appointment_id}")


def unassigned_partition(location_id: str) -> str:
    """The partition of a location's unassigned appointments."""
    return f"OPEN#{location_id}"


def in_progress_partition(staff_id: str) -> str:
    """The partition of a staff member's appointments in progress."""
    return f"BEGUN#{staff_id}"


def attendee(appointment_id: str, client_id: str) -> Key:
    """The row that puts an appointment on a client's agenda."""
    return Key(f"APT#{appointment_id}", f"ATT#{client_id}")


def client(client_id: str) -> Key:
    """A client."""
    return Key(f"CLI#{client_id}")


def entitlement(client_id: str) -> Key:
    """The sessions a client is entitled to."""
    return Key(f"CLI#{client_id}", "SESSIONS")


def merge(merge_id: str) -> Key:
    """A merge of two clients."""
    return Key(f"MRG#{merge_id}")


def merges_partition(client_id: str) -> str:
    """The partition of the merges into a client."""
    return f"MERGED#{client_id}"


def directory_partition(index: str, term: str) -> str:
    """The partition to look for a term in: names by first letter, everything else by the whole value."""
    return f"FIND#{index}#{term[:1] if index == 'name' else term}"


def directory_entry(entry: DirectoryEntry) -> Key:
    """A directory entry of a client."""
    return Key(directory_partition(entry.shelf, entry.term), entry.position)


def client_relation(scope_id: str, client_id: str) -> Key:
    """The number of appointments that relate a client to a location or staff member."""
    return Key(f"SEEN#{scope_id}", client_id)


def contact(value: str) -> Key:
    """An e-mail address or phone number."""
    return Key(f"CONTACT#{value}")


def external_id(value: str) -> Key:
    """An outside id and its client."""
    return Key(f"EXTERNAL#{value}")


def workflow(workflow_id: str) -> Key:
    """A workflow."""
    return Key(f"WFL#{workflow_id}")


def workflows_partition(client_id: str) -> str:
    """The partition of the workflows made under a client's id."""
    return f"WFL#{client_id}"


def hold(hold_id: str) -> Key:
    """A hold."""
    return Key(f"HLD#{hold_id}")


def used_review(nonce: str) -> Key:
    """The booking made from a review of a rebooking."""
    return Key(f"REVIEW#{nonce}")


def idempotency_key(scope: str, key: str) -> Key:
    """The response stored under an Idempotency-Key."""
    return Key(f"ONCE#{scope}#{key}")


def job_failures_partition(job: str) -> str:
    """The partition of the items that a scheduled job could not deal with."""
    return f"FAILED#{job}"


def journal(subject_id: str, entry_id: str) -> Key:
    """One journal entry of a subject."""
    return Key(partition(subject_id), f"{JOURNAL_PREFIX}{entry_id}")


def partition(subject_id: str) -> str:
    """The partition of a record with an id, or on an index of what belongs to it: ``loc_…`` in ``LOC#loc_…``."""
    return f"{subject_id.partition('_')[0].upper()}#{subject_id}"


def id_of_partition(pk: str) -> str:
    """The id, or value, in the name of a partition."""
    return pk.partition("#")[2]


def send_claim(subject_id: str, cause: str, kind: str, recipient: str, channel: str) -> Key:
    """The claim to send one message once."""
    return Key(partition(subject_id), f"SENT#{cause}#{kind}#{recipient}#{channel}")


def name_sort_key(name: str, client_id: str) -> str:
    """A sort key in order of name."""
    # The beginning of a long name is enough for the order, and keeps a cursor short in every script.
    return f"{' '.join(fold_words(name))[:100]}#{client_id}"


def start_sort_key(start: datetime, record_id: str = "") -> str:
    """A sort key in order of start."""
    return f"{utc_text(start)}#{record_id}"


def due_attributes(work: str, record_id: str, at: datetime) -> dict[str, str]:
    """The attributes that put a record on the due index; the shard follows from its id."""
    shard = crc32(record_id.encode()) % DUE_SHARDS
    return {"duepk": f"DUE#{work}#{shard}", "due_at": utc_text(at)}


def due_partitions(work: str) -> list[str]:
    """Every shard of one kind of due work."""
    return [f"DUE#{work}#{shard}" for shard in range(DUE_SHARDS)]
