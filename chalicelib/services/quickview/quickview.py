"""Quick View: a consultant's appointments in three sections, each with its allowed actions (RB-1, RB-2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.clients.client import Client
from chalicelib.domain.organisation.catalogue import Location, Staff
from chalicelib.domain.organisation.settings import Settings
from chalicelib.domain.quickview.sections import SECTION_BY_STATE, QuickViewWindow, Section, ended_at
from chalicelib.domain.shared.errors import NotFound
from chalicelib.domain.shared.times import known_zone, wall_text
from chalicelib.services.appointment_access import can_view, can_view_lists_of
from chalicelib.services.appointments.appointment_view import AppointmentView, read_views_and_clients
from chalicelib.services.context import Context
from chalicelib.services.quickview.allowed_actions import Action, list_allowed_actions
from chalicelib.services.settings_reader import settings_in
from chalicelib.services.store_port import Ref, Store

# The rows read for one section; a consultant has fewer in two months.
MAX_ROWS = 300


class QuickViewLists(Protocol):
    """A staff member's appointments by state, latest start first: one query each."""

    def assigned(self, staff_id: str, first: datetime, last: datetime, limit: int) -> tuple[Appointment, ...]:
        """Their appointments that start in [first, last), without cancelled ones."""

    def in_progress(self, staff_id: str, limit: int) -> tuple[Appointment, ...]:
        """Their commenced and uncompleted appointments, whatever their start."""

    def cancelled(self, staff_id: str, first: datetime, limit: int) -> tuple[Appointment, ...]:
        """Their cancelled appointments from this start on."""


@dataclass(frozen=True, slots=True)
class QuickViewRequest:
    """The staff member and the day, by default today in their zone; at most ``limit`` appointments per section."""

    staff_id: str
    date: date | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class QuickViewItem:
    """An appointment with its allowed actions, its clients, and its start in the consultant's zone."""

    view: AppointmentView
    actions: tuple[Action, ...]
    clients: tuple[Client, ...]
    staff_timezone: str

    @property
    def staff_local_start(self) -> str:
        """The consultant's wall time (TZ-2)."""
        return wall_text(self.view.appointment.start, known_zone(self.staff_timezone))


@dataclass(frozen=True, slots=True)
class QuickViewSections:
    """The three sections, and those that hold more than the limit."""

    items: dict[Section, tuple[QuickViewItem, ...]]
    truncated: tuple[Section, ...]


class QuickView:
    """Read Quick View; writes nothing."""

    def __init__(self, store: Store, lists: QuickViewLists) -> None:
        self._store = store
        self._lists = lists

    def show(self, context: Context, request: QuickViewRequest) -> QuickViewSections:
        """The sections: three queries and a batch get, two if clients have been merged.

        404 for a colleague outside the caller's scope.
        """
        found = self._store.read([Ref.to(Settings), Ref.to(Staff, request.staff_id)])
        settings, staff = settings_in(found), found.require(Staff, request.staff_id)
        if not can_view_lists_of(context.staff, staff, None):
            raise NotFound()
        timezone = self._timezone(staff, settings)
        day = request.date or context.now.astimezone(known_zone(timezone)).date()
        appointments, full = self._read_appointments(staff.id, QuickViewWindow.for_day(day, timezone, settings))
        visible = [a for a in appointments if can_view(context.staff, a)]
        sections, truncated = _sections(visible, request.limit)
        shown = [a for section in sections.values() for a in section]
        views, identities = read_views_and_clients(self._store, shown, context.now)
        views_by_id = {view.appointment.id: view for view in views}

        def item(appointment: Appointment) -> QuickViewItem:
            clients = {a.client_id: identities.by_id.get(a.client_id) for a in appointment.attendees}
            actions = list_allowed_actions(context.staff, appointment, settings, context.now)
            first = next(iter(appointment.live_attendees or appointment.attendees), None)
            rebookable = clients.get(first.client_id) if first else None
            if rebookable is None or rebookable.deleted_at is not None:
                # A deleted client cannot be rebooked (D25).
                actions = tuple(action for action in actions if action is not Action.REBOOK)
            unique = {client.id: client for client in clients.values() if client}
            return QuickViewItem(views_by_id[appointment.id], actions, tuple(unique.values()), timezone)

        items = {section: tuple(map(item, appointments)) for section, appointments in sections.items()}
        return QuickViewSections(items, tuple(s for s in Section if s in full or s in truncated))

    def _timezone(self, staff: Staff, settings: Settings) -> str:
        """The staff member's own zone, else their first location's, else the organisation's (TZ-5)."""
        if staff.timezone or not staff.location_ids:
            return staff.timezone or settings.timezone
        location_id = staff.location_ids[0]
        location = self._store.read([Ref.to(Location, location_id)]).get(Location, location_id)
        return location.timezone if location else settings.timezone

    def _read_appointments(self, staff_id: str, window: QuickViewWindow) -> tuple[list[Appointment], set[Section]]:
        """The window's appointments, each once, and the sections with more rows than are read."""
        lists = self._lists
        assigned = lists.assigned(staff_id, window.unstarted_from, window.early_starts_until, MAX_ROWS)
        in_progress = lists.in_progress(staff_id, MAX_ROWS)
        cancelled = lists.cancelled(staff_id, window.recent_from, MAX_ROWS)
        full = {Section.NOT_STARTED, Section.RECENTLY_COMPLETED} if len(assigned) == MAX_ROWS else set[Section]()
        full |= {Section.IN_PROGRESS} if len(in_progress) == MAX_ROWS else set()
        full |= {Section.RECENTLY_COMPLETED} if len(cancelled) == MAX_ROWS else set()
        # The indexes may briefly disagree: the newest version of an appointment counts.
        latest: dict[str, Appointment] = {}
        for appointment in (*assigned, *in_progress, *cancelled):
            known = latest.get(appointment.id)
            if known is None or known.version < appointment.version:
                latest[appointment.id] = appointment
        return [a for a in latest.values() if window.includes(a)], full


def _sections(appointments: Sequence[Appointment], limit: int) -> tuple[dict[Section, list[Appointment]], set[Section]]:
    """The latest of each section, in order of start; the recently completed ones by their end, latest first."""
    found: dict[Section, list[Appointment]] = {section: [] for section in Section}
    for appointment in sorted(appointments, key=lambda a: (a.start, a.id)):
        found[SECTION_BY_STATE[appointment.state]].append(appointment)
    completed = Section.RECENTLY_COMPLETED
    found[completed].sort(key=lambda a: (ended_at(a) or a.start, a.id))
    truncated = {section for section, all_of_it in found.items() if len(all_of_it) > limit}
    shown = {section: all_of_it[-limit:] for section, all_of_it in found.items()}
    shown[completed].reverse()
    return shown, truncated
