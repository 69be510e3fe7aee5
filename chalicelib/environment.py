"""The environment as one frozen model: everything that differs between stages."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field

LOCAL = "local"


class DeploymentSettings(BaseModel):
    """One deployment's settings; each field is the environment variable of the same name in capitals.

    ``region`` is Lambda's own ``AWS_REGION``. The fields after it are empty in functions that do not need them.
    ``public_url`` is the address of the API, also in links in mail (``https://…/<stage>``, no trailing slash).
    ``review_key_arn`` is the secret that signs rebooking reviews. ``graph_secret_arn`` is the secret with the
    credentials for Microsoft Graph, empty if no meeting links are created; the URLs are those of the tenant's cloud.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    table_name: str = Field(min_length=3)
    stage: str = Field(pattern="^[a-z][a-z0-9-]*$")
    region: str = Field(min_length=4)
    public_url: str = ""
    events_topic_arn: str = ""
    user_pool_id: str = ""
    dead_letter_queue_url: str = ""
    sender: str = ""
    configuration_set: str = ""
    review_key_arn: str = ""
    graph_secret_arn: str = ""
    graph_url: str = "https://graph.microsoft.com"
    graph_login_url: str = "https://login.microsoftonline.com"

    @property
    def is_local(self) -> bool:
        """True in stage ``local``, the only one with testing aids such as a settable clock."""
        return self.stage == LOCAL


_VARIABLES = {field: field.upper() for field in DeploymentSettings.model_fields} | {"region": "AWS_REGION"}


def read_environment(environment: Mapping[str, str]) -> DeploymentSettings:
    """The settings from these variables; ``pydantic.ValidationError`` if one is missing or wrong."""
    values = {field: environment[name] for field, name in _VARIABLES.items() if name in environment}
    values["public_url"] = values.get("public_url", "").rstrip("/")
    return DeploymentSettings.model_validate(values)
