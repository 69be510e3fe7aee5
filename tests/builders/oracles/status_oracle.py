"""The rules of statuses and requests in the simplest form: lists and counts, no transactions, no versions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

START, CONFIRMATION, CANCELLATION = "start", "booking_confirmation", "cancellation"
BRANCH, COMPANY = "location", "organisation"


@dataclass(frozen=True)
class ModelStatus:
    """A status of the organisation."""

    id: str
    name: str
    colour: str
    predicate: str
    position: int
    archived: bool = False

    @property
    def snapshot(self) -> tuple[str, str, str, int]:
        """The part that a history keeps."""
        return self.name, self.colour, self.predicate, self.position


@dataclass
class ModelAppointment:
    """An appointment with its slot, state, history and messages."""

    id: str
    code: str
    slot: int
    status_id: str | None
    confirmed: bool
    cancelled: bool = False
    moved: bool = False
    announced: bool = False
    history: list[tuple[tuple[str, str, str, int], str | None]] = field(default_factory=list)
    messages: list[tuple[str, str]] = field(default_factory=list)

    def tell(self, kind: str, *copies: str) -> None:
        """Record a message to the client and copies to branch and company."""
        self.messages.append((kind, "client"))
        self.messages += [(copy, audience) for copy in copies for audience in (BRANCH, COMPANY)]


@dataclass
class StatusOracle:
    """The organisation."""

    steps: list[ModelStatus] = field(default_factory=list)
    function: bool = False
    service: bool = False
    requests: dict[str, ModelAppointment] = field(default_factory=dict)

    def step(self, status_id: str | None) -> ModelStatus | None:
        """The status of that id, or ``None``."""
        return next((step for step in self.steps if step.id == status_id), None)

    def lowest(self, predicate: str, steps: list[ModelStatus] | None = None) -> ModelStatus | None:
        """The first status that can be chosen."""
        found = [s for s in (steps or self.steps) if s.predicate == predicate and not s.archived]
        return min(found, key=lambda s: s.position, default=None)

    def holders(self, status_id: str) -> int:
        """Number of appointments with this status."""
        return sum(request.status_id == status_id for request in self.requests.values())

    def edited(self, after: list[ModelStatus]) -> str | None:
        """The code an edit is refused with, or ``None``."""
        places = [step.position for step in after if not step.archived]
        if len(set(places)) < len(places):
            return "position_taken"
        missing = [
            p for p in self._needed() if self.lowest(p) and not any(s.predicate == p and not s.archived for s in after)
        ]
        if missing:
            return "status_needed"
        return self.out_of_order(after) if self.function else None

    @staticmethod
    def out_of_order(steps: list[ModelStatus]) -> str | None:
        """``start_first`` unless a start status comes first."""
        active = sorted((s for s in steps if not s.archived), key=lambda s: s.position)
        return None if active and active[0].predicate == START else "start_first"

    def _needed(self) -> Iterator[str]:
        alive = [r for r in self.requests.values() if r.status_id and not r.cancelled]
        if self.function or any(not r.confirmed for r in alive):
            yield CONFIRMATION
        if self.function or alive:
            yield CANCELLATION
        if self.function:
            yield START

    def incomplete(self) -> str | None:
        """The code that switching the function on is refused with, or ``None``."""
        if not all(self.lowest(p) for p in (START, CONFIRMATION, CANCELLATION)):
            return "statuses_missing"
        return self.out_of_order(self.steps)

    def first(self) -> ModelStatus | None:
        """The status of a new booking."""
        return self.lowest(START) if self.function and self.service else None

    def book(self, appointment_id: str, code: str, slot: int) -> ModelAppointment:
        """Book an appointment."""
        step = self.first()
        first = step.id if step else None
        request = ModelAppointment(appointment_id, code, slot, first, confirmed=step is None, announced=step is None)
        if step:
            request.history.append((step.snapshot, None))
            request.tell("request_received")
        else:
            request.tell("confirmation", "staff_booked")
        self.requests[appointment_id] = request
        return request

    def refused(self, request: ModelAppointment, step: ModelStatus, reason: str, *, admin: bool) -> str | None:
        """The code a status change is refused with, empty if it changes nothing, ``None`` if it is allowed."""
        if request.status_id == step.id:
            return ""
        if request.status_id is None or request.cancelled:
            return "wrong_state"
        if step.archived:
            return "status_archived"
        if step.predicate == START and request.confirmed and not admin:
            return "forbidden"
        return "reason_required" if step.predicate == CANCELLATION and not reason else None

    def move(self, request: ModelAppointment, step: ModelStatus, reason: str) -> None:
        """Apply a status change that is allowed."""
        if step.predicate == CANCELLATION:
            self.cancel(request, step, reason)
            return
        if step.predicate == CONFIRMATION and not request.confirmed:
            request.tell("confirmation", "staff_booked")
            request.announced = True
        request.confirmed, request.status_id = step.predicate == CONFIRMATION, step.id
        request.history.append((step.snapshot, reason or None))

    def cancel(self, request: ModelAppointment, step: ModelStatus | None, reason: str) -> None:
        """Cancel the appointment."""
        request.tell("cancelled", *(["staff_cancelled"] if request.announced else []))
        if request.status_id:
            closing = step or self.lowest(CANCELLATION)
            request.status_id = closing.id if closing else None
            if closing:
                request.history.append((closing.snapshot, reason or None))
        request.cancelled = True

    def reschedule(self, request: ModelAppointment, slot: int) -> None:
        """Move it on behalf of the client."""
        step = self.first()
        if request.status_id and step:
            request.confirmed = False
            if request.status_id != step.id:
                request.history.append((step.snapshot, None))
            request.status_id = step.id
        request.slot, request.moved = slot, True
        copies = ["staff_rescheduled"] if request.announced else []
        request.tell("rescheduled" if request.confirmed else "request_received", *copies)

    def postpone(self, request: ModelAppointment, slot: int) -> None:
        """Move it on behalf of staff."""
        request.slot = slot
        request.tell("rescheduled", *(["staff_rescheduled"] if request.announced else []))

    def changed(self, step: ModelStatus, **fields: object) -> list[ModelStatus]:
        """All statuses with one of them changed."""
        return [replace(s, **fields) if s is step else s for s in self.steps]  # type: ignore[arg-type]
