"""The composition root: every part of Frontdesk, made once at its first use and connected to the others.

``container`` is the one way to reach a part: ``container.book_appointment.book(…)``. Heavy modules are imported inside
its properties, so that functions that do not need them start faster; the import benchmark checks that.
"""

from __future__ import annotations

import os
import random
import secrets
import time
from datetime import datetime
from functools import cached_property, partial
from typing import TYPE_CHECKING, TypeVar

from chalicelib import observability
from chalicelib.domain.messaging.notifications import Medium
from chalicelib.domain.organisation.settings import Offer
from chalicelib.domain.shared.ids import new_id
from chalicelib.domain.shared.permissions import Principal
from chalicelib.environment import DeploymentSettings, read_environment
from chalicelib.services.appointments.add_attendee import AddAttendee
from chalicelib.services.appointments.appointment_queries import AppointmentQueries, PublicAppointment
from chalicelib.services.appointments.assignment import AssignAppointment
from chalicelib.services.appointments.attendee_registration import AttendeeRegistration
from chalicelib.services.appointments.auto_reject_job import AutoRejectJob
from chalicelib.services.appointments.auto_start_job import AutoStartJob
from chalicelib.services.appointments.cancellation import CancelAppointment
from chalicelib.services.appointments.dashboard import Dashboard
from chalicelib.services.appointments.edit_appointment import EditAppointment
from chalicelib.services.appointments.lifecycle import AdvanceAppointment
from chalicelib.services.appointments.public_booking import BookAppointment
from chalicelib.services.appointments.public_reschedule import RescheduleAppointment
from chalicelib.services.appointments.relocation import RelocateAppointment
from chalicelib.services.appointments.staff_booking import BookAppointmentAsStaff
from chalicelib.services.appointments.status_change import ChangeStatus
from chalicelib.services.availability.availability import FreeSlots
from chalicelib.services.availability.availability_reader import AvailabilityReader
from chalicelib.services.availability.booking_options import FindBookingOptions
from chalicelib.services.availability.holds import HoldSlot
from chalicelib.services.client_access import ClientAccess
from chalicelib.services.clients.activity import Activities
from chalicelib.services.clients.client_lists import ClientLists
from chalicelib.services.clients.client_search import ClientSearch
from chalicelib.services.clients.duplicates import Duplicates
from chalicelib.services.clients.erasure import EraseClient
from chalicelib.services.clients.erasure_job import ErasureJob
from chalicelib.services.clients.merging import MergeClients
from chalicelib.services.clients.profiles import ClientProfiles
from chalicelib.services.clients.sessions import Sessions
from chalicelib.services.clients.undo_merge import UndoMerge
from chalicelib.services.clients.workflows import Workflows
from chalicelib.services.integrity.client_integrity import ClientIntegrity
from chalicelib.services.integrity.integrity_job import IntegrityJob
from chalicelib.services.integrity.ledger_integrity import LedgerIntegrity
from chalicelib.services.job_runner import JobRuns
from chalicelib.services.messaging.meeting_links import CreateMeetingLinks
from chalicelib.services.messaging.message_sender import MessageSender
from chalicelib.services.messaging.messaging_ports import MeetingLinkProvider, Sender
from chalicelib.services.messaging.outbox_relay import OutboxRelay
from chalicelib.services.messaging.reminder_job import ReminderJob
from chalicelib.services.organisation.authentication import principal_for
from chalicelib.services.organisation.cancellation_reasons import CancellationReasons
from chalicelib.services.organisation.edit_settings import AllowedOrigins, OrganisationSettings
from chalicelib.services.organisation.locations import Locations
from chalicelib.services.organisation.opening_hours import BranchHoursRecords, Closures, OpeningHours
from chalicelib.services.organisation.public_catalogue import PublicCatalogue
from chalicelib.services.organisation.references import References
from chalicelib.services.organisation.rotas import Rotas
from chalicelib.services.organisation.services import Services
from chalicelib.services.organisation.staff import StaffMembers
from chalicelib.services.organisation.statuses import Statuses
from chalicelib.services.organisation.time_off import StaffTimeOff
from chalicelib.services.organisation.work_schedules import WorkSchedules
from chalicelib.services.quickstream.block_queries import BlockQueries
from chalicelib.services.quickstream.create_blocks import CreateBlocks
from chalicelib.services.quickstream.edit_blocks import EditBlocks
from chalicelib.services.quickstream.release_job import ReleaseJob
from chalicelib.services.quickstream.release_manually import ReleaseBlock
from chalicelib.services.quickview.quickview import QuickView
from chalicelib.services.quickview.quickview_edits import EditFromQuickView
from chalicelib.services.quickview.rebook_plan import PlanRebooking
from chalicelib.services.quickview.rebook_summary import RebookSummaries
from chalicelib.services.quickview.rebooking import RebookAppointment
from chalicelib.services.unit_of_work import UnitOfWork

