"""The organisation's settings and statuses, from what a use case has read; defaults while nobody has changed any."""

from __future__ import annotations

from chalicelib.domain.organisation.settings import Settings
from chalicelib.domain.organisation.statuses import StatusPipeline
from chalicelib.services.store_port import ReadResult


def settings_in(found: ReadResult) -> Settings:
    """The settings; version 0 while none has been changed."""
    return found.get(Settings) or Settings()


def pipeline_in(found: ReadResult) -> StatusPipeline:
    """The statuses; an empty pipeline while there have never been any."""
    return found.get(StatusPipeline) or StatusPipeline()
