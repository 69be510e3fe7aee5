"""The integrity check of clients finds each wrong pointer, index entry and count, and nothing else."""

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
from tests.builders.in_process.client_requests import make_client
from tests.builders.in_process.sample_organisation import Organisation
from tests.builders.in_process.sample_records import ROOT, SAM, SAM_EMAIL, TORONTO, at
from tests.builders.in_process.table_records import committed, write

pytestmark = pytest.mark.organisation(seats=5)


@pytest.fixture
def chain(org: Organisation) -> tuple[str, str, str]:
    """Three records of one person, merged into the last, who has appointments under two of them."""
    a, b, c = (
        org.clients.create("Anna")["id"],
        org.clients.create("Bea", external_id="B-1")["id"],
        org.clients.create("Cleo")["id"],
    )
    org.as_staff("POST", f"/appointments/{org.clients.book(a)['id']}/claim", {}, SAM_EMAIL)
    org.clients.book(b, at(60))["id"]
    org.clients.merge(a, b)
    org.clients.merge(b, c)
    return a, b, c


def flaws(client_ids: Iterable[str]) -> set[tuple[str, ClientFlaw]]:
    """The differences found for these clients."""
    return {(d.client_id, d.flaw) for d in container.client_integrity.check(client_ids, (TORONTO, SAM))}


def test_merges_moves_and_cancellations_leave_no_difference(org: Organisation, chain: tuple[str, str, str]) -> None:
    assert flaws(chain) == set()
    first, second = org.clients.book(chain[2], at(120))["id"], org.clients.book(chain[2], at(150))["id"]
    org.act(first, "cancel", {}, ROOT)
    org.act(second, "claim", {}, SAM_EMAIL)
    org.act(second, "unassign", {}, ROOT)
    assert flaws(chain) == set()
    again = org.clients.merge(org.clients.create("Dora")["id"], chain[2])
    assert org.clients.undo(again["merge_id"]).status == 200
    assert flaws(chain) == set()
    assert org.as_staff("DELETE", f"/clients/{chain[2]}?cancel_upcoming=true", who=ROOT).status == 204
    assert flaws(chain) == set()


def test_a_pointer_that_leads_nowhere_is_found(org: Organisation, chain: tuple[str, str, str]) -> None:
    a, b, c = chain
    write(replace(org.read(Client, a), merged_into=b))
    assert flaws([a]) == {(a, ClientFlaw.POINTER)}
    assert flaws([c]) == {(a, ClientFlaw.POINTER)}
    assert flaws(["cli_nobody"]) == {("cli_nobody", ClientFlaw.MISSING)}


def test_one_who_does_not_know_their_pointers_is_found(org: Organisation, chain: tuple[str, str, str]) -> None:
    a, b, c = chain
    write(replace(org.read(Client, c), absorbed=(b,)))
    assert flaws([a]) == {(a, ClientFlaw.POINTER)}


def test_a_missing_and_a_surplus_entry_are_found(org: Organisation, chain: tuple[str, str, str]) -> None:
    _, b, c = chain
    person = org.read(Client, c)
    lost = next(e for e in directory_entries(person) if e.term == "b-1")
    Row(*keys.directory_entry(lost)).delete()
    assert flaws([c]) == {(c, ClientFlaw.NOT_FOUND)}
    with committed() as work:
        work.index_client(person)
        work.index_client(make_client(b, "Bea"))
    assert flaws([c]) == set()
    with committed() as work:
        work.index_client(make_client(b, "Anna"))
    assert flaws([c]) == {(b, ClientFlaw.STILL_FOUND)}


def test_a_wrong_count_of_appointments_is_found(org: Organisation, chain: tuple[str, str, str]) -> None:
    a, _, c = chain
    key = keys.client_relation(SAM, a)
    Row(*key).update(actions=[Row.met.set(2)])
    assert flaws([c]) == {(a, ClientFlaw.ACQUAINTANCE)}
    Row(*key).update(actions=[Row.met.set(0)])
    assert flaws([c]) == {(a, ClientFlaw.ACQUAINTANCE)}


def test_the_function_looks_at_everybody_once_a_day(org: Organisation, chain: tuple[str, str, str]) -> None:
    a, b, _ = chain
    write(replace(org.read(Client, a), merged_into=b))
    day = [container.integrity_job.check(org.now.replace(hour=hour)) for hour in range(24)]
    assert sum(run["clients"] for run in day) == 2
    # Appointments ahead are under these two, and each leads to the flaw; where one hour has both, it is named once.
    hours = {crc32(client_id.encode()) % 24 for client_id in (a, b)}
    assert [hour for hour in range(24) if day[hour]["differences"]] == sorted(hours)
    assert sum(run["differences"] for run in day) == len(hours)
