"""Setting up when somebody is away: it blocks free times and leaves appointments where they are (RB-24)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from chalicelib.domain.capacity.ledger import Calendar, Occupant, sheet_days
from chalicelib.domain.organisation.rota import TimeOff
from chalicelib.domain.shared.errors import invalid
from chalicelib.domain.shared.times import known_zone, resolve_start
from chalicelib.services.context import Context
from chalicelib.services.crud import Fields
from chalicelib.services.nested_records import NestedRecords
from chalicelib.services.organisation.rotas import Rotas, StaffRota
from chalicelib.services.store_port import AppointmentLists

MAX_TIMES_OFF = 400
MAX_NAMED = 100


@dataclass(frozen=True, slots=True)
class TimeOffResult:
    """A time off and the appointments within it, which somebody has to move; at most a hundred are named."""

    time_off: TimeOff
    affected: tuple[Occupant, ...]


class StaffTimeOff(NestedRecords[StaffRota, TimeOff]):
    """The time off of each staff member; only those who may change it see it, because it gives reasons."""

    kind = TimeOff
    prefix = "tof"
    limit = MAX_TIMES_OFF

    def __init__(self, rotas: Rotas, appointment_lists: AppointmentLists) -> None:
        super().__init__(rotas)
        self._rotas = rotas
        self._appointment_lists = appointment_lists

    def records_in(self, owner: StaffRota) -> tuple[TimeOff, ...]:
        return owner.rota.time_off

    def with_records(self, owner: StaffRota, records: tuple[TimeOff, ...]) -> StaffRota:
        return owner.with_time_off(records)

    def read(self, context: Context, owner_id: str) -> tuple[TimeOff, ...]:
        """The staff member's time off, for those who may change it; 403, 404."""
        return self.records_in(self._rotas.require_editable(context, owner_id))

    def to_fields(self, owner: StaffRota, fields: Fields, before: TimeOff | None) -> Fields:
        """``start`` and ``end`` as instants: local times are in ``timezone``, else in the staff member's.

        422 ``unknown_timezone``, ``off_grid`` unless they are whole minutes, and if a local time does not exist or
        is ambiguous.
        """
        values = dict(fields)
        timezone = values.pop("timezone", None) or owner.timezone
        known_zone(timezone)
        for name in ("start", "end"):
            if name in values:
                values[name] = resolve_start(values[name], timezone, f"/{name}", grid=1)
        return values

    def validate(self, owner: StaffRota, record: TimeOff, before: TimeOff | None) -> None:
        """422 ``invalid_interval``."""
        if record.end <= record.start:
            raise invalid("/end", "The end must lie after the start.", "invalid_interval")

    def to_result(self, owner: StaffRota, record: TimeOff) -> TimeOffResult:
        """The time off with the appointments within it."""
        # From the staff member's sheets, and after the roster was read: a booking in between collides with this.
        start, end = record.interval
        days = sheet_days(owner.staff.id, start, end)
        sheets = self._appointment_lists.sheets(owner.staff.id, days[0], days[-1])
        calendar = Calendar.from_sheets(owner.staff.id, (sheet.day for sheet in sheets), sheets)
        booked = sorted((o for o in calendar.occupants(0) if not o.is_hold), key=lambda o: (o.start, o.id))
        within = (o for o in booked if o.start < end and start < o.end)
        return TimeOffResult(record, tuple(islice(within, MAX_NAMED)))
