"""Bookings for many people: all or nobody, and never a server error."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders.in_process.sample_organisation import Organisation
from tests.builders.in_process.sample_records import CENTRAL, staff_body

pytestmark = pytest.mark.organisation(seats=1, staff=True, checked=True)


def bring(org: Organisation, *more: dict[str, Any]) -> Any:
    """The contact centre books for Bo, who brings others along."""
    fields = {"channel": "contact_centre", "staff": "anyone", "additional_attendees": list(more)}
    return org.as_staff("POST", "/appointments", staff_body(**fields), CENTRAL)


def test_twenty_on_record_come_together(org: Organisation) -> None:
    others = [{"client_id": org.clients.create(f"Ana Ruiz{n}", email=f"{n}@example.org")["id"]} for n in range(19)]

    assert len(bring(org, *others).body(201)["attendees"]) == 20


@pytest.mark.parametrize(("number", "status"), [(7, 201), (19, 422)])
def test_more_new_clients_than_one_transaction_holds_are_refused_whole(
    org: Organisation, number: int, status: int
) -> None:
    others = [{"client": {"first_name": "Ana", "last_name": f"Ruiz{n}", "email": f"{n}@x.org"}} for n in range(number)]
    reply = bring(org, *others)

    assert reply.status == status, reply.text
    assert len(org.all_pages("/clients")) == (number + 1 if status == 201 else 0)
    org.require_consistent_ledger()
