"""The environment as settings: complete or refused, frozen, local only in the stage ``local``."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from chalicelib.environment import DeploymentSettings, read_environment

ENVIRONMENT = {
    "TABLE_NAME": "frontdesk",
    "STAGE": "prod",
    "AWS_REGION": "ca-central-1",
    "PUBLIC_URL": "https://desk.example/v1/",
    "EVENTS_TOPIC_ARN": "arn:aws:sns:ca-central-1:1:events",
    "USER_POOL_ID": "ca-central-1_pool",
    "DEAD_LETTER_QUEUE_URL": "https://queue.example",
    "SENDER": "desk@example.org",
    "CONFIGURATION_SET": "frontdesk",
    "GRAPH_SECRET_ARN": "arn:aws:secretsmanager:ca-central-1:1:secret:graph",
    "GRAPH_URL": "https://graph.microsoft.us",
    "GRAPH_LOGIN_URL": "https://login.microsoftonline.us",
    "PATH": "/usr/bin",
}


def test_every_variable_becomes_a_field() -> None:
    fields = {name.lower(): value for name, value in ENVIRONMENT.items() if name not in ("AWS_REGION", "PATH")}
    fields |= {"region": "ca-central-1", "public_url": "https://desk.example/v1"}
    assert read_environment(ENVIRONMENT) == DeploymentSettings(**fields)


@pytest.mark.parametrize("name", ["TABLE_NAME", "STAGE", "AWS_REGION"])
def test_what_nothing_works_without_must_be_there(name: str) -> None:
    with pytest.raises(ValidationError):
        read_environment({key: value for key, value in ENVIRONMENT.items() if key != name})


def test_the_rest_may_be_absent() -> None:
    assert read_environment({key: ENVIRONMENT[key] for key in ("TABLE_NAME", "STAGE", "AWS_REGION")}).sender == ""


@pytest.mark.parametrize(("stage", "local"), [("local", True), ("dev", False), ("prod", False), ("localhost", False)])
def test_only_the_stage_called_local_is_local(stage: str, local: bool) -> None:
    assert read_environment(ENVIRONMENT | {"STAGE": stage}).is_local is local


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        read_environment(ENVIRONMENT).stage = "local"
