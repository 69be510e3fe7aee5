"""Setting up when somebody works: schedules of weekly lines, in a zone, for a while, at one location or all."""

from __future__ import annotations

from chalicelib.domain.organisation.rota import WorkSchedule
from chalicelib.domain.shared.errors import invalid
from chalicelib.domain.shared.times import known_zone
from chalicelib.services.crud import Fields
from chalicelib.services.nested_records import NestedRecords
from chalicelib.services.organisation.opening_hours import require_interval
from chalicelib.services.organisation.rotas import StaffRota

MAX_SCHEDULES = 50


class WorkSchedules(NestedRecords[StaffRota, WorkSchedule]):
    """The work schedules of each staff member; free times come from open ones, at their locations only."""

    kind = WorkSchedule
    prefix = "wsl"
    limit = MAX_SCHEDULES

    def records_in(self, owner: StaffRota) -> tuple[WorkSchedule, ...]:
        return owner.rota.schedules

    def with_records(self, owner: StaffRota, records: tuple[WorkSchedule, ...]) -> StaffRota:
        return owner.with_schedules(records)

    def to_fields(self, owner: StaffRota, fields: Fields, before: WorkSchedule | None) -> Fields:
        """Without a time zone, a schedule is in the staff member's."""
        if before and "timezone" not in fields:
            return fields
        return {**fields, "timezone": fields.get("timezone") or owner.timezone}

    def validate(self, owner: StaffRota, record: WorkSchedule, before: WorkSchedule | None) -> None:
        """422 ``unknown_timezone``, ``invalid_interval``, ``unknown_location``.

        A location the staff member has left may stay in the schedule, which then no longer counts.
        """
        known_zone(record.timezone)
        for number, line in enumerate(record.lines):
            require_interval(line, f"/lines/{number}")
        first, last = record.valid_from, record.valid_until
        if first and last and last < first:
            raise invalid("/valid_until", "The last day must not lie before the first.", "invalid_interval")
        if record.location_id not in (None, before and before.location_id, *owner.staff.location_ids):
            raise invalid("/location_id", "They do not work at this location.", "unknown_location")
