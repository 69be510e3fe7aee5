"""Permissions: the matrix of roles and abilities as one table, and the staff member it is applied to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum


class Role(StrEnum):
    """A user pool group; a higher code has more rights, except that the contact centre has rights of its own."""

    CONTACT_CENTRE = "contact_centre"
    STAFF = "staff"
    STAFF_PLUS = "staff_plus"
    STAFF_ADVANCED = "staff_advanced"
    MANAGER = "manager"
    ADMIN = "admin"

    @property
    def code(self) -> int:
        """The role's rank as a number."""
        return _CODES[self]


_CODES: Mapping[Role, int] = {
    Role.CONTACT_CENTRE: 5,
    Role.STAFF: 10,
    Role.STAFF_PLUS: 13,
    Role.STAFF_ADVANCED: 15,
    Role.MANAGER: 20,
    Role.ADMIN: 25,
}


class Ability(StrEnum):
    """A permission that roles may have: one row of the matrix."""

    BLOCK_EDIT = "block_edit"
    BLOCK_RELEASE = "block_release"
    BLOCK_VIEW = "block_view"
    CLIENT_VIEW = "client_view"
    CLIENT_VIEW_SHARED = "client_view_shared"
    CLIENT_ADD = "client_add"
    CLIENT_EDIT = "client_edit"
    CLIENT_DELETE = "client_delete"
    CLIENT_MERGE = "client_merge"
    BOOK_CONTACT_CENTRE = "book_contact_centre"
    BOOK_FOR_SELF = "book_for_self"
    BOOK_FOR_OTHERS = "book_for_others"
    BOOK_OVER_CAPACITY = "book_over_capacity"
    GROUP_ATTENDEE_ADD = "group_attendee_add"
    DASHBOARD_VIEW = "dashboard_view"
    APPOINTMENT_VIEW = "appointment_view"
    APPOINTMENT_EDIT = "appointment_edit"
    APPOINTMENT_CLAIM = "appointment_claim"
    APPOINTMENT_ASSIGN = "appointment_assign"
    APPOINTMENT_PROGRESS = "appointment_progress"
    STATUS_UPDATE = "status_update"
    STATUS_CANCEL = "status_cancel"
    STATUS_HISTORY_VIEW = "status_history_view"
    STATUS_CONFIGURE = "status_configure"
    REBOOK = "rebook"
    REBOOK_OVERRIDE = "rebook_override"
    OWN_HOURS_EDIT = "own_hours_edit"
    HOURS_EDIT = "hours_edit"
    LOG_VIEW = "log_view"
    WORKFLOW_EDIT = "workflow_edit"
    SESSIONS_ALLOT = "sessions_allot"
    SESSIONS_REQUEST = "sessions_request"
    CATALOGUE_VIEW = "catalogue_view"
    CATALOGUE_EDIT = "catalogue_edit"
    STAFF_EDIT = "staff_edit"
    SETTINGS_EDIT = "settings_edit"


class Scope(Enum):
    """The reach of an ability: everything, the caller's locations and own data, or only the caller's own data."""

    ALL = "all"
    LOCATIONS = "locations"
    OWN = "own"


@dataclass(frozen=True, slots=True)
class Grant:
    """One cell of the matrix; ``up_to`` is the highest role for or to which the ability may be used."""

    scope: Scope
    up_to: Role = Role.ADMIN

    def contains(self, other: Grant) -> bool:
        """True if whoever has this grant reaches all that the other one reaches."""
        return _WIDTHS[self.scope] >= _WIDTHS[other.scope] and self.up_to.code >= other.up_to.code


_WIDTHS: Mapping[Scope, int] = {Scope.OWN: 1, Scope.LOCATIONS: 2, Scope.ALL: 3}

_NO = None
_ALL = Grant(Scope.ALL)
_LOC = Grant(Scope.LOCATIONS)
_OWN = Grant(Scope.OWN)


def _loc(up_to: Role) -> Grant:
    return Grant(Scope.LOCATIONS, up_to)


