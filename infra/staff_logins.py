"""Logins of the staff user pool: create one with its role, give it a password, sign in."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from infra.aws_clients import Clients


def create_login(clients: Clients, pool_id: str, email: str, role: str, *, invite: bool) -> bool:
    """Create a login in the group ``role``; False when there was one already, whose role is then completed.

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
    """Give every login of the pool this password for good: for the embedded AWS only."""
    pool = clients("cognito-idp")
    for page in pool.get_paginator("list_users").paginate(UserPoolId=pool_id):
        for user in page["Users"]:
            pool.admin_set_user_password(
                UserPoolId=pool_id, Username=user["Username"], Password=password, Permanent=True
            )


def sign_in(clients: Clients, client_id: str, email: str, password: str) -> str:
    """The ID token of a login: what staff routes take as bearer token, good for an hour."""
    answer = clients("cognito-idp").initiate_auth(
        ClientId=client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": email, "PASSWORD": password},
    )
    return str(answer["AuthenticationResult"]["IdToken"])
