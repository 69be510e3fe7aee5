"""Video meetings: their platform and their link (RB-7, RB-9, RB-22)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from chalicelib.domain.organisation.catalogue import MeetingMethod


class VideoPlatform(StrEnum):
    """The platform of a video call."""

    TEAMS = "teams"
    ZOOM = "zoom"


class LinkState(StrEnum):
    """The state of the link: ready, being made, or sent by staff themselves."""

    READY = "ready"
    PENDING = "pending"
    BY_STAFF = "by_staff"


@dataclass(frozen=True, slots=True)
class MeetingLink:
    """The link into a call; ``good_until`` is when it expires, None if it never does."""

    url: str
    good_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Teleconference:
    """The video call of one appointment; ``link`` is None until it is ready, and always if staff send it.

    ``revision`` distinguishes the calls of one appointment: each has its own link. ``good_until`` is when the link
    expires, None if it never does.
    """

    platform: VideoPlatform
    link: str | None = None
    state: LinkState = LinkState.PENDING
    revision: int = 0
    good_until: datetime | None = None

    @classmethod
    def agreed(cls, platform: VideoPlatform, revision: int = 0) -> Teleconference:
        """A new call: for Teams a link will be made, for Zoom never (RB-9)."""
        state = LinkState.PENDING if platform is VideoPlatform.TEAMS else LinkState.BY_STAFF
        return cls(platform, None, state, revision)

    def lasts_until(self, end: datetime) -> bool:
        """True if its link, if it has one, still works at ``end``."""
        return self.good_until is None or end <= self.good_until

    def with_link(self, link: MeetingLink) -> Teleconference:
        """The call with the link that has been made for it."""
        return replace(self, link=link.url, state=LinkState.READY, good_until=link.good_until)

    def with_link_by_staff(self) -> Teleconference:
        """The call without a link: staff send one themselves."""
        return replace(self, link=None, state=LinkState.BY_STAFF, good_until=None)


def default_call(method: MeetingMethod, platform: str | None) -> Teleconference | None:
    """The call over the organisation's default platform, for video appointments only."""
    return Teleconference.agreed(VideoPlatform(platform)) if platform and method is MeetingMethod.VIDEO else None


@dataclass(frozen=True, slots=True)
class Meeting:
    """The meeting to make a link for; the same ``key`` always gets the same link.

    It names no client, as it is sent to the platform's operator.
    """

    key: str
    subject: str
    start: datetime
    end: datetime


class LinkDelayed(Exception):
    """No link yet; try again, but not before ``seconds`` have passed. The text is the reason."""

    def __init__(self, reason: str, seconds: float = 0) -> None:
        super().__init__(reason)
        self.seconds = seconds


class LinkRefused(Exception):
    """There will never be a link; do not try again. The text is the reason."""
