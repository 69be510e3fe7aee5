"""Fake links to video calls for stage local; the address says that they are."""

from __future__ import annotations

from chalicelib.domain.appointments.video_meetings import Meeting, MeetingLink

# example.org is reserved (RFC 2606).
FAKE_LINK_PREFIX = "https://example.org/pretended-meeting"
_STAGE = "local"


class FakeMeetingLinks:
    """``messaging_ports.MeetingLinkProvider`` without a platform; ``ValueError`` in any other stage."""

    def __init__(self, stage: str) -> None:
        if stage != _STAGE:
            raise ValueError("Links to video calls are pretended in stage local only.")

    def create_link(self, meeting: Meeting) -> MeetingLink:
        """The same address for the same key."""
        return MeetingLink(f"{FAKE_LINK_PREFIX}/{meeting.key}")
