"""The whole permission matrix over HTTP with tokens from the pool: every row, role and scope (docs/rules.md)."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any

import httpx
import pytest

from chalicelib.domain.shared.times import utc_text
from tests.builders.on_stack.stack_block_branch import Branch, OpenBranch, made
from tests.builders.on_stack.stack_status_steps import CANCELLATION, CONFIRMATION, first
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
# Who is refused learns nothing but that.
REFUSED = {403: "forbidden", 404: "not_found"}


@dataclass
class Stage:
    """Two branches; one member of staff per role and a colleague at the first, the administrator at both."""

    here: Branch
    there: Branch
    ids: dict[str, str] = field(default_factory=dict)
    clients: dict[str, httpx.Client] = field(default_factory=dict)
    shared: dict[str, dict[str, Any]] = field(default_factory=dict)
    statuses: dict[str, str] = field(default_factory=dict)
    halves: Iterator[int] = field(default_factory=lambda: count(1))

    def staff(self) -> None:
        """Employs everybody; there are statuses, which the services here do without."""
        self.statuses = {of: first(self.here.admin, of)["id"] for of in (CONFIRMATION, CANCELLATION)}
        for role in ROLES:
            person, self.clients[role] = self.here.employ(role)
            self.ids[role] = person["id"]
        self.ids["colleague"] = self.here.employ("staff")[0]["id"]
        self.ids["stranger"] = self.there.employ("staff")[0]["id"]
        both = [self.here, self.there]
        self._move("admin", [b.location_id for b in both], [b.service_id for b in both])
        self._move("contact_centre", [], [])

    def _move(self, role: str, locations: list[str], services: list[str]) -> None:
        where = {"location_ids": locations, "service_ids": services}
        made(self.here.admin.patch(f"/staff/{self.ids[role]}", json=where), 200)

    def close(self) -> None:
        """Hangs up."""
        for client in self.clients.values():
            client.close()

    def facts(self, ask: Request, role: str, case: Case) -> dict[str, str]:
        """The words in a request; what it is about is the caller's alone when he is to change it."""
        branch = self.here if case.here else self.there
        found = {
            "location": branch.location_id,
            "service": branch.service_id,
            "block": branch.block_id,
            "staff": self._who(role, case),
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
            found["block"] = branch.lay(24 * 60 * next(self.halves))["id"]
        if allowed and ask.path == "/staff/{staff}":
            found["staff"] = self._hired(branch)
        if "{staff}" in str(ask.body):
            # Nobody is in two places: every appointment made for somebody has a time of its own.
            found["start"] = utc_text(branch.opening + timedelta(days=1, minutes=30 * next(self.halves)))
        if "{appointment}" in ask.path or "{client}" in f"{ask.path} {ask.body}":
            appointment = self._booked(role, case) if allowed else self._shared(role, case)
            found |= {"appointment": appointment["id"], "client": _client_of(appointment)}
        if "{other}" in str(ask.body):
            found["other"] = _client_of(self._booked(role, case))
        return found

    def _who(self, role: str, case: Case) -> str:
        if case.name in self.ids:
            return self.ids[case.name]
        return self.ids[role] if case.own and case is not OWN else self.ids["colleague" if case.here else "stranger"]

    def _hired(self, branch: Branch) -> str:
        person, client = branch.employ()
        client.close()
        return str(person["id"])

    def _shared(self, role: str, case: Case) -> dict[str, Any]:
        name = f"{case.name}/{role}" if case is OWN else case.name
        if name not in self.shared:
            self.shared[name] = self._booked(role, case)
        return self.shared[name]

    def _booked(self, role: str, case: Case) -> dict[str, Any]:
        branch, admin = self.here if case.here else self.there, self.here.admin
        url = f"/appointments/{made(branch.book())['id']}"
        if not case.unassigned:
            holder = self.ids[role] if case is OWN else self._who(role, case)
            made(admin.post(f"{url}/assign", json={"staff_id": holder, "force": True}), 200)
        return self.show(url)

    def show(self, url: str) -> dict[str, Any]:
        """An appointment as the administrator sees it."""
        shown: dict[str, Any] = made(self.here.admin.get(url), 200)
        return shown


def _client_of(appointment: dict[str, Any]) -> str:
    client_id: str = appointment["attendees"][0]["client_id"]
    return client_id


@pytest.fixture(scope="module")
def stage(opened: OpenBranch) -> Iterator[Stage]:
    stage = Stage(opened(limit=SEATS), opened(limit=SEATS))
    stage.staff()
    yield stage
    stage.close()


@pytest.mark.parametrize(("ask", "role"), ROWS, ids=lambda part: getattr(part, "name", part))
def test_a_row_of_the_matrix(stage: Stage, ask: Request, role: str) -> None:
    require_row(stage, ask, role)


def test_over_capacity_is_said_and_logged(stage: Stage) -> None:
    (ask,) = (ask for ask in PERMISSION_REQUESTS if "book_over_capacity" in ask.needs)
    facts = stage.facts(ask, "staff", ask.cases[0])
    booked = made(stage.clients["staff"].post("/appointments", json=fill_template(ask.body, facts)))
    assert (booked["over_capacity"], booked["block_id"]) == (True, None)
    (line,) = made(stage.here.admin.get(f"/appointments/{booked['id']}/log"), 200)["items"]
    assert line["changes"] == [{"field": "over_capacity", "before": None, "after": True}]


@pytest.fixture
def everybody_views(stage: Stage) -> Iterator[None]:
    admin = stage.here.admin
    made(admin.patch("/settings", json={"all_staff_view_all_clients": True}), 200)
    yield
    made(admin.patch("/settings", json={"all_staff_view_all_clients": False}), 200)


@pytest.mark.parametrize("ask", SHARED_VIEW_REQUESTS, ids=lambda ask: ask.name)
def test_everybody_views_all_clients_where_the_organisation_wants_it(
    stage: Stage, everybody_views: None, ask: Request
) -> None:
    for role in ROLES:
        require_row(stage, ask, role)


def require_row(stage: Stage, ask: Request, role: str) -> None:
    """Every cell of this role is answered as the matrix has it."""
    asked = cases(ask, role)
    answers = {case.name: said(stage, ask, role, case) for case in asked}
    statuses = {case.name: ask.expected(role, case) for case in asked}
    assert answers == {name: (status, REFUSED.get(status)) for name, status in statuses.items()}


def said(stage: Stage, ask: Request, role: str, case: Case) -> tuple[int, str | None]:
    """The status of the answer and, if it refuses to do this at all, its code."""
    facts = stage.facts(ask, role, case)
    body = fill_template(ask.body, facts) if ask.method != "GET" else None
    answer = stage.clients[role].request(ask.method, fill_template(ask.path, facts), json=body)
    return answer.status_code, answer.json()["code"] if answer.status_code in REFUSED else None


def test_what_was_refused_has_changed_nothing(stage: Stage) -> None:
    """Whatever the rows above were refused was about these."""
    about = [case for ask in PERMISSION_REQUESTS if "{appointment}" in ask.path for case in ask.cases]
    for role in ("manager", "staff"):
        url = "/appointments/{appointment}/assign"
        ask = Request(("appointment_assign",), "POST", url, body={"staff_id": stage.ids["stranger"]}, fresh=True)
        refused = [case for case in dict.fromkeys(about) if ask.expected(role, case) != ask.status]
        assert {said(stage, ask, role, case) for case in refused} <= set(REFUSED.items())
    assert stage.shared == {name: stage.show(f"/appointments/{a['id']}") for name, a in stage.shared.items()}
