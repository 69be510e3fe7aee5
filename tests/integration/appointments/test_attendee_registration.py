"""Attendees whom staff name: on record or new, written with the appointment or not at all (features 22–24, 27)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.container import container
from chalicelib.domain.appointments.appointment import Answer, Attendee
from chalicelib.domain.clients.client import Client, ClientProfile, Contact
from chalicelib.domain.organisation.catalogue import Question, QuestionType
from chalicelib.domain.shared.errors import Invalid, Stale
from chalicelib.domain.shared.events import FieldChange
from chalicelib.domain.shared.permissions import Principal, Role
from chalicelib.services.appointments.attendee_registration import AttendeeRequest, refs
from chalicelib.services.context import Context
from chalicelib.services.store_port import Ref
from chalicelib.services.unit_of_work import UnitOfWork
from tests.builders.in_process.client_requests import make_client
from tests.builders.in_process.sample_organisation import Organisation
from tests.builders.in_process.sample_records import ALEX, ALEX_EMAIL, MORTGAGE, NOW, TORONTO, make_service
from tests.builders.in_process.table_records import committed, write

BO = ClientProfile("Bo", "Lind", email="Bo@Example.org", mobile="(416) 555-0100", receive_sms=True)
ASKED = make_service(
    MORTGAGE,
    "Mortgage advice",
    questions=(
        Question("why", "Why?", required=True),
        Question("how", "How?", QuestionType.CHOICE, options=("rent", "own"), required=True),
    ),
)
CONTEXT = Context(NOW, Principal(ALEX, "Alex", ALEX_EMAIL, frozenset({Role.MANAGER}), frozenset({TORONTO})))


def on_record(org: Organisation, **more: Any) -> Client:
    """A client who has been to the branch."""
    with committed() as work:
        work.relation_counts[(TORONTO, "cli_1")] = 1
        return work.save(make_client("cli_1", email="ana@example.org", **more))


def attended(*guests: AttendeeRequest, asked: bool = False, meanwhile: object = None) -> tuple[Attendee, ...]:
    """The requested attendees, saved; ``meanwhile`` is called between decision and commit."""
    store = container.store
    attending = container.attendee_registration
    known = attending.normalise(guests, TORONTO)
    work = UnitOfWork()
    service = ASKED if asked else replace(ASKED, questions=())
    attendees = attending.register(work, store.read(refs(known)), CONTEXT, service, known)
    if callable(meanwhile):
        meanwhile()
    store.commit(work)
    return attendees


def refused(*guests: AttendeeRequest, asked: bool = False) -> tuple[str, list[str]]:
    """The code and pointers that refuse these attendees."""
    with pytest.raises(Invalid) as caught:
        attended(*guests, asked=asked)
    return caught.value.code, [error.pointer for error in caught.value.errors]


def test_a_new_client_is_kept_as_staff_typed_them_and_reached_as_providers_want(org: Organisation) -> None:
    (attendee,) = attended(
        AttendeeRequest(client=replace(BO, phone="+44 20 7946 0018", notes="Prefers mornings", language="fr"))
    )
    client = org.read(Client, attendee.client_id)
    assert (client.mobile, client.phone, client.email) == ("+14165550100", "+442079460018", "bo@example.org")
    assert (client.notes, client.created_by, client.receive_sms) == ("Prefers mornings", ALEX, True)
    assert (attendee.name, attendee.language, attendee.contact) == ("Bo Lind", "fr", None)
    assert len(attendee.code) >= 22
    consent, creation = container.appointment_lists.journal(client.id, 10, None).items
    assert [(e.type, e.version, dict(e.data)) for e in creation.events] == [("client.created", 1, {"id": client.id})]
    assert consent.changes == (FieldChange("mobile", None, "+14165550100"),)
    assert (creation.action, consent.action) == ("created", "sms_consent_given")


def test_a_new_client_is_found_again_by_the_widget(org: Organisation) -> None:
    org.create_block()
    (attendee,) = attended(AttendeeRequest(client=BO))
    booked = org.try_book(attendee={"first_name": "BO", "last_name": "Lind", "email": "bo@example.org"}).body(201)
    contact = org.read(Contact, "bo@example.org")
    assert contact.clients == ((attendee.client_id, "bo lind"),)
    assert [i for i, _ in contact.upcoming] == [booked["id"]]
    assert org.read(Contact, "+14165550100").clients == contact.clients


@pytest.mark.parametrize("reach", [{"email": "bo@example.org"}, {"mobile": "+14165550100"}])
def test_an_address_or_a_mobile_number_is_enough(org: Organisation, reach: dict[str, Any]) -> None:
    (attendee,) = attended(AttendeeRequest(client=ClientProfile("Bo", "Lind", **reach)))
    assert org.read(Client, attendee.client_id).receive_sms is False


def test_without_either_there_is_no_new_client(org: Organisation) -> None:
    landline = ClientProfile("Bo", "Lind", phone="+14165550100")
    assert refused(AttendeeRequest(client=landline)) == ("contact_required", ["/client/email"])


def test_consent_needs_a_number_to_be_given_for(org: Organisation) -> None:
    new = ClientProfile("Bo", "Lind", email="bo@example.org", phone="+14165550100", receive_sms=True)
    (attendee,) = attended(AttendeeRequest(client=new))
    assert org.read(Client, attendee.client_id).receive_sms is False


def test_two_new_clients_may_share_an_address(org: Organisation) -> None:
    party = attended(
        AttendeeRequest(client=BO),
        AttendeeRequest(
            client=replace(BO, first_name="Kim", email="bo@example.org"), pointer="/additional_attendees/0"
        ),
    )
    first, second = (a.client_id for a in party)
    assert org.read(Contact, "bo@example.org").clients == ((first, "bo lind"), (second, "kim lind"))
    assert first != second


def test_a_contact_that_is_known_keeps_what_it_knows(org: Organisation) -> None:
    org.create_block()
    booked = org.book()["id"]
    (attendee,) = attended(AttendeeRequest(client=ClientProfile("Eva", "Ruiz", email="ana@example.org")))
    contact = org.read(Contact, "ana@example.org")
    assert [name for _, name in contact.clients] == ["ana ruiz", "eva ruiz"]
    assert contact.clients[1][0] == attendee.client_id
    assert [i for i, _ in contact.upcoming] == [booked]


def test_a_client_on_record_comes_as_they_are_and_is_not_written(org: Organisation) -> None:
    client = on_record(org, language="fr")
    (attendee,) = attended(AttendeeRequest(client_id=client.id, notes="By the lift"))
    assert (attendee.name, attendee.language) == ("Ana Ruiz", "fr")
    assert attendee.notes == "By the lift"
    assert org.read(Client, client.id) == client


def test_a_client_who_changes_meanwhile_is_looked_at_again(org: Organisation) -> None:
    client = on_record(org)

    def rename() -> None:
        write(replace(client, last_name="Ruiz-Vega"))

    with pytest.raises(Stale):
        attended(AttendeeRequest(client_id=client.id), AttendeeRequest(client=BO), meanwhile=rename)
    assert container.store.read([Ref.to(Contact, "bo@example.org")]).get(Contact, "bo@example.org") is None


def test_what_is_wrong_is_pointed_at(org: Organisation) -> None:
    client, place = on_record(org), "/additional_attendees/1"
    assert refused(AttendeeRequest(client_id="cli_9")) == ("unknown_client", ["/client_id"])
    assert refused(AttendeeRequest(client_id="cli_9", pointer=place)) == ("unknown_client", [f"{place}/client_id"])
    twice = (AttendeeRequest(client_id=client.id), AttendeeRequest(client_id=client.id, pointer=place))
    assert refused(*twice) == ("client_twice", [f"{place}/client_id"])
    assert refused(AttendeeRequest(pointer=place)) == ("client_required", [f"{place}/client_id"])
    assert refused(AttendeeRequest(client_id=client.id, client=BO)) == ("client_required", ["/client_id"])
    wrong = AttendeeRequest(client=replace(BO, work_phone="12"), pointer=place)
    assert refused(wrong) == ("invalid_phone", [f"{place}/client/work_phone"])
    nowhere = AttendeeRequest(client=replace(BO, timezone="Mars/Olympus"))
    assert refused(nowhere) == ("unknown_timezone", ["/client/timezone"])


def test_questions_are_for_whom_it_is_made_and_answers_are_checked_for_everybody(org: Organisation) -> None:
    client, place = on_record(org), "/additional_attendees/0"
    answers = (Answer("why", "Moving"), Answer("how", "rent"))
    assert refused(AttendeeRequest(client_id=client.id, answers=answers[:1]), asked=True) == (
        "invalid_answers",
        ["/answers"],
    )
    foreign = AttendeeRequest(client_id=client.id, answers=(*answers, Answer("shoe", "42")))
    assert refused(foreign, asked=True) == ("invalid_answers", ["/answers/2/question_id"])
    along = AttendeeRequest(client=BO, answers=(Answer("how", "float"),), pointer=place, additional=True)
    main = AttendeeRequest(client_id=client.id, answers=answers)
    assert refused(main, along, asked=True) == ("invalid_answers", [f"{place}/answers/0/value"])
    party = attended(main, replace(along, answers=()), asked=True)
    assert [a.answers for a in party] == [answers, ()]
