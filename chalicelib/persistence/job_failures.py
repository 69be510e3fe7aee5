"""The items that scheduled jobs could not deal with: a row each, forgotten after a day (TR-60)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from chalicelib.domain.shared.times import utc_text
from chalicelib.persistence import keys
from chalicelib.persistence.table import Row
from chalicelib.services.store_port import Failure

FORGOTTEN_AFTER = timedelta(days=1)


class DynamoJobFailures:
    """``store_port.JobFailures`` on the table."""

    def of_job(self, job: str, now: datetime) -> Mapping[str, Failure]:
        """The failures of a job by item; those of a day ago are forgotten."""
        rows = Row.query(keys.job_failures_partition(job), consistent_read=True)
        found = {row.sk: Failure(int(row.met or 0), datetime.fromisoformat(row.body or "")) for row in rows}
        return {item: f for item, f in found.items() if f.tries and now - f.last < FORGOTTEN_AFTER}

    def record(self, job: str, item: str, failure: Failure) -> None:
        """Replace what is known of an item; ``tries`` 0 forgets it."""
        ttl = int((failure.last + FORGOTTEN_AFTER).timestamp())
        partition = keys.job_failures_partition(job)
        Row(partition, item, kind="failure", met=failure.tries, body=utc_text(failure.last), ttl=ttl).save()
