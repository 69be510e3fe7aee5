"""The permission matrix in letters, row by row as docs/rules.md prints it."""

from __future__ import annotations

ROLES = ("admin", "manager", "staff_advanced", "staff_plus", "staff", "contact_centre")

# A all · L at assigned locations · O own · - denied
# E at assigned locations, equal or lower role · M the same, up to manager
ROWS = {
    "block_edit": "A L - - - -",
    "block_release": "A L - - - -",
    "block_view": "A L L L L A",
    "client_view": "A L L O O A",
    "client_view_shared": "A A A A A A",
    "client_add": "A A A A A A",
    "client_edit": "A L L O O A",
    "client_delete": "A L L O O A",
    "client_merge": "A L L O O A",
    "book_contact_centre": "A - - - - A",
    "book_for_self": "O O O O O -",
    "book_for_others": "A L M E E -",
    "book_over_capacity": "A A A A A -",
    "group_attendee_add": "A L L E O -",
    "appointment_edit": "A L L O O A",
    "appointment_claim": "A L L L L -",
    "appointment_assign": "A L L - - -",
    "appointment_progress": "A L L O O -",
    "status_update": "A L L O O -",
    "status_cancel": "A L L O O A",
    "status_history_view": "A L L O O A",
    "status_configure": "A - - - - -",
    "rebook": "A L L O O -",
    "rebook_override": "A L O - - -",
    "own_hours_edit": "O O O O O -",
    "log_view": "A L L O O A",
    "workflow_edit": "A L L O O A",
    "dashboard_view": "A L L L L -",
    "appointment_view": "A L L L O A",
    "sessions_allot": "A L - - - -",
    "sessions_request": "A L L O O A",
    "hours_edit": "A L - - - -",
    "catalogue_view": "A A A A A A",
    "catalogue_edit": "A - - - - -",
    "staff_edit": "A M - - - -",
    "settings_edit": "A - - - - -",
}


def matrix_letter(role: str, ability: str) -> str:
    """The cell of a role and an ability."""
    return ROWS[ability].split()[ROLES.index(role)]
