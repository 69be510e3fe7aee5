"""What has been going on with a client: appointments, workflows and merges in one list, newest first (CL-4, CL-5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.clients.client import Client
from chalicelib.domain.clients.merging import Merge
from chalicelib.domain.clients.workflows import Workflow
from chalicelib.domain.shared.permissions import Ability
from chalicelib.domain.shared.times import utc_text
from chalicelib.services import paging
from chalicelib.services.clients.profiles import ClientProfiles
from chalicelib.services.clients.workflows import WorkflowLists
from chalicelib.services.context import Context
from chalicelib.services.store_port import ClientDirectory, Page, Ref, Store

# So many of the latest merges into each record are looked through.
_MAX_MERGES = 100


@dataclass(frozen=True, slots=True)
class AttendedAppointment:
    """An appointment of a client; ``left`` says that they no longer come, be it that it still takes place."""

    appointment: Appointment
    has_left: bool


ActivitySubject = AttendedAppointment | Workflow | Merge


@dataclass(frozen=True, slots=True)
class Activity:
    """One row: what it is about, and when that takes or took place."""

    id: str
    at: datetime
    subject: ActivitySubject


@dataclass(frozen=True, slots=True)
class _ActivityRow:
    """Where a row stands among all; ``subject`` is missing while the appointment has not been read."""

    position: str
    id: str
    subject: Workflow | Merge | None = None
    has_left: bool = False


class Activities:
    """Each kind is a list of its own, read once per page for the client and everybody they absorbed."""

    def __init__(
        self, store: Store, directory: ClientDirectory, workflows: WorkflowLists, client_profiles: ClientProfiles
    ) -> None:
        self._store = store
        self._directory = directory
        self._workflows = workflows
        self._client_profiles = client_profiles

    def list_page(self, context: Context, client_id: str, limit: int, cursor: str | None) -> Page[Activity]:
        """Part of the list: upcoming and past appointments by start, all else by when it was made.

        404 outside the caller's scope, 403, 422 ``invalid_cursor``.
        """
        _, before = paging.decode_cursor(cursor, 1)
        client = self._client_profiles.show(context, client_id, Ability.LOG_VIEW)
        rows = sorted(self._rows(client, before, limit + 1), key=lambda row: row.position, reverse=True)
        more = paging.encode_cursor(0, rows[limit - 1].position) if len(rows) > limit else None
        return Page(tuple(self._read(rows[:limit])), more)

    def _rows(self, client: Client, before: str | None, limit: int) -> Iterable[_ActivityRow]:
        """Enough of every list to fill a page; two of a family at one appointment are one row."""
        rows: dict[str, _ActivityRow] = {}
        for member in client.record_ids:
            for seat in self._directory.appointments(member, before, limit):
                other = rows.get(seat.appointment_id)
                left = seat.cancelled and (other is None or other.has_left)
                rows[seat.appointment_id] = _ActivityRow(seat.position, seat.appointment_id, has_left=left)
            for place, workflow in self._workflows.workflows(member, before, limit):
                rows[workflow.id] = _ActivityRow(place, workflow.id, workflow)
            for merge in self._directory.merges(member, _MAX_MERGES):
                place = f"{utc_text(merge.at)}#{merge.id}"
                if before is None or place < before:
                    rows[merge.id] = _ActivityRow(place, merge.id, merge)
        return rows.values()

    def _read(self, rows: list[_ActivityRow]) -> Iterator[Activity]:
        found = self._store.read([Ref.to(Appointment, row.id) for row in rows if row.subject is None])
        for row in rows:
            subject = row.subject or AttendedAppointment(found.require(Appointment, row.id), row.has_left)
            yield Activity(row.id, _time_of(subject), subject)


def _time_of(subject: ActivitySubject) -> datetime:
    match subject:
        case AttendedAppointment():
            return subject.appointment.start
        case Workflow():
            return subject.created_at
        case Merge():
            return subject.at
