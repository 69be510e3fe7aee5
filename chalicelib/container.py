"""The composition root: every part made once, at its first use, and plugged into the others."""

from __future__ import annotations

import random
import secrets
import time
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from chalicelib import observability
from chalicelib.domain import ids as domain_ids
from chalicelib.settings import Settings
from chalicelib.settings import settings as _settings

if TYPE_CHECKING:
    from chalicelib.domain.permissions import Principal
    from chalicelib.identity.cognito import CognitoLogins
    from chalicelib.persistence.agenda import DynamoAgenda
    from chalicelib.persistence.clients import DynamoDirectory
    from chalicelib.persistence.store import DynamoStore
    from chalicelib.services.acquaintance import Acquaintances
    from chalicelib.services.activity import Activities
    from chalicelib.services.assigning import Assigning
    from chalicelib.services.attending import Attending
    from chalicelib.services.availability import Availabilities
    from chalicelib.services.blocks import Blocks
    from chalicelib.services.booking import Booking
    from chalicelib.services.booking_options import Choosing
    from chalicelib.services.cancelling import Cancelling
    from chalicelib.services.changing import Changing
    from chalicelib.services.client_lists import ClientLists
    from chalicelib.services.clients import Clients
    from chalicelib.services.configuring import Configuring
    from chalicelib.services.dashboard import Dashboard
    from chalicelib.services.duplicates import Duplicates
    from chalicelib.services.editing import Editing
    from chalicelib.services.forgetting import Forgetting
    from chalicelib.services.free_times import FreeTimes
    from chalicelib.services.holding import Holding
    from chalicelib.services.joining import Joining
    from chalicelib.services.laying import Laying
    from chalicelib.services.locations import Locations
    from chalicelib.services.merging import Merging
    from chalicelib.services.offerings import Offerings
    from chalicelib.services.opening import Opening
    from chalicelib.services.opening_hours import Closures, OpeningHours, Openings
    from chalicelib.services.ports import Change
    from chalicelib.services.progressing import Progressing
    from chalicelib.services.reasons import Reasons
    from chalicelib.services.rescheduling import Rescheduling
    from chalicelib.services.rotas import Rotas
    from chalicelib.services.showcase import Showcase
    from chalicelib.services.staff_booking import StaffBooking
    from chalicelib.services.staffing import Staffing
    from chalicelib.services.time_off import TimesOff
    from chalicelib.services.undoing import Undoing
    from chalicelib.services.usage import Usage
    from chalicelib.services.viewing import PublicView, Viewing
    from chalicelib.services.work_schedules import WorkSchedules
    from chalicelib.services.workflows import Workflows

# The wait before the n-th attempt is drawn from a span that doubles up to the longest.
_FIRST_PAUSE = 0.01
_LONGEST_PAUSE = 0.4
# A change of the allowed origins is heard of within this time.
_ORIGINS_SECONDS = 60


class RandomIds:
    """Ids from the clock of the call and the system's randomness."""

    def new(self, prefix: str, at: datetime, order: int = 0) -> str:
        """A new id of this type; of those of one millisecond, the greater ``order`` sorts later."""
        return domain_ids.new_id(prefix, at, order.to_bytes(3, "big") + secrets.token_bytes(7))

    def secret(self) -> str:
        """192 random bits, safe in a URL (D48)."""
        return secrets.token_urlsafe(24)


def settings() -> Settings:
    """This deployment's settings."""
    return _settings()


def pause(attempt: int) -> None:
    """Waits a little before another attempt, at random so that rivals spread out."""
    observability.count("ConflictsRetried")
    time.sleep(random.uniform(0, min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**attempt)))  # noqa: S311  # no secret


def count_events(change: Change) -> None:
    """One metric per domain event: ``appointment.booked`` counts as ``AppointmentBooked``."""
    for event in (event for entry in change.entries for event in entry.events):
        name = event.type.replace("_", ".").title().replace(".", "")
        observability.count(name)


@lru_cache(maxsize=1)
def ids() -> RandomIds:
    """Where ids and secrets come from."""
    return RandomIds()


@lru_cache(maxsize=1)
def store() -> DynamoStore:
    """The table; the one connection every model uses is opened here."""
    from chalicelib.persistence import items
    from chalicelib.persistence.store import DynamoStore

    return DynamoStore(items.connect(settings().table_name, settings().region), time.time, count_events)


@lru_cache(maxsize=1)
def agenda() -> DynamoAgenda:
    """The lists of appointments."""
    from chalicelib.persistence.agenda import DynamoAgenda

    store()
    return DynamoAgenda()


@lru_cache(maxsize=1)
def directory() -> DynamoDirectory:
    """The lists of clients."""
    from chalicelib.persistence.clients import DynamoDirectory

    store()
    return DynamoDirectory()


@lru_cache(maxsize=1)
def free_times() -> FreeTimes:
    """Reading free times."""
    from chalicelib.services.free_times import FreeTimes

    return FreeTimes(store())


