"""The activity of a client: appointments, workflows and merges in one list, newest first (CL-4, CL-5)."""

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

# The latest merges into each record that are read.
_MAX_MERGES = 100


@dataclass(frozen=True, slots=True)
class AttendedAppointment:
    """An appointment of a client; ``has_left`` is True if they no longer attend, even if it takes place."""

    appointment: Appointment
    has_left: bool


ActivitySubject = AttendedAppointment | Workflow | Merge


@dataclass(frozen=True, slots=True)
class Activity:
    """One row of the list, at the time of its subject."""

    id: str
    at: datetime
    subject: ActivitySubject


@dataclass(frozen=True, slots=True)
class _ActivityRow:
    """A row before its appointment is read: ``subject`` is ``None`` for one."""

    position: str
    id: str
    subject: Workflow | Merge | None = None
    has_left: bool = False


class Activities:
    """Read each kind of activity once per page, for the client and every record merged into it."""

    def __init__(
        self, store: Store, directory: ClientDirectory, workflows: WorkflowLists, client_profiles: ClientProfiles
    ) -> None:
        self._store = store
        self._directory = directory
        self._workflows = workflows
        self._client_profiles = client_profiles

    def list_page(self, context: Context, client_id: str, limit: int, cursor: str | None) -> Page[Activity]:
        """A page: appointments by start, workflows and merges by creation.

        404 outside the caller's scope, 403, 422 ``invalid_cursor``.
        """
        _, before = paging.decode_cursor(cursor, 1)
        client = self._client_profiles.show(context, client_id, Ability.LOG_VIEW)
        rows = sorted(self._rows(client, before, limit + 1), key=lambda row: row.position, reverse=True)
        page = paging.first_page(rows, limit, lambda row: row.position)
        return Page(tuple(self._read(page.items)), page.next_cursor)

    def _rows(self, client: Client, before: str | None, limit: int) -> Iterable[_ActivityRow]:
        """Enough rows of every kind to fill a page; an appointment is one row, however many of the records attend."""
        rows: dict[str, _ActivityRow] = {}
        for member in client.record_ids:
            for attendance in self._directory.appointments(member, before, limit):
                other = rows.get(attendance.appointment_id)
                left = attendance.cancelled and (other is None or other.has_left)
                row = _ActivityRow(attendance.position, attendance.appointment_id, has_left=left)
                rows[row.id] = row
            for position, workflow in self._workflows.workflows(member, before, limit):
                rows[workflow.id] = _ActivityRow(position, workflow.id, workflow)
            for merge in self._directory.merges(member, _MAX_MERGES):
                position = f"{utc_text(merge.at)}#{merge.id}"
                if before is None or position < before:
                    rows[merge.id] = _ActivityRow(position, merge.id, merge)
        return rows.values()

    def _read(self, rows: tuple[_ActivityRow, ...]) -> Iterator[Activity]:
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
