"""API Gateway as the tests need it: finds the resource of a path and calls the app with Lambda's event."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from chalice.app import Chalice


@dataclass(frozen=True)
class Reply:
    """The app's answer to a request."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    def body(self, status: int = 200) -> Any:
        """The body as JSON; fails with the text if the status is another."""
        assert self.status == status, self.text
        return self.json

    @property
    def refusal(self) -> tuple[int, str]:
        """Status and code of a refusal."""
        return self.status, self.json["code"]


def claims(email: str = "sam@example.org", groups: object = "[admin]", **more: Any) -> dict[str, Any]:
    """Claims of an ID token as the Cognito authorizer passes them on."""
    return {"email": email, "email_verified": "true", "cognito:groups": groups, **more}


def event(
    method: str,
    resource: str,
    *,
    path: Mapping[str, str] | None = None,
    query: str = "",
    body: object = None,
    headers: Mapping[str, str] | None = None,
    login: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The proxy event of one request; a ``body`` that is neither text nor bytes is sent as JSON."""
    text = body if body is None or isinstance(body, str | bytes) else json.dumps(body)
    context: dict[str, Any] = {"resourcePath": resource, "httpMethod": method, "requestId": "request-1"}
    if login is not None:
        context["authorizer"] = {"claims": dict(login)}
    return {
        "resource": resource,
        "httpMethod": method,
        "headers": {"content-type": "application/json", **(headers or {})},
        "multiValueQueryStringParameters": parse_qs(query, keep_blank_values=True) or None,
        "pathParameters": dict(path) if path else None,
        "stageVariables": None,
        "requestContext": context,
        "body": base64.b64encode(text).decode() if isinstance(text, bytes) else text,
        "isBase64Encoded": isinstance(text, bytes),
    }


def send(app: Chalice, method: str, url: str, **request: Any) -> Reply:
    """The app's reply to ``method url``; the keywords are those of ``event``."""
    split = urlsplit(url)
    resource, path = _resource(app, split.path)
    answer = app(event(method, resource, path=path, query=split.query, **request), None)
    body = answer["body"]
    if answer.get("isBase64Encoded"):
        body = base64.b64decode(body).decode()
    return Reply(answer["statusCode"], answer["headers"], body)


def _resource(app: Chalice, path: str) -> tuple[str, dict[str, str]]:
    for pattern in sorted(app.routes, key=lambda found: found.count("{")):
        found = re.fullmatch(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", pattern), path)
        if found:
            return pattern, found.groupdict()
    return path, {}
