"""Logins of the staff user pool: create one with its role, give it a password, sign in."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from infra.aws_clients import Clients


def create_login(clients: Clients, pool_id: str, email: str, role: str, *, invite: bool) -> bool:
    """Create a login in the group ``role``; False if there was one already, which is added to the group.

    ``invite`` sends Cognito's e-mail with a temporary password.
    """
    pool = clients("cognito-idp")
    options: dict[str, Any] = {"DesiredDeliveryMediums": ["EMAIL"]} if invite else {"MessageAction": "SUPPRESS"}
    try:
        pool.admin_create_user(
            UserPoolId=pool_id,
            Username=email,
            UserAttributes=[{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}],
            **options,
        )
        created = True
    except ClientError as error:
        if error.response["Error"]["Code"] != "UsernameExistsException":
            raise
        created = False
    pool.admin_add_user_to_group(UserPoolId=pool_id, Username=email, GroupName=role)
    return created


def set_passwords(clients: Clients, pool_id: str, password: str) -> None:
    """Set a permanent password for every login of the pool; only on the embedded AWS."""
    pool = clients("cognito-idp")
    for page in pool.get_paginator("list_users").paginate(UserPoolId=pool_id):
        for user in page["Users"]:
            pool.admin_set_user_password(
                UserPoolId=pool_id, Username=user["Username"], Password=password, Permanent=True
            )


def sign_in(clients: Clients, client_id: str, email: str, password: str) -> str:
    """The ID token of a login, the bearer token of staff routes; valid for an hour."""
    answer = clients("cognito-idp").initiate_auth(
        ClientId=client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": email, "PASSWORD": password},
    )
    return str(answer["AuthenticationResult"]["IdToken"])
