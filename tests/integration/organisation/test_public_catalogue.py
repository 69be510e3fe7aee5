"""The public catalogue, without a login."""

from __future__ import annotations

from tests.builders.in_process.set_up_requests import LOCATION_BODY, SERVICE_BODY, Api, create, staff_body


def test_config(api: Api) -> None:
    api("PATCH", "/settings", {"organisation_name": "Harbour", "lobby": True, "cancel_deadline_hours": 4})
    reason = create(api, "/cancellation-reasons", {"text": "Moved"})
    config = api("GET", "/public/config", login=None).json
    assert config["organisation_name"] == "Harbour"
    assert (config["cancel_deadline_hours"], config["lobby_enabled"]) == (4, True)
    assert config["reasons"] == [reason]


def test_services_and_locations_of_each_other(api: Api) -> None:
    east = create(api, "/locations", LOCATION_BODY | {"address": "1 King Street"})["id"]
    west = create(api, "/locations", LOCATION_BODY | {"name": "Vancouver"})["id"]
    question = {"id": "q1", "text": "First home?", "type": "choice", "options": ["yes", "no"]}
    both = SERVICE_BODY | {"location_ids": [east, west], "meeting_methods": ["video", "in_person"]}
    mortgage = create(api, "/services", both | {"questions": [question]})["id"]
    group = {"name": "Seminar", "duration_minutes": 60, "location_ids": [east], "availability": "group"}
    seminar = create(api, "/services", group | {"meeting_methods": ["phone"]})["id"]
    create(api, "/services", SERVICE_BODY | {"name": "Inside", "public": False, "location_ids": [east]})
    create(api, "/services", SERVICE_BODY | {"name": "Nowhere yet"})

    def ids(url: str) -> list[str]:
        return [item["id"] for item in api("GET", url, login=None).json["items"]]

    assert ids("/public/services") == [mortgage, seminar]
    assert ids(f"/public/services?location_id={west}") == [mortgage]
    assert ids(f"/public/locations?service_id={seminar}") == [east]
    assert ids("/public/locations?service_id=svc_unknown") == []
    first = api("GET", "/public/services", login=None).json["items"][0]
    assert first["questions"] == [question | {"required": False}]
    assert (first["group"], first["duration_minutes"]) == (False, 30)
    shown = api("GET", "/public/locations", login=None).json["items"]
    assert [place["meeting_methods"] for place in shown] == [
        ["in_person", "phone", "video"],
        ["in_person", "video"],
    ]
    assert shown[0].keys() == {"id", "name", "address", "timezone", "meeting_methods"}


def test_staff_only_where_a_client_may_choose(api: Api) -> None:
    place = create(api, "/locations", LOCATION_BODY)["id"]
    choice = SERVICE_BODY | {"location_ids": [place], "client_chooses_staff": True}
    chosen = create(api, "/services", choice | {"availability": "staff"})["id"]
    unassigned = create(api, "/services", choice)["id"]
    both = {"location_ids": [place], "service_ids": [chosen, unassigned]}
    sam = create(api, "/staff", staff_body("Sam", "staff", languages=["en", "fr"], **both))["id"]
    create(api, "/staff", staff_body("Gone", "staff", active=False, **both))
    create(api, "/staff", staff_body("Elsewhere", "staff", service_ids=[chosen]))

    url = f"/public/staff?service_id={chosen}&location_id={place}"
    assert api("GET", url, login=None).json["items"] == [{"id": sam, "name": "Sam", "languages": ["en", "fr"]}]
    assert api("GET", f"/public/staff?service_id={unassigned}", login=None).json["items"] == []
