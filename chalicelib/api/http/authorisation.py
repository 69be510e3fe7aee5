"""From the login's claims to the staff member who calls."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from chalicelib.api.http.decoded_call import Access, AccessLevel
from chalicelib.container import container
from chalicelib.domain.shared.errors import Forbidden, Unauthenticated
from chalicelib.domain.shared.permissions import Ability, Principal

# The gateway's text (infra/template.yaml): a caller cannot tell which of the two refused a token, or why.
_LOGIN_NEEDED = "A valid ID token of the staff user pool is needed."
_SEPARATORS = re.compile(r"[\s,\[\]]+")


def authorise(context: Mapping[str, Any], access: Access) -> Principal | None:
    """The caller, None on a public route; 401 without a valid login, 403 without the ability.

    ``context`` is the gateway's request context. Chalice's test client sends calls without a login, so every part of
    it may be missing.
    """
    if access is AccessLevel.PUBLIC:
        return None
    email, groups = _login_identity(context)
    principal = container.principal_for(email, groups)
    if principal is None or not principal.roles:
        raise Forbidden("This login does not belong to an active member of staff.")
    if not _is_allowed(principal, access):
        raise Forbidden()
    return principal


def _is_allowed(principal: Principal, access: Access) -> bool:
    if isinstance(access, AccessLevel):
        return True
    abilities = (access,) if isinstance(access, Ability) else access
    return any(principal.may(ability) for ability in abilities)


def _login_identity(context: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    claims = (context.get("authorizer") or {}).get("claims") or {}
    email = claims.get("email")
    if not isinstance(email, str) or not email or _is_unverified(claims):
        raise Unauthenticated(_LOGIN_NEEDED)
    return email.strip().lower(), _groups(claims.get("cognito:groups"))


def _is_unverified(claims: Mapping[str, Any]) -> bool:
    # Otherwise changing one's own address in the pool would be enough to sign in as another person.
    return str(claims.get("email_verified", "true")).lower() == "false"


def _groups(claim: object) -> tuple[str, ...]:
    """The group names; the gateway flattens the list to ``[a b]`` or ``a,b``, a local gateway may not."""
    if isinstance(claim, str):
        return tuple(name for name in _SEPARATORS.split(claim) if name)
    return tuple(str(name) for name in claim) if isinstance(claim, list | tuple) else ()