_MANAGERS = _loc(Role.MANAGER)
_PLUS = _loc(Role.STAFF_PLUS)
_STAFF = _loc(Role.STAFF)

_COLUMNS = (Role.ADMIN, Role.MANAGER, Role.STAFF_ADVANCED, Role.STAFF_PLUS, Role.STAFF, Role.CONTACT_CENTRE)

# The columns are in the order above; docs/rules.md prints the same table in letters.
PERMISSION_MATRIX: Mapping[Ability, tuple[Grant | None, ...]] = {
    #                            admin  manager    advanced   plus   staff   contact centre
    Ability.BLOCK_EDIT:          (_ALL, _LOC,      _NO,       _NO,   _NO,    _NO),
    Ability.BLOCK_RELEASE:       (_ALL, _LOC,      _NO,       _NO,   _NO,    _NO),
    Ability.BLOCK_VIEW:          (_ALL, _LOC,      _LOC,      _LOC,  _LOC,   _ALL),
    Ability.CLIENT_VIEW:         (_ALL, _LOC,      _LOC,      _OWN,  _OWN,   _ALL),
    Ability.CLIENT_VIEW_SHARED:  (_ALL, _ALL,      _ALL,      _ALL,  _ALL,   _ALL),
    Ability.CLIENT_ADD:          (_ALL, _ALL,      _ALL,      _ALL,  _ALL,   _ALL),
    Ability.CLIENT_EDIT:         (_ALL, _LOC,      _LOC,      _OWN,  _OWN,   _ALL),
    Ability.CLIENT_DELETE:       (_ALL, _LOC,      _LOC,      _OWN,  _OWN,   _ALL),
    Ability.CLIENT_MERGE:        (_ALL, _LOC,      _LOC,      _OWN,  _OWN,   _ALL),
    Ability.BOOK_CONTACT_CENTRE: (_ALL, _NO,       _NO,       _NO,   _NO,    _ALL),
    Ability.BOOK_FOR_SELF:       (_OWN, _OWN,      _OWN,      _OWN,  _OWN,   _NO),
    Ability.BOOK_FOR_OTHERS:     (_ALL, _LOC,      _MANAGERS, _PLUS, _STAFF, _NO),
    Ability.BOOK_OVER_CAPACITY:  (_ALL, _ALL,      _ALL,      _ALL,  _ALL,   _NO),
    Ability.GROUP_ATTENDEE_ADD:  (_ALL, _LOC,      _LOC,      _PLUS, _OWN,   _NO),
    Ability.DASHBOARD_VIEW:      (_ALL, _LOC,      _LOC,      _LOC,  _LOC,   _NO),
    Ability.APPOINTMENT_VIEW:    (_ALL, _LOC,      _LOC,      _LOC,  _OWN,   _ALL),
    Ability.APPOINTMENT_EDIT:    (_ALL, _LOC,      _LOC,      _OWN,  _OWN,   _ALL),
    Ability.APPOINTMENT_CLAIM:   (_ALL, _LOC,      _LOC,      _LOC,  _LOC,   _NO),
    Ability.APPOINTMENT_ASSIGN:  (_ALL, _LOC,      _LOC,      _NO,   _NO,    _NO),
    Ability.APPOINTMENT_PROGRESS: (_ALL, _LOC,     _LOC,      _OWN,  _OWN,   _NO),
    Ability.STATUS_UPDATE:       (_ALL, _LOC,      _LOC,      _OWN,  _OWN,   _NO),
    Ability.STATUS_CANCEL:       (_ALL, _LOC,      _LOC,      _OWN,  _OWN,   _ALL),
    Ability.STATUS_HISTORY_VIEW: (_ALL, _LOC,      _LOC,      _OWN,  _OWN,   _ALL),
    Ability.STATUS_CONFIGURE:    (_ALL, _NO,       _NO,       _NO,   _NO,    _NO),
    Ability.REBOOK:              (_ALL, _LOC,      _LOC,      _OWN,  _OWN,   _NO),
    Ability.REBOOK_OVERRIDE:     (_ALL, _LOC,      _OWN,      _NO,   _NO,    _NO),
    Ability.OWN_HOURS_EDIT:      (_OWN, _OWN,      _OWN,      _OWN,  _OWN,   _NO),
    Ability.LOG_VIEW:            (_ALL, _LOC,      _LOC,      _OWN,  _OWN,   _ALL),
    Ability.WORKFLOW_EDIT:       (_ALL, _LOC,      _LOC,      _OWN,  _OWN,   _ALL),
    Ability.SESSIONS_ALLOT:      (_ALL, _LOC,      _NO,       _NO,   _NO,    _NO),
    Ability.SESSIONS_REQUEST:    (_ALL, _LOC,      _LOC,      _OWN,  _OWN,   _ALL),
    Ability.HOURS_EDIT:          (_ALL, _LOC,      _NO,       _NO,   _NO,    _NO),
    Ability.CATALOGUE_VIEW:      (_ALL, _ALL,      _ALL,      _ALL,  _ALL,   _ALL),
    Ability.CATALOGUE_EDIT:      (_ALL, _NO,       _NO,       _NO,   _NO,    _NO),
    Ability.STAFF_EDIT:          (_ALL, _MANAGERS, _NO,       _NO,   _NO,    _NO),
    Ability.SETTINGS_EDIT:       (_ALL, _NO,       _NO,       _NO,   _NO,    _NO),
}  # fmt: skip


