"""Ids: sortable by creation."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from chalicelib.domain.shared.ids import new_id

NOW = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)


def test_ids_sort_by_creation() -> None:
    early, late = new_id("apt", NOW, b"\xff" * 10), new_id("apt", NOW + timedelta(milliseconds=1), b"\x00" * 10)
    assert early < late
    assert re.fullmatch("apt_[0-7][0-9A-HJKMNP-TV-Z]{25}", early)
