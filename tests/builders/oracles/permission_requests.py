"""The HTTP requests for each row of the permission matrix, their subjects, and the expected status."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.builders.oracles.permission_matrix import matrix_letter

RANKS = {"staff": 10, "staff_plus": 13, "staff_advanced": 15, "manager": 20, "admin": 25}


@dataclass(frozen=True)
class Case:
    """The subject of a request, seen from the caller: at their location, their own, owned by which role."""

    name: str
    here: bool = True
    own: bool = False
    unassigned: bool = False
    role: str = "staff"


OWN = Case("own", own=True)
COLLEAGUES = Case("colleagues")
UNASSIGNED = Case("unassigned", unassigned=True)
FOREIGN = Case("foreign", here=False)
FOREIGN_UNASSIGNED = Case("foreign_unassigned", here=False, unassigned=True)
APPOINTMENTS = (OWN, COLLEAGUES, UNASSIGNED, FOREIGN, FOREIGN_UNASSIGNED)

CLIENTS = (OWN, COLLEAGUES, UNASSIGNED, FOREIGN)

HERE, THERE = Case("here"), Case("there", here=False)
LOCATIONS = (HERE, THERE)

MYSELF, COLLEAGUE, STRANGER = Case("myself", own=True), Case("colleague"), Case("stranger", here=False)
WORKERS = (MYSELF, COLLEAGUE, STRANGER)
# One colleague per role; the caller's own role is left out (see ``cases``).
PEERS = tuple(Case(role, role=role) for role in RANKS)

OTHERS = (COLLEAGUE, STRANGER, *PEERS)
UNCLAIMED = (UNASSIGNED, FOREIGN_UNASSIGNED)

ANYTHING = (Case("anything"),)


@dataclass(frozen=True)
class Request:
    """One request; any of the abilities in ``needs`` is enough.

    ``path``, ``query`` and the texts of ``body`` name parts of the subject: ``{appointment}``, ``{location}`` …
    A ``fresh`` request changes its subject, so every caller gets their own. A ``known`` subject is visible to
    everybody, so callers without the ability get 403 instead of 404.
    """

    needs: tuple[str, ...]
    method: str
    path: str
    cases: tuple[Case, ...] = ANYTHING
    body: Any = None
    status: int = 200
    fresh: bool = False
    known: bool = False

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    def expected(self, role: str, case: Case) -> int:
        """The status for this role: 403 without the ability, 404 outside the data scope (docs/rules.md)."""
        letters = {matrix_letter(role, ability) for ability in self.needs}
        if any(is_in_scope(role, letter, case) for letter in letters):
            return self.status
        return 403 if letters == {"-"} or self.known or self._seen(role, case) else 404

    def _seen(self, role: str, case: Case) -> bool:
        return case not in LOCATIONS and (case.here if case.name in PEOPLE else is_visible(role, case))


PEOPLE = {case.name for case in (MYSELF, COLLEAGUE, STRANGER, *PEERS)}


def is_in_scope(role: str, letter: str, case: Case) -> bool:
    """True if a cell's letter covers this case."""
    if case in ANYTHING or letter in "-A":
        return letter != "-"
    if case.own or letter == "O":
        return case.own
    highest = {"L": "admin", "M": "manager", "E": role}[letter]
    return case.here and RANKS[case.role] <= RANKS[highest]


def is_visible(role: str, appointment: Case) -> bool:
    """True if the role may see an appointment: in view, or unassigned on their dashboard (D26)."""
    on_dashboard = appointment.unassigned and is_in_scope(role, matrix_letter(role, "dashboard_view"), appointment)
    return on_dashboard or is_in_scope(role, matrix_letter(role, "appointment_view"), appointment)


class VisibilityRequest(Request):
    """A request for an appointment itself: 200 for every role that may see it."""

    def expected(self, role: str, case: Case) -> int:
        """200 or 404."""
        return self.status if is_visible(role, case) else 404


class ListRequest(Request):
    """A request for somebody's list: a role with a dashboard sees what it may see there (D26)."""

    def expected(self, role: str, case: Case) -> int:
        """403 without a dashboard, 404 for the list of somebody whose appointments are hidden from the role."""
        if matrix_letter(role, "dashboard_view") == "-":
            return 403
        return self.status if is_visible(role, case) else 404


