"""The integrity check of ledger and appointments finds each difference, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.container import container
from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.organisation.branch_roster import TeamMember
from chalicelib.domain.organisation.catalogue import Staff
from chalicelib.domain.shared.times import epoch_minute
from tests.builders.in_process.sample_organisation import Organisation
from tests.builders.in_process.sample_records import ALEX, BLOCK_START, SAM, SAM_EMAIL, TORONTO, at
from tests.builders.in_process.table_records import committed, write

pytestmark = pytest.mark.organisation(seats=3)


def test_a_life_of_bookings_leaves_no_difference(org: Organisation) -> None:
    first, second = org.book(), org.book(at(30))
    org.create_block(start=BLOCK_START + timedelta(hours=9))
    across_midnight = org.book(BLOCK_START + timedelta(hours=9, minutes=45))
    org.act(first["id"], "claim", {}, who=SAM_EMAIL)
    org.cancel(second)
    assert across_midnight["end"] == "2026-12-04T00:15:00Z"
    report = container.ledger_integrity.check(org.now)
    assert (report.appointments, report.occupants, report.differences) == (2, 4, ())


def test_an_appointment_the_ledger_lost_is_found(org: Organisation) -> None:
    booked = org.book()["id"]
    with committed() as work:
        work.remove_occupant(TORONTO, ["2026-12-03"], booked)
    (found,) = container.ledger_integrity.check(org.now).differences
    assert (found.key.appointment_id, found.ledger) == (booked, None)
    assert container.ledger_integrity.check(org.now, [TORONTO]).differences == (found,)
    assert container.ledger_integrity.check(org.now, []).differences == ()


def test_an_occupant_without_its_appointment_is_found(org: Organisation) -> None:
    booked = org.read(Appointment, org.book()["id"])
    write(replace(booked, start=booked.start + timedelta(hours=1), end=booked.end + timedelta(hours=1)))
    (found,) = container.ledger_integrity.check(org.now).differences
    assert found.ledger is not None
    assert found.ledger.start == epoch_minute(BLOCK_START)


def test_a_claim_the_staff_ledger_does_not_know_is_found(org: Organisation) -> None:
    booked = org.read(Appointment, org.book()["id"])
    write(replace(booked, staff_id=SAM))
    (found,) = container.ledger_integrity.check(org.now).differences
    assert (found.key.calendar_id, found.ledger) == (SAM, None)


def test_an_appointment_without_its_buffers_in_the_staff_ledger_is_found(org: Organisation) -> None:
    booked = org.book()["id"]
    org.act(booked, "claim", {}, who=SAM_EMAIL)
    write(replace(org.read(Appointment, booked), buffer_after=10))
    (found,) = container.ledger_integrity.check(org.now).differences
    assert found.ledger is not None
    assert found.appointment == found.ledger._replace(end=found.ledger.end + 10)


def test_a_post_that_is_missing_stale_or_nobodys_is_found(org: Organisation) -> None:
    assert container.ledger_integrity.check(org.now).stale_team_members == ()
    member = org.read(TeamMember, TORONTO, SAM)
    with committed() as work:
        work.save(replace(org.read(Staff, ALEX), languages=("fr",)))
        work.delete(member)
        work.save(TeamMember(TORONTO, "stf_gone", member.role))
    assert container.ledger_integrity.check(org.now).stale_team_members == (
        (TORONTO, SAM),
        (TORONTO, ALEX),
        (TORONTO, "stf_gone"),
    )
    assert container.integrity_job.check(org.now)["differences"] == 3


def test_the_function_counts_and_logs_places_only(org: Organisation, capsys: pytest.CaptureFixture[str]) -> None:
    booked = org.book()["id"]
    with committed() as work:
        work.remove_occupant(TORONTO, ["2026-12-03"], booked)
    capsys.readouterr()
    assert container.integrity_job.check(org.now)["differences"] == 1
    printed = capsys.readouterr().out
    assert '"IntegrityDifferences":[1.0]' in printed
    assert "Ana" not in printed
