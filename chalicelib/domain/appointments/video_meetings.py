"""Meetings by video: over which platform, and what is known of the link to them (RB-7, RB-9, RB-22)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from chalicelib.domain.organisation.catalog import MeetingMethod


class VideoPlatform(StrEnum):
    """Where a video call takes place."""

    TEAMS = "teams"
    ZOOM = "zoom"


class LinkState(StrEnum):
    """What is known of the link: it is there, it is being made, or staff send one themselves."""

    READY = "ready"
    PENDING = "pending"
    BY_STAFF = "by_staff"


@dataclass(frozen=True, slots=True)
class MeetingLink:
    """The way into a call; ``good_until`` is when it ceases to work, none where it never does."""

    url: str
    good_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Teleconference:
    """The video call of one appointment; ``link`` is none until it is ready, and for ever where staff send it.

    ``revision`` tells one call of an appointment from another that was agreed later: their links are never the same.
    ``good_until`` is when the link ceases to work, none where it never does.
    """

    platform: VideoPlatform
    link: str | None = None
    state: LinkState = LinkState.PENDING
    revision: int = 0
    good_until: datetime | None = None

    @classmethod
    def agreed(cls, platform: VideoPlatform, revision: int = 0) -> Teleconference:
        """A call that has just been agreed: for Teams a link will be made, for Zoom never (RB-9)."""
        state = LinkState.PENDING if platform is VideoPlatform.TEAMS else LinkState.BY_STAFF
        return cls(platform, None, state, revision)

    def lasts_until(self, end: datetime) -> bool:
        """Whether its link, if it has one, still works at the end of a meeting that has been moved."""
        return self.good_until is None or end <= self.good_until

    def with_link(self, link: MeetingLink) -> Teleconference:
        """With the link that has been made for it."""
        return replace(self, link=link.url, state=LinkState.READY, good_until=link.good_until)

    def with_link_by_staff(self) -> Teleconference:
        """No link is made for it: staff send one themselves."""
        return replace(self, link=None, state=LinkState.BY_STAFF, good_until=None)


def default_call(method: MeetingMethod, platform: str | None) -> Teleconference | None:
    """The call of an appointment that is booked without choosing a platform: the organisation's, for video only."""
    return Teleconference.agreed(VideoPlatform(platform)) if platform and method is MeetingMethod.VIDEO else None


@dataclass(frozen=True, slots=True)
class Meeting:
    """What a link is made for; ``key`` is the call's own, and the same key always gets the same link.

    Nothing in it names a client: it goes to whoever runs the platform.
    """

    key: str
    subject: str
    start: datetime
    end: datetime


class LinkDelayed(Exception):
    """No link yet, trying again may help; not before ``seconds`` have passed, if given. Its text names a reason."""

    def __init__(self, reason: str, seconds: float = 0) -> None:
        super().__init__(reason)
        self.seconds = seconds


class LinkRefused(Exception):
    """There will never be a link, however often it is asked for. Its text names a reason."""
