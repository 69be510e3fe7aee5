"""Rebooking via Quick View: what would be booked is shown for review, and nothing else is booked (RB-3, D36 … D43)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from chalicelib.domain.appointments.appointment import Appointment, Attendee
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
from chalicelib.domain.shared.events import FieldChange, JournalEntry, MessageKind
from chalicelib.domain.shared.permissions import Ability
from chalicelib.domain.shared.times import wall_text
from chalicelib.services.appointment_access import require_access
from chalicelib.services.appointments.appointment_view import AppointmentView, read_views, views_in_calendar
from chalicelib.services.appointments.attendees import mark_booked
from chalicelib.services.appointments.journal_entries import appointment_entry, client_messages, organisation_messages
from chalicelib.services.availability import ledger_io, staff_ledger
from chalicelib.services.clients import entitlements
from chalicelib.services.quickview.rebook_facts import RebookFacts, read_rebook_facts
from chalicelib.services.quickview.rebook_plan import PlanRebooking, RebookPlan
from chalicelib.services.retry import Pause, retry_on_conflict
from chalicelib.services.unit_of_work import Context, Ids, Ref, Store, UnitOfWork

# How long a used review is remembered: as long as an Idempotency-Key.
_REMEMBER_FOR = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class RebookPreview:
    """What is shown for review, and the token that books exactly this until ``expires_at``."""

    plan: RebookPlan
    warnings: tuple[RebookWarningCode, ...]
    token: str
    expires_at: datetime


class RebookAppointment:
    """Previews and bookings; both decide on the same plan, made anew each time. ``key`` signs the reviews."""

    def __init__(self, store: Store, plans: PlanRebooking, ids: Ids, pause: Pause, key: Callable[[], str]) -> None:
        self._store = store
        self._plans = plans
        self._ids = ids
        self._pause = pause
        self._key = key

    def preview(self, context: Context, appointment_id: str, wish: RebookRequest) -> RebookPreview:
        """What would be booked; writes nothing.

        404, 403; 422 ``schedule_not_selected``, ``schedule_not_selectable``, ``method_not_offered``,
        ``platform_required``, ``platform_not_allowed``, ``outside_work_schedule``, as ``require_time`` and
        ``agreed_start``; 409 ``no_sessions``, ``consultant_conflict``, ``consultant_unavailable``, ``wrong_state``.
        """

        def attempt() -> RebookPreview:
            facts = read_rebook_facts(self._store, context, appointment_id)
            plan = self._plans.plan(context, facts, wish)
            expires = context.now + TOKEN_LIFETIME
            nonce, seconds = self._ids.secret(), int(expires.timestamp())
            review = RebookReview(
                nonce, appointment_id, context.staff.staff_id, seconds, wish, _review_basis(facts, wish)
            )
            return RebookPreview(plan, tuple(self._plans.warnings(plan)), sign_review(review, self._key()), expires)

        return retry_on_conflict(attempt, self._pause)

    def book(self, context: Context, appointment_id: str, token: str | None) -> AppointmentView:
        """Books what was reviewed, once: a second call gives the same appointment.

        Everything is decided anew: refuses as ``preview`` does; 422 ``review_required``, ``invalid_review_token``; 403
        for another person's review; 409 ``review_expired``, ``review_outdated``, ``schedule_changed``.
        """
        try:
            review = verify_token(token, self._key())
            review.require_for(appointment_id, context.staff.staff_id)
        except Refusal:
            # Beyond one's reach there is nothing of which a review could be wrong.
            source = self._store.read([Ref.to(Appointment, appointment_id)]).require(Appointment, appointment_id)
            require_access(context.staff, Ability.REBOOK, source)
            raise
        return retry_on_conflict(lambda: self._book_once(context, review), self._pause)

    def _book_once(self, context: Context, review: RebookReview) -> AppointmentView:
        used = self._used(review)
        if used is None:
            try:
                return self._book(context, review)
            except Refusal:
                # What stands against it may be the very booking that another click has just made.
                used = self._used(review)
                if used is None:
                    raise
        return self._booked_before(context, used)

    def _used(self, review: RebookReview) -> UsedReview | None:
        return self._store.read([Ref.to(UsedReview, review.nonce)]).get(UsedReview, review.nonce)

    def _book(self, context: Context, review: RebookReview) -> AppointmentView:
        review.require_fresh(int(context.now.timestamp()))
        facts = read_rebook_facts(self._store, context, review.appointment_id)
        review.shown.require_still(_review_basis(facts, review.wish))
        plan = self._plans.plan(context, facts, review.wish)
        change = UnitOfWork()
        # Whose appointment it was and when the consultant works must not change meanwhile.
        change.guard(facts.source)
        change.guard(facts.rota)
        booked = change.book(self._appointment(context, change, plan))
        change.save(UsedReview(review.nonce, booked.id, int((context.now + _REMEMBER_FOR).timestamp())))
        shown = self._seat(change, context, plan, booked)
        staff_ledger.assign(change, plan.found, booked, context.now, force=True)
        change.record(self._entry(context, plan, booked))
        self._store.commit(change, context.once, shown)
        return shown

    def _booked_before(self, context: Context, used: UsedReview) -> AppointmentView:
        found = self._store.read([Ref.to(Appointment, used.appointment_id)])
        (shown,) = read_views(self._store, [found.require(Appointment, used.appointment_id)], context.now)
        # Nothing is written but the answer, under the caller's own key if they sent one.
        self._store.commit(UnitOfWork(), context.once, shown)
        return shown

    def _appointment(self, context: Context, change: UnitOfWork, plan: RebookPlan) -> Appointment:
        facts, wish = plan.facts, plan.wish
        source, service = facts.source, facts.offer.service
        client = mark_booked(change, facts.client)
        turn = plan.place.turn if plan.place else plan.calendar.turn(plan.span[0])
        return Appointment(
            id=self._ids.new("apt", context.now, turn),
            service_id=source.service_id,
            location_id=source.location_id,
            method=wish.method,
            start=plan.start,
            end=plan.end,
            timezone=facts.timezone,
            local_start=wall_text(plan.start, ZoneInfo(facts.timezone)),
            attendees=(Attendee(client.id, client.name, self._ids.secret(), language=client.language),),
            booked_through=context.actor,
            created_at=context.now,
            updated_at=context.now,
            availability=service.availability,
            staff_id=facts.consultant.id,
            buffer_before=service.buffer_before,
            buffer_after=service.buffer_after,
            over_capacity=plan.place is not None and plan.place.over_capacity,
            override=wish.override,
            notify_client=wish.tells_client,
            rebooked_from=source.id,
            session=entitlements.reserve(change, plan.found, facts.client),
            teleconference=plan.call,
            work_schedule_id=plan.schedule.id,
            reminder_hours=facts.offer.settings.reminder_hours,
        )

    def _seat(self, change: UnitOfWork, context: Context, plan: RebookPlan, booked: Appointment) -> AppointmentView:
        """Takes the seat at the location, where it takes one (D2)."""
        if plan.place is None:
            return AppointmentView(booked)
        occupant = plan.place.occupant(booked.id, SeatAccess.SCHEDULE)
        ledger_io.write_occupant(change, plan.place, occupant, context.now)
        # Staff have agreed it with the client: it has no status (D42).
        return views_in_calendar([booked], plan.place.calendar.placed(occupant), StatusPipeline(), context.now)[0]

    def _entry(self, context: Context, plan: RebookPlan, booked: Appointment) -> JournalEntry:
        facts: Mapping[str, object] = {
            "rebooked_from": booked.rebooked_from,
            "approach": plan.wish.approach.value,
            "work_schedule_id": booked.work_schedule_id,
            "over_capacity": booked.over_capacity,
            "override": booked.override,
            "overridden": plan.overridden,
        }
        return appointment_entry(
            self._ids,
            context,
            booked,
            "booked",
            changes=(FieldChange(name, None, value) for name, value in facts.items() if value),
            messages=(
                *client_messages(MessageKind.CONFIRMATION, [a.client_id for a in booked.attendees]),
                *organisation_messages(MessageKind.STAFF_BOOKED, booked),
            ),
            events=("appointment.booked",),
        )


def _review_basis(facts: RebookFacts, wish: RebookRequest) -> ReviewBasis:
    """What a review of this rests on as it stands; a schedule that is gone has version 0."""
    schedule = next((s for s in facts.rota.schedules if s.id == wish.work_schedule_id), None)
    version = schedule.version if schedule else 0
    return ReviewBasis(facts.consultant.id, facts.timezone, version, facts.offer.service.version)