@dataclass(frozen=True)
class ClientRequest(Request):
    """A request about a client, known by one of their appointments; hidden from roles that may not ``view`` them."""

    view: str = "client_view"

    def expected(self, role: str, case: Case) -> int:
        """404 for a client out of view, 403 in view without the ability (CL-2) or for a role that never has it."""
        if all(matrix_letter(role, need) == "-" for need in self.needs):
            return 403
        if not is_in_scope(role, matrix_letter(role, self.view), case):
            return 404
        return self.status if any(is_in_scope(role, matrix_letter(role, need), case) for need in self.needs) else 403


def _booking(channel: str, staff: object = "anyone", **more: object) -> dict[str, Any]:
    return {
        "channel": channel,
        "client": {"first_name": "Guest", "last_name": "{guest}", "email": "{guest}@example.org"},
        "service_id": "{service}",
        "location_id": "{location}",
        "meeting_method": "in_person",
        "start": "{start}",
        "timezone": "UTC",
        "staff": staff,
        **more,
    }


_EDIT = ("appointment_edit",)
_PROGRESS = ("appointment_progress",)
_BOOK = ("book_for_others", "book_for_self")
_HOURS = ("hours_edit", "own_hours_edit")
_LINE = {"weekdays": [1], "start": "09:00", "end": "17:00"}
_AWAY = {"start": "2027-03-01T09:00", "end": "2027-03-01T10:00", "timezone": "UTC"}
_WORKS = {"calendar_type": "ad_hoc", "timezone": "UTC", "lines": [_LINE]}
_MISSED = {"contact_attempted": True, "reason": "Nobody answered"}
_SOMEBODY = {"id": "{staff}"}
_GUEST = {"client": {"first_name": "Also", "last_name": "Comes", "email": "{guest}@example.org"}}
_CONFIRMED = {"status_id": "{confirmed}"}
_DECLINED = {"status_id": "{declined}", "reason": "Papers are missing"}
_FREE = "/availability?service_id={service}&location_id={location}&from={day}&to={day}&timezone=UTC&channel="
_DELETED_CLIENT = "/clients/{client}?cancel_upcoming=true"
_FORCED = {"force": True}
_ASSIGNED = {"staff_id": "{staff}", "force": True}
_OVERRIDE = _booking("schedule", _SOMEBODY, override={"reason": "Agreed by phone"})
_FAIR = {"date": "2027-03-01", "name": "Fair"}
_UNNOTIFIED = {"notify_client": False}
_LIST = "/appointments?location_id={location}&date={day}&view="

_BLOCK = {"location_id": "{location}", "start": "{later}", "end": "{closing}", "limit": 1, "services": ["{service}"]}
_HIRED = {"name": "New", "email": "{guest}@example.org", "role": "staff", "location_ids": ["{location}"]}

_PERSON = {"first_name": "New", "last_name": "Client", "email": "{guest}@example.org"}
_MERGE = {"duplicate_id": "{client}", "primary_id": "{other}", "dry_run": True}
_MORE = {"sessions": 1, "reason": "Still in need"}
_WORKFLOW = {"name": "First home", "steps": ["Papers"]}

