"""Invitations for calendars: RFC 5545 objects with the scheduling semantics of RFC 5546.

Times are written in UTC, so that no calendar has to know our zones: every one shows them in its own.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parseaddr
from enum import StrEnum
from typing import TYPE_CHECKING

from chalicelib.domain.appointments.appointment import Appointment, Attendee
from chalicelib.domain.appointments.meeting_link import visible_call
from chalicelib.domain.messaging.notification_policy import sequence_for
from chalicelib.domain.messaging.notifications import Medium, Notice
from chalicelib.domain.organisation.catalog import Method, Offer
from chalicelib.domain.shared.events import Audience, Kind
from chalicelib.notifications.content import link_follows, manage_url, meeting_link, place
from chalicelib.notifications.translations import Wording, one_line, wording

if TYPE_CHECKING:
    from icalendar import Calendar, Event, vCalAddress

PRODUCT = "-//Frontdesk//Appointments//EN"


class Scheduling(StrEnum):
    """What the calendar is asked to do."""

    REQUEST = "REQUEST"
    CANCEL = "CANCEL"
    PUBLISH = "PUBLISH"


class Status(StrEnum):
    """How far an event is to be counted on (RFC 5545, 3.8.1.11)."""

    TENTATIVE = "TENTATIVE"
    CONFIRMED = "CONFIRMED"
    CANCELLED = "CANCELLED"


def method_for(notice: Notice) -> Scheduling | None:
    """What a notice asks of a client's calendar; nothing for staff, reminders, a first request.

    Mail programs show an invitation as an appointment that is made, which a request is not (NT-3).
    """
    if notice.audience is not Audience.CLIENT:
        return None
    if notice.kind is Kind.CANCELLED:
        return Scheduling.CANCEL
    if notice.kind in (Kind.CONFIRMATION, Kind.RESCHEDULED):
        return Scheduling.REQUEST
    # A moved request: what the calendar already has must follow, as tentative.
    if notice.kind is Kind.REQUEST_RECEIVED and notice.sequence > 0:
        return Scheduling.REQUEST
    return None


def invitation(notice: Notice, method: Scheduling, sender: str, public_url: str) -> bytes:
    """The ``text/calendar`` part of an e-mail: organiser and attendee named, SEQUENCE as the notice says."""
    event = _event(notice, _status(notice, off=method is Scheduling.CANCEL), sender, public_url)
    event["attendee"] = _attendee(notice, method)
    return _calendar(event, method)


def calendar_file(
    appointment: Appointment, attendee: Attendee, offer: Offer, language: str, sender: str, public_url: str
) -> str:
    """The file behind ``calendar.ics``: the appointment as this attendee may see it, for import (PUBLISH)."""
    off = attendee.cancelled or not appointment.occupies
    notice = Notice(
        kind=Kind.CONFIRMATION,
        audience=Audience.CLIENT,
        medium=Medium.EMAIL,
        recipient_id=attendee.client_id,
        address="",
        name=attendee.name,
        language=language,
        timezone=appointment.timezone,
        organisation=offer.settings.organisation_name,
        appointment_id=appointment.id,
        start=appointment.start,
        end=appointment.end,
        method=appointment.method,
        service=offer.service.name,
        place=offer.location.name,
        place_address=offer.location.address if appointment.method is Method.IN_PERSON else "",
        changed_at=appointment.updated_at,
        confirmed=appointment.confirmed,
        sequence=sequence_for(appointment, attendee, leaving=off),
        code=attendee.code,
        teleconference=None if off else visible_call(appointment),
    )
    event = _event(notice, _status(notice, off=off), sender, public_url)
    return _calendar(event, Scheduling.PUBLISH).decode("utf-8")


def _status(notice: Notice, *, off: bool) -> Status:
    if off:
        return Status.CANCELLED
    return Status.CONFIRMED if notice.confirmed else Status.TENTATIVE


def _event(notice: Notice, status: Status, sender: str, public_url: str) -> Event:
    # Loaded where an invitation is written: it takes a tenth of a second.
    from icalendar import Event

    words = wording(notice.language)
    link = manage_url(notice, public_url)
    event = Event()
    event.add("uid", f"{notice.appointment_id}@frontdesk")
    event.add("sequence", notice.sequence)
    event.add("dtstamp", _utc(notice.changed_at))
    event.add("dtstart", _utc(notice.start))
    event.add("dtend", _utc(notice.end))
    summary = f"{one_line(notice.service)} ({one_line(notice.organisation)})"
    # Few calendars show that an event is tentative, all show its name.
    event.add("summary", words.line("tentative", summary=summary) if status is Status.TENTATIVE else summary)
    address = one_line(notice.place_address)
    # Calendars offer a link to follow where they expect the place.
    where = meeting_link(notice) or place(notice, words)
    event.add("location", ", ".join(filter(None, (where, address))))
    description = [*_call(notice, words), *([words.line("text_link", url=link)] if public_url else [])]
    if description:
        event.add("description", "\n".join(description))
    if public_url:
        event.add("url", link)
    if meeting_link(notice):
        _add_conference(event, meeting_link(notice), place(notice, words))
    event.add("status", status.value)
    event.add("transp", "OPAQUE")
    event["organizer"] = _address(parseaddr(sender)[1], notice.organisation)
    return event


def _call(notice: Notice, words: Wording) -> list[str]:
    """What is to be known of the video call: how to join it, or that the link follows."""
    if meeting_link(notice):
        return [words.line("text_join", url=meeting_link(notice))]
    return [text for text in [link_follows(notice, words)] if text]


def _add_conference(event: Event, link: str, label: str) -> None:
    """The video call as calendars understand it (RFC 7986, 5.11)."""
    from icalendar import vText, vUri

    conference = vUri(link)
    conference.params["VALUE"] = vText("URI")
    conference.params["FEATURE"] = ["AUDIO", "VIDEO"]
    conference.params["LABEL"] = vText(label.replace('"', "'"))
    event["conference"] = conference


def _attendee(notice: Notice, method: Scheduling) -> vCalAddress:
    from icalendar import vText

    attendee = _address(notice.address, notice.guests[0].name if notice.guests else notice.name)
    attendee.params["ROLE"] = vText("REQ-PARTICIPANT")
    if method is Scheduling.REQUEST:
        attendee.params["PARTSTAT"] = vText("ACCEPTED" if notice.confirmed else "TENTATIVE")
        attendee.params["RSVP"] = vText("FALSE")
    return attendee


def _address(address: str, name: str) -> vCalAddress:
    from icalendar import vCalAddress, vText

    found = vCalAddress(f"mailto:{address}")
    # A parameter's value cannot hold a double quote (RFC 5545, 3.2).
    found.params["CN"] = vText(one_line(name).replace('"', "'"))
    return found


def _calendar(event: Event, method: Scheduling) -> bytes:
    from icalendar import Calendar

    calendar: Calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method.value)
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def _utc(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(microsecond=0)