if TYPE_CHECKING:
    from pynamodb.connection import Connection

    from chalicelib.identity.user_pool import CognitoUserPool
    from chalicelib.notifications.dead_letter_queue import SqsDeadLetterQueue
    from chalicelib.persistence.appointment_lists import DynamoAppointmentLists
    from chalicelib.persistence.client_directory import DynamoClientDirectory
    from chalicelib.persistence.due_index import DynamoDueWork
    from chalicelib.persistence.outbox import DynamoOutbox
    from chalicelib.persistence.phonetic_index import DynamoPhoneticIndex
    from chalicelib.persistence.quickview_lists import DynamoQuickViewLists
    from chalicelib.persistence.store import DynamoStore
    from chalicelib.persistence.workflow_lists import DynamoWorkflowLists

T = TypeVar("T")

# The longest wait doubles from attempt to attempt up to a limit; seconds.
_FIRST_PAUSE = 0.01
_LONGEST_PAUSE = 0.4


def pause(attempt: int) -> None:
    """Wait before another attempt, at random so that competing writers spread out."""
    observability.count_metric("ConflictsRetried")
    time.sleep(random.uniform(0, min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**attempt)))  # noqa: S311  # no secret


def count_events(work: UnitOfWork) -> None:
    """Count a metric per domain event: ``appointment.booked`` as ``AppointmentBooked``."""
    for event in (event for entry in work.entries for event in entry.events):
        observability.count_metric(event.type.replace("_", ".").title().replace(".", ""))


def report_set_aside(job: str, item: str, error: str) -> None:
    """Name an item that a job cannot deal with in the log, and count it for the alarm (TR-60)."""
    observability.observer.alarm("item_set_aside", job=job, item=item, error=error)
    observability.count_metric("ItemsSetAside")


class RandomIds:
    """Ids from the time of the call and the system's randomness."""

    def new(self, prefix: str, at: datetime, order: int = 0) -> str:
        """A new id of this type; within a millisecond a greater ``order`` sorts later."""
        return new_id(prefix, at, order.to_bytes(3, "big") + secrets.token_bytes(7))

    def secret(self) -> str:
        """192 random bits, safe in a URL (D48)."""
        return secrets.token_urlsafe(24)


