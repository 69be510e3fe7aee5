"""Every entry point of Frontdesk: the HTTP routes, the scheduled functions and the stream function."""

from chalice.app import Chalice, CloudWatchEvent, DynamoDBEvent, Rate

from chalicelib import container
from chalicelib.api import (
    appointments,
    locations,
    me,
    meta,
    public_booking,
    public_catalogue,
    services,
    settings,
    site,
    staff,
    wiring,
)
from chalicelib.api.routing import Routes
from chalicelib.api.serving import translate

app = Chalice(app_name="frontdesk", configure_logs=False)
app.register_middleware(translate, "http")

wiring.connect(container)

RESOURCES: tuple[Routes, ...] = (
    site.routes,
    public_catalogue.routes,
    public_booking.routes,
    me.routes,
    locations.routes,
    services.routes,
    staff.routes,
    settings.routes,
    appointments.routes,
)
DECLARED = (*RESOURCES, meta.routes(RESOURCES))
for resource in DECLARED:
    app.register_blueprint(resource.blueprint)


@app.schedule(Rate(1, unit=Rate.MINUTES))
def release_blocks(event: CloudWatchEvent) -> dict[str, int]:
    """Materialise, release and close the blocks that are due."""
    return {}


@app.schedule(Rate(1, unit=Rate.MINUTES))
def deliver_due(event: CloudWatchEvent) -> dict[str, int]:
    """Send what the stream missed and what is due now."""
    return {}


@app.schedule(Rate(1, unit=Rate.HOURS))
def check_integrity(event: CloudWatchEvent) -> dict[str, int]:
    """Compare the ledger with the appointments."""
    return {}


@app.on_dynamodb_record(
    stream_arn="arn:aws:dynamodb:us-east-1:000000000000:table/placeholder/stream/placeholder"
)
def relay_stream(event: DynamoDBEvent) -> dict[str, list[dict[str, str]]]:
    """Send the messages and events of new journal rows."""
    return {"batchItemFailures": []}
