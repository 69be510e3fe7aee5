"""Random clients, their appointments and merges among them for hypothesis, made through any API."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from chalicelib.domain.clients.client import PROFILE_FIELDS

Call = Callable[[str, str, Any], Any]
"""A request of an administrator by method, path and body that must succeed; returns the answer's JSON."""

CLIENTS = 4
NAMES = st.sampled_from(["Ana", "Bo", "Łukasz", "O'Brien"])
NUMBERS = st.sampled_from([None, "+14165550101", "+14165550102"])
LINES = st.sampled_from(["", "1 King St", "Ottawa"])
NOTES = st.one_of(st.sampled_from(["", "One", "Two"]), st.just("é" * 4000))


def client_bodies(number: int) -> st.SearchStrategy[dict[str, Any]]:
    """The body of a new client; several may share a name, an address, a number."""
    return st.fixed_dictionaries(
        {
            "first_name": NAMES,
            "last_name": NAMES,
            "email": st.sampled_from(["x@example.org", "y@example.org", f"{number}@example.org"]),
            **dict.fromkeys(("mobile", "phone", "work_phone"), NUMBERS),
            **dict.fromkeys(("address", "city", "region", "postal_code"), LINES),
            "country": st.sampled_from([None, "CA", "FR"]),
            "timezone": st.sampled_from([None, "UTC", "Europe/Paris"]),
            "language": st.sampled_from([None, "en", "fr"]),
            "notes": NOTES,
            "external_id": st.sampled_from([number, number, None]),
            "receive_sms": st.booleans(),
            "receive_email": st.booleans(),
        }
    )


@dataclass(frozen=True)
class PlannedVisit:
    """An appointment of these clients, by number; the first one books it."""

    attendees: tuple[int, ...]
    notes: str
    cancelled: bool


@dataclass(frozen=True)
class PlannedMerge:
    """A merge to try, by client numbers; skipped if one of the two is merged already."""

    duplicate: int
    primary: int
    fields: list[str] | None


@dataclass(frozen=True)
class MergePlan:
    """Clients, their appointments, and the merges in order; those ``with_workflow`` have a workflow."""

    clients: tuple[dict[str, Any], ...]
    visits: tuple[PlannedVisit, ...]
    with_workflow: frozenset[int]
    merges: tuple[PlannedMerge, ...]


_NUMBER = st.integers(0, CLIENTS - 1)
_VISITS = st.builds(
    PlannedVisit,
    st.lists(_NUMBER, min_size=1, max_size=3, unique=True).map(tuple),
    st.sampled_from(["", "By the lift"]),
    st.booleans(),
)
_FIELDS = st.one_of(st.none(), st.lists(st.sampled_from(PROFILE_FIELDS), unique=True))
_MERGES = st.builds(PlannedMerge, _NUMBER, _NUMBER, _FIELDS).filter(
    lambda planned: planned.duplicate != planned.primary
)
PLANS = st.builds(
    MergePlan,
    st.tuples(*(client_bodies(number) for number in range(CLIENTS))),
    st.lists(_VISITS, min_size=1, max_size=3).map(tuple),
    st.frozensets(_NUMBER, max_size=2),
    st.lists(_MERGES, min_size=2, max_size=4).map(tuple),
)


@dataclass
class MergeScenario:
    """The clients of a plan in the API; ``slot`` is the place to book so many minutes from the start.

    ``mark`` makes addresses and external ids this scenario's own.
    """

    call: Call
    slot: Callable[[int], dict[str, Any]]
    mark: str
    ids: list[str] = field(default_factory=list)
    visits: list[str] = field(default_factory=list)

    def create(self, plan: MergePlan) -> None:
        """Create the clients, book and cancel."""
        for body in plan.clients:
            own = {"email": f"{self.mark}{body['email']}"}
            if body["external_id"] is not None:
                own["external_id"] = f"{self.mark}-{body['external_id']}"
            self.ids.append(self.call("POST", "/clients", body | own)["id"])
        for number in plan.with_workflow:
            self.call("POST", f"/clients/{self.ids[number]}/workflows", {"name": "Plan", "steps": ["Call"]})
        for number, visit in enumerate(plan.visits):
            self.visits.append(self._book(visit, 15 * number))

    def _book(self, visit: PlannedVisit, minutes: int) -> str:
        first, *others = (self.ids[number] for number in visit.attendees)
        more = [{"client_id": client_id, "notes": visit.notes} for client_id in others]
        body = self.slot(minutes) | {"channel": "schedule", "client_id": first, "staff": "anyone"}
        body |= {"notes": visit.notes, "attendee_notes": visit.notes, "additional_attendees": more}
        appointment_id = str(self.call("POST", "/appointments", body)["id"])
        if visit.cancelled:
            self.call("POST", f"/appointments/{appointment_id}/cancel", {})
        return appointment_id

    def merge(self, planned: PlannedMerge) -> str | None:
        """Merge and return the merge id, or ``None`` if one of the two is merged already."""
        pair = [self.ids[planned.duplicate], self.ids[planned.primary]]
        if any(self.call("GET", f"/clients/{client_id}", None)["id"] != client_id for client_id in pair):
            return None
        body = {"duplicate_id": pair[0], "primary_id": pair[1], "fields": planned.fields}
        return str(self.call("POST", "/clients/merge", body)["merge_id"])

    def undo(self, merge_id: str) -> list[str]:
        """Undo a merge and return the fields that are kept."""
        kept: list[str] = self.call("POST", f"/clients/merges/{merge_id}/undo", {})["kept_fields"]
        return kept

    def snapshot(self) -> dict[str, Any]:
        """All that staff see of these clients, except write times, past merges and logs."""
        everything: dict[str, Any] = {}
        for client_id in self.ids:
            client = self.call("GET", f"/clients/{client_id}", None)
            everything[client_id] = {k: v for k, v in client.items() if k not in ("version", "updated_at")}
            for found_by in ("email", "mobile", "last_name", "external_id"):
                query = f"/clients?limit=100&q={client[found_by] or ''}".replace("+", "%2B")
                listed = self.call("GET", query, None)["items"] if client[found_by] else []
                here = [c["id"] for c in listed if c["id"] in self.ids]
                everything[f"{client_id} {found_by}"] = here
            rows = self.call("GET", f"/clients/{client_id}/activity", None)["items"]
            everything[f"{client_id} did"] = [row for row in rows if row["type"] != "merge"]
        for appointment_id in self.visits:
            everything[appointment_id] = self.call("GET", f"/appointments/{appointment_id}", None)["attendees"]
        return everything


def require_undo_restores(scenario: MergeScenario, plan: MergePlan, state: Callable[[], Any]) -> int:
    """Make the merges of a plan, then undo them from the last; each undo restores the state before.

    Returns how many merges there were.
    """
    made: list[tuple[str, Any]] = []
    for planned in plan.merges:
        before = state()
        merge_id = scenario.merge(planned)
        if merge_id is not None:
            made.append((merge_id, before))
            assert state() != before
    for merge_id, before in reversed(made):
        assert scenario.undo(merge_id) == []
        assert state() == before
    return len(made)
