"""Quick View: what a consultant has not started, is at, and has lately completed, with what to do next (RB-1, RB-2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.clients.client import Client
from chalicelib.domain.organisation.catalog import Location, Settings, Staff
from chalicelib.domain.quickview.sections import SECTION_BY_STATE, QuickViewWindow, Section, ended_at
from chalicelib.domain.shared.errors import NotFound
from chalicelib.domain.shared.times import known_zone, wall_text
from chalicelib.services.appointment_access import can_view, can_view_lists_of
from chalicelib.services.appointments.appointment_view import AppointmentView, read_views_and_clients
from chalicelib.services.context import Context
from chalicelib.services.quickview.allowed_actions import Action, list_allowed_actions
from chalicelib.services.settings_reader import settings_in
from chalicelib.services.store_port import Ref, Store

# So many rows are looked at for one section; a consultant has fewer in two months.
MAX_ROWS = 300


class QuickViewLists(Protocol):
    """Somebody's appointments by how they stand, latest start first: one query each."""

    def assigned(self, staff_id: str, first: datetime, last: datetime, limit: int) -> tuple[Appointment, ...]:
        """What they have that starts in [first, last), cancelled ones left out."""

    def in_progress(self, staff_id: str, limit: int) -> tuple[Appointment, ...]:
        """What they have begun and not completed, whenever it starts."""

    def cancelled(self, staff_id: str, first: datetime, limit: int) -> tuple[Appointment, ...]:
        """What they had from this start on and was cancelled."""


@dataclass(frozen=True, slots=True)
class QuickViewRequest:
    """Whose Quick View of which day, today in their zone without one; at most so many in each section."""

    staff_id: str
    date: date | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class QuickViewItem:
    """An appointment with what the caller may do with it, who comes, and when it is by the consultant's clocks."""

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
    """The three sections, and which of them hold more than was asked for."""

    items: dict[Section, tuple[QuickViewItem, ...]]
    truncated: tuple[Section, ...]


class QuickView:
    """Reading it; nothing here writes."""

    def __init__(self, store: Store, lists: QuickViewLists) -> None:
        self._store = store
        self._lists = lists

    def show(self, context: Context, request: QuickViewRequest) -> QuickViewSections:
        """Three queries, and a batch get for what they bring, or two where clients have been merged.

        404 for a colleague outside the caller's reach.
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
        seats, identities = read_views_and_clients(self._store, shown, context.now)
        seated, clients = {s.appointment.id: s for s in seats}, identities.by_id

        def item(appointment: Appointment) -> QuickViewItem:
            who = {a.client_id: clients[a.client_id] for a in appointment.attendees if a.client_id in clients}
            may = list_allowed_actions(context.staff, appointment, settings, context.now)
            first = next(iter(appointment.live_attendees or appointment.attendees), None)
            if first is None or first.client_id not in who or who[first.client_id].deleted_at is not None:
                # Whom there is nobody to write to any more, nobody books again (D25).
                may = tuple(action for action in may if action is not Action.REBOOK)
            people = {client.id: client for client in who.values()}
            return QuickViewItem(seated[appointment.id], may, tuple(people.values()), timezone)

        items = {section: tuple(item(a) for a in of) for section, of in sections.items()}
        return QuickViewSections(items, tuple(s for s in Section if s in full or s in truncated))

    def _timezone(self, staff: Staff, settings: Settings) -> str:
        """Their own zone, else that of where they work (TZ-5)."""
        if staff.timezone or not staff.location_ids:
            return staff.timezone or settings.timezone
        place = staff.location_ids[0]
        location = self._store.read([Ref.to(Location, place)]).get(Location, place)
        return location.timezone if location else settings.timezone

    def _read_appointments(self, staff_id: str, window: QuickViewWindow) -> tuple[list[Appointment], set[Section]]:
        """All that belongs there, each once, and the sections of which more rows were there than are looked at."""
        lists = self._lists
        held = lists.assigned(staff_id, window.unstarted_from, window.early_starts_until, MAX_ROWS)
        begun = lists.in_progress(staff_id, MAX_ROWS)
        called_off = lists.cancelled(staff_id, window.recent_from, MAX_ROWS)
        full = {Section.NOT_STARTED, Section.RECENTLY_COMPLETED} if len(held) == MAX_ROWS else set[Section]()
        full |= {Section.IN_PROGRESS} if len(begun) == MAX_ROWS else set()
        full |= {Section.RECENTLY_COMPLETED} if len(called_off) == MAX_ROWS else set()
        # The indexes may not agree for a moment: whatever is newest of an appointment counts.
        latest: dict[str, Appointment] = {}
        for appointment in (*held, *begun, *called_off):
            known = latest.get(appointment.id)
            if known is None or known.version < appointment.version:
                latest[appointment.id] = appointment
        return [a for a in latest.values() if window.includes(a)], full


def _sections(appointments: Sequence[Appointment], limit: int) -> tuple[dict[Section, list[Appointment]], set[Section]]:
    """The latest of each section: what is to be done in order of start, what is done latest first."""
    found: dict[Section, list[Appointment]] = {section: [] for section in Section}
    for appointment in sorted(appointments, key=lambda a: (a.start, a.id)):
        found[SECTION_BY_STATE[appointment.state]].append(appointment)
    done = Section.RECENTLY_COMPLETED
    found[done].sort(key=lambda a: (ended_at(a) or a.start, a.id))
    truncated = {section for section, of in found.items() if len(of) > limit}
    kept = {section: of[-limit:] for section, of in found.items()}
    kept[done].reverse()
    return kept, truncated
