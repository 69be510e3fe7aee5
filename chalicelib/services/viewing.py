"""Looking at appointments: one, as its attendee or as staff, and the lists staff live in (QS-5, D10)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from chalicelib.domain.appointments import Appointment, Attendee, State
from chalicelib.domain.catalog import Location, Service, Settings, Staff
from chalicelib.domain.errors import Forbidden, NotFound, invalid
from chalicelib.domain.events import Entry
from chalicelib.domain.ledger import Calendar
from chalicelib.domain.permissions import Ability, Principal, Scope
from chalicelib.domain.placement import Placement
from chalicelib.domain.times import day_bounds, minute, zone
from chalicelib.services.blocks import position
from chalicelib.services.ports import Agenda, Context, Page, Ref, Store
from chalicelib.services.scope import require_reach, sees
from chalicelib.services.seated import Seated, seated

# Further ahead nothing can be booked: the longest horizon is a year.
FAR = timedelta(days=400)


class View(StrEnum):
    """The dashboard's lists."""

    UNASSIGNED = "unassigned"
    ORPHANED = "orphaned"
    UPCOMING = "upcoming"
    DAY = "day"


_OF_A_LOCATION = frozenset({View.UNASSIGNED, View.ORPHANED})


@dataclass(frozen=True, slots=True)
class PublicView:
    """An appointment as the attendee with the code may see it; until when they may change it, if at all."""

    appointment: Appointment
    attendee: Attendee
    location: Location
    service: Service
    settings: Settings
    staff_name: str | None
    can_cancel_until: datetime | None
    can_rebook_until: datetime | None


@dataclass(frozen=True, slots=True)
class Listing:
    """Which list: of a location or a staff member, on a day (local there) or from now on."""

    view: View
    location_id: str | None = None
    staff_id: str | None = None
    date: date | None = None
    limit: int = 50
    cursor: str | None = None


