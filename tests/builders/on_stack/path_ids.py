"""One existing record for each path and query parameter of the API."""

from __future__ import annotations

from tests.builders.on_stack.stack_block_branch import StackBlockBranch
from tests.builders.on_stack.stack_requests import body_of, created


def path_ids(branch: StackBlockBranch) -> dict[str, str]:
    """New records of a branch by parameter name, with the code of the appointment and the token of the hold."""
    booked, held = created(branch.book()), created(branch.hold(60))
    client_id = branch.appointment(booked["id"])["attendees"][0]["client_id"]
    place, staff_id = f"/locations/{branch.location_id}", branch.create_staff()["id"]
    closure = {"date": branch.opening.date().isoformat(), "name": "Fair", "start": "01:00", "end": "02:00"}
    time_off = {"start": branch.start(-60), "end": branch.start(-30)}
    branch.allot_sessions(client_id, 0)

    def create(path: str, body: object) -> str:
        return str(created(branch.admin.post(path, json=body))["id"])

    return {
        "location_id": branch.location_id,
        "service_id": branch.service_id,
        "block_id": branch.block_id,
        "appointment_id": booked["id"],
        "client_id": client_id,
        "workflow_id": create(f"/clients/{client_id}/workflows", {"name": "Onboarding", "steps": ["Call back"]}),
        "request_id": create(f"/clients/{client_id}/session-requests", {"sessions": 1, "reason": "Still in need"}),
        "merge_id": _merge_id(branch),
        "moving": booked["id"],
        "code": booked["code"],
        "hold_id": held["id"],
        "hold": held["token"],
        "token": held["token"],
        "staff_id": staff_id,
        "hours_id": create(f"{place}/hours", {"weekdays": [1], "start": "09:00", "end": "17:00"}),
        "closure_id": create(f"{place}/closures", closure),
        "schedule_id": branch.add_schedule(staff_id),
        "status_id": _status_id(branch),
        "time_off_id": create(f"/staff/{staff_id}/time-off", time_off),
    }


def _merge_id(branch: StackBlockBranch) -> str:
    merge = {"duplicate_id": branch.create_client()["id"], "primary_id": branch.create_client()["id"]}
    return str(body_of(branch.admin.post("/clients/merge", json=merge))["merge_id"])


def _status_id(branch: StackBlockBranch) -> str:
    """An archived status, created once because the number of statuses is limited."""
    body = {"name": "Set aside", "predicate": "cancellation", "colour": "#5f6368", "archived": True}
    known = [status["id"] for status in branch.items("/statuses") if status["name"] == body["name"]]
    return str(known[0] if known else created(branch.admin.post("/statuses", json=body))["id"])
