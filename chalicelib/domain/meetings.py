"""Meetings by video: over which platform, and what is known of the link to them (RB-7, RB-9, RB-22)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Platform(StrEnum):
    """Where a video call takes place."""

    TEAMS = "teams"
    ZOOM = "zoom"


class LinkState(StrEnum):
    """What is known of the link: it is there, it is being made, or staff send one themselves."""

    READY = "ready"
    PENDING = "pending"
    BY_STAFF = "by_staff"


@dataclass(frozen=True, slots=True)
class Teleconference:
    """The video call of one appointment; ``link`` is none until it is ready, and for ever where staff send it."""

    platform: Platform
    link: str | None = None
    state: LinkState = LinkState.PENDING

    @classmethod
    def on(cls, platform: Platform) -> Teleconference:
        """A call that has just been agreed: for Teams a link will be made, for Zoom never (RB-9)."""
        return cls(platform, None, LinkState.PENDING if platform is Platform.TEAMS else LinkState.BY_STAFF)