@lru_cache(maxsize=1)
def availabilities() -> Availabilities:
    """Free times."""
    from chalicelib.services.availability import Availabilities

    return Availabilities(free_times())


@lru_cache(maxsize=1)
def choosing() -> Choosing:
    """What goes with what."""
    from chalicelib.services.booking_options import Choosing

    return Choosing(store())


@lru_cache(maxsize=1)
def booking() -> Booking:
    """Bookings from the widget."""
    from chalicelib.services.booking import Booking

    return Booking(store(), free_times(), ids(), pause)


@lru_cache(maxsize=1)
def staff_booking() -> StaffBooking:
    """Bookings by staff."""
    from chalicelib.services.staff_booking import StaffBooking

    return StaffBooking(store(), free_times(), attending(), ids(), pause)


@lru_cache(maxsize=1)
def changing() -> Changing:
    """Edits of appointments by staff."""
    from chalicelib.services.changes_of_place import ChangesOfPlace
    from chalicelib.services.changing import Changing

    return Changing(store(), ChangesOfPlace(store(), free_times()), ids(), pause)


@lru_cache(maxsize=1)
def holding() -> Holding:
    """Holds."""
    from chalicelib.services.holding import Holding

    return Holding(store(), free_times(), ids(), pause)


@lru_cache(maxsize=1)
def rescheduling() -> Rescheduling:
    """Moves."""
    from chalicelib.services.rescheduling import Rescheduling

    return Rescheduling(store(), free_times(), ids(), pause)


@lru_cache(maxsize=1)
def cancelling() -> Cancelling:
    """Cancellations."""
    from chalicelib.services.cancelling import Cancelling

    return Cancelling(store(), ids(), pause)


@lru_cache(maxsize=1)
def assigning() -> Assigning:
    """Who has an appointment."""
    from chalicelib.services.assigning import Assigning

    return Assigning(store(), ids(), pause)


@lru_cache(maxsize=1)
def attending() -> Attending:
    """Clients as staff bring them."""
    from chalicelib.services.attending import Attending

    return Attending(store(), ids(), acquaintances())


@lru_cache(maxsize=1)
def acquaintances() -> Acquaintances:
    """Who may know which clients."""
    from chalicelib.services.acquaintance import Acquaintances

    return Acquaintances(store())


@lru_cache(maxsize=1)
def clients() -> Clients:
    """The profiles of clients."""
    from chalicelib.services.clients import Clients

    return Clients(store(), directory(), acquaintances(), ids(), pause)


@lru_cache(maxsize=1)
def client_lists() -> ClientLists:
    """Lists and searches of clients."""
    from chalicelib.services.client_lists import ClientLists
    from chalicelib.services.client_search import Searching

    return ClientLists(store(), directory(), Searching(store(), directory(), acquaintances()))


@lru_cache(maxsize=1)
def duplicates() -> Duplicates:
    """Likely duplicates of clients."""
    from chalicelib.persistence.duplicates import DynamoSoundings
    from chalicelib.services.duplicates import Duplicates

    return Duplicates(store(), directory(), DynamoSoundings(), clients(), client_lists(), acquaintances())


@lru_cache(maxsize=1)
def activities() -> Activities:
    """What has been going on with a client."""
    from chalicelib.persistence.workflows import DynamoWorkflows
    from chalicelib.services.activity import Activities

    return Activities(store(), directory(), DynamoWorkflows(), clients())


@lru_cache(maxsize=1)
def workflows() -> Workflows:
    """Steps to be taken for clients."""
    from chalicelib.persistence.workflows import DynamoWorkflows
    from chalicelib.services.workflows import Workflows

    return Workflows(store(), DynamoWorkflows(), clients(), ids(), pause)


@lru_cache(maxsize=1)
def merging() -> Merging:
    """Merges of clients."""
    from chalicelib.services.merging import Merging

    return Merging(store(), directory(), acquaintances(), ids(), pause)


@lru_cache(maxsize=1)
def undoing() -> Undoing:
    """Undone merges."""
    from chalicelib.services.undoing import Undoing

    return Undoing(store(), acquaintances(), ids(), pause)


@lru_cache(maxsize=1)
def forgetting() -> Forgetting:
    """Deleting clients."""
    from chalicelib.services.forgetting import Forgetting

    return Forgetting(store(), directory(), clients(), cancelling(), ids(), pause)


@lru_cache(maxsize=1)
def joining() -> Joining:
    """One more client."""
    from chalicelib.services.joining import Joining

    return Joining(store(), attending(), ids(), pause)


@lru_cache(maxsize=1)
def progressing() -> Progressing:
    """The lifecycle of appointments."""
    from chalicelib.services.progressing import Progressing

    return Progressing(store(), ids(), pause)


@lru_cache(maxsize=1)
def viewing() -> Viewing:
    """Looking at appointments."""
    from chalicelib.services.viewing import Viewing

    return Viewing(store(), agenda())