def grants(roles: frozenset[Role], ability: Ability) -> frozenset[Grant]:
    """The union of these roles' cells; empty if no role has the ability."""
    row = PERMISSION_MATRIX[ability]
    return frozenset(cell for role, cell in zip(_COLUMNS, row, strict=True) if cell and role in roles)


@dataclass(frozen=True, slots=True)
class Principal:
    """The staff member who calls; the roles come from the login's groups, never from a request."""

    staff_id: str
    name: str
    email: str
    roles: frozenset[Role]
    location_ids: frozenset[str] = frozenset()

    @property
    def role(self) -> Role:
        """The highest of their roles, for display."""
        return max(self.roles, key=lambda role: role.code)

    @property
    def abilities(self) -> tuple[Ability, ...]:
        """Their abilities with any scope, in the matrix's order."""
        return tuple(ability for ability in PERMISSION_MATRIX if self.may(ability))

    def may(self, ability: Ability) -> bool:
        """True if any of their roles has the ability, with any scope."""
        return bool(grants(self.roles, ability))

    def contains(self, role: Role) -> bool:
        """True if their grants contain every grant of the role; its rank says nothing (TR-1)."""
        return all(
            any(mine.contains(theirs) for mine in grants(self.roles, ability))
            for ability in PERMISSION_MATRIX
            for theirs in grants(frozenset({role}), ability)
        )

    def scopes(self, ability: Ability) -> frozenset[Scope]:
        """The scopes of the ability; ``ALL`` alone if one role has that, empty without the ability."""
        scopes = frozenset(grant.scope for grant in grants(self.roles, ability))
        return frozenset({Scope.ALL}) if Scope.ALL in scopes else scopes

    def reaches(
        self,
        ability: Ability,
        *,
        location_id: str | None = None,
        own: bool = False,
        owner_role: Role | None = None,
    ) -> bool:
        """True if the ability covers one thing: at ``location_id``, ``own`` if theirs, its owner of ``owner_role``."""
        return any(
            self._covers(grant.scope, location_id, own)
            and (own or owner_role is None or owner_role.code <= grant.up_to.code)
            for grant in grants(self.roles, ability)
        )

    def _covers(self, scope: Scope, location_id: str | None, own: bool) -> bool:
        if scope is Scope.ALL:
            return True
        # Rights at one's locations include the right to one's own.
        return own or (scope is Scope.LOCATIONS and location_id in self.location_ids)
