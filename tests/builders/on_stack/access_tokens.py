"""ID tokens that the API must refuse: altered, from elsewhere, forged or expired."""

from __future__ import annotations

import base64
import hmac
import json
import secrets
import time
from collections.abc import Callable
from typing import Any

from joserfc import jwt
from joserfc.jwk import RSAKey

from infra import bootstrap_logins
from tests.builders.on_stack.local_stack import LocalStack

Claims = dict[str, Any]


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode_part(token: str, number: int) -> Claims:
    """The header (0) or the claims (1) of a token."""
    text = token.split(".")[number]
    claims: Claims = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return claims


def pool_key(stack: LocalStack) -> RSAKey:
    """The key with which the embedded pool signs ID tokens, read from its state."""
    keys = stack.place / "state" / "cognito-pool-keys"
    return RSAKey.import_key((keys / f"{stack.content['user_pool_id']}-id.pem").read_bytes())


def sign_token(stack: LocalStack, role: str, key: RSAKey | None = None, **claims: Any) -> str:
    """This role's token with other claims, signed with the pool's key or another."""
    token = stack.token(role)
    header = {"alg": "RS256", "kid": decode_part(token, 0)["kid"]}
    return jwt.encode(header, decode_part(token, 1) | claims, key or pool_key(stack))


def _forged(stack: LocalStack) -> str:
    """Other claims with the old signature."""
    head, _, signature = stack.token("staff").split(".")
    claims = {**decode_part(stack.token("staff"), 1), "cognito:groups": ["admin"]}
    return f"{head}.{_encoded(json.dumps(claims).encode())}.{signature}"


def _resigned(stack: LocalStack) -> str:
    """The old claims with another signature of the same length."""
    head, body, signature = stack.token("admin").split(".")
    other = "".join("A" if letter != "A" else "B" for letter in signature[:16])
    return f"{head}.{body}.{other}{signature[16:]}"


def _unsigned(stack: LocalStack) -> str:
    head = _encoded(b'{"alg":"none","typ":"JWT"}')
    return f"{head}.{stack.token('admin').split('.')[1]}."


def _by_public_key(stack: LocalStack) -> str:
    """Signed symmetrically with the pool's public key."""
    token = stack.token("admin")
    head = _encoded(json.dumps({"alg": "HS256", "kid": decode_part(token, 0)["kid"]}).encode())
    text = f"{head}.{token.split('.')[1]}"
    secret = pool_key(stack).as_pem(private=False)
    return f"{text}.{_encoded(hmac.digest(secret, text.encode(), 'sha256'))}"


def _of_another_pool(stack: LocalStack) -> str:
    """A valid token of a user with the administrator's address in another pool."""
    pool, password = stack.aws("cognito-idp"), stack.content["demo"]["password"]
    email = stack.content["demo"]["users"]["admin"]
    other = pool.create_user_pool(PoolName=f"other-{secrets.token_hex(4)}")["UserPool"]["Id"]
    flows = {"ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"]}
    client = pool.create_user_pool_client(UserPoolId=other, ClientName="other", **flows)["UserPoolClient"]
    pool.create_group(UserPoolId=other, GroupName="admin")
    bootstrap_logins.create_login(stack.aws, other, email, "admin", invite=False)
    bootstrap_logins.set_passwords(stack.aws, other, password)
    return bootstrap_logins.sign_in(stack.aws, client["ClientId"], email, password)


def _of_access(stack: LocalStack) -> str:
    """The administrator's access token: valid, but without identity claims."""
    demo = stack.content["demo"]
    response = stack.aws("cognito-idp").initiate_auth(
        ClientId=stack.content["user_pool_client_id"],
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": demo["users"]["admin"], "PASSWORD": demo["password"]},
    )
    return str(response["AuthenticationResult"]["AccessToken"])


INVALID_TOKENS: dict[str, Callable[[LocalStack], str | None]] = {
    "none": lambda _: None,
    "nonsense": lambda _: "nonsense",
    "cut": lambda stack: stack.token("admin")[:-8],
    "forged": _forged,
    "resigned": _resigned,
    "unsigned": _unsigned,
    "by_public_key": _by_public_key,
    "by_another_key": lambda stack: sign_token(stack, "admin", RSAKey.generate_key(2048)),
    "expired": lambda stack: sign_token(stack, "admin", exp=int(time.time()) - 1),
    "of_another_pool": _of_another_pool,
    "of_access": _of_access,
    "unverified": lambda stack: sign_token(stack, "admin", email_verified=False),
    "nameless": lambda stack: sign_token(stack, "admin", email=""),
}

VALID_TOKENS = frozenset({"of_access", "unverified", "nameless"})
"""Those with a valid signature of the pool."""
