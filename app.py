"""All entry points of Frontdesk: the HTTP routes, the scheduled functions and the stream function."""

from chalice.app import Chalice, DynamoDBEvent, Rate

from chalicelib.api.http.routing import Routes
from chalicelib.api.http.serving import translate_errors
from chalicelib.api.routes.appointments import (
    appointments,
    assignment,
    attendees,
    lifecycle,
    public_appointments,
    status_change,
)
from chalicelib.api.routes.availability import availability, booking_options, public_availability
from chalicelib.api.routes.clients import activity, clients, duplicates, merging, sessions, workflows
from chalicelib.api.routes.organisation import (
    locations,
    me,
    opening_hours,
    public_catalogue,
    services,
    settings,
    staff,
    staff_schedules,
    statuses,
)
from chalicelib.api.routes.quickstream import blocks
from chalicelib.api.routes.quickview import quickview, rebooking
from chalicelib.api.routes.site import api_description, health, web_pages
from chalicelib.container import container
from chalicelib.jobs.scheduled_function import ScheduledEvent, scheduled
from chalicelib.jobs.stream import relay_records

app = Chalice(app_name="frontdesk", configure_logs=False)
app.register_middleware(translate_errors, "http")

RESOURCES: tuple[Routes, ...] = (
    web_pages.routes,
    public_catalogue.routes,
    public_availability.routes,
    public_appointments.routes,
    me.routes,
    locations.routes,
    opening_hours.routes,
    services.routes,
    staff.routes,
    staff_schedules.routes,
    settings.routes,
    statuses.routes,
    availability.routes,
    booking_options.routes,
    appointments.routes,
    status_change.routes,
    assignment.routes,
    lifecycle.routes,
    quickview.routes,
    rebooking.routes,
    attendees.routes,
    clients.routes,
    duplicates.routes,
    activity.routes,
    workflows.routes,
    sessions.routes,
    merging.routes,
    blocks.routes,
    health.health_routes(),
)
DECLARED = (*RESOURCES, api_description.description_routes(RESOURCES))
for resource in DECLARED:
    app.register_blueprint(resource.blueprint)


@scheduled(app, Rate(1, unit=Rate.MINUTES))
def release_blocks(tick: ScheduledEvent) -> dict[str, int]:
    """Create, release and close the blocks that are due (D12)."""
    return container.release_job.release(tick.now, tick.has_time_left)


@scheduled(app, Rate(1, unit=Rate.MINUTES))
def deliver_due(tick: ScheduledEvent) -> dict[str, int]:
    """Send due reminders and undelivered entries, then erase the clients that get no more messages."""
    reminded = container.reminder_job.remind(tick.now, tick.has_time_left)
    delivered = container.outbox_relay.sweep(tick.now, tick.has_time_left)
    forgotten = container.erasure_job.erase_due(tick.now, tick.has_time_left)
    return {"delivered": delivered, "reminded": reminded, "forgotten": forgotten}


@scheduled(app, Rate(15, unit=Rate.MINUTES))
def reject_overdue(tick: ScheduledEvent) -> dict[str, int]:
    """Reject requests that are undecided after the time set by the organisation, if it has set one (D33)."""
    return container.auto_reject_job.reject_overdue(tick.now, tick.has_time_left)


@scheduled(app, Rate(1, unit=Rate.HOURS))
def commence_overdue(tick: ScheduledEvent) -> dict[str, int]:
    """Commence appointments that are 31 days overdue (RB-19)."""
    return container.auto_start_job.commence_overdue(tick.now, tick.has_time_left)


@scheduled(app, Rate(1, unit=Rate.HOURS))
def check_integrity(tick: ScheduledEvent) -> dict[str, int]:
    """Compare ledger, appointments and clients; an alarm watches the metric."""
    return container.integrity_job.check(tick.now)


# Chalice requires an ARN; the template replaces it with that of the table's stream.
@app.on_dynamodb_record("arn:aws:dynamodb:us-east-1:000000000000:table/placeholder/stream/placeholder")
def relay_stream(event: DynamoDBEvent) -> dict[str, list[dict[str, str]]]:
    """Send the messages and events of new journal entries; failures stay due for deliver_due."""
    relay_records(event.to_dict()["Records"])
    return {"batchItemFailures": []}
