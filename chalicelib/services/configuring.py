"""Configuring the organisation: its settings and feature switches."""

from __future__ import annotations

from chalicelib.domain.catalog import Settings
from chalicelib.domain.times import zone
from chalicelib.services.catalogue import Fields, edited
from chalicelib.services.deciding import Pause, decide
from chalicelib.services.ports import Change, Context, Ref, Store


class Configuring:
    """The one settings record; until it is first changed, every setting has its default."""

    def __init__(self, store: Store, pause: Pause) -> None:
        self._store = store
        self._pause = pause

    def show(self) -> Settings:
        """The settings; version 0 when none has been changed yet."""
        return self._store.read([Ref.to(Settings)]).get(Settings) or Settings()

    def change(self, context: Context, fields: Fields) -> Settings:
        """The settings with some changed; 412, 422 for an unknown time zone. Nothing booked changes."""
        return decide(lambda: self._change(context, fields), self._pause)

    def _change(self, context: Context, fields: Fields) -> Settings:
        before = self.show()
        settings = edited(before, fields, context)
        if settings == before:
            return before
        zone(settings.timezone)
        change = Change()
        written = change.save(settings)
        self._store.commit(change)
        return written