class Viewing:
    """Reading appointments; nothing here writes."""

    def __init__(self, store: Store, agenda: Agenda) -> None:
        self._store = store
        self._agenda = agenda

    def as_attendee(self, context: Context, appointment_id: str, code: str) -> PublicView:
        """The appointment behind a link in a mail; 404 for a wrong code (D48)."""
        appointment = self._store.read([Ref.to(Appointment, appointment_id)]).require(Appointment, appointment_id)
        attendee = appointment.attendee_by_code(code)
        refs: list[Ref[Any]] = [
            Ref.to(Settings),
            Ref.to(Location, appointment.location_id),
            Ref.to(Service, appointment.service_id),
        ]
        refs += [Ref.to(Staff, appointment.staff_id)] if appointment.staff_id else []
        found = self._store.read(refs)
        settings = found.get(Settings) or Settings()
        staff = found.get(Staff, appointment.staff_id) if appointment.staff_id else None
        cancel, rebook = _deadlines(appointment, attendee, settings, context.now)
        return PublicView(
            appointment,
            attendee,
            found.require(Location, appointment.location_id),
            found.require(Service, appointment.service_id),
            settings,
            staff.name if staff else None,
            cancel,
            rebook,
        )

    def one(self, context: Context, appointment_id: str) -> Seated:
        """One appointment for staff; 404 outside their reach."""
        appointment = self._store.read([Ref.to(Appointment, appointment_id)]).require(Appointment, appointment_id)
        if not sees(context.staff, appointment):
            raise NotFound()
        return self.seated([appointment], context.now)[0]

    def log(self, context: Context, appointment_id: str, limit: int, cursor: str | None) -> Page[Entry]:
        """Every action on an appointment, newest first (CL-6)."""
        appointment = self._store.read([Ref.to(Appointment, appointment_id)]).require(Appointment, appointment_id)
        require_reach(context.staff, Ability.LOG_VIEW, appointment)
        return self._agenda.journal(appointment_id, limit, cursor)

    def listed(self, context: Context, listing: Listing) -> Page[Seated]:
        """One of the dashboard's lists, oldest start first; 404 for a location outside the caller's reach."""
        self._require_list(context.staff, listing)
        if listing.view is View.ORPHANED:
            return self._orphaned(context, listing)
        first, last = self._span(context, listing)
        where = listing.location_id or ""
        if listing.staff_id and listing.view not in _OF_A_LOCATION:
            page = self._agenda.of_staff(listing.staff_id, first, last, listing.limit, listing.cursor)
        elif listing.view is View.UNASSIGNED:
            page = self._agenda.unassigned(where, first, last, listing.limit, listing.cursor)
        else:
            page = self._agenda.at_location(where, first, last, listing.limit, listing.cursor)
        here = (a for a in page.items if listing.location_id in (None, a.location_id))
        shown = [a for a in here if sees(context.staff, a)]
        return Page(tuple(self.seated(shown, context.now)), page.next_cursor)

    def seated(self, appointments: Iterable[Appointment], now: datetime) -> list[Seated]:
        """These appointments with their blocks: one query of sheets per location among them."""
        wanted = list(appointments)
        found: dict[str, Seated] = {}
        for location_id in sorted({a.location_id for a in wanted}):
            here = [a for a in wanted if a.location_id == location_id]
            calendar = self._calendar(location_id, min(a.start for a in here), max(a.end for a in here))
            found |= {s.appointment.id: s for s in seated(here, calendar, now)}
        return [found[a.id] for a in wanted]

    def _calendar(self, location_id: str, first: datetime, last: datetime) -> Calendar:
        days = [(first - timedelta(days=1)).date().isoformat(), (last + timedelta(days=1)).date().isoformat()]
        sheets = self._agenda.sheets(location_id, *days)
        return Calendar(location_id, {s.day: s for s in sheets})

    def _orphaned(self, context: Context, listing: Listing) -> Page[Seated]:
        first, last = self._span(context, listing)
        calendar = self._calendar(listing.location_id or "", first, last)
        placement = Placement(calendar, int(context.now.timestamp()))
        present = minute(context.now)
        lost = sorted((o.start, o.id) for o in placement.orphans() if o.end > present)
        rest = [pair for pair in lost if pair > position(listing.cursor)]
        page, more = rest[: listing.limit], rest[listing.limit :]
        found = self._store.read([Ref.to(Appointment, i) for _, i in page]) if page else None
        appointments = [found.require(Appointment, i) for _, i in page] if found else []
        shown = (a for a in appointments if sees(context.staff, a))
        cursor = f"{page[-1][0]}.{page[-1][1]}" if more else None
        return Page(tuple(Seated(a, None, True) for a in shown), cursor)

    def _span(self, context: Context, listing: Listing) -> tuple[datetime, datetime]:
        if listing.date is None:
            if listing.view is View.DAY:
                raise invalid("/date", "Say which day.", "date_required")
            return context.now, context.now + FAR
        return day_bounds(listing.date, zone(self._zone(listing)))

    def _zone(self, listing: Listing) -> str:
        if listing.location_id:
            found = self._store.read([Ref.to(Location, listing.location_id)])
            return found.require(Location, listing.location_id).timezone
        staff_id = listing.staff_id or ""
        found = self._store.read([Ref.to(Staff, staff_id), Ref.to(Settings)])
        return found.require(Staff, staff_id).timezone or (found.get(Settings) or Settings()).timezone

    def _require_list(self, principal: Principal, listing: Listing) -> None:
        if listing.location_id is None and (listing.view in _OF_A_LOCATION or listing.staff_id is None):
            raise invalid("/location_id", "Say which location.", "location_required")
        if not principal.may(Ability.DASHBOARD_VIEW):
            raise Forbidden()
        own = listing.staff_id == principal.staff_id
        everywhere = Scope.ALL in principal.scopes(Ability.DASHBOARD_VIEW)
        if listing.location_id and not principal.reaches(Ability.DASHBOARD_VIEW, location_id=listing.location_id):
            raise NotFound()
        # A colleague's list shows what lies at shared locations; each appointment is asked for on its own.
        shared = Scope.LOCATIONS in principal.scopes(Ability.APPOINTMENT_VIEW)
        if listing.staff_id and not (own or everywhere or shared):
            raise NotFound()


def _deadlines(
    appointment: Appointment, attendee: Attendee, settings: Settings, now: datetime
) -> tuple[datetime | None, datetime | None]:
    """Until when the attendee may cancel and move it, each none when that is over or not allowed (WG-3, WG-4)."""
    if attendee.cancelled or appointment.state is not State.BOOKED:
        return None, None
    cancel = appointment.start - timedelta(hours=settings.cancel_deadline_hours)
    rebook = appointment.start - timedelta(hours=settings.rebook_deadline_hours)
    return (
        cancel if now <= cancel else None,
        rebook if now <= rebook and not attendee.moves else None,
    )
