"""Setting up staff over HTTP."""

from __future__ import annotations

from chalicelib.api.http.crud_routes import Operation, crud_routes
from chalicelib.api.http.routing import Routes
from chalicelib.api.schemas.organisation.staff import StaffMemberBody, StaffMemberChangeBody, StaffMemberResponse
from chalicelib.container import container
from chalicelib.domain.shared.errors import Duplicate, InUse, LastAdmin
from chalicelib.domain.shared.permissions import Ability

routes = Routes(__name__, tag="Staff")

crud_routes(
    routes,
    "/staff/{staff_id}",
    lambda: container.staff_members,
    body=StaffMemberBody,
    change_body=StaffMemberChangeBody,
    response=StaffMemberResponse,
    reading=Ability.CATALOGUE_VIEW,
    writing=Ability.STAFF_EDIT,
    lists=Operation("list_staff", "All staff, oldest first."),
    creates=Operation(
        "create_staff_member",
        "Add somebody to the staff and invite them to sign in.",
        (Duplicate, "unknown_timezone", "too_many_posts"),
    ),
    shows=Operation("show_staff_member", "One staff member."),
    changes=Operation(
        "change_staff_member",
        """Change some fields; a new role moves the login to its group, `active: false` shuts it out at once.

        Somebody with appointments that have not begun is deactivated only after these were unassigned or given to
        somebody else; the refusal names them.
        """,
        (Duplicate, InUse, LastAdmin, "unknown_timezone", "too_many_posts"),
    ),
    deletes=Operation(
        "delete_staff_member",
        """Remove somebody who has no upcoming appointments, with login, work schedules and time off.

        Upcoming appointments have to be unassigned or given to somebody else before; the refusal names them.
        """,
        (InUse, LastAdmin),
    ),
)