class Container:
    """Each property is one part; its class says what it does."""

    # Deployment

    @cached_property
    def settings(self) -> DeploymentSettings:
        return read_environment(os.environ)

    @cached_property
    def ids(self) -> RandomIds:
        return RandomIds()

    @cached_property
    def connection(self) -> Connection:
        """The one connection to the table, shared by all parts."""
        from chalicelib.persistence.table import connect_table

        return connect_table(self.settings.table_name, self.settings.region)

    def _on_table(self, adapter: type[T]) -> T:
        """An adapter that needs the table to be connected first."""
        _ = self.connection
        return adapter()

    @cached_property
    def store(self) -> DynamoStore:
        from chalicelib.persistence.store import DynamoStore

        return DynamoStore(self.connection, time.time, count_events)

    @cached_property
    def appointment_lists(self) -> DynamoAppointmentLists:
        from chalicelib.persistence.appointment_lists import DynamoAppointmentLists

        return self._on_table(DynamoAppointmentLists)

    @cached_property
    def client_directory(self) -> DynamoClientDirectory:
        from chalicelib.persistence.client_directory import DynamoClientDirectory

        return self._on_table(DynamoClientDirectory)

    @cached_property
    def phonetic_index(self) -> DynamoPhoneticIndex:
        from chalicelib.persistence.phonetic_index import DynamoPhoneticIndex

        return self._on_table(DynamoPhoneticIndex)

    @cached_property
    def workflow_lists(self) -> DynamoWorkflowLists:
        from chalicelib.persistence.workflow_lists import DynamoWorkflowLists

        return self._on_table(DynamoWorkflowLists)

    @cached_property
    def quick_view_lists(self) -> DynamoQuickViewLists:
        from chalicelib.persistence.quickview_lists import DynamoQuickViewLists

        return self._on_table(DynamoQuickViewLists)

    @cached_property
    def due_work(self) -> DynamoDueWork:
        from chalicelib.persistence.due_index import DynamoDueWork

        return self._on_table(DynamoDueWork)

    @cached_property
    def job_runs(self) -> JobRuns:
        from chalicelib.persistence.job_failures import DynamoJobFailures

        return JobRuns(self._on_table(DynamoJobFailures), report_set_aside)

    @cached_property
    def outbox(self) -> DynamoOutbox:
        from chalicelib.persistence.outbox import DynamoOutbox

        return self._on_table(DynamoOutbox)

    @cached_property
    def user_pool(self) -> CognitoUserPool:
        """The user pool of the staff; in stage local no invitations are sent."""
        from chalicelib.identity import user_pool

        pool = user_pool.cognito_client(self.settings.region)
        return user_pool.CognitoUserPool(pool, self.settings.user_pool_id, invite=not self.settings.is_local)

    # Organisation

    def principal_for(self, email: str, groups: tuple[str, ...]) -> Principal | None:
        return principal_for(self.store, email, groups)

    @cached_property
    def references(self) -> References:
        return References(self.store, self.appointment_lists)

    @cached_property
    def locations(self) -> Locations:
        return Locations(self.store, self.ids, self.references, pause)

    @cached_property
    def branch_hours_records(self) -> BranchHoursRecords:
        return BranchHoursRecords(self.store, self.ids, pause)

    @cached_property
    def opening_hours(self) -> OpeningHours:
        return OpeningHours(self.branch_hours_records)

    @cached_property
    def closures(self) -> Closures:
        return Closures(self.branch_hours_records)

    @cached_property
    def services(self) -> Services:
        return Services(self.store, self.ids, self.references, pause)

    @cached_property
    def staff_members(self) -> StaffMembers:
        return StaffMembers(self.store, self.ids, self.references, pause, self.user_pool)

    @cached_property
    def rotas(self) -> Rotas:
        return Rotas(self.store, self.ids, pause)

    @cached_property
    def work_schedules(self) -> WorkSchedules:
        return WorkSchedules(self.rotas)

    @cached_property
    def staff_time_off(self) -> StaffTimeOff:
        return StaffTimeOff(self.rotas, self.appointment_lists)

    @cached_property
    def cancellation_reasons(self) -> CancellationReasons:
        return CancellationReasons(self.store, self.ids, self.references, pause)

    @cached_property
    def statuses(self) -> Statuses:
        return Statuses(self.store, self.ids, pause)

    @cached_property
    def organisation_settings(self) -> OrganisationSettings:
        return OrganisationSettings(self.store, pause)

    @cached_property
    def allowed_origins(self) -> AllowedOrigins:
        return AllowedOrigins(self.organisation_settings, time.monotonic)

    @cached_property
    def public_catalogue(self) -> PublicCatalogue:
        return PublicCatalogue(self.store)

    # Clients

    @cached_property
    def client_access(self) -> ClientAccess:
        return ClientAccess(self.store)

    @cached_property
    def client_profiles(self) -> ClientProfiles:
        return ClientProfiles(self.store, self.client_directory, self.client_access, self.ids, pause)

    @cached_property
    def client_lists(self) -> ClientLists:
        return ClientLists(
            self.store, self.client_directory, ClientSearch(self.store, self.client_directory, self.client_access)
        )

    @cached_property
    def duplicates(self) -> Duplicates:
        return Duplicates(
            self.store,
            self.client_directory,
            self.phonetic_index,
            self.client_profiles,
            self.client_lists,
            self.client_access,
        )

    @cached_property
    def activities(self) -> Activities:
        return Activities(self.store, self.client_directory, self.workflow_lists, self.client_profiles)

    @cached_property
    def workflows(self) -> Workflows:
        return Workflows(self.store, self.workflow_lists, self.client_profiles, self.ids, pause)

    @cached_property
    def merge_clients(self) -> MergeClients:
        return MergeClients(self.store, self.client_directory, self.client_access, self.ids, pause)

    @cached_property
    def undo_merge(self) -> UndoMerge:
        return UndoMerge(self.store, self.client_access, self.ids, pause)

    @cached_property
    def sessions(self) -> Sessions:
        return Sessions(self.store, self.client_profiles, self.ids, pause)

    @cached_property
    def erase_client(self) -> EraseClient:
        return EraseClient(
            self.store, self.client_directory, self.client_profiles, self.cancel_appointment, self.ids, pause
        )

    @cached_property
    def erasure_job(self) -> ErasureJob:
        return ErasureJob(self.store, self.due_work, self.job_runs)

    # Availability

    @cached_property
    def availability_reader(self) -> AvailabilityReader:
        return AvailabilityReader(self.store)

    @cached_property
    def free_slots(self) -> FreeSlots:
        return FreeSlots(self.availability_reader)

    @cached_property
    def find_booking_options(self) -> FindBookingOptions:
        return FindBookingOptions(self.store)

    @cached_property
    def hold_slot(self) -> HoldSlot:
        return HoldSlot(self.store, self.availability_reader, self.ids, pause)

    # Appointments

    @cached_property
    def attendee_registration(self) -> AttendeeRegistration:
        return AttendeeRegistration(self.store, self.ids, self.client_access)

    @cached_property
    def book_appointment(self) -> BookAppointment:
        return BookAppointment(self.store, self.availability_reader, self.ids, pause)

    @cached_property
    def book_appointment_as_staff(self) -> BookAppointmentAsStaff:
        return BookAppointmentAsStaff(self.store, self.availability_reader, self.attendee_registration, self.ids, pause)

    @cached_property
    def edit_appointment(self) -> EditAppointment:
        return EditAppointment(self.store, RelocateAppointment(self.store, self.availability_reader), self.ids, pause)

    @cached_property
    def reschedule_appointment(self) -> RescheduleAppointment:
        return RescheduleAppointment(self.store, self.availability_reader, self.ids, pause)

    @cached_property
    def cancel_appointment(self) -> CancelAppointment:
        return CancelAppointment(self.store, self.ids, pause)

    @cached_property
    def change_status(self) -> ChangeStatus:
        return ChangeStatus(self.store, self.cancel_appointment, self.ids, pause)

    @cached_property
    def assign_appointment(self) -> AssignAppointment:
        return AssignAppointment(self.store, self.ids, pause)

    @cached_property
    def add_attendee(self) -> AddAttendee:
        return AddAttendee(self.store, self.attendee_registration, self.ids, pause)

    @cached_property
    def advance_appointment(self) -> AdvanceAppointment:
        return AdvanceAppointment(self.store, self.ids, pause)

    @cached_property
    def appointment_queries(self) -> AppointmentQueries:
        return AppointmentQueries(self.store, self.appointment_lists)

    @cached_property
    def dashboard(self) -> Dashboard:
        return Dashboard(self.store, self.appointment_lists)

    def calendar_file(self, view: PublicAppointment) -> str:
        """An attendee's appointment as a calendar file."""
        from chalicelib.notifications.calendar_invitation import calendar_file

        offer = Offer(view.settings, view.location, view.service)
        config = self.settings
        return calendar_file(view.appointment, view.attendee, offer, config.sender, config.public_url)

    @cached_property
    def auto_start_job(self) -> AutoStartJob:
        return AutoStartJob(self.store, self.due_work, self.ids, observability.count_metric, self.job_runs)

    @cached_property
    def auto_reject_job(self) -> AutoRejectJob:
        return AutoRejectJob(self.store, self.due_work, self.cancel_appointment, self.job_runs)

    # Quickstream

    @cached_property
    def block_queries(self) -> BlockQueries:
        return BlockQueries(self.store, self.appointment_lists)

    @cached_property
    def create_blocks(self) -> CreateBlocks:
        return CreateBlocks(self.store, self.ids, pause)

    @cached_property
    def edit_blocks(self) -> EditBlocks:
        return EditBlocks(self.store, self.appointment_lists, self.ids, pause)

    @cached_property
    def release_block(self) -> ReleaseBlock:
        return ReleaseBlock(self.store, self.appointment_lists, self.ids, pause)

    @cached_property
    def release_job(self) -> ReleaseJob:
        return ReleaseJob(
            self.store,
            self.appointment_lists,
            self.due_work,
            self.ids,
            pause,
            observability.count_metric,
            self.job_runs,
        )

    # Quick View

    @cached_property
    def quick_view(self) -> QuickView:
        return QuickView(self.store, self.quick_view_lists)

    @cached_property
    def edit_from_quick_view(self) -> EditFromQuickView:
        return EditFromQuickView(self.store, self.edit_appointment, pause)

    @cached_property
    def rebook_summaries(self) -> RebookSummaries:
        return RebookSummaries(self.store, self.client_directory, self.client_access)

    @cached_property
    def rebook_appointment(self) -> RebookAppointment:
        return RebookAppointment(
            self.store,
            PlanRebooking(self.store, self.client_directory, self.availability_reader),
            self.ids,
            pause,
            self.review_key,
        )

    def review_key(self) -> str:
        """The key that signs reviews."""
        from chalicelib import secrets_manager

        return secrets_manager.read_secret(self.settings.review_key_arn, self.settings.region)

    # Messages

    @cached_property
    def meeting_link_provider(self) -> MeetingLinkProvider | None:
        """Microsoft Graph if its credentials are configured, fake links in stage local, else ``None``."""
        config = self.settings
        if config.graph_secret_arn:
            from chalicelib import secrets_manager
            from chalicelib.notifications.microsoft_graph import GraphMeetingLinks

            credentials = partial(secrets_manager.read_secret, config.graph_secret_arn, config.region)
            return GraphMeetingLinks(credentials, config.graph_url, config.graph_login_url)
        if config.is_local:
            from chalicelib.notifications.fake_links import FakeMeetingLinks

            return FakeMeetingLinks(config.stage)
        return None

    @cached_property
    def dead_letters(self) -> SqsDeadLetterQueue:
        from chalicelib.notifications.dead_letter_queue import SqsDeadLetterQueue

        return SqsDeadLetterQueue(self.settings.dead_letter_queue_url, self.settings.region)

    @cached_property
    def message_sender(self) -> MessageSender:
        from chalicelib.notifications.ses import SesEmailSender
        from chalicelib.notifications.sns import SnsTextSender

        config = self.settings
        senders: dict[Medium, Sender] = {
            Medium.EMAIL: SesEmailSender(config.sender, config.configuration_set, config.public_url, config.region),
            Medium.TEXT: SnsTextSender(config.public_url, config.region),
        }
        return MessageSender(self.store, self.outbox, senders, self.dead_letters, observability.observer)

    @cached_property
    def create_meeting_links(self) -> CreateMeetingLinks:
        return CreateMeetingLinks(
            self.store, self.meeting_link_provider, self.ids, self.dead_letters, observability.observer
        )

    @cached_property
    def outbox_relay(self) -> OutboxRelay:
        from chalicelib.notifications.sns import SnsEventTopic

        topic = SnsEventTopic(self.settings.events_topic_arn, self.settings.region)
        return OutboxRelay(
            self.store,
            self.outbox,
            topic,
            self.message_sender,
            self.create_meeting_links,
            observability.observer,
            random.random,
            self.job_runs,
        )

    @cached_property
    def reminder_job(self) -> ReminderJob:
        return ReminderJob(self.store, self.outbox, self.outbox_relay, observability.observer, self.job_runs)

    # Integrity

    @cached_property
    def client_integrity(self) -> ClientIntegrity:
        return ClientIntegrity(self.store, self.client_directory)

    @cached_property
    def ledger_integrity(self) -> LedgerIntegrity:
        return LedgerIntegrity(self.store, self.appointment_lists)

    @cached_property
    def integrity_job(self) -> IntegrityJob:
        return IntegrityJob(self.ledger_integrity, self.client_integrity, observability.observer)


container = Container()
