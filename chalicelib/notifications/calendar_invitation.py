"""Calendar invitations: RFC 5545 objects with the scheduling semantics of RFC 5546.

Times are written in UTC, so that no calendar has to know our time zones; each shows them in its own.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parseaddr
from enum import StrEnum
from typing import TYPE_CHECKING

from chalicelib.domain.appointments.appointment import Appointment, Attendee
from chalicelib.domain.appointments.meeting_link import visible_call
from chalicelib.domain.messaging.notification_policy import base_notification, calendar_sequence, language_for
from chalicelib.domain.messaging.notifications import MessageContext, Notification
from chalicelib.domain.organisation.settings import Offer
from chalicelib.domain.shared.events import Audience, MessageKind, QueuedMessage
from chalicelib.notifications.content import manage_url, manual_link_note, meeting_place, usable_meeting_link
from chalicelib.notifications.translations import Translations, one_line, translations_for

if TYPE_CHECKING:
    from icalendar import Calendar, Event, vCalAddress

PRODUCT_ID = "-//Frontdesk//Appointments//EN"


class SchedulingMethod(StrEnum):
    """The action a calendar is asked for."""

    REQUEST = "REQUEST"
    CANCEL = "CANCEL"
    PUBLISH = "PUBLISH"


class EventStatus(StrEnum):
    """The status of an event (RFC 5545, 3.8.1.11)."""

    TENTATIVE = "TENTATIVE"
    CONFIRMED = "CONFIRMED"
    CANCELLED = "CANCELLED"


def scheduling_method(notification: Notification) -> SchedulingMethod | None:
    """The action for a client's calendar; ``None`` for staff, for reminders and for a first request.

    Mail programs show an invitation as an appointment that is made, which a request is not (NT-3).
    """
    if notification.audience is not Audience.CLIENT:
        return None
    if notification.kind is MessageKind.CANCELLED:
        return SchedulingMethod.CANCEL
    if notification.kind in (MessageKind.CONFIRMATION, MessageKind.RESCHEDULED):
        return SchedulingMethod.REQUEST
    # A request that moved: the event already in the calendar must follow, as tentative.
    if notification.kind is MessageKind.REQUEST_RECEIVED and notification.sequence > 0:
        return SchedulingMethod.REQUEST
    return None


def build_invitation(notification: Notification, method: SchedulingMethod, sender: str, public_url: str) -> bytes:
    """The ``text/calendar`` part of an e-mail, with organiser, attendee and the notification's SEQUENCE."""
    event = _event(
        notification, _event_status(notification, cancelled=method is SchedulingMethod.CANCEL), sender, public_url
    )
    event["attendee"] = _attendee(notification, method)
    return _calendar(event, method)


def calendar_file(appointment: Appointment, attendee: Attendee, offer: Offer, sender: str, public_url: str) -> str:
    """The content of ``calendar.ics``: the appointment as this attendee may see it, for import (PUBLISH)."""
    cancelled = attendee.cancelled or not appointment.occupies_capacity
    notification = replace(
        base_notification(
            QueuedMessage(MessageKind.CONFIRMATION, Audience.CLIENT, attendee.client_id),
            MessageContext(offer.settings, appointment, offer.location, offer.service),
        ),
        name=attendee.name,
        language=language_for([attendee.language], offer.settings),
        timezone=appointment.timezone,
        sequence=calendar_sequence(appointment, attendee, cancelled=cancelled),
        code=attendee.code,
        teleconference=None if cancelled else visible_call(appointment),
    )
    event = _event(notification, _event_status(notification, cancelled=cancelled), sender, public_url)
    return _calendar(event, SchedulingMethod.PUBLISH).decode("utf-8")


def _event_status(notification: Notification, *, cancelled: bool) -> EventStatus:
    if cancelled:
        return EventStatus.CANCELLED
    return EventStatus.CONFIRMED if notification.confirmed else EventStatus.TENTATIVE


def _event(notification: Notification, status: EventStatus, sender: str, public_url: str) -> Event:
    # Imported here because loading it takes a tenth of a second.
    from icalendar import Event

    translations = translations_for(notification.language)
    link = manage_url(notification, public_url)
    event = Event()
    event.add("uid", f"{notification.appointment_id}@frontdesk")
    event.add("sequence", notification.sequence)
    event.add("dtstamp", _utc(notification.changed_at))
    event.add("dtstart", _utc(notification.start))
    event.add("dtend", _utc(notification.end))
    summary = f"{one_line(notification.service)} ({one_line(notification.organisation)})"
    # Few calendars show that an event is tentative, but all show its name.
    event.add(
        "summary", translations.line("tentative", summary=summary) if status is EventStatus.TENTATIVE else summary
    )
    address = one_line(notification.place_address)
    # Calendars make a link clickable where they expect the place.
    place = usable_meeting_link(notification) or meeting_place(notification, translations)
    event.add("location", ", ".join(filter(None, (place, address))))
    description = [
        *_call_lines(notification, translations),
        *([translations.line("text_link", url=link)] if public_url else []),
    ]
    if description:
        event.add("description", "\n".join(description))
    if public_url:
        event.add("url", link)
    if usable_meeting_link(notification):
        _add_conference(event, usable_meeting_link(notification), meeting_place(notification, translations))
    event.add("status", status.value)
    event.add("transp", "OPAQUE")
    event["organizer"] = _address(parseaddr(sender)[1], notification.organisation)
    return event


def _call_lines(notification: Notification, translations: Translations) -> list[str]:
    """The lines about the video call: how to join it, or that the link follows."""
    if usable_meeting_link(notification):
        return [translations.line("text_join", url=usable_meeting_link(notification))]
    return [text for text in [manual_link_note(notification, translations)] if text]


def _add_conference(event: Event, link: str, label: str) -> None:
    """Add the video call as a CONFERENCE property (RFC 7986, 5.11)."""
    from icalendar import vText, vUri

    conference = vUri(link)
    conference.params["VALUE"] = vText("URI")
    conference.params["FEATURE"] = ["AUDIO", "VIDEO"]
    conference.params["LABEL"] = vText(label.replace('"', "'"))
    event["conference"] = conference


def _attendee(notification: Notification, method: SchedulingMethod) -> vCalAddress:
    from icalendar import vText

    attendee = _address(
        notification.address, notification.attendees[0].name if notification.attendees else notification.name
    )
    attendee.params["ROLE"] = vText("REQ-PARTICIPANT")
    if method is SchedulingMethod.REQUEST:
        attendee.params["PARTSTAT"] = vText("ACCEPTED" if notification.confirmed else "TENTATIVE")
        attendee.params["RSVP"] = vText("FALSE")
    return attendee


def _address(address: str, name: str) -> vCalAddress:
    from icalendar import vCalAddress, vText

    result = vCalAddress(f"mailto:{address}")
    # A parameter's value cannot contain a double quote (RFC 5545, 3.2).
    result.params["CN"] = vText(one_line(name).replace('"', "'"))
    return result


def _calendar(event: Event, method: SchedulingMethod) -> bytes:
    from icalendar import Calendar

    calendar: Calendar = Calendar()
    calendar.add("prodid", PRODUCT_ID)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method.value)
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def _utc(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(microsecond=0)
