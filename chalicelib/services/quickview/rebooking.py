"""Rebooking from Quick View: preview what would be booked, then book exactly that (RB-3, D36 … D43)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chalicelib.domain.appointments.appointment import Appointment, Attendee
from chalicelib.domain.appointments.new_appointment import new_appointment
from chalicelib.domain.capacity.ledger import SeatAccess
from chalicelib.domain.organisation.statuses import StatusPipeline
from chalicelib.domain.quickview.rebooking import RebookRequest, RebookWarningCode
from chalicelib.domain.quickview.rebooking_token import (
    TOKEN_LIFETIME,
    RebookReview,
    ReviewBasis,
    UsedReview,
    sign_review,
    verify_token,
)
from chalicelib.domain.shared.errors import Refusal
from chalicelib.domain.shared.events import JournalEntry
from chalicelib.domain.shared.permissions import Ability
from chalicelib.services.appointment_access import require_access
from chalicelib.services.appointments.appointment_view import AppointmentView, commit_and_view, views_in_calendar
from chalicelib.services.appointments.attendee_registration import mark_booked
from chalicelib.services.appointments.booking_records import booking_entry
from chalicelib.services.availability import ledger_io, staff_ledger
from chalicelib.services.clients import session_reservations
from chalicelib.services.context import Context
from chalicelib.services.crud import read_record
from chalicelib.services.quickview.rebook_facts import RebookFacts, read_rebook_facts
from chalicelib.services.quickview.rebook_plan import PlanRebooking, RebookPlan
from chalicelib.services.retry import Pause, retry_on_conflict
from chalicelib.services.store_port import Ids, Ref, Store
from chalicelib.services.unit_of_work import UnitOfWork

# How long a used review is remembered: as long as an Idempotency-Key.
_REMEMBER_FOR = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class RebookPreview:
    """The plan to review, and the token that books exactly this plan until ``expires_at``."""

    plan: RebookPlan
    warnings: tuple[RebookWarningCode, ...]
    token: str
    expires_at: datetime


class RebookAppointment:
    """Preview and book; both decide on the same plan, made anew each time. ``signing_key`` signs the reviews."""

    def __init__(
        self, store: Store, plan_rebooking: PlanRebooking, ids: Ids, pause: Pause, signing_key: Callable[[], str]
    ) -> None:
        self._store = store
        self._plan_rebooking = plan_rebooking
        self._ids = ids
        self._pause = pause
        self._signing_key = signing_key

    def preview(self, context: Context, appointment_id: str, request: RebookRequest) -> RebookPreview:
        """The rebooking as it would be booked; writes nothing.

        404, 403; 422 ``schedule_not_selected``, ``schedule_not_selectable``, ``method_not_offered``,
        ``platform_required``, ``platform_not_allowed``, ``outside_work_schedule``, as ``require_bookable_time`` and
        ``agreed_start``; 409 ``no_sessions``, ``consultant_conflict``, ``consultant_unavailable``, ``wrong_state``.
        """

        def attempt() -> RebookPreview:
            facts = read_rebook_facts(self._store, context, appointment_id)
            plan = self._plan_rebooking.plan(context, facts, request)
            expires = context.now + TOKEN_LIFETIME
            nonce, seconds = self._ids.secret(), int(expires.timestamp())
            review = RebookReview(
                nonce, appointment_id, context.staff.staff_id, seconds, request, _review_basis(facts, request)
            )
            return RebookPreview(
                plan, tuple(self._plan_rebooking.warnings(plan)), sign_review(review, self._signing_key()), expires
            )

        return retry_on_conflict(attempt, self._pause)

    def book(self, context: Context, appointment_id: str, token: str | None) -> AppointmentView:
        """Book the reviewed plan once: a second call returns the same appointment.

        Everything is decided anew: errors as for ``preview``; 422 ``review_required``, ``invalid_review_token``; 403
        for another person's review; 409 ``review_expired``, ``review_outdated``, ``schedule_changed``.
        """
        try:
            review = verify_token(token, self._signing_key())
            review.require_for(appointment_id, context.staff.staff_id)
        except Refusal:
            # An appointment outside the caller's scope is 404, whatever is wrong with the token.
            require_access(context.staff, Ability.REBOOK, read_record(self._store, Appointment, appointment_id))
            raise
        return retry_on_conflict(lambda: self._book_once(context, review), self._pause)

    def _book_once(self, context: Context, review: RebookReview) -> AppointmentView:
        used = self._read_used_review(review)
        if used is None:
            try:
                return self._book(context, review)
            except Refusal:
                # The obstacle may be the booking that another click has just made.
                used = self._read_used_review(review)
                if used is None:
                    raise
        return self._booked_earlier(context, used)

    def _read_used_review(self, review: RebookReview) -> UsedReview | None:
        return self._store.read([Ref.to(UsedReview, review.nonce)]).get(UsedReview, review.nonce)

    def _book(self, context: Context, review: RebookReview) -> AppointmentView:
        review.require_not_expired(int(context.now.timestamp()))
        facts = read_rebook_facts(self._store, context, review.appointment_id)
        review.shown.require_unchanged(_review_basis(facts, review.wish))
        plan = self._plan_rebooking.plan(context, facts, review.wish)
        work = UnitOfWork()
        # The source's staff member and the consultant's schedules must not change meanwhile.
        work.require_unchanged(facts.source)
        work.require_unchanged(facts.rota)
        booked = work.save_appointment(self._appointment(context, work, plan))
        work.save(UsedReview(review.nonce, booked.id, int((context.now + _REMEMBER_FOR).timestamp())))
        shown = self._write_seat(work, context, plan, booked)
        staff_ledger.assign(work, plan.found, booked, context.now, force=True)
        work.add_entry(self._entry(context, plan, booked))
        self._store.commit(work, context.idempotency, shown)
        return shown

    def _booked_earlier(self, context: Context, used: UsedReview) -> AppointmentView:
        booked = read_record(self._store, Appointment, used.appointment_id)
        # Nothing is written but the response, under the caller's own key if they sent one.
        return commit_and_view(self._store, UnitOfWork(), context, booked)

    def _appointment(self, context: Context, work: UnitOfWork, plan: RebookPlan) -> Appointment:
        facts, request = plan.facts, plan.request
        client = mark_booked(work, facts.client)
        sequence = plan.allocation.sequence if plan.allocation else plan.calendar.sequence(plan.span[0])
        appointment = new_appointment(
            self._ids.new("apt", context.now, sequence),
            facts.offer,
            request.method,
            plan.start,
            timezone=facts.timezone,
            attendees=(Attendee(client.id, client.name, self._ids.secret(), language=client.language),),
            booked_through=context.actor,
            now=context.now,
        )
        return replace(
            appointment,
            staff_id=facts.consultant.id,
            over_capacity=plan.allocation is not None and plan.allocation.over_capacity,
            override=request.override,
            notify_client=request.notifies_client,
            rebooked_from=facts.source.id,
            session=session_reservations.reserve(work, plan.found, facts.client),
            teleconference=plan.call,
            work_schedule_id=plan.schedule.id,
        )

    def _write_seat(self, work: UnitOfWork, context: Context, plan: RebookPlan, booked: Appointment) -> AppointmentView:
        """Take the seat at the location if the service takes one (D2)."""
        if plan.allocation is None:
            return AppointmentView(booked)
        occupant = plan.allocation.to_occupant(booked.id, SeatAccess.SCHEDULE)
        ledger_io.write_occupant(work, plan.allocation, occupant, context.now)
        # A rebooking is agreed with the client, so it has no status (D42).
        return views_in_calendar(
            [booked], plan.allocation.calendar.with_occupant(occupant), StatusPipeline(), context.now
        )[0]

    def _entry(self, context: Context, plan: RebookPlan, booked: Appointment) -> JournalEntry:
        facts = {
            "rebooked_from": booked.rebooked_from,
            "approach": plan.request.approach.value,
            "work_schedule_id": booked.work_schedule_id,
            "over_capacity": booked.over_capacity,
            "override": booked.override,
            "overridden": plan.overridden,
        }
        return booking_entry(self._ids, context, booked, facts)


def _review_basis(facts: RebookFacts, request: RebookRequest) -> ReviewBasis:
    """The current basis for a review of this request; a schedule that no longer exists has version 0."""
    schedule = next((s for s in facts.rota.schedules if s.id == request.work_schedule_id), None)
    version = schedule.version if schedule else 0
    return ReviewBasis(facts.consultant.id, facts.timezone, version, facts.offer.service.version)
