"""Links to video calls that lead nowhere, for stage local: the address says so."""

from __future__ import annotations

from chalicelib.domain.appointments.video_meetings import Meeting, MeetingLink

# example.org is nobody's (RFC 2606).
FAKE_LINK_PREFIX = "https://example.org/pretended-meeting"
_STAGE = "local"


class FakeMeetingLinks:
    """``services.delivery_ports.MeetingLinks`` without a platform; cannot be made in any other stage."""

    def __init__(self, stage: str) -> None:
        if stage != _STAGE:
            raise ValueError("Links to video calls are pretended in stage local only.")

    def create_link(self, meeting: Meeting) -> MeetingLink:
        """The same address for the same key."""
        return MeetingLink(f"{FAKE_LINK_PREFIX}/{meeting.key}")
