"""A small API on the real HTTP layer without a table, to test what every route gets for free."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any

from chalice.app import Chalice
from pydantic import Field

from chalicelib.api.http.routing import ANY_STAFF, PUBLIC, Call, NoBody, NoQuery, Routes
from chalicelib.api.http.serving import translate_errors
from chalicelib.api.routes.site import api_description, health
from chalicelib.api.schemas.shared.fields import (
    DateTimeInput,
    Id,
    Instant,
    QueryFlag,
    RequestModel,
    ResponseModel,
    Text,
)
from chalicelib.container import container
from chalicelib.domain.shared.errors import AlreadyDone, Busy, CapacityExhausted, NotFound
from chalicelib.domain.shared.permissions import Ability, Principal, Role
from chalicelib.environment import DeploymentSettings
from chalicelib.services.context import IdempotencyKey
from chalicelib.services.store_port import StoredResponse


class GuestBody(RequestModel):
    """Another attendee."""

    email: str


class BookingBody(RequestModel):
    """A booking to make."""

    name: Annotated[str, Text(10)]
    seats: Annotated[int, Field(ge=1, le=9)] = 1
    start: DateTimeInput | None = None
    guests: tuple[GuestBody, ...] = ()
    who: GuestBody | Annotated[str, Field(pattern="^anyone$")] = "anyone"
    anything: Any = None


class BookingQuery(RequestModel):
    """A filter for bookings."""

    limit: Annotated[int, Field(ge=1, le=100)] = 50
    open: QueryFlag = False
    location_id: Id | None = None
    kind: tuple[str, ...] = ()


class Booking(ResponseModel):
    """A booking."""

    id: str
    name: str
    at: Instant
    version: int = 1


@dataclass(frozen=True)
class BookedSeat:
    """The result of the fake service."""

    id: str
    name: str
    at: datetime


class UnforeseenError(Exception):
    """An error nobody planned for."""


@dataclass
class DemoBookings:
    """The fake service: counts bookings, keeps idempotency rows, records every call."""

    full: bool = False
    calls: list[Call[Any, Any]] = field(default_factory=list)
    rows: dict[tuple[str, str], StoredResponse] = field(default_factory=dict)
    count: int = 0

    def book(self, name: str, now: datetime, idempotency: IdempotencyKey | None) -> BookedSeat:
        """Book a seat exactly once, as a store would."""
        if self.full:
            raise CapacityExhausted(extra={"nearest": [now]})
        if idempotency and (idempotency.scope, idempotency.key) in self.rows:
            raise AlreadyDone()
        self.count += 1
        done = BookedSeat(f"apt_{self.count}", name, now)
        if idempotency:
            status, body = idempotency.present(done)
            self.rows[idempotency.scope, idempotency.key] = StoredResponse(idempotency.fingerprint, status, body)
        return done


@dataclass
class FakeParts:
    """The parts of the container that every request uses, without a table."""

    bookings: DemoBookings
    stage: str = "local"
    allowed: tuple[str, ...] = ("https://bank.example",)
    staff: dict[str, frozenset[str]] = field(default_factory=lambda: {"sam@example.org": frozenset({"loc_1"})})

    def install(self) -> None:
        """Replace everything in the container with these parts."""
        vars(container).clear()
        vars(container).update(
            settings=DeploymentSettings(
                table_name="desk", stage=self.stage, region="ca-central-1", public_url="https://desk.example/v1"
            ),
            principal_for=self.principal_for,
            allowed_origins=self,
            store=self,
        )

    def principal_for(self, email: str, groups: tuple[str, ...]) -> Principal | None:
        """The one staff member, or ``None``."""
        if email not in self.staff:
            return None
        roles = frozenset(Role(group) for group in groups if group in set(Role))
        return Principal("stf_1", "Sam Lee", email, roles, self.staff[email])

    def current(self) -> tuple[str, ...]:
        """The configured origins."""
        return self.allowed

    def stored_response(self, scope: str, key: str) -> StoredResponse | None:
        """The response kept under a key."""
        return self.bookings.rows.get((scope, key))


def demo_routes(bookings: DemoBookings) -> Routes:
    """The demo's routes over this service."""
    routes = Routes("demo", tag="Demo")

    @routes.post(
        "/bookings/{booking_id}", body=BookingBody, query=BookingQuery, response=Booking, status=201, access=PUBLIC,
        refuses=(CapacityExhausted, "unknown_hold"),
    )  # fmt: skip
    def book(call: Call[BookingBody, BookingQuery]) -> BookedSeat:
        """Book a seat.

        The second line stays in the description.
        """
        bookings.calls.append(call)
        return bookings.book(call.body.name, call.now, call.idempotency)

    @routes.get("/bookings/{booking_id}", query=BookingQuery, response=Booking, access=Ability.BLOCK_VIEW)
    def show(call: Call[NoBody, BookingQuery]) -> BookedSeat:
        """Show a booking."""
        bookings.calls.append(call)
        return BookedSeat(call.path["booking_id"], call.staff.name, call.now)

    @routes.patch(
        "/bookings/{booking_id}", body=BookingBody, response=Booking, access=(Ability.BLOCK_EDIT, Ability.CLIENT_ADD)
    )
    def change(call: Call[BookingBody, NoQuery]) -> Booking:
        """Change a booking."""
        bookings.calls.append(call)
        return Booking(id="apt_1", name=call.body.name, at=call.now, version=(call.expected_version or 0) + 1)

    @routes.delete("/bookings/{booking_id}", access=Ability.BLOCK_EDIT)
    def remove(call: Call[NoBody, NoQuery]) -> None:
        """Remove a booking."""
        bookings.calls.append(call)

    @routes.post("/bookings/{booking_id}/release", access=ANY_STAFF)
    def release(call: Call[NoBody, NoQuery]) -> None:
        """Release a booking."""
        bookings.calls.append(call)

    @routes.get("/trouble/{kind}", access=PUBLIC)
    def trouble(call: Call[NoBody, NoQuery]) -> None:
        """Fail in some way."""
        kinds = {"busy": Busy(), "unknown": NotFound(), "bug": UnforeseenError("ana@example.org")}
        raise kinds[call.path["kind"]]

    @routes.get("/file.ics", access=PUBLIC, produces="text/calendar")
    def show_file(call: Call[NoBody, NoQuery]) -> str:
        """Show a calendar file."""
        return "BEGIN:VCALENDAR"

    return routes


def build_demo_app(bookings: DemoBookings | None = None, **parts: Any) -> tuple[Chalice, DemoBookings]:
    """An app with the demo's routes on fresh fake parts, and its service."""
    bookings = bookings or DemoBookings()
    FakeParts(bookings, **parts).install()
    app = Chalice("demo", configure_logs=False)
    app.register_middleware(translate_errors, "http")
    demo = demo_routes(bookings)
    shared = (demo, health.health_routes())
    for routes in (*shared, api_description.description_routes(shared)):
        app.register_blueprint(routes.blueprint)
    return app, bookings
