"""The facts of a rebooking before a time is chosen: the source appointment, the client, the consultant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.clients.client import Client
from chalicelib.domain.organisation.catalogue import Staff
from chalicelib.domain.organisation.rota import Rota
from chalicelib.domain.organisation.settings import Offer
from chalicelib.domain.quickview.rebooking import rebooked_attendee
from chalicelib.domain.shared.errors import ConsultantUnavailable, Refusal, WrongState
from chalicelib.domain.shared.permissions import Ability
from chalicelib.services import client_identity
from chalicelib.services.appointment_access import require_access
from chalicelib.services.availability import ledger_io
from chalicelib.services.context import Context
from chalicelib.services.crud import read_record
from chalicelib.services.organisation import roster_sync
from chalicelib.services.store_port import Ref, Store


@dataclass(frozen=True, slots=True)
class RebookFacts:
    """The source appointment in any state, and the client's present record (D36)."""

    source: Appointment
    client: Client
    offer: Offer
    consultant: Staff
    rota: Rota

    @property
    def timezone(self) -> str:
        """The client's zone: on record, else as agreed for the source, else the location's (RB-8)."""
        return self.client.timezone or self.source.timezone or self.offer.location.timezone

    @property
    def consultant_timezone(self) -> str:
        """The zone of the consultant's calendar (TZ-5)."""
        return self.consultant.timezone or self.offer.location.timezone


def read_rebook_facts(store: Store, context: Context, appointment_id: str) -> RebookFacts:
    """Read the facts: two reads, a third if the client has been merged.

    The consultant is the appointment's staff member, else the caller. 404 outside the caller's scope, 403; 409
    ``wrong_state`` without a client or an offer, ``consultant_unavailable`` without a consultant.
    """
    source = read_record(store, Appointment, appointment_id)
    require_access(context.staff, Ability.REBOOK, source)
    client_id = rebooked_attendee(source).client_id
    consultant_id = source.staff_id or context.staff.staff_id
    refs: list[Ref[Any]] = [
        *ledger_io.offer_refs(source.location_id, source.service_id),
        *(Ref.to(Client, client_id), Ref.to(Staff, consultant_id), Ref.to(Rota, consultant_id)),
    ]
    found = store.read(refs)
    client = client_identity.resolve_clients(store, [client_id], found).by_id.get(client_id)
    if client is None or not client.active:
        raise WrongState("This client has been deleted.")
    consultant = found.get(Staff, consultant_id)
    if consultant is None:
        raise ConsultantUnavailable("Nobody has this appointment, and you have no calendar.")
    offer = ledger_io.offer_in(found, source.location_id, source.service_id, _no_longer_offered)
    return RebookFacts(source, client, offer, consultant, roster_sync.rota_in(found, consultant_id))


def _no_longer_offered(_: str) -> Refusal:
    return WrongState("The service is no longer offered at this location.")
