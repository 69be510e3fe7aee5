"""The comparison of clients finds a pointer, an entry or an acquaintance that is not as it should be, nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from zlib import crc32

import pytest

from chalicelib.container import container
from chalicelib.domain.clients.client import Client
from chalicelib.domain.clients.directory import directory_entries
from chalicelib.persistence import keys
from chalicelib.persistence.table import Row
from chalicelib.services.integrity.client_integrity import ClientFlaw
from chalicelib.services.unit_of_work import UnitOfWork
from tests.builders.in_process.merge_requests import ADMIN, booked, create, merged, undo
from tests.builders.in_process.sample_organisation import SAM, TORONTO, World


@pytest.fixture
def world(world: World) -> World:
    world.lay(limit=5)
    return world


@pytest.fixture
def chain(world: World) -> tuple[str, str, str]:
    """Three records of one person, merged into the last, who has appointments under two of them."""
    a, b, c = create(world, "Anna"), create(world, "Bea", external_id="B-1"), create(world, "Cleo")
    world.staff("POST", f"/appointments/{booked(world, a)}/claim", {}, "sam@example.org")
    booked(world, b, 60)
    merged(world, a, b)
    merged(world, b, c)
    return a, b, c


def flaws(client_ids: Iterable[str]) -> set[tuple[str, ClientFlaw]]:
    """What does not agree about these."""
    return {(d.client_id, d.flaw) for d in container.client_integrity.check(client_ids, (TORONTO, SAM))}


def write(client: Client) -> None:
    """A record as nothing in the system would write it."""
    work = UnitOfWork()
    work.save(client)
    container.store.commit(work)


def test_merges_moves_and_cancellations_leave_no_difference(world: World, chain: tuple[str, str, str]) -> None:
    assert flaws(chain) == set()
    first, second = booked(world, chain[2], 120), booked(world, chain[2], 150)
    world.staff("POST", f"/appointments/{first}/cancel", {}, ADMIN)
    world.staff("POST", f"/appointments/{second}/claim", {}, "sam@example.org")
    world.staff("POST", f"/appointments/{second}/unassign", {}, ADMIN)
    assert flaws(chain) == set()
    again = merged(world, create(world, "Dora"), chain[2])
    assert undo(world, again["merge_id"]).status == 200
    assert flaws(chain) == set()
    assert world.staff("DELETE", f"/clients/{chain[2]}?cancel_upcoming=true", who=ADMIN).status == 204
    assert flaws(chain) == set()


def test_a_pointer_that_leads_nowhere_is_found(world: World, chain: tuple[str, str, str]) -> None:
    a, b, c = chain
    write(replace(world.read(Client, a), merged_into=b))
    assert flaws([a]) == {(a, ClientFlaw.POINTER)}
    assert flaws([c]) == {(a, ClientFlaw.POINTER)}
    assert flaws(["cli_nobody"]) == {("cli_nobody", ClientFlaw.MISSING)}


def test_one_who_does_not_know_their_pointers_is_found(world: World, chain: tuple[str, str, str]) -> None:
    a, b, c = chain
    write(replace(world.read(Client, c), absorbed=(b,)))
    assert flaws([a]) == {(a, ClientFlaw.POINTER)}


def test_a_missing_and_a_surplus_entry_are_found(world: World, chain: tuple[str, str, str]) -> None:
    _, b, c = chain
    person = world.read(Client, c)
    lost = next(e for e in directory_entries(person) if e.term == "b-1")
    Row(*keys.directory_entry(lost)).delete()
    assert flaws([c]) == {(c, ClientFlaw.NOT_FOUND)}
    work = UnitOfWork()
    work.index_client(person)
    work.index_client(Client("Bea", "Ruiz", id=b, created_at=world.now, updated_at=world.now))
    container.store.commit(work)
    assert flaws([c]) == set()
    work = UnitOfWork()
    work.index_client(Client("Anna", "Ruiz", id=b, created_at=world.now, updated_at=world.now))
    container.store.commit(work)
    assert flaws([c]) == {(b, ClientFlaw.STILL_FOUND)}


def test_a_wrong_count_of_appointments_is_found(world: World, chain: tuple[str, str, str]) -> None:
    a, _, c = chain
    key = keys.client_relation(SAM, a)
    Row(*key).update(actions=[Row.met.set(2)])
    assert flaws([c]) == {(a, ClientFlaw.ACQUAINTANCE)}
    Row(*key).update(actions=[Row.met.set(0)])
    assert flaws([c]) == {(a, ClientFlaw.ACQUAINTANCE)}


def test_the_function_looks_at_everybody_once_a_day(world: World, chain: tuple[str, str, str]) -> None:
    a, b, _ = chain
    write(replace(world.read(Client, a), merged_into=b))
    day = [container.integrity_job.check(world.now.replace(hour=hour)) for hour in range(24)]
    assert sum(run["clients"] for run in day) == 2
    # Appointments ahead are under these two, and each leads to the flaw; where one hour has both, it is named once.
    hours = {crc32(client_id.encode()) % 24 for client_id in (a, b)}
    assert [hour for hour in range(24) if day[hour]["differences"]] == sorted(hours)
    assert sum(run["differences"] for run in day) == len(hours)
