"""Set-up as an administrator does it: the pool of logins, and the few bodies every test begins with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3

from chalicelib.domain.shared.permissions import Role
from tests.builders.doubles.api_gateway import Reply, claims
from tests.integration.conftest import REGION

Api = Callable[..., Reply]
ADMIN = claims("admin@example.org", "[admin]")
PLACE = {"name": "Toronto", "timezone": "America/Toronto"}
SERVICE = {"name": "Mortgage advice", "duration_minutes": 30}


class Pool:
    """The staff user pool as an operator sees it."""

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

    def enabled(self, email: str) -> bool | None:
        """Whether a login works; none when there is none."""
        try:
            return bool(self.client.admin_get_user(UserPoolId=self.id, Username=email)["Enabled"])
        except self.client.exceptions.UserNotFoundException:
            return None


def made(api: Api, url: str, body: dict[str, Any], **more: Any) -> Any:
    """What a POST made."""
    reply = api("POST", url, body, **more)
    assert reply.status == 201, reply.text
    return reply.json


def pointers(reply: Reply) -> list[str]:
    """The fields a 422 complains about."""
    assert reply.status == 422, reply.text
    return [error["pointer"] for error in reply.json["errors"]]


def person(name: str, role: str, **more: Any) -> dict[str, Any]:
    """The body that adds somebody to the staff."""
    return {"name": name, "email": f"{name.lower()}@example.org", "role": role, **more}
