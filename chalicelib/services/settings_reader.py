"""What the organisation has set, from what was read: until somebody changes it, every setting has its default."""

from __future__ import annotations

from chalicelib.domain.organisation.catalog import Settings
from chalicelib.domain.organisation.statuses import StatusPipeline
from chalicelib.services.store_port import ReadResult


def settings_in(found: ReadResult) -> Settings:
    """The settings; version 0 when none has been changed yet."""
    return found.get(Settings) or Settings()


def pipeline_in(found: ReadResult) -> StatusPipeline:
    """The statuses; none when there have never been any."""
    return found.get(StatusPipeline) or StatusPipeline()
