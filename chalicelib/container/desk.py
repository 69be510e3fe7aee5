"""Appointments and the blocks they are booked into, put together."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from chalicelib.container.core import agenda, attending, free_times, ids, pause, settings, store

if TYPE_CHECKING:
    from chalicelib.services.appointments.add_attendee import AddAttendee
    from chalicelib.services.appointments.appointment_edit import EditAppointment
    from chalicelib.services.appointments.appointment_queries import AppointmentQueries, PublicAppointment
    from chalicelib.services.appointments.assignment import AssignAppointment
    from chalicelib.services.appointments.cancellation import CancelAppointment
    from chalicelib.services.appointments.dashboard import Dashboard
    from chalicelib.services.appointments.lifecycle import AdvanceAppointment
    from chalicelib.services.appointments.public_booking import BookAppointment
    from chalicelib.services.appointments.public_reschedule import RescheduleAppointment
    from chalicelib.services.appointments.staff_booking import BookAppointmentAsStaff
    from chalicelib.services.appointments.status_change import ChangeStatus
    from chalicelib.services.availability.availability import FreeSlots
    from chalicelib.services.availability.booking_options import FindBookingOptions
    from chalicelib.services.availability.holds import HoldSlot
    from chalicelib.services.quickstream.block_queries import BlockQueries
    from chalicelib.services.quickstream.create_blocks import CreateBlocks
    from chalicelib.services.quickstream.edit_blocks import EditBlocks
    from chalicelib.services.quickstream.release_manually import ReleaseBlock
    from chalicelib.services.quickview.quickview import QuickView
    from chalicelib.services.quickview.quickview_edits import EditFromQuickView


@lru_cache(maxsize=1)
def availabilities() -> FreeSlots:
    """Free times."""
    from chalicelib.services.availability.availability import FreeSlots

    return FreeSlots(free_times())


@lru_cache(maxsize=1)
def choosing() -> FindBookingOptions:
    """What goes with what."""
    from chalicelib.services.availability.booking_options import FindBookingOptions

    return FindBookingOptions(store())


@lru_cache(maxsize=1)
def booking() -> BookAppointment:
    """Bookings from the widget."""
    from chalicelib.services.appointments.public_booking import BookAppointment

    return BookAppointment(store(), free_times(), ids(), pause)


@lru_cache(maxsize=1)
def staff_booking() -> BookAppointmentAsStaff:
    """Bookings by staff."""
    from chalicelib.services.appointments.staff_booking import BookAppointmentAsStaff

    return BookAppointmentAsStaff(store(), free_times(), attending(), ids(), pause)


@lru_cache(maxsize=1)
def changing() -> EditAppointment:
    """Edits of appointments by staff."""
    from chalicelib.services.appointments.appointment_edit import EditAppointment
    from chalicelib.services.appointments.relocation import RelocateAppointment

    return EditAppointment(store(), RelocateAppointment(store(), free_times()), ids(), pause)


@lru_cache(maxsize=1)
def holding() -> HoldSlot:
    """Holds."""
    from chalicelib.services.availability.holds import HoldSlot

    return HoldSlot(store(), free_times(), ids(), pause)


@lru_cache(maxsize=1)
def rescheduling() -> RescheduleAppointment:
    """Moves."""
    from chalicelib.services.appointments.public_reschedule import RescheduleAppointment

    return RescheduleAppointment(store(), free_times(), ids(), pause)


@lru_cache(maxsize=1)
def cancelling() -> CancelAppointment:
    """Cancellations."""
    from chalicelib.services.appointments.cancellation import CancelAppointment

    return CancelAppointment(store(), ids(), pause)


@lru_cache(maxsize=1)
def approving() -> ChangeStatus:
    """From request to confirmation."""
    from chalicelib.services.appointments.status_change import ChangeStatus

    return ChangeStatus(store(), cancelling(), ids(), pause)


@lru_cache(maxsize=1)
def assigning() -> AssignAppointment:
    """Who has an appointment."""
    from chalicelib.services.appointments.assignment import AssignAppointment

    return AssignAppointment(store(), ids(), pause)


@lru_cache(maxsize=1)
def joining() -> AddAttendee:
    """One more client."""
    from chalicelib.services.appointments.add_attendee import AddAttendee

    return AddAttendee(store(), attending(), ids(), pause)


@lru_cache(maxsize=1)
def progressing() -> AdvanceAppointment:
    """The lifecycle of appointments."""
    from chalicelib.services.appointments.lifecycle import AdvanceAppointment

    return AdvanceAppointment(store(), ids(), pause)


@lru_cache(maxsize=1)
def quick_view() -> QuickView:
    """What a consultant has before them."""
    from chalicelib.persistence.quickview_lists import DynamoQuickViewLists
    from chalicelib.services.quickview.quickview import QuickView

    return QuickView(store(), DynamoQuickViewLists())


@lru_cache(maxsize=1)
def quick_edits() -> EditFromQuickView:
    """Edits from there."""
    from chalicelib.services.quickview.quickview_edits import EditFromQuickView

    return EditFromQuickView(store(), changing(), pause)


@lru_cache(maxsize=1)
def viewing() -> AppointmentQueries:
    """Looking at appointments."""
    from chalicelib.services.appointments.appointment_queries import AppointmentQueries

    return AppointmentQueries(store(), agenda())


@lru_cache(maxsize=1)
def dashboard() -> Dashboard:
    """The lists staff live in."""
    from chalicelib.services.appointments.dashboard import Dashboard

    return Dashboard(store(), agenda())


def calendar_file(view: PublicAppointment) -> str:
    """An attendee's appointment for their own calendar."""
    from chalicelib.domain.organisation.catalog import Offer
    from chalicelib.notifications.calendar_invitation import calendar_file

    offer = Offer(view.settings, view.location, view.service)
    known = view.attendee.language in view.settings.languages
    language = (view.attendee.language if known else None) or view.settings.languages[0]
    config = settings()
    return calendar_file(view.appointment, view.attendee, offer, language, config.sender, config.public_url)


@lru_cache(maxsize=1)
def blocks() -> BlockQueries:
    """Looking at Quickstream blocks."""
    from chalicelib.services.quickstream.block_queries import BlockQueries

    return BlockQueries(store(), agenda())


@lru_cache(maxsize=1)
def laying() -> CreateBlocks:
    """Laying out Quickstream blocks."""
    from chalicelib.services.quickstream.create_blocks import CreateBlocks

    return CreateBlocks(store(), ids(), pause)


@lru_cache(maxsize=1)
def editing() -> EditBlocks:
    """Editing and deleting Quickstream blocks."""
    from chalicelib.services.quickstream.edit_blocks import EditBlocks

    return EditBlocks(store(), agenda(), ids(), pause)


@lru_cache(maxsize=1)
def opening() -> ReleaseBlock:
    """Releasing and closing Quickstream blocks by hand."""
    from chalicelib.services.quickstream.release_manually import ReleaseBlock

    return ReleaseBlock(store(), agenda(), ids(), pause)
