"""Appointments and the blocks they are booked into, put together."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from chalicelib.container.core import agenda, attending, free_times, ids, pause, settings, store

if TYPE_CHECKING:
    from chalicelib.services.appointments.add_attendee import Joining
    from chalicelib.services.appointments.appointment_edit import Changing
    from chalicelib.services.appointments.appointment_queries import PublicView, Viewing
    from chalicelib.services.appointments.assignment import Assigning
    from chalicelib.services.appointments.cancellation import Cancelling
    from chalicelib.services.appointments.dashboard import Dashboard
    from chalicelib.services.appointments.lifecycle import Progressing
    from chalicelib.services.appointments.public_booking import Booking
    from chalicelib.services.appointments.public_reschedule import Rescheduling
    from chalicelib.services.appointments.staff_booking import StaffBooking
    from chalicelib.services.appointments.status_change import Approving
    from chalicelib.services.availability.availability import Availabilities
    from chalicelib.services.availability.booking_options import Choosing
    from chalicelib.services.availability.holds import Holding
    from chalicelib.services.quickstream.block_queries import Blocks
    from chalicelib.services.quickstream.create_blocks import Laying
    from chalicelib.services.quickstream.edit_blocks import Editing
    from chalicelib.services.quickstream.release_manually import Opening
    from chalicelib.services.quickview.quickview import QuickView
    from chalicelib.services.quickview.quickview_edits import QuickEdits


@lru_cache(maxsize=1)
def availabilities() -> Availabilities:
    """Free times."""
    from chalicelib.services.availability.availability import Availabilities

    return Availabilities(free_times())


@lru_cache(maxsize=1)
def choosing() -> Choosing:
    """What goes with what."""
    from chalicelib.services.availability.booking_options import Choosing

    return Choosing(store())


@lru_cache(maxsize=1)
def booking() -> Booking:
    """Bookings from the widget."""
    from chalicelib.services.appointments.public_booking import Booking

    return Booking(store(), free_times(), ids(), pause)


@lru_cache(maxsize=1)
def staff_booking() -> StaffBooking:
    """Bookings by staff."""
    from chalicelib.services.appointments.staff_booking import StaffBooking

    return StaffBooking(store(), free_times(), attending(), ids(), pause)


@lru_cache(maxsize=1)
def changing() -> Changing:
    """Edits of appointments by staff."""
    from chalicelib.services.appointments.appointment_edit import Changing
    from chalicelib.services.appointments.relocation import ChangesOfPlace

    return Changing(store(), ChangesOfPlace(store(), free_times()), ids(), pause)


@lru_cache(maxsize=1)
def holding() -> Holding:
    """Holds."""
    from chalicelib.services.availability.holds import Holding

    return Holding(store(), free_times(), ids(), pause)


@lru_cache(maxsize=1)
def rescheduling() -> Rescheduling:
    """Moves."""
    from chalicelib.services.appointments.public_reschedule import Rescheduling

    return Rescheduling(store(), free_times(), ids(), pause)


@lru_cache(maxsize=1)
def cancelling() -> Cancelling:
    """Cancellations."""
    from chalicelib.services.appointments.cancellation import Cancelling

    return Cancelling(store(), ids(), pause)


@lru_cache(maxsize=1)
def approving() -> Approving:
    """From request to confirmation."""
    from chalicelib.services.appointments.status_change import Approving

    return Approving(store(), cancelling(), ids(), pause)


@lru_cache(maxsize=1)
def assigning() -> Assigning:
    """Who has an appointment."""
    from chalicelib.services.appointments.assignment import Assigning

    return Assigning(store(), ids(), pause)


@lru_cache(maxsize=1)
def joining() -> Joining:
    """One more client."""
    from chalicelib.services.appointments.add_attendee import Joining

    return Joining(store(), attending(), ids(), pause)


@lru_cache(maxsize=1)
def progressing() -> Progressing:
    """The lifecycle of appointments."""
    from chalicelib.services.appointments.lifecycle import Progressing

    return Progressing(store(), ids(), pause)


@lru_cache(maxsize=1)
def quick_view() -> QuickView:
    """What a consultant has before them."""
    from chalicelib.persistence.quickview_lists import DynamoQuickLists
    from chalicelib.services.quickview.quickview import QuickView

    return QuickView(store(), DynamoQuickLists())


@lru_cache(maxsize=1)
def quick_edits() -> QuickEdits:
    """Edits from there."""
    from chalicelib.services.quickview.quickview_edits import QuickEdits

    return QuickEdits(store(), changing(), pause)


@lru_cache(maxsize=1)
def viewing() -> Viewing:
    """Looking at appointments."""
    from chalicelib.services.appointments.appointment_queries import Viewing

    return Viewing(store(), agenda())


@lru_cache(maxsize=1)
def dashboard() -> Dashboard:
    """The lists staff live in."""
    from chalicelib.services.appointments.dashboard import Dashboard

    return Dashboard(store(), agenda())


def calendar_file(view: PublicView) -> str:
    """An attendee's appointment for their own calendar."""
    from chalicelib.domain.organisation.catalog import Offer
    from chalicelib.notifications.calendar_invitation import calendar_file

    offer = Offer(view.settings, view.location, view.service)
    known = view.attendee.language in view.settings.languages
    language = (view.attendee.language if known else None) or view.settings.languages[0]
    config = settings()
    return calendar_file(view.appointment, view.attendee, offer, language, config.sender, config.public_url)


@lru_cache(maxsize=1)
def blocks() -> Blocks:
    """Looking at Quickstream blocks."""
    from chalicelib.services.quickstream.block_queries import Blocks

    return Blocks(store(), agenda())


@lru_cache(maxsize=1)
def laying() -> Laying:
    """Laying out Quickstream blocks."""
    from chalicelib.services.quickstream.create_blocks import Laying

    return Laying(store(), ids(), pause)


@lru_cache(maxsize=1)
def editing() -> Editing:
    """Editing and deleting Quickstream blocks."""
    from chalicelib.services.quickstream.edit_blocks import Editing

    return Editing(store(), agenda(), ids(), pause)


@lru_cache(maxsize=1)
def opening() -> Opening:
    """Releasing and closing Quickstream blocks by hand."""
    from chalicelib.services.quickstream.release_manually import Opening

    return Opening(store(), agenda(), ids(), pause)
