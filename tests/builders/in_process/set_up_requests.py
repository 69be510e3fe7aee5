"""Set-up by an administrator: the user pool, and the bodies most tests begin with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3

from chalicelib.domain.shared.permissions import Role
from tests.builders.doubles.api_gateway import Reply, claims
from tests.builders.in_process.moto_table import REGION

Api = Callable[..., Reply]
ADMIN = claims("admin@example.org", "[admin]")
LOCATION_BODY = {"name": "Toronto", "timezone": "America/Toronto"}
SERVICE_BODY = {"name": "Mortgage advice", "duration_minutes": 30}


class UserPool:
    """The staff user pool."""

    def __init__(self) -> None:
        self.client = boto3.client("cognito-idp", region_name=REGION)
        made = self.client.create_user_pool(PoolName="staff", UsernameAttributes=["email"])
        self.id = made["UserPool"]["Id"]
        for role in Role:
            self.client.create_group(UserPoolId=self.id, GroupName=role)

    def groups(self, email: str) -> list[str]:
        """The groups of a login; an unknown login raises."""
        found = self.client.admin_list_groups_for_user(UserPoolId=self.id, Username=email)
        return [group["GroupName"] for group in found["Groups"]]

    def is_enabled(self, email: str) -> bool | None:
        """True if a login works; ``None`` without a login."""
        try:
            return bool(self.client.admin_get_user(UserPoolId=self.id, Username=email)["Enabled"])
        except self.client.exceptions.UserNotFoundException:
            return None


def create(api: Api, url: str, body: dict[str, Any], **more: Any) -> Any:
    """The record that a POST creates."""
    return api("POST", url, body, **more).body(201)


def error_pointers(reply: Reply) -> list[str]:
    """The fields a 422 complains about."""
    return [error["pointer"] for error in reply.body(422)["errors"]]


def staff_body(name: str, role: str, **more: Any) -> dict[str, Any]:
    """The body of a new staff member."""
    return {"name": name, "email": f"{name.lower()}@example.org", "role": role, **more}
