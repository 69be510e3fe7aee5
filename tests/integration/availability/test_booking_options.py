"""The choices left to staff who book, by channel and role: all of them can be booked."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest

from chalicelib.domain.organisation.catalogue import (
    AvailabilitySource,
    Location,
    MeetingMethod,
    Question,
    Service,
    Staff,
)
from chalicelib.domain.shared.permissions import Role
from tests.builders.doubles.api_gateway import Reply
from tests.builders.in_process.sample_organisation import Organisation
from tests.builders.in_process.sample_records import (
    ACCOUNT,
    ADVICE,
    ALEX,
    ALEX_EMAIL,
    BLOCK_START,
    BOSS,
    CENTRAL,
    MORTGAGE,
    SAM,
    SAM_EMAIL,
    TORONTO,
    VANCOUVER,
    hire,
    make_service,
    staff_body,
)
from tests.builders.in_process.table_records import write

SEMINAR = "svc_00000000000000000000000004"
VERA = "stf_vera"


@pytest.fixture
def branches(org: Organisation) -> Organisation:
    """Advice by calendars and mortgages by blocks in Toronto and Vancouver, accounts in Toronto, and a seminar.

    Sam and Alex work in Toronto, Alex speaks French besides; Vera, who speaks French alone, works in Vancouver.
    """
    org.add_staff()
    org.open_vancouver()
    places = (TORONTO, VANCOUVER)
    write(replace(make_service(SEMINAR, "Seminar"), availability=AvailabilitySource.GROUP, location_ids=places))
    asked = Question("q_1", "Why?")
    account = replace(org.read(Service, ACCOUNT), meeting_methods=(MeetingMethod.VIDEO,), questions=(asked,))
    write(account)
    hire(VERA, "vera@example.org", VANCOUVER, role=Role.STAFF)
    speak(org, VERA, "fr")
    speak(org, ALEX, "en", "fr")
    return org


def speak(org: Organisation, staff_id: str, *languages: str) -> None:
    write(replace(org.read(Staff, staff_id), languages=languages))
    org.set_staff_services(staff_id, (MORTGAGE, ACCOUNT, ADVICE))


def ask(org: Organisation, who: str, channel: str = "contact_centre", **chosen: str) -> Reply:
    return org.as_staff("GET", f"/booking-options?{urlencode({'channel': channel} | chosen)}", who=who)


def left(org: Organisation, who: str = CENTRAL, channel: str = "contact_centre", **chosen: str) -> dict[str, Any]:
    """The choices left, each record as its id."""
    reply = ask(org, who, channel, **chosen).body()
    return {name: [v["id"] if isinstance(v, dict) else v for v in values] for name, values in reply.items()}


def test_at_first_the_contact_centre_chooses_among_everything_but_groups(branches: Organisation) -> None:
    assert left(branches) == {
        "services": [MORTGAGE, ACCOUNT, ADVICE],
        "locations": [TORONTO, VANCOUVER],
        "meeting_methods": ["in_person", "phone", "video"],
        "staff": [SAM, ALEX, VERA],
        "languages": ["en", "fr"],
    }


def test_each_answer_narrows_the_others_and_keeps_its_own_alternatives(branches: Organisation) -> None:
    by_service = left(branches, service_id=ACCOUNT)
    assert by_service["services"] == [MORTGAGE, ACCOUNT, ADVICE]
    assert (by_service["locations"], by_service["meeting_methods"]) == ([TORONTO], ["video"])
    assert by_service["staff"] == [SAM, ALEX]

    by_method = left(branches, meeting_method="video")
    assert (by_method["services"], by_method["locations"]) == ([ACCOUNT], [TORONTO])
    assert by_method["meeting_methods"] == ["in_person", "phone", "video"]

    by_place = left(branches, location_id=VANCOUVER)
    assert (by_place["services"], by_place["meeting_methods"]) == ([MORTGAGE, ADVICE], ["in_person", "phone"])
    assert (by_place["staff"], by_place["languages"]) == ([VERA], ["fr"])
    assert by_place["locations"] == [TORONTO, VANCOUVER]

    nothing = left(branches, location_id=VANCOUVER, meeting_method="video")
    assert (nothing["services"], nothing["locations"]) == ([], [TORONTO])


def test_a_person_or_a_language_narrows_to_what_they_can_be_booked_for(branches: Organisation) -> None:
    french = left(branches, language="fr", service_id=MORTGAGE)
    assert (french["staff"], french["languages"]) == ([ALEX, VERA], ["en", "fr"])

    sam = left(branches, staff_id=SAM)
    assert (sam["locations"], sam["languages"], sam["staff"]) == ([TORONTO], ["en"], [SAM, ALEX, VERA])
    assert left(branches, staff_id=VERA, language="en")["services"] == []


def test_a_service_of_staff_calendars_is_nowhere_where_nobody_gives_it(branches: Organisation) -> None:
    far = "loc_far"
    write(Location(far, "Far", "America/Toronto"))
    places = (TORONTO, VANCOUVER, far)
    write(*(replace(branches.read(Service, s), location_ids=places) for s in (MORTGAGE, ADVICE)))

    assert left(branches, location_id=far)["services"] == [MORTGAGE]
    assert left(branches, service_id=ADVICE)["locations"] == [TORONTO, VANCOUVER]
    write(replace(branches.read(Staff, VERA), active=False))
    assert left(branches, service_id=ADVICE)["locations"] == [TORONTO]
    assert ask(branches, CENTRAL, staff_id=VERA).status == 404


def test_a_record_says_what_a_form_needs(branches: Organisation) -> None:
    found = ask(branches, CENTRAL, service_id=ACCOUNT, location_id=TORONTO).json

    question = {"id": "q_1", "text": "Why?", "type": "text", "options": [], "required": False}
    assert found["services"][1] == {
        "id": ACCOUNT,
        "name": "New account",
        "duration_minutes": 30,
        "meeting_methods": ["video"],
        "location_ids": [TORONTO],
        "availability": "quickstream",
        "questions": [question],
    }
    assert found["locations"] == [{"id": TORONTO, "name": "Toronto", "timezone": "America/Toronto"}]
    assert found["staff"][1] == {"id": ALEX, "name": "Alex", "languages": ["en", "fr"]}


def test_through_schedule_everybody_chooses_among_their_locations_and_those_they_may_book_for(
    branches: Organisation,
) -> None:
    def seen(who: str) -> tuple[list[str], list[str]]:
        found = left(branches, who, "schedule")
        return found["locations"], found["staff"]

    assert seen(BOSS) == ([TORONTO, VANCOUVER], [SAM, ALEX, VERA])
    assert seen(ALEX_EMAIL) == ([TORONTO], [SAM, ALEX])
    assert seen(SAM_EMAIL) == ([TORONTO], [SAM])
    # A language is booked without staff where blocks are: whoever speaks it may be given the appointment later.
    assert left(branches, SAM_EMAIL, "schedule", language="fr")["services"] == [MORTGAGE, ACCOUNT]


@pytest.mark.parametrize(
    ("who", "channel", "chosen", "refused"),
    [
        (SAM_EMAIL, "contact_centre", {}, "forbidden"),
        (ALEX_EMAIL, "contact_centre", {}, "forbidden"),
        (CENTRAL, "schedule", {}, "forbidden"),
        (CENTRAL, "schedule", {"location_id": TORONTO}, "forbidden"),
        (ALEX_EMAIL, "schedule", {"location_id": VANCOUVER}, "forbidden"),
        (CENTRAL, "contact_centre", {"service_id": "svc_none"}, "not_found"),
        (CENTRAL, "contact_centre", {"location_id": "loc_none"}, "not_found"),
        (CENTRAL, "contact_centre", {"staff_id": "stf_none"}, "not_found"),
        (CENTRAL, "contact_centre", {"meeting_method": "telepathy"}, "invalid"),
        (CENTRAL, "telephone", {}, "invalid"),
    ],
)
def test_whoever_may_not_book_is_refused_and_what_does_not_exist_is_not_found(
    branches: Organisation, who: str, channel: str, chosen: dict[str, str], refused: str
) -> None:
    assert ask(branches, who, channel, **chosen).json["code"] == refused


def test_a_contact_centre_that_is_switched_off_offers_nothing(branches: Organisation) -> None:
    branches.update_settings(contact_centre=False)

    assert ask(branches, CENTRAL).refusal == (403, "feature_disabled")
    assert ask(branches, BOSS, "schedule").status == 200


def test_whatever_is_left_at_the_end_can_be_booked(branches: Organisation) -> None:
    start = BLOCK_START.replace(hour=18)  # everybody is at work: ten in Vancouver
    for staff_id in (SAM, ALEX, VERA):
        place = left(branches, service_id=ADVICE, staff_id=staff_id)["locations"][0]
        assert staff_id in left(branches, service_id=ADVICE, location_id=place)["staff"]
        body = staff_body(
            channel="contact_centre",
            service_id=ADVICE,
            location_id=place,
            staff={"id": staff_id},
            start=start.strftime("%Y-%m-%dT%H:%M:%SZ"),
            client={"first_name": staff_id, "last_name": "Lind", "email": f"{staff_id}@example.com"},
        )
        reply = branches.as_staff("POST", "/appointments", body, CENTRAL)
        assert reply.status == 201, reply.text
