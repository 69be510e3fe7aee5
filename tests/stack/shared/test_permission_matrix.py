"""The permission matrix over HTTP with tokens from the pool: every row, role and scope (docs/rules.md)."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from chalicelib.domain.shared.times import utc_text
from tests.builders.on_stack.stack_block_branch import OpenBranch, StackBlockBranch
from tests.builders.on_stack.stack_branch import SignedInStaff
from tests.builders.on_stack.stack_requests import body_of, created
from tests.builders.on_stack.stack_statuses import CANCELLATION, CONFIRMATION, first_status
from tests.builders.oracles.permission_matrix import ROLES
from tests.builders.oracles.permission_requests import (
    OWN,
    PERMISSION_REQUESTS,
    SHARED_VIEW_REQUESTS,
    Case,
    Request,
    cases,
    fill_template,
)

SEATS = 300
ROWS = [(ask, role) for ask in PERMISSION_REQUESTS for role in ROLES]
# The only codes of refusals.
REFUSED = {403: "forbidden", 404: "not_found"}


@dataclass
class PermissionStage:
    """Two branches; one member of staff per role and a colleague at the first, the administrator at both."""

    here: StackBlockBranch
    there: StackBlockBranch
    members: dict[str, SignedInStaff] = field(default_factory=dict)
    shared: dict[str, dict[str, Any]] = field(default_factory=dict)
    statuses: dict[str, str] = field(default_factory=dict)
    sequence: Iterator[int] = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        # The services of these branches do not use the statuses.
        self.statuses = {of: first_status(self.here.admin, of)["id"] for of in (CONFIRMATION, CANCELLATION)}
        both = [self.here, self.there]
        everywhere = {"location_ids": [b.location_id for b in both], "service_ids": [b.service_id for b in both]}
        places: dict[str, Any] = {"admin": everywhere, "contact_centre": {"location_ids": [], "service_ids": []}}
        self.members = {role: self.here.hire(role, **places.get(role, {})) for role in ROLES}
        self.ids = {role: member.id for role, member in self.members.items()}
        self.ids |= {"colleague": self.here.create_staff()["id"], "stranger": self.there.create_staff()["id"]}

    def close(self) -> None:
        """Close the connections."""
        for member in self.members.values():
            member.http.close()

    def facts(self, ask: Request, role: str, case: Case) -> dict[str, str]:
        """The values for the placeholders of a request; a record it changes is new."""
        branch = self.here if case.here else self.there
        found = {
            "location": branch.location_id,
            "service": branch.service_id,
            "block": branch.block_id,
            "staff": self._staff_id(role, case),
            "day": branch.opening.date().isoformat(),
            "start": branch.start(),
            "closed": branch.start(-6 * 60),
            "later": branch.start(10 * 24 * 60),
            "closing": branch.start(10 * 24 * 60 + 60),
            "guest": secrets.token_hex(6),
            "confirmed": self.statuses[CONFIRMATION],
            "declined": self.statuses[CANCELLATION],
        }
        allowed = ask.fresh and ask.expected(role, case) == ask.status
        if allowed and "{block}" in ask.path:
            found["block"] = branch.create_block(24 * 60 * next(self.sequence))["id"]
        if allowed and ask.path == "/staff/{staff}":
            found["staff"] = branch.create_staff()["id"]
        if "{staff}" in str(ask.body):
            # A time of its own: appointments of one person must not overlap.
            found["start"] = utc_text(branch.opening + timedelta(days=1, minutes=30 * next(self.sequence)))
        if "{appointment}" in ask.path or "{client}" in f"{ask.path} {ask.body}":
            appointment = self._book(role, case) if allowed else self._book_shared(role, case)
            found |= {"appointment": appointment["id"], "client": _client_of(appointment)}
        if "{other}" in str(ask.body):
            found["other"] = _client_of(self._book(role, case))
        return found

    def _staff_id(self, role: str, case: Case) -> str:
        if case.name in self.ids:
            return self.ids[case.name]
        return self.ids[role] if case.own and case is not OWN else self.ids["colleague" if case.here else "stranger"]

    def _book_shared(self, role: str, case: Case) -> dict[str, Any]:
        name = f"{case.name}/{role}" if case is OWN else case.name
        if name not in self.shared:
            self.shared[name] = self._book(role, case)
        return self.shared[name]

    def _book(self, role: str, case: Case) -> dict[str, Any]:
        branch, admin = self.here if case.here else self.there, self.here.admin
        appointment_id = created(branch.book())["id"]
        if not case.unassigned:
            holder = self.ids[role] if case is OWN else self._staff_id(role, case)
            body_of(admin.post(f"/appointments/{appointment_id}/assign", json={"staff_id": holder, "force": True}))
        return dict(self.here.appointment(appointment_id))


def _client_of(appointment: dict[str, Any]) -> str:
    client_id: str = appointment["attendees"][0]["client_id"]
    return client_id


@pytest.fixture(scope="module")
def stage(open_branch: OpenBranch) -> Iterator[PermissionStage]:
    stage = PermissionStage(open_branch(limit=SEATS), open_branch(limit=SEATS))
    yield stage
    stage.close()


@pytest.mark.parametrize(("ask", "role"), ROWS, ids=lambda part: getattr(part, "name", part))
def test_a_row_of_the_matrix(stage: PermissionStage, ask: Request, role: str) -> None:
    require_row(stage, ask, role)


def test_over_capacity_is_shown_and_logged(stage: PermissionStage) -> None:
    (ask,) = (ask for ask in PERMISSION_REQUESTS if "book_over_capacity" in ask.needs)
    facts = stage.facts(ask, "staff", ask.cases[0])
    booked = created(stage.members["staff"].http.post("/appointments", json=fill_template(ask.body, facts)))
    assert (booked["over_capacity"], booked["block_id"]) == (True, None)
    (line,) = stage.here.log(booked["id"])
    assert line["changes"] == [{"field": "over_capacity", "before": None, "after": True}]


@pytest.fixture
def shared_view(stage: PermissionStage) -> Iterator[None]:
    admin = stage.here.admin
    body_of(admin.patch("/settings", json={"all_staff_view_all_clients": True}))
    yield
    body_of(admin.patch("/settings", json={"all_staff_view_all_clients": False}))


@pytest.mark.parametrize("ask", SHARED_VIEW_REQUESTS, ids=lambda ask: ask.name)
def test_all_staff_view_all_clients_if_the_organisation_allows_it(
    stage: PermissionStage, shared_view: None, ask: Request
) -> None:
    for role in ROLES:
        require_row(stage, ask, role)


def require_row(stage: PermissionStage, ask: Request, role: str) -> None:
    """Every case of this role gets the response of the matrix."""
    asked = cases(ask, role)
    outcomes = {case.name: status_and_code(stage, ask, role, case) for case in asked}
    statuses = {case.name: ask.expected(role, case) for case in asked}
    assert outcomes == {name: (status, REFUSED.get(status)) for name, status in statuses.items()}


def status_and_code(stage: PermissionStage, ask: Request, role: str, case: Case) -> tuple[int, str | None]:
    """The status of the response, and its code if the role or scope is refused."""
    facts = stage.facts(ask, role, case)
    body = fill_template(ask.body, facts) if ask.method != "GET" else None
    response = stage.members[role].http.request(ask.method, fill_template(ask.path, facts), json=body)
    return response.status_code, response.json()["code"] if response.status_code in REFUSED else None


def test_refused_requests_have_changed_nothing(stage: PermissionStage) -> None:
    """The refused requests of the rows above were about the shared appointments."""
    about = [case for ask in PERMISSION_REQUESTS if "{appointment}" in ask.path for case in ask.cases]
    for role in ("manager", "staff"):
        url = "/appointments/{appointment}/assign"
        ask = Request(("appointment_assign",), "POST", url, body={"staff_id": stage.ids["stranger"]}, fresh=True)
        refused = [case for case in dict.fromkeys(about) if ask.expected(role, case) != ask.status]
        assert {status_and_code(stage, ask, role, case) for case in refused} <= set(REFUSED.items())
    assert stage.shared == {name: stage.here.appointment(a["id"]) for name, a in stage.shared.items()}
