"""Refusals of the user pool in our own words; its behaviour is tested through the application."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError
from botocore.stub import Stubber

from chalicelib.domain.shared.errors import Busy, Invalid
from chalicelib.domain.shared.permissions import Role
from chalicelib.identity.user_pool import CognitoUserPool

POOL = "ca-central-1_staff"
USER = {"UserPoolId": POOL, "Username": "sam@example.org"}


@pytest.fixture
def stub() -> Iterator[Stubber]:
    """A Cognito that gives the planned answers and refuses all other calls."""
    client = boto3.client(
        "cognito-idp", region_name="ca-central-1", aws_access_key_id="test", aws_secret_access_key="test"
    )
    with Stubber(client) as found:
        yield found
        found.assert_no_pending_responses()


def logins(stub: Stubber, *, invite: bool = True) -> CognitoUserPool:
    return CognitoUserPool(stub.client, POOL, invite=invite)


@pytest.mark.parametrize("invite", [True, False])
def test_the_invitation_is_sent_only_where_it_is_meant(stub: Stubber, invite: bool) -> None:
    attributes = [{"Name": "email", "Value": "sam@example.org"}, {"Name": "email_verified", "Value": "true"}]
    expected = USER | {"UserAttributes": attributes, "DesiredDeliveryMediums": ["EMAIL"]}
    stub.add_response("admin_create_user", {}, expected if invite else expected | {"MessageAction": "SUPPRESS"})
    logins(stub, invite=invite).create("sam@example.org")


def test_a_login_that_exists_is_left_alone(stub: Stubber) -> None:
    stub.add_client_error("admin_create_user", "UsernameExistsException")
    logins(stub).create("sam@example.org")


def test_an_address_the_pool_refuses_is_the_callers_mistake(stub: Stubber) -> None:
    stub.add_client_error("admin_create_user", "InvalidParameterException")
    with pytest.raises(Invalid) as refused:
        logins(stub).create("sam@example.org")
    assert [error.pointer for error in refused.value.errors] == ["/email"]


def test_old_groups_are_left_before_the_new_one_is_joined(stub: Stubber) -> None:
    groups = [{"GroupName": "manager"}, {"GroupName": "book_club"}]
    stub.add_response("admin_list_groups_for_user", {"Groups": groups}, USER)
    stub.add_response("admin_remove_user_from_group", {}, USER | {"GroupName": "manager"})
    stub.add_response("admin_add_user_to_group", {}, USER | {"GroupName": "staff"})
    stub.add_response("admin_enable_user", {}, USER)
    logins(stub).enable("sam@example.org", Role.STAFF)


def test_who_is_not_there_need_not_be_shut_out(stub: Stubber) -> None:
    stub.add_client_error("admin_disable_user", "UserNotFoundException")
    stub.add_client_error("admin_delete_user", "UserNotFoundException")
    logins(stub).disable("sam@example.org")
    logins(stub).delete("sam@example.org")


def test_a_pool_that_is_busy_asks_for_patience(stub: Stubber, monkeypatch: pytest.MonkeyPatch) -> None:
    stub.add_client_error("admin_delete_user", "TooManyRequestsException")
    with pytest.raises(Busy):
        logins(stub).delete("sam@example.org")

    def unreachable(**_: str) -> None:
        raise ConnectTimeoutError(endpoint_url="https://pool")

    monkeypatch.setattr(stub.client, "admin_disable_user", unreachable)
    with pytest.raises(Busy):
        logins(stub).disable("sam@example.org")


def test_a_mistake_of_ours_is_not_hidden(stub: Stubber) -> None:
    stub.add_client_error("admin_delete_user", "ResourceNotFoundException")
    with pytest.raises(ClientError):
        logins(stub).delete("sam@example.org")
