"""Staff logins in a Cognito user pool: a user per e-mail address, a group per role."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.domain.shared.errors import Busy, invalid
from chalicelib.domain.shared.permissions import Role

_RETRYABLE_CODES = frozenset({"TooManyRequestsException", "InternalErrorException", "ThrottlingException"})


def cognito_client(region: str) -> Any:
    """A client that gives up well before the function's own timeout."""
    config = Config(connect_timeout=1, read_timeout=3, retries={"total_max_attempts": 3, "mode": "standard"})
    return boto3.client("cognito-idp", region_name=region, config=config)


class CognitoUserPool:
    """The ``UserPool`` of services/organisation/staff.py, in Cognito; users are found by e-mail address.

    With ``invite`` the pool mails a temporary password with each new login.
    """

    def __init__(self, client: Any, pool_id: str, *, invite: bool) -> None:
        self._client = client
        self._pool_id = pool_id
        self._invite = invite

    def create(self, email: str) -> None:
        """Create a login in no group: it can sign in and do nothing; 422 if the pool refuses the address."""
        silent: dict[str, Any] = {} if self._invite else {"MessageAction": "SUPPRESS"}
        try:
            with _translate_errors():
                self._client.admin_create_user(
                    UserPoolId=self._pool_id,
                    Username=email,
                    UserAttributes=[
                        {"Name": "email", "Value": email},
                        {"Name": "email_verified", "Value": "true"},
                    ],
                    DesiredDeliveryMediums=["EMAIL"],
                    **silent,
                )
        except self._client.exceptions.UsernameExistsException:
            return
        except self._client.exceptions.InvalidParameterException:
            raise invalid("/email", "No login can be made for this address.") from None

    def enable(self, email: str, role: Role) -> None:
        """Put the login in this role's group alone; it leaves the others first, so a failure never adds rights."""
        pool_id = self._pool_id
        with _translate_errors():
            groups = self._client.admin_list_groups_for_user(UserPoolId=pool_id, Username=email)["Groups"]
            present = {group.get("GroupName", "") for group in groups}
            for name in (present & set(Role)) - {role}:
                self._client.admin_remove_user_from_group(UserPoolId=pool_id, Username=email, GroupName=name)
            if role not in present:
                self._client.admin_add_user_to_group(UserPoolId=pool_id, Username=email, GroupName=role)
            self._client.admin_enable_user(UserPoolId=pool_id, Username=email)

    def disable(self, email: str) -> None:
        """Issue no new tokens; old ones are refused because of the staff record."""
        try:
            with _translate_errors():
                self._client.admin_disable_user(UserPoolId=self._pool_id, Username=email)
        except self._client.exceptions.UserNotFoundException:
            return

    def delete(self, email: str) -> None:
        """Delete the login for good."""
        try:
            with _translate_errors():
                self._client.admin_delete_user(UserPoolId=self._pool_id, Username=email)
        except self._client.exceptions.UserNotFoundException:
            return


@contextmanager
def _translate_errors() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in _RETRYABLE_CODES:
            raise Busy("The staff logins cannot be reached just now.") from error
        raise
    except BotoCoreError as error:
        raise Busy("The staff logins cannot be reached just now.") from error
