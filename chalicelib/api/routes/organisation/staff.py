"""Setting up staff over HTTP."""

from __future__ import annotations

from chalicelib.api.http.routing import Call, NoBody, NoQuery, Routes
from chalicelib.api.schemas.organisation.staff import StaffMemberBody, StaffMemberChangeBody, StaffMemberResponse
from chalicelib.api.schemas.shared.fields import PageQuery, PageResponse
from chalicelib.api.schemas.shared.record_models import RecordBody
from chalicelib.container import container
from chalicelib.domain.organisation import catalog
from chalicelib.domain.shared.errors import Duplicate, InUse, LastAdmin
from chalicelib.domain.shared.permissions import Ability
from chalicelib.services.store_port import Page

routes = Routes(__name__, tag="Staff")


@routes.get(
    "/staff",
    query=PageQuery,
    answer=PageResponse[StaffMemberResponse],
    who=Ability.CATALOGUE_VIEW,
    refuses=("invalid_cursor",),
)
def list_staff(call: Call[NoBody, PageQuery]) -> Page[catalog.Staff]:
    """All staff, oldest first."""
    return container.staff_members.list(call.query.limit, call.query.cursor)


@routes.post(
    "/staff",
    body=StaffMemberBody,
    answer=StaffMemberResponse,
    status=201,
    who=Ability.STAFF_EDIT,
    refuses=(Duplicate, "unknown_timezone", "too_many_posts"),
)
def create_staff_member(call: Call[StaffMemberBody, NoQuery]) -> catalog.Staff:
    """Add somebody to the staff and invite them to sign in."""
    return container.staff_members.create(call.context(), call.body.values())


@routes.get("/staff/{staff_id}", answer=StaffMemberResponse, who=Ability.CATALOGUE_VIEW)
def show_staff_member(call: Call[NoBody, NoQuery]) -> catalog.Staff:
    """One staff member."""
    return container.staff_members.show(call.path["staff_id"])


@routes.patch(
    "/staff/{staff_id}",
    body=StaffMemberChangeBody,
    answer=StaffMemberResponse,
    who=Ability.STAFF_EDIT,
    refuses=(Duplicate, InUse, LastAdmin, "unknown_timezone", "too_many_posts"),
)
def change_staff_member(call: Call[RecordBody, NoQuery]) -> catalog.Staff:
    """Change some fields; a new role moves the login to its group, `active: false` shuts it out at once.

    Somebody with appointments that have not begun is deactivated only after these were unassigned or given to
    somebody else; the refusal names them.
    """
    return container.staff_members.change(call.context(), call.path["staff_id"], call.body.values())


@routes.delete("/staff/{staff_id}", who=Ability.STAFF_EDIT, refuses=(InUse, LastAdmin))
def delete_staff_member(call: Call[NoBody, NoQuery]) -> None:
    """Remove somebody who has no upcoming appointments, with login, work schedules and time off.

    Upcoming appointments have to be unassigned or given to somebody else before; the refusal names them.
    """
    container.staff_members.remove(call.context(), call.path["staff_id"])
