"""The comparison of ledger and appointments finds what does not agree, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.container import container
from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.organisation.branch_roster import TeamMember
from chalicelib.domain.organisation.catalogue import Staff
from chalicelib.domain.shared.times import epoch_minute
from chalicelib.services.unit_of_work import UnitOfWork
from tests.builders.in_process.sample_organisation import ALEX, OPENING, SAM, TORONTO, World, at


@pytest.fixture
def world(world: World) -> World:
    world.lay(limit=3)
    world.lay(start=OPENING + timedelta(hours=9), hours=3)
    return world


def test_a_life_of_bookings_leaves_no_difference(world: World) -> None:
    first, second = world.book().json, world.book(at(30)).json
    across_midnight = world.book(OPENING + timedelta(hours=9, minutes=45)).json
    world.staff("POST", f"/appointments/{first['id']}/claim", {}, who="sam@example.org")
    world.call("POST", f"/public/appointments/{second['id']}/cancel", {"code": second["code"]})
    assert across_midnight["end"] == "2026-12-04T00:15:00Z"
    report = container.ledger_integrity.check(world.now)
    assert (report.appointments, report.occupants, report.differences) == (2, 4, ())


def test_an_appointment_the_ledger_lost_is_found(world: World) -> None:
    booked = world.book().json["id"]
    work = UnitOfWork()
    work.remove_occupant(TORONTO, ["2026-12-03"], booked)
    container.store.commit(work)
    (found,) = container.ledger_integrity.check(world.now).differences
    assert (found.key.appointment_id, found.ledger) == (booked, None)
    assert container.ledger_integrity.check(world.now, [TORONTO]).differences == (found,)
    assert container.ledger_integrity.check(world.now, []).differences == ()


def test_an_occupant_without_its_appointment_is_found(world: World) -> None:
    booked = world.read(Appointment, world.book().json["id"])
    work = UnitOfWork()
    work.save(replace(booked, start=booked.start + timedelta(hours=1), end=booked.end + timedelta(hours=1)))
    container.store.commit(work)
    (found,) = container.ledger_integrity.check(world.now).differences
    assert found.ledger is not None
    assert found.ledger.start == epoch_minute(OPENING)


def test_a_claim_the_staff_ledger_does_not_know_is_found(world: World) -> None:
    booked = world.read(Appointment, world.book().json["id"])
    work = UnitOfWork()
    work.save(replace(booked, staff_id=SAM))
    container.store.commit(work)
    (found,) = container.ledger_integrity.check(world.now).differences
    assert (found.key.calendar_id, found.ledger) == (SAM, None)


def test_an_appointment_without_its_buffers_in_the_staff_ledger_is_found(world: World) -> None:
    booked = world.book().json["id"]
    world.staff("POST", f"/appointments/{booked}/claim", {}, who="sam@example.org")
    work = UnitOfWork()
    work.save(replace(world.read(Appointment, booked), buffer_after=10))
    container.store.commit(work)
    (found,) = container.ledger_integrity.check(world.now).differences
    assert found.ledger is not None
    assert found.appointment == found.ledger._replace(end=found.ledger.end + 10)


def test_a_post_that_is_missing_stale_or_nobodys_is_found(world: World) -> None:
    assert container.ledger_integrity.check(world.now).stale_team_members == ()
    member = world.read(TeamMember, TORONTO, SAM)
    work = UnitOfWork()
    work.save(replace(world.read(Staff, ALEX), languages=("fr",)))
    work.delete(member)
    work.save(TeamMember(TORONTO, "stf_gone", member.role))
    container.store.commit(work)
    assert container.ledger_integrity.check(world.now).stale_team_members == (
        (TORONTO, SAM),
        (TORONTO, ALEX),
        (TORONTO, "stf_gone"),
    )
    assert container.integrity_job.check(world.now)["differences"] == 3


def test_the_function_counts_and_logs_places_only(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    booked = world.book().json["id"]
    work = UnitOfWork()
    work.remove_occupant(TORONTO, ["2026-12-03"], booked)
    container.store.commit(work)
    capsys.readouterr()
    assert container.integrity_job.check(world.now)["differences"] == 1
    printed = capsys.readouterr().out
    assert '"IntegrityDifferences":[1.0]' in printed
    assert "Ana" not in printed