@lru_cache(maxsize=1)
def dashboard() -> Dashboard:
    """The lists staff live in."""
    from chalicelib.services.dashboard import Dashboard

    return Dashboard(store(), agenda())


def calendar_file(view: PublicView) -> str:
    """An attendee's appointment for their own calendar."""
    from chalicelib.domain.catalog import Offer
    from chalicelib.notifications.invitation import calendar_file

    offer = Offer(view.settings, view.location, view.service)
    known = view.attendee.language in view.settings.languages
    language = (view.attendee.language if known else None) or view.settings.languages[0]
    config = settings()
    return calendar_file(view.appointment, view.attendee, offer, language, config.sender, config.public_url)


@lru_cache(maxsize=1)
def blocks() -> Blocks:
    """Looking at Quickstream blocks."""
    from chalicelib.services.blocks import Blocks

    return Blocks(store(), agenda())


@lru_cache(maxsize=1)
def laying() -> Laying:
    """Laying out Quickstream blocks."""
    from chalicelib.services.laying import Laying

    return Laying(store(), ids(), pause)


@lru_cache(maxsize=1)
def editing() -> Editing:
    """Editing and deleting Quickstream blocks."""
    from chalicelib.services.editing import Editing

    return Editing(store(), agenda(), ids(), pause)


@lru_cache(maxsize=1)
def opening() -> Opening:
    """Releasing and closing Quickstream blocks by hand."""
    from chalicelib.services.opening import Opening

    return Opening(store(), agenda(), ids(), pause)


def principal_for(email: str, groups: tuple[str, ...]) -> Principal | None:
    """The active staff member who signs in with this address; read anew at every call."""
    from chalicelib.services.signing_in import principal_for

    return principal_for(store(), email, groups)


@lru_cache(maxsize=1)
def logins() -> CognitoLogins:
    """The staff user pool; on the embedded AWS nobody is sent an invitation."""
    from chalicelib.identity import cognito

    pool = cognito.client(settings().region)
    return cognito.CognitoLogins(pool, settings().user_pool_id, invite=not settings().local)


@lru_cache(maxsize=1)
def usage() -> Usage:
    """What still refers to a record of the catalogue."""
    from chalicelib.services.usage import Usage

    return Usage(store(), agenda())


@lru_cache(maxsize=1)
def locations() -> Locations:
    """Set-up of locations."""
    from chalicelib.services.locations import Locations

    return Locations(store(), ids(), usage(), pause)


@lru_cache(maxsize=1)
def openings() -> Openings:
    """When each location is open."""
    from chalicelib.services.opening_hours import Openings

    return Openings(store(), ids(), pause)


@lru_cache(maxsize=1)
def opening_hours() -> OpeningHours:
    """Set-up of weekly hours."""
    from chalicelib.services.opening_hours import OpeningHours

    return OpeningHours(openings())


@lru_cache(maxsize=1)
def closures() -> Closures:
    """Set-up of closures."""
    from chalicelib.services.opening_hours import Closures

    return Closures(openings())


@lru_cache(maxsize=1)
def offerings() -> Offerings:
    """Set-up of services."""
    from chalicelib.services.offerings import Offerings

    return Offerings(store(), ids(), usage(), pause)


@lru_cache(maxsize=1)
def staffing() -> Staffing:
    """Set-up of staff."""
    from chalicelib.services.staffing import Staffing

    return Staffing(store(), ids(), logins(), usage(), pause)


@lru_cache(maxsize=1)
def rotas() -> Rotas:
    """When each staff member works."""
    from chalicelib.services.rotas import Rotas

    return Rotas(store(), ids(), pause)


@lru_cache(maxsize=1)
def work_schedules() -> WorkSchedules:
    """Set-up of work schedules."""
    from chalicelib.services.work_schedules import WorkSchedules

    return WorkSchedules(rotas())


@lru_cache(maxsize=1)
def times_off() -> TimesOff:
    """Set-up of time off."""
    from chalicelib.services.time_off import TimesOff

    return TimesOff(rotas(), agenda())


@lru_cache(maxsize=1)
def reasons() -> Reasons:
    """Set-up of cancellation reasons."""
    from chalicelib.services.reasons import Reasons

    return Reasons(store(), ids(), pause)


@lru_cache(maxsize=1)
def configuring() -> Configuring:
    """The organisation's settings."""
    from chalicelib.services.configuring import Configuring

    return Configuring(store(), pause)


@lru_cache(maxsize=1)
def showcase() -> Showcase:
    """The public catalogue."""
    from chalicelib.services.showcase import Showcase

    return Showcase(store())


def origins() -> tuple[str, ...]:
    """The web origins that may call the public routes, as the settings had them at most a minute ago."""
    return _origins(int(time.time() // _ORIGINS_SECONDS))


@lru_cache(maxsize=1)
def _origins(period: int) -> tuple[str, ...]:
    return configuring().show().allowed_origins
