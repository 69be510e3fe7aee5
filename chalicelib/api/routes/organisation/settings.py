"""The organisation's settings and cancellation reasons over HTTP."""

from __future__ import annotations

from chalicelib.api.http.routing import Call, NoBody, NoQuery, Routes
from chalicelib.api.schemas.organisation.settings import (
    CancellationReasonBody,
    CancellationReasonChangeBody,
    CancellationReasonResponse,
    SettingsChangeBody,
    SettingsResponse,
)
from chalicelib.api.schemas.shared.fields import PageQuery, PageResponse
from chalicelib.api.schemas.shared.record_models import RecordBody
from chalicelib.container import container
from chalicelib.domain.organisation import catalog
from chalicelib.domain.shared.permissions import Ability
from chalicelib.services.store_port import Page

routes = Routes(__name__, tag="Settings")

# The contact centre does not reach the settings; who works with the dashboard sees what is switched on.
SETTINGS_READ_ABILITIES = (Ability.SETTINGS_EDIT, Ability.DASHBOARD_VIEW)


@routes.get("/settings", answer=SettingsResponse, who=SETTINGS_READ_ABILITIES)
def show_settings(call: Call[NoBody, NoQuery]) -> catalog.Settings:
    """The organisation's settings."""
    return container.organisation_settings.show()


@routes.patch(
    "/settings",
    body=SettingsChangeBody,
    answer=SettingsResponse,
    who=Ability.SETTINGS_EDIT,
    refuses=("unknown_timezone", "unknown_holidays", "statuses_missing", "start_first"),
)
def change_settings(call: Call[RecordBody, NoQuery]) -> catalog.Settings:
    """Change some settings."""
    return container.organisation_settings.change(call.context(), call.body.values())


@routes.get(
    "/cancellation-reasons",
    query=PageQuery,
    answer=PageResponse[CancellationReasonResponse],
    who=Ability.CATALOGUE_VIEW,
    refuses=("invalid_cursor",),
)
def list_cancellation_reasons(call: Call[NoBody, PageQuery]) -> Page[catalog.CancellationReason]:
    """The organisation's own cancellation reasons, oldest first; staff must choose one when there are any."""
    return container.cancellation_reasons.list(call.query.limit, call.query.cursor)


@routes.post(
    "/cancellation-reasons",
    body=CancellationReasonBody,
    answer=CancellationReasonResponse,
    status=201,
    who=Ability.CATALOGUE_EDIT,
)
def create_cancellation_reason(call: Call[CancellationReasonBody, NoQuery]) -> catalog.CancellationReason:
    """Add a cancellation reason."""
    return container.cancellation_reasons.create(call.context(), call.body.values())


@routes.get("/cancellation-reasons/{reason_id}", answer=CancellationReasonResponse, who=Ability.CATALOGUE_VIEW)
def show_cancellation_reason(call: Call[NoBody, NoQuery]) -> catalog.CancellationReason:
    """One cancellation reason."""
    return container.cancellation_reasons.show(call.path["reason_id"])


@routes.patch(
    "/cancellation-reasons/{reason_id}",
    body=CancellationReasonChangeBody,
    answer=CancellationReasonResponse,
    who=Ability.CATALOGUE_EDIT,
)
def change_cancellation_reason(call: Call[RecordBody, NoQuery]) -> catalog.CancellationReason:
    """Word a cancellation reason differently; past cancellations keep their text."""
    return container.cancellation_reasons.change(call.context(), call.path["reason_id"], call.body.values())


@routes.delete("/cancellation-reasons/{reason_id}", who=Ability.CATALOGUE_EDIT)
def delete_cancellation_reason(call: Call[NoBody, NoQuery]) -> None:
    """Remove a cancellation reason; past cancellations keep their text."""
    container.cancellation_reasons.remove(call.context(), call.path["reason_id"])
