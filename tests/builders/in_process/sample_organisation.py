"""A small organisation in the table, and the requests its clients and staff make."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from chalicelib.container import container
from chalicelib.domain.capacity.ledger import Calendar, Sheet
from chalicelib.domain.organisation.branch_roster import TeamMember
from chalicelib.domain.organisation.catalogue import AvailabilitySource, Location, Service, Staff
from chalicelib.domain.organisation.opening_hours import BranchHours, BranchHoursLine, WeeklyHours
from chalicelib.domain.organisation.rota import CalendarType, Rota, WorkSchedule
from chalicelib.domain.organisation.settings import Settings
from chalicelib.domain.quickstream.blocks import Block, BlockState
from chalicelib.domain.shared.permissions import Role
from chalicelib.domain.shared.times import epoch_minute, utc_days
from chalicelib.services.availability import ledger_io
from tests.builders.in_process.api_requests import ApiRequests
from tests.builders.in_process.block_requests import BlockRequests
from tests.builders.in_process.client_requests import ClientRequests
from tests.builders.in_process.sample_records import (
    ACCOUNT,
    ADVICE,
    ALEX,
    ALEX_EMAIL,
    BLOCK_START,
    BOSS,
    CENTRAL,
    MORTGAGE,
    NINE_TO_FIVE,
    SAM,
    SAM_EMAIL,
    TORONTO,
    VANCOUVER,
    hire,
    make_service,
    staff_records,
)
from tests.builders.in_process.status_requests import StatusRequests
from tests.builders.in_process.table_records import write


@dataclass
class Organisation(ApiRequests):
    """The organisation; requests about clients, blocks and statuses are grouped."""

    block_count: int = 0

    def __post_init__(self) -> None:
        self.clients = ClientRequests(self)
        self.blocks = BlockRequests(self)
        self.statuses = StatusRequests(self)

    def create_records(self, settings: Settings | None = None) -> Organisation:
        """Save a branch in Toronto, two services, and two people who have no working hours yet."""
        write(
            settings or Settings(organisation_name="Maple Credit Union", timezone="America/Toronto"),
            Location(TORONTO, "Toronto", "America/Toronto", "1 King St", "toronto@example.org", "CA"),
            make_service(MORTGAGE, "Mortgage advice"),
            make_service(ACCOUNT, "New account"),
            *staff_records(Staff(SAM, "Sam", SAM_EMAIL, Role.STAFF, (TORONTO,), (MORTGAGE, ACCOUNT))),
            *staff_records(Staff(ALEX, "Alex", ALEX_EMAIL, Role.MANAGER, (TORONTO,), (MORTGAGE, ACCOUNT))),
        )
        return self

    def add_staff(self) -> None:
        """Let Sam and Alex give advice by their calendars, nine to five; add an administrator and a contact centre."""
        self.set_working_hours()
        advice = make_service(ADVICE, "Advice", buffer_after=10, client_chooses_staff=True)
        write(replace(advice, availability=AvailabilitySource.STAFF))
        for staff_id in (SAM, ALEX):
            self.set_staff_services(staff_id, (MORTGAGE, ACCOUNT, ADVICE))
        hire("stf_boss", BOSS)
        hire("stf_central", CENTRAL)
        self.clients.user = CENTRAL

    def set_working_hours(self, *lines: WeeklyHours) -> None:
        """Open the branch and put Sam and Alex to work in these hours; by default nine to five on weekdays."""
        lines = lines or NINE_TO_FIVE
        branch_hours = self.read(BranchHours, TORONTO) or BranchHours(TORONTO)
        kept = tuple(BranchHoursLine(f"hrs_{number}", line) for number, line in enumerate(lines))
        write(replace(branch_hours, lines=kept))
        for staff_id in (SAM, ALEX):
            rota = self.read(Rota, staff_id) or Rota(staff_id)
            self.set_rota(
                replace(rota, schedules=(WorkSchedule(f"wsl_{staff_id}", CalendarType.OPEN, "America/Toronto", lines),))
            )

    def set_rota(self, rota: Rota) -> None:
        """Save a rota and what the teams show of it."""
        self._save_staff(self.read(Staff, rota.staff_id), rota)

    def set_staff_services(self, staff_id: str, service_ids: tuple[str, ...]) -> None:
        """Change which services somebody offers."""
        rota = self.read(Rota, staff_id) or Rota(staff_id)
        self._save_staff(replace(self.read(Staff, staff_id), service_ids=service_ids), rota)

    def _save_staff(self, staff: Staff, rota: Rota) -> None:
        members = (self.read(TeamMember, location_id, staff.id) for location_id in staff.location_ids)
        write(staff, rota, *(member.updated_from(staff, rota) for member in members if member))

    def open_vancouver(self, limit: int = 1) -> None:
        """Open another branch with the same services and hours, and a block when Toronto's first one begins."""
        start = epoch_minute(BLOCK_START)
        services, state = (MORTGAGE, ACCOUNT), BlockState.RELEASED
        block = Block("blk_vancouver", "ser_vancouver", VANCOUVER, start, start + 180, limit, services, state)
        sheets = (Sheet(VANCOUVER, day, blocks={block.id: block}) for day in utc_days(block.start, block.end))
        known = (replace(self.read(Service, s), location_ids=(TORONTO, VANCOUVER)) for s in (MORTGAGE, ADVICE))
        lines = (BranchHoursLine("hrs_1", WeeklyHours((1, 2, 3, 4, 5), 0, 1440)),)
        write(Location(VANCOUVER, "Vancouver", "America/Vancouver"), BranchHours(VANCOUVER, lines), *known, *sheets)

    def update_settings(self, **fields: Any) -> None:
        """Change settings."""
        write(replace(self.read(Settings), **fields))

    def create_block(
        self,
        limit: int = 1,
        start: datetime = BLOCK_START,
        hours: float = 3,
        services: tuple[str, ...] = (MORTGAGE, ACCOUNT),
        state: BlockState = BlockState.RELEASED,
        reserved: int = 0,
    ) -> Block:
        """A block written as the staff routes would leave it."""
        self.block_count += 1
        begin = epoch_minute(start)
        block = Block(
            id=f"blk_{self.block_count:026d}",
            series_id=f"ser_{self.block_count:026d}",
            location_id=TORONTO,
            start=begin,
            end=begin + int(60 * hours),
            limit=limit,
            services=services,
            state=state,
            reserved=reserved,
        )
        self.put_block(block)
        return block

    def put_block(self, block: Block) -> None:
        """Save a block on its sheets."""
        self.update_sheets(block.start, block.end, lambda calendar: calendar.with_block(block))

    def update_sheets(self, start: int, end: int, change: Any) -> None:
        """Change the sheets of these minutes."""
        days = utc_days(start, end)
        found = container.store.read(ledger_io.sheet_refs(TORONTO, days))
        before = ledger_io.calendar_in(found, TORONTO, days)
        write(*change(before).changed_since(before))

    def calendar(self, start: datetime = BLOCK_START) -> Calendar:
        """The ledger of a day."""
        day = start.date().isoformat()
        found = container.store.read(ledger_io.sheet_refs(TORONTO, [day]))
        return ledger_io.calendar_in(found, TORONTO, [day])

    def require_consistent_ledger(self) -> None:
        """Every appointment is exactly where it should be in the ledger."""
        assert container.ledger_integrity.check(self.now).differences == ()
