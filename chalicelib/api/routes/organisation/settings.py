"""The organisation's settings and cancellation reasons over HTTP."""

from __future__ import annotations

from chalicelib.api.http.crud_routes import Operation, crud_routes
from chalicelib.api.http.routing import Call, NoBody, NoQuery, Routes
from chalicelib.api.schemas.organisation.settings import (
    CancellationReasonBody,
    CancellationReasonChangeBody,
    CancellationReasonResponse,
    SettingsChangeBody,
    SettingsResponse,
)
from chalicelib.api.schemas.shared.record_models import RecordBody
from chalicelib.container import container
from chalicelib.domain.organisation.settings import Settings
from chalicelib.domain.shared.permissions import Ability

routes = Routes(__name__, tag="Settings")

# The contact centre may not read the settings; the dashboard shows features that are switched on.
SETTINGS_READ_ABILITIES = (Ability.SETTINGS_EDIT, Ability.DASHBOARD_VIEW)


@routes.get("/settings", response=SettingsResponse, access=SETTINGS_READ_ABILITIES)
def show_settings(call: Call[NoBody, NoQuery]) -> Settings:
    """The organisation's settings."""
    return container.organisation_settings.show()


@routes.patch(
    "/settings",
    body=SettingsChangeBody,
    response=SettingsResponse,
    access=Ability.SETTINGS_EDIT,
    refuses=("unknown_timezone", "unknown_holidays", "statuses_missing", "start_first"),
)
def change_settings(call: Call[RecordBody, NoQuery]) -> Settings:
    """Change some settings."""
    return container.organisation_settings.change(call.context(), call.body.values())


crud_routes(
    routes,
    "/cancellation-reasons/{reason_id}",
    lambda: container.cancellation_reasons,
    body=CancellationReasonBody,
    change_body=CancellationReasonChangeBody,
    response=CancellationReasonResponse,
    reading=Ability.CATALOGUE_VIEW,
    writing=Ability.CATALOGUE_EDIT,
    lists=Operation(
        "list_cancellation_reasons",
        "The organisation's own cancellation reasons, oldest first; staff must choose one when there are any.",
    ),
    creates=Operation("create_cancellation_reason", "Add a cancellation reason."),
    shows=Operation("show_cancellation_reason", "One cancellation reason."),
    changes=Operation(
        "change_cancellation_reason",
        "Word a cancellation reason differently; past cancellations keep their text.",
    ),
    deletes=Operation(
        "delete_cancellation_reason", "Remove a cancellation reason; past cancellations keep their text."
    ),
)
