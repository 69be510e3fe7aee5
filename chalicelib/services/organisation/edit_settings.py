"""Changing the organisation's settings and feature switches."""

from __future__ import annotations

from collections.abc import Callable

from chalicelib.domain.organisation.opening_hours import holidays_known
from chalicelib.domain.organisation.settings import HolidayCalendar, Settings
from chalicelib.domain.organisation.statuses import StatusPipeline, require_complete
from chalicelib.domain.shared.errors import invalid
from chalicelib.domain.shared.times import known_zone
from chalicelib.services.context import Context
from chalicelib.services.crud import Fields, apply_fields
from chalicelib.services.retry import Pause, retry_on_conflict
from chalicelib.services.settings_reader import pipeline_in, settings_in
from chalicelib.services.store_port import Ref, Store
from chalicelib.services.unit_of_work import UnitOfWork

# A change of the allowed origins takes effect within this time.
_ORIGINS_SECONDS = 60


class OrganisationSettings:
    """The one settings record; until its first change every setting has its default."""

    def __init__(self, store: Store, pause: Pause) -> None:
        self._store = store
        self._pause = pause

    def show(self) -> Settings:
        """The settings; version 0 while none has been changed."""
        return settings_in(self._store.read([Ref.to(Settings)]))

    def change(self, context: Context, fields: Fields) -> Settings:
        """The settings with some changed; 412, 422 ``unknown_timezone``, ``unknown_holidays``.

        422 ``statuses_missing``, ``start_first`` if the status function is switched on without valid statuses (D27).
        Nothing booked changes.
        """
        return retry_on_conflict(lambda: self._change(context, fields), self._pause)

    def _change(self, context: Context, fields: Fields) -> Settings:
        before = self.show()
        settings = apply_fields(before, fields, context)
        if settings == before:
            return before
        known_zone(settings.timezone)
        work = UnitOfWork()
        if settings.status_function and not before.status_function:
            # The transaction fails if a status is removed in between.
            pipeline = pipeline_in(self._store.read([Ref.to(StatusPipeline)]))
            require_complete(pipeline)
            work.require_unchanged(pipeline)
        if settings.holidays and settings.holidays != before.holidays:
            _require_known_holidays(settings.holidays)
        written = work.save(settings)
        self._store.commit(work)
        return written


def _require_known_holidays(calendar: HolidayCalendar) -> None:
    """422 ``unknown_holidays``, instead of observing none at all without a word (RB-24)."""
    if not holidays_known(calendar.country, None):
        raise invalid("/holidays/country", "The public holidays of this country are not known.", "unknown_holidays")
    if not holidays_known(calendar.country, calendar.region):
        raise invalid("/holidays/region", "This country has no public holidays by that region.", "unknown_holidays")


class AllowedOrigins:
    """The web origins that may call the public routes, read at most once a minute."""

    def __init__(self, settings: OrganisationSettings, clock: Callable[[], float]) -> None:
        """``clock`` counts seconds."""
        self._settings = settings
        self._clock = clock
        self._origins: tuple[str, ...] = ()
        self._read_again_at = 0.0

    def current(self) -> tuple[str, ...]:
        """The origins, ``*`` for any; at most a minute old."""
        if self._clock() >= self._read_again_at:
            self._origins = self._settings.show().allowed_origins
            self._read_again_at = self._clock() + _ORIGINS_SECONDS
        return self._origins
