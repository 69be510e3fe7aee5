"""Any sequence of edits, bookings, status changes, cancellations and moves, compared with a plain model.

After every step: exactly the right messages, each true at that moment; whoever occupies is who is alive; histories
complete and as they were written; statuses counted exactly; nobody comes back from a cancellation.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, ClassVar

from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from chalicelib.container import container
from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.messaging.notification_policy import route
from chalicelib.domain.organisation.statuses import StatusCountShard, StatusHistoryEntry
from chalicelib.domain.shared.events import Audience, JournalEntry
from chalicelib.domain.shared.times import epoch_minute
from chalicelib.persistence import row_mapping
from chalicelib.persistence.table import Row
from chalicelib.services.messaging.outbox_relay import read_message_context
from tests.builders.doubles.api_gateway import Reply
from tests.builders.in_process.moto_table import rolled_back, stored_items
from tests.builders.in_process.sample_organisation import Organisation
from tests.builders.in_process.sample_records import ALEX_EMAIL, MORTGAGE, at
from tests.builders.in_process.status_requests import ADMIN, STATUSES, status_body
from tests.builders.oracles.status_oracle import (
    CANCELLATION,
    CONFIRMATION,
    START,
    ModelAppointment,
    ModelStatus,
    StatusOracle,
)

SLOTS = 4
COLOURS = ("#112233", "#445566")
places = st.integers(0, 1000)
predicates = st.sampled_from((START, CONFIRMATION, CANCELLATION))
reasons = st.sampled_from(("", "Because"))


def code(reply: Reply) -> str | None:
    """The code of a refusal; ``None`` for a success."""
    return reply.json["code"] if reply.status >= 400 else None


class Statuses(RuleBasedStateMachine):
    """The whole application over moto beside the model; it begins with these statuses, switched on."""

    first: ClassVar[list[ModelStatus]] = []

    def __init__(self) -> None:
        super().__init__()
        self._table = ExitStack()
        self._table.enter_context(rolled_back())
        self._told: set[str] = set()
        self.org = Organisation()
        self.model = StatusOracle(list(self.first), function=True, service=True)

    def teardown(self) -> None:
        """Roll back for the next run."""
        self._table.close()

    def _admin(self, method: str, url: str, body: Any = None) -> Reply:
        return self.org.as_staff(method, url, body, who=ADMIN)

    def _step(self, place: int) -> ModelStatus:
        return self.model.steps[place % len(self.model.steps)]

    def _request(self, place: int) -> ModelAppointment:
        return list(self.model.requests.values())[place % len(self.model.requests)]

    def _taken(self) -> set[int]:
        return {request.slot for request in self.model.requests.values() if not request.cancelled}

    def _add(self, name: str, predicate: str, position: int) -> None:
        reply = self._admin("POST", "/statuses", status_body(name, predicate, position=position, colour=COLOURS[0]))
        step = ModelStatus(reply.json.get("id", ""), name, COLOURS[0], predicate, position)
        after = [*self.model.steps, step]
        assert code(reply) == self.model.edited(after)
        if reply.status == 201:
            self.model.steps = after

    @rule(predicate=predicates, position=st.integers(0, 9))
    def add(self, predicate: str, position: int) -> None:
        self._add(f"Added {len(self.model.steps)}", predicate, position)

    @rule(place=places, name=st.sampled_from(("Renamed", "Again")), colour=st.sampled_from(COLOURS))
    def relabel(self, place: int, name: str, colour: str) -> None:
        self._edit(self._step(place), name=name, colour=colour)

    @rule(place=places, archived=st.booleans())
    def archive(self, place: int, archived: bool) -> None:
        self._edit(self._step(place), archived=archived)

    @rule(place=places, position=st.integers(0, 9))
    def put_at(self, place: int, position: int) -> None:
        self._edit(self._step(place), position=position)

    @rule(place=places, predicate=predicates)
    def mean(self, place: int, predicate: str) -> None:
        self._edit(self._step(place), predicate=predicate)

    def _edit(self, step: ModelStatus, **fields: Any) -> None:
        after = self.model.changed(step, **fields)
        held = "predicate" in fields and fields["predicate"] != step.predicate and self.model.holders(step.id)
        expected = "status_in_use" if held else self.model.edited(after) if after != self.model.steps else None
        assert code(self._admin("PATCH", f"/statuses/{step.id}", fields)) == expected
        if expected is None:
            self.model.steps = after

    @precondition(lambda self: len(self.model.steps) > 1)
    @rule(place=places)
    def remove(self, place: int) -> None:
        step = self._step(place)
        after = [s for s in self.model.steps if s is not step]
        expected = "in_use" if self.model.holders(step.id) else self.model.edited(after)
        assert code(self._admin("DELETE", f"/statuses/{step.id}")) == expected
        if expected is None:
            self.model.steps = after

    @rule(chance=st.randoms(use_true_random=False))
    def order(self, chance: Any) -> None:
        steps = self.model.steps[:]
        chance.shuffle(steps)
        after = [self.model.changed(step, position=n)[self.model.steps.index(step)] for n, step in enumerate(steps, 1)]
        expected = self.model.out_of_order(after) if self.model.function and after != self.model.steps else None
        assert code(self._admin("PUT", "/statuses/order", {"ids": [s.id for s in steps]})) == expected
        if expected is None:
            self.model.steps = after

    @rule(function=st.booleans(), on=st.booleans())
    def switch(self, function: bool, on: bool) -> None:
        reply = self._admin("PATCH", "/settings" if function else f"/services/{MORTGAGE}", {"status_function": on})
        expected = self.model.incomplete() if function and on and not self.model.function else None
        assert code(reply) == expected
        if expected is None and function:
            self.model.function = on
        elif expected is None:
            self.model.service = on

    @precondition(lambda self: len(self.model.requests) < 6)
    @rule(slot=st.integers(0, SLOTS - 1))
    def book(self, slot: int) -> None:
        guest = {"email": f"g{len(self.model.requests)}@example.org", "last_name": str(len(self.model.requests))}
        reply = self.org.try_book(at(30 * slot), attendee=guest)
        assert code(reply) == ("capacity_exhausted" if slot in self._taken() else None)
        if reply.status == 201:
            request = self.model.book(reply.json["id"], reply.json["code"], slot)
            assert (reply.json["confirmed"], (reply.json["status"] or {}).get("id")) == (
                request.confirmed,
                request.status_id,
            )

    @precondition(lambda self: self.model.requests)
    @rule(place=places, to=places, admin=st.booleans(), reason=reasons)
    def move(self, place: int, to: int, admin: bool, reason: str) -> None:
        request, step = self._request(place), self._step(to)
        expected = self.model.refused(request, step, reason, admin=admin)
        who = ADMIN if admin else ALEX_EMAIL
        assert code(self.org.statuses.change(request.id, step.id, who=who, reason=reason)) == (expected or None)
        if expected is None:
            self.model.move(request, step, reason)

    @precondition(lambda self: self.model.requests)
    @rule(place=places, reason=reasons, staff=st.booleans())
    def cancel(self, place: int, reason: str, staff: bool) -> None:
        request = self._request(place)
        if staff:
            reply = self._admin("POST", f"/appointments/{request.id}/cancel", {"reason": reason})
        else:
            reply = self.org.cancel({"id": request.id, "code": request.code}, reason=reason)
            reason = f"cancelled by customer: {reason}" if reason else "cancelled by customer"
        assert code(reply) == ("wrong_state" if request.cancelled else None)
        if not request.cancelled:
            self.model.cancel(request, None, reason)

    @precondition(lambda self: self.model.requests)
    @rule(place=places, slot=st.integers(0, SLOTS - 1), staff=st.booleans())
    def change_time(self, place: int, slot: int, staff: bool) -> None:
        request = self._request(place)
        if staff and slot in self._taken() - {request.slot}:
            return  # Staff may fill a block beyond its limit (D5); here they do not.
        if staff:
            reply = self._admin("PATCH", f"/appointments/{request.id}", {"start": f"{at(30 * slot):%Y-%m-%dT%H:%MZ}"})
        else:
            reply = self.org.reschedule({"id": request.id, "code": request.code}, at(30 * slot))
        expected = self._not_movable(request, slot, staff=staff)
        assert code(reply) == (expected or None)
        if expected is None:
            (self.model.postpone if staff else self.model.reschedule)(request, slot)

    def _not_movable(self, request: ModelAppointment, slot: int, *, staff: bool) -> str | None:
        """The code that refuses another time; an empty text where staff change nothing."""
        if staff and slot == request.slot:
            return ""
        if request.cancelled:
            return "wrong_state"
        if not staff and request.moved:
            return "already_rebooked"
        return "capacity_exhausted" if slot in self._taken() - {request.slot} else None

    @invariant()
    def all_is_as_the_model_says(self) -> None:
        found = (item["Attributes"] for item in stored_items().values())
        rows = [Row.from_raw_data(attributes) for attributes in found]
        requests = self.model.requests
        stored = {a.id: a for a in decoded(rows, "appointment", Appointment)}
        assert stored.keys() == requests.keys()
        for request in requests.values():
            appointment = stored[request.id]
            assert (
                appointment.status_id,
                appointment.confirmed or request.cancelled,
                appointment.occupies_capacity,
            ) == (
                request.status_id,
                request.confirmed or request.cancelled,
                not request.cancelled,
            )
        self._history(rows)
        self._messages(rows)
        seats = {o.id: o.start for o in self.org.calendar().occupants(int(self.org.now.timestamp()))}
        assert seats == {r.id: epoch_minute(at(30 * r.slot)) for r in requests.values() if not r.cancelled}
        shares: Counter[str] = Counter()
        for share in decoded(rows, "share", StatusCountShard):
            assert share.held >= 0
            shares[share.status_id] += share.held
        assert +shares == Counter(r.status_id for r in requests.values() if r.status_id)

    def _history(self, rows: list[Row]) -> None:
        found: dict[str, list[Any]] = {request_id: [] for request_id in self.model.requests}
        for line in sorted(decoded(rows, "passed", StatusHistoryEntry), key=lambda line: line.number):
            snapshot = (line.name, line.colour, line.predicate.value, line.position)
            found[line.appointment_id].append((snapshot, line.reason))
        assert found == {request.id: request.history for request in self.model.requests.values()}

    def _messages(self, rows: list[Row]) -> None:
        found: dict[str, list[tuple[str, str]]] = {request_id: [] for request_id in self.model.requests}
        entries = [row_mapping.from_json(row.body or "", JournalEntry) for row in rows if row.kind == "entry"]
        entries = [entry for entry in entries if entry.subject_id in found]
        for entry in sorted(entries, key=lambda entry: entry.id):
            found[entry.subject_id] += [(m.kind.value, m.audience.value) for m in entry.messages]
        assert found == {request.id: request.messages for request in self.model.requests.values()}
        for entry in entries:
            if entry.id not in self._told and entry.messages:
                self._told.add(entry.id)
                self._deliverable(entry)

    def _deliverable(self, entry: JournalEntry) -> None:
        """Each message can be sent at the moment it is requested: to the client and the branch."""
        message_context, _ = read_message_context(container.store, entry.subject_id, entry.messages) or (None, None)
        assert message_context is not None
        for message in entry.messages:
            suppressed = route(message, entry, message_context, self.org.now).suppressed
            assert suppressed == ("unreachable" if message.audience is Audience.ORGANISATION else ""), message


def decoded(rows: list[Row], kind: str, record: Any) -> Iterator[Any]:
    """The records of one kind among the rows."""
    return (row_mapping.from_row(row, record) for row in rows if row.kind == kind)


def test_any_sequence_leaves_what_the_model_says(org: Organisation) -> None:
    org.create_block(limit=1, hours=SLOTS / 2)
    ids = org.statuses.create()
    Statuses.first = [ModelStatus(ids[name], name, "#2e7d32", of, n) for n, (name, of) in enumerate(STATUSES, start=1)]
    few = settings(
        max_examples=12,
        stateful_step_count=20,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
        derandomize=True,
    )
    run_state_machine_as_test(Statuses, settings=few)