PERMISSION_REQUESTS: tuple[Request, ...] = (
    VisibilityRequest(("appointment_view", "dashboard_view"), "GET", "/appointments/{appointment}", APPOINTMENTS),
    Request(("log_view",), "GET", "/appointments/{appointment}/log", APPOINTMENTS),
    Request(("status_history_view",), "GET", "/appointments/{appointment}/history", APPOINTMENTS),
    # These appointments have no status: callers with the ability get 409.
    Request(("status_update",), "POST", "/appointments/{appointment}/status", APPOINTMENTS, _CONFIRMED, status=409),
    Request(("status_cancel",), "POST", "/appointments/{appointment}/status", APPOINTMENTS, _DECLINED, status=409),
    Request(("catalogue_view",), "GET", "/statuses"),
    Request(("status_configure",), "PATCH", "/statuses/{confirmed}", body={}),
    Request(_EDIT, "PATCH", "/appointments/{appointment}", APPOINTMENTS, {"notes": "Private"}, fresh=True),
    Request(_EDIT, "POST", "/appointments/{appointment}/cancel", APPOINTMENTS, {}, fresh=True),
    Request(_EDIT, "POST", "/appointments/{appointment}/attendees", APPOINTMENTS, _GUEST, status=201, fresh=True),
    Request(_EDIT, "DELETE", "/appointments/{appointment}/attendees/{client}", APPOINTMENTS, status=204, fresh=True),
    Request(_PROGRESS, "POST", "/appointments/{appointment}/commence", APPOINTMENTS, fresh=True),
    # Nothing has begun yet: callers with the ability get 409.
    *(
        Request(_PROGRESS, "POST", "/appointments/{appointment}/" + step, APPOINTMENTS, body, status=409)
        for step, body in (("serve", None), ("complete", None), ("no-show", _MISSED), ("sign-off", None))
    ),
    Request(("appointment_claim",), "POST", "/appointments/{appointment}/claim", UNCLAIMED, _FORCED, fresh=True),
    Request(("appointment_assign",), "POST", "/appointments/{appointment}/assign", APPOINTMENTS, _ASSIGNED, fresh=True),
    Request(("appointment_assign",), "POST", "/appointments/{appointment}/unassign", APPOINTMENTS, fresh=True),
    Request(("rebook",), "GET", "/quickview/appointments/{appointment}/rebook", APPOINTMENTS),
    *(
        Request(("dashboard_view",), "GET", _LIST + view, LOCATIONS)
        for view in ("unconfirmed", "unassigned", "orphaned", "upcoming", "day")
    ),
    *(
        ListRequest(("dashboard_view",), "GET", "/appointments?staff_id={staff}&date={day}&view=" + view, WORKERS)
        for view in ("upcoming", "day")
    ),
    ListRequest(("dashboard_view",), "GET", "/quickview?staff_id={staff}&date={day}", WORKERS),
    Request(_EDIT, "PATCH", "/quickview/appointments/{appointment}", APPOINTMENTS, _UNNOTIFIED, fresh=True),
    Request(("block_view",), "GET", "/quickstream/blocks/{block}", LOCATIONS),
    Request(("block_view",), "GET", "/quickstream/blocks?location_id={location}&from={day}&to={day}", LOCATIONS),
    Request(("block_edit",), "POST", "/quickstream/blocks", LOCATIONS, _BLOCK, status=201),
    Request(("block_edit",), "PATCH", "/quickstream/blocks/{block}", LOCATIONS, {}),
    Request(("block_edit",), "POST", "/quickstream/blocks/{block}/preview", LOCATIONS, {}),
    Request(("block_edit",), "DELETE", "/quickstream/blocks/{block}", LOCATIONS, status=204, fresh=True),
    Request(("block_release",), "POST", "/quickstream/blocks/{block}/release", LOCATIONS),
    Request(("block_release",), "POST", "/quickstream/blocks/{block}/close", LOCATIONS, fresh=True),
    Request(("book_contact_centre",), "GET", _FREE + "contact_centre", LOCATIONS),
    Request(("book_contact_centre",), "POST", "/appointments", LOCATIONS, _booking("contact_centre"), status=201),
    Request(_BOOK, "GET", _FREE + "schedule", LOCATIONS, known=True),
    # At a time without a block.
    Request(("book_over_capacity",), "POST", "/appointments", body=_booking("schedule", start="{closed}"), status=201),
    Request(("book_for_self",), "POST", "/appointments", (MYSELF,), _booking("schedule", _SOMEBODY), status=201),
    Request(("book_for_others",), "POST", "/appointments", OTHERS, _booking("schedule", _SOMEBODY), 201, known=True),
    Request(("rebook_override",), "POST", "/appointments", WORKERS, _OVERRIDE, status=201, known=True),
    Request(_HOURS, "GET", "/locations/{location}/hours"),
    Request(_HOURS, "GET", "/locations/{location}/closures"),
    Request(("hours_edit",), "POST", "/locations/{location}/hours", LOCATIONS, _LINE, status=201, known=True),
    Request(("hours_edit",), "POST", "/locations/{location}/closures", LOCATIONS, _FAIR, status=201, known=True),
    Request(_HOURS, "GET", "/staff/{staff}/work-schedules"),
    Request(_HOURS, "GET", "/staff/{staff}/time-off", WORKERS, known=True),
    Request(_HOURS, "POST", "/staff/{staff}/time-off", WORKERS, _AWAY, status=201, known=True),
    Request(_HOURS, "POST", "/staff/{staff}/work-schedules", WORKERS, _WORKS, status=201, known=True),
    *(
        Request(("catalogue_view",), "GET", path)
        for path in (
            "/locations", "/locations/{location}", "/services", "/services/{service}", "/staff", "/staff/{staff}",
            "/cancellation-reasons",
        )
    ),
    # Callers with the ability get 422 for an empty body and 409 for a record in use.
    *(Request(("catalogue_edit",), "POST", path, body={}, status=422) for path in ("/locations", "/services")),
    Request(("catalogue_edit",), "POST", "/cancellation-reasons", body={}, status=422),
    Request(("catalogue_edit",), "DELETE", "/locations/{location}", status=409),
    Request(("catalogue_edit",), "DELETE", "/services/{service}", status=409),
    Request(("catalogue_edit",), "PATCH", "/locations/{location}", body={}),
    Request(("catalogue_edit",), "PATCH", "/services/{service}", body={}),
    Request(("staff_edit",), "PATCH", "/staff/{staff}", (COLLEAGUE, STRANGER, Case("admin", role="admin")), {}),
    Request(("staff_edit",), "POST", "/staff", LOCATIONS, _HIRED, status=201, known=True),
    Request(("staff_edit",), "DELETE", "/staff/{staff}", (COLLEAGUE, STRANGER), status=204, fresh=True),
    Request(("client_add",), "POST", "/clients", body=_PERSON, status=201),
    Request(("client_view",), "GET", "/clients?q=nobody"),
    ClientRequest(("client_view",), "GET", "/clients/{client}", CLIENTS),
    ClientRequest(("client_edit",), "PATCH", "/clients/{client}", CLIENTS, {}),
    ClientRequest(("client_delete",), "DELETE", _DELETED_CLIENT, CLIENTS, status=204, fresh=True),
    ClientRequest(("client_merge",), "POST", "/clients/merge", CLIENTS, _MERGE),
    ClientRequest(("log_view",), "GET", "/clients/{client}/activity", CLIENTS),
    ClientRequest(("workflow_edit",), "POST", "/clients/{client}/workflows", CLIENTS, _WORKFLOW, status=201),
    ClientRequest(("client_view",), "GET", "/clients/{client}/sessions", CLIENTS),
    ClientRequest(("sessions_allot",), "PUT", "/clients/{client}/sessions", CLIENTS, {"allotted": 5}),
    ClientRequest(("log_view",), "GET", "/clients/{client}/session-requests", CLIENTS),
    # A client without a limit needs no more sessions: callers with the ability get 409.
    ClientRequest(("sessions_request",), "POST", "/clients/{client}/session-requests", CLIENTS, _MORE, 409, fresh=True),
    Request(("settings_edit", "dashboard_view"), "GET", "/settings"),
    Request(("settings_edit",), "PATCH", "/settings", body={}),
)  # fmt: skip

# With all clients visible to everybody: the abilities to change them stay the same.
SHARED_VIEW_REQUESTS: tuple[Request, ...] = (
    ClientRequest(("client_view_shared",), "GET", "/clients/{client}", CLIENTS, view="client_view_shared"),
    ClientRequest(("client_edit",), "PATCH", "/clients/{client}", CLIENTS, {}, view="client_view_shared"),
)

# Group sessions have no routes yet; their rows come with them.
UNROUTED_ABILITIES = {"group_attendee_add": "/group-sessions"}


# The contact centre has no appointments of its own; nobody is their own peer.
def cases(request: Request, role: str) -> list[Case]:
    """The cases to try for this role."""
    return [case for case in request.cases if case.name != role and not (case is OWN and role == "contact_centre")]


def fill_template(text: Any, facts: dict[str, str]) -> Any:
    """A path or body with every placeholder filled in."""
    if isinstance(text, dict):
        return {name: fill_template(value, facts) for name, value in text.items()}
    if isinstance(text, list):
        return [fill_template(value, facts) for value in text]
    return text.format(**facts) if isinstance(text, str) else text
