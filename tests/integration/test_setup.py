"""Set-up over HTTP: what the organisation offers, who works there, and what the public sees of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from chalice.app import Chalice

from chalicelib import container
from chalicelib.domain.catalog import Login, Staff
from chalicelib.domain.errors import Busy
from chalicelib.domain.ledger import Occupant, Sheet
from chalicelib.domain.permissions import Role
from chalicelib.domain.quickstream import Block, BlockState
from chalicelib.domain.times import minute
from chalicelib.services.ports import Change, Ref
from tests.integration.conftest import REGION, forget_singletons
from tests.unit.gateway import Reply, claims, send

Api = Callable[..., Reply]
ADMIN = claims("admin@example.org", "[admin]")
PLACE = {"name": "Toronto", "timezone": "America/Toronto"}
SERVICE = {"name": "Mortgage advice", "duration_minutes": 30}


class Pool:
    """The staff user pool as an operator sees it."""

    def __init__(self) -> None:
        self.client = boto3.client("cognito-idp", region_name=REGION)
        made = self.client.create_user_pool(PoolName="staff", UsernameAttributes=["email"])
        self.id = made["UserPool"]["Id"]
        for role in Role:
            self.client.create_group(UserPoolId=self.id, GroupName=role)

    def groups(self, email: str) -> list[str]:
        """The groups of a login; an unknown login raises."""
        found = self.client.admin_list_groups_for_user(UserPoolId=self.id, Username=email)
        return [group["GroupName"] for group in found["Groups"]]

    def enabled(self, email: str) -> bool | None:
        """Whether a login works; none when there is none."""
        try:
            return bool(self.client.admin_get_user(UserPoolId=self.id, Username=email)["Enabled"])
        except self.client.exceptions.UserNotFoundException:
            return None


@pytest.fixture
def pool(table: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pool]:
    """A user pool with a group per role, which the container knows."""
    found = Pool()
    monkeypatch.setenv("USER_POOL_ID", found.id)
    forget_singletons()
    yield found
    forget_singletons()


@pytest.fixture
def api(pool: Pool) -> Api:
    """The whole application, called as the first administrator unless another login is given."""
    from app import app

    def call(method: str, url: str, body: object = None, **more: Any) -> Reply:
        more.setdefault("login", ADMIN)
        return _sent(app, method, url, body, **more)

    return call


def _sent(app: Chalice, method: str, url: str, body: object, **more: Any) -> Reply:
    return send(app, method, url, body=body, **more)


def made(api: Api, url: str, body: dict[str, Any], **more: Any) -> Any:
    """What a POST made."""
    reply = api("POST", url, body, **more)
    assert reply.status == 201, reply.text
    return reply.json


def pointers(reply: Reply) -> list[str]:
    """The fields a 422 complains about."""
    assert reply.status == 422, reply.text
    return [error["pointer"] for error in reply.json["errors"]]


def person(name: str, role: str, **more: Any) -> dict[str, Any]:
    """The body that adds somebody to the staff."""
    return {"name": name, "email": f"{name.lower()}@example.org", "role": role, **more}


def _lay(
    place: str,
    service: str,
    *,
    days_ago: int = -2,
    state: BlockState = BlockState.HELD,
    booked: bool = True,
) -> None:
    at = datetime.now(UTC) - timedelta(days=days_ago)
    start = minute(at.replace(hour=15, minute=0, second=0, microsecond=0))
    block = Block("blk_1", "ser_1", place, start, start + 60, 2, (service,), state)
    occupants = {"apt_1": Occupant("apt_1", start, start + 30, service)} if booked else {}
    day = at.date().isoformat()
    found = container.store().read([Ref.to(Sheet, place, day)]).get(Sheet, place, day)
    assert found is None
    change = Change()
    change.save(Sheet(place, day, {"blk_1": block}, occupants))
    container.store().commit(change)


class TestRecords:
    """What locations, services and reasons have in common."""

    @pytest.mark.parametrize(
        ("url", "body", "change"),
        [
            ("/locations", PLACE, {"name": "Toronto West"}),
            ("/services", SERVICE, {"slot_interval": 20}),
            ("/cancellation-reasons", {"text": "Moved away"}, {"text": "Moved"}),
        ],
    )
    def test_lives_from_creation_to_deletion(self, api: Api, url: str, body: Any, change: Any) -> None:
        first = made(api, url, body)
        at = f"{url}/{first['id']}"
        assert first["version"] == 1
        assert first.items() >= body.items()
        assert api("GET", at).json == first
        assert api("GET", url).json == {"items": [first], "next_cursor": None}

        changed = api("PATCH", at, change)
        assert (changed.status, changed.json) == (200, first | change | {"version": 2})
        assert api("PATCH", at, {}).json["version"] == 2

        stale = api("PATCH", at, change, headers={"if-match": '"1"'})
        assert (stale.status, stale.json["code"]) == (412, "version_mismatch")
        assert api("DELETE", at, headers={"if-match": '"1"'}).status == 412
        assert api("DELETE", at, headers={"if-match": '"2"'}).status == 204
        assert api("GET", at).status == 404
        assert api("PATCH", at, change).status == 404
        assert api("DELETE", at).status == 404

    def test_same_key_makes_one(self, api: Api) -> None:
        key = {"idempotency-key": "k1"}
        first = made(api, "/locations", PLACE, headers=key)
        again = made(api, "/locations", PLACE, headers=key)
        assert first == again
        assert len(api("GET", "/locations").json["items"]) == 1
        other = api("POST", "/locations", PLACE | {"name": "Ottawa"}, headers=key)
        assert (other.status, other.json["code"]) == (422, "idempotency_key_reused")

    def test_lists_come_in_pages(self, api: Api) -> None:
        names = [f"Branch {n}" for n in range(5)]
        for name in names:
            made(api, "/locations", PLACE | {"name": name})
        seen: list[str] = []
        url = "/locations?limit=2"
        while True:
            page = api("GET", url).json
            assert len(page["items"]) <= 2
            seen += [item["name"] for item in page["items"]]
            if page["next_cursor"] is None:
                break
            url = f"/locations?limit=2&cursor={page['next_cursor']}"
        assert sorted(seen) == names

    @pytest.mark.parametrize(
        ("url", "body", "wrong"),
        [
            ("/locations", PLACE | {"timezone": "America/Atlantis"}, ["/timezone"]),
            ("/locations", PLACE | {"nmae": "typo", "name": " \u200b "}, ["/nmae", "/name"]),
            ("/services", SERVICE | {"location_ids": ["loc_a", "loc_b"]}, ["/location_ids/0", "/location_ids/1"]),
            ("/staff", person("Bo", "staff", timezone="Mars/North"), ["/timezone"]),
            ("/staff", person("Bo", "staff", service_ids=["svc_none"]), ["/service_ids/0"]),
        ],
    )
    def test_refuses_what_is_not_acceptable(self, api: Api, url: str, body: Any, wrong: list[str]) -> None:
        assert pointers(api("POST", url, body)) == wrong
        assert api("GET", url).json["items"] == []

    def test_null_only_where_it_means_something(self, api: Api) -> None:
        at = "/locations/" + made(api, "/locations", PLACE | {"email": "west@example.org"})["id"]
        assert api("PATCH", at, {"email": None}).json["email"] is None
        assert pointers(api("PATCH", at, {"name": None})) == ["/name"]

    def test_text_is_trimmed_and_composed(self, api: Api) -> None:
        assert made(api, "/locations", PLACE | {"name": "  Montre\u0301al "})["name"] == "Montréal"


class TestInUse:
    """Nothing is removed while something refers to it."""

    def test_location_names_services_staff_blocks_and_appointments(self, api: Api) -> None:
        place = made(api, "/locations", PLACE)["id"]
        service = made(api, "/services", SERVICE | {"location_ids": [place]})
        staff = made(api, "/staff", person("Sam", "staff", location_ids=[place], service_ids=[service["id"]]))
        _lay(place, service["id"])

        reply = api("DELETE", f"/locations/{place}")
        assert (reply.status, reply.json["code"]) == (409, "in_use")
        assert reply.json["used_by"] == {
            "services": [{"id": service["id"], "name": "Mortgage advice"}],
            "staff": [{"id": staff["id"], "name": "Sam"}],
            "blocks": [{"id": "blk_1", "name": None}],
            "appointments": [{"id": "apt_1", "name": None}],
        }
        reply = api("DELETE", f"/services/{service['id']}")
        assert reply.status == 409
        assert list(reply.json["used_by"]) == ["staff", "blocks", "appointments"]
        assert api("GET", f"/locations/{place}").status == 200

    def test_what_is_over_does_not_count(self, api: Api) -> None:
        place = made(api, "/locations", PLACE)["id"]
        _lay(place, "svc_old", days_ago=3)
        _lay(place, "svc_old", state=BlockState.CLOSED, booked=False)
        assert api("DELETE", f"/locations/{place}").status == 204

    def test_staff_with_upcoming_appointments_stay(self, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
        staff = made(api, "/staff", person("Sam", "staff"))
        appointment = type("Upcoming", (), {"id": "apt_1"})
        page = type("Page", (), {"items": (appointment,)})
        monkeypatch.setattr(container.agenda(), "of_staff", lambda *_: page, raising=False)
        for reply in (
            api("DELETE", f"/staff/{staff['id']}"),
            api("PATCH", f"/staff/{staff['id']}", {"active": False}),
        ):
            assert reply.status == 409
            assert reply.json["used_by"] == {"appointments": [{"id": "apt_1", "name": None}]}


class TestStaff:
    """Records and logins in step."""

    def test_creating_makes_the_login_in_its_group(self, api: Api, pool: Pool) -> None:
        made(api, "/staff", person("Sam", "staff_plus") | {"email": "Sam.Lee@Example.org"})
        assert api("GET", "/staff").json["items"][0]["email"] == "sam.lee@example.org"
        assert pool.groups("sam.lee@example.org") == ["staff_plus"]
        assert api("GET", "/me", login=claims("SAM.LEE@example.org", "[staff_plus]")).json["name"] == "Sam"

    def test_role_change_moves_the_login_and_old_tokens_are_refused(self, api: Api, pool: Pool) -> None:
        sam = made(api, "/staff", person("Sam", "manager"))
        assert api("PATCH", f"/staff/{sam['id']}", {"role": "staff"}).status == 200
        assert pool.groups("sam@example.org") == ["staff"]
        assert api("GET", "/me", login=claims("sam@example.org", "[manager]")).status == 403
        assert api("GET", "/me", login=claims("sam@example.org", "[staff]")).json["role"] == "staff"

    def test_deactivated_is_shut_out_at_once(self, api: Api, pool: Pool) -> None:
        sam = made(api, "/staff", person("Sam", "staff"))
        token = claims("sam@example.org", "[staff]")
        assert api("GET", "/me", login=token).status == 200
        assert api("PATCH", f"/staff/{sam['id']}", {"active": False}).status == 200
        assert pool.enabled("sam@example.org") is False
        assert api("GET", "/me", login=token).status == 403
        assert api("PATCH", f"/staff/{sam['id']}", {"active": True}).status == 200
        assert pool.enabled("sam@example.org") is True
        assert api("GET", "/me", login=token).status == 200

    def test_an_address_belongs_to_one(self, api: Api, pool: Pool) -> None:
        made(api, "/staff", person("Sam", "staff"))
        reply = api("POST", "/staff", person("Other", "manager") | {"email": "SAM@example.org"})
        assert (reply.status, reply.json["code"]) == (409, "already_exists")
        assert pool.groups("sam@example.org") == ["staff"]
        assert len(api("GET", "/staff").json["items"]) == 1

    def test_new_address_is_a_new_login(self, api: Api, pool: Pool) -> None:
        sam = made(api, "/staff", person("Sam", "staff"))
        made(api, "/staff", person("Kim", "staff"))
        at = f"/staff/{sam['id']}"
        assert api("PATCH", at, {"email": "kim@example.org"}).json["code"] == "already_exists"
        assert api("PATCH", at, {"email": "lee@example.org"}).status == 200
        assert pool.groups("lee@example.org") == ["staff"]
        assert pool.enabled("sam@example.org") is None
        assert api("GET", "/me", login=claims("sam@example.org", "[staff]")).status == 403
        made(api, "/staff", person("Sam", "staff"))

    def test_deleting_takes_the_login_along(self, api: Api, pool: Pool) -> None:
        sam = made(api, "/staff", person("Sam", "staff"))
        assert api("DELETE", f"/staff/{sam['id']}").status == 204
        assert pool.enabled("sam@example.org") is None
        assert api("GET", "/me", login=claims("sam@example.org", "[staff]")).status == 403
        made(api, "/staff", person("Sam", "manager"))
        assert pool.groups("sam@example.org") == ["manager"]

    def test_pool_failing_before_the_write_leaves_nothing(self, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(email: str) -> None:
            raise Busy()

        with monkeypatch.context() as patched:
            patched.setattr(container.logins(), "create", refuse)
            reply = api("POST", "/staff", person("Sam", "staff"))
        assert (reply.status, reply.json["code"]) == (503, "busy")
        assert api("GET", "/staff").json["items"] == []
        made(api, "/staff", person("Sam", "staff"))

    @pytest.mark.parametrize(("failure", "status"), [(Busy, 503), (ConnectionAbortedError, 500)])
    def test_login_left_behind_is_made_good_by_the_same_request(
        self,
        api: Api,
        pool: Pool,
        monkeypatch: pytest.MonkeyPatch,
        failure: type[Exception],
        status: int,
    ) -> None:
        def crash(email: str, role: Role) -> None:
            raise failure

        key = {"idempotency-key": "k1"}
        with monkeypatch.context() as patched:
            patched.setattr(container.logins(), "admit", crash)
            assert api("POST", "/staff", person("Sam", "staff"), headers=key).status == status
        assert pool.groups("sam@example.org") == []
        again = api("POST", "/staff", person("Sam", "staff"), headers=key)
        assert (again.status, again.json["name"]) == (201, "Sam")
        assert pool.groups("sam@example.org") == ["staff"]

    def test_somebody_is_left_to_administer(self, api: Api) -> None:
        first = made(api, "/staff", person("Admin", "admin"))
        at = f"/staff/{first['id']}"
        for reply in (
            api("DELETE", at),
            api("PATCH", at, {"active": False}),
            api("PATCH", at, {"role": "manager"}),
        ):
            assert (reply.status, reply.json["code"]) == (409, "last_admin")
        second = made(api, "/staff", person("Second", "admin"))
        assert api("DELETE", at, login=claims("second@example.org", "[admin]")).status == 204
        assert api("DELETE", f"/staff/{second['id']}").status == 403

    def test_manager_stays_within_his_locations_and_role(self, api: Api) -> None:
        here = made(api, "/locations", PLACE)["id"]
        there = made(api, "/locations", PLACE | {"name": "Ottawa"})["id"]
        made(api, "/staff", person("Mia", "manager", location_ids=[here]))
        boss = made(api, "/staff", person("Admin", "admin", location_ids=[here]))["id"]
        far = made(api, "/staff", person("Far", "staff", location_ids=[there]))["id"]
        mia = {"login": claims("mia@example.org", "[manager]")}

        near = made(api, "/staff", person("Near", "staff", location_ids=[here]), **mia)["id"]
        made(api, "/staff", person("Peer", "manager", location_ids=[here]), **mia)
        assert api("POST", "/staff", person("X", "staff", location_ids=[there]), **mia).status == 403
        assert api("POST", "/staff", person("X", "staff"), **mia).status == 403
        assert api("POST", "/staff", person("X", "admin", location_ids=[here]), **mia).status == 403
        assert api("PATCH", f"/staff/{near}", {"name": "Nearer"}, **mia).status == 200
        assert api("PATCH", f"/staff/{near}", {"role": "admin"}, **mia).status == 403
        assert api("PATCH", f"/staff/{near}", {"location_ids": [here, there]}, **mia).status == 403
        assert api("PATCH", f"/staff/{boss}", {"name": "Mine"}, **mia).status == 403
        assert api("PATCH", f"/staff/{far}", {"name": "Mine"}, **mia).status == 404
        assert api("DELETE", f"/staff/{far}", **mia).status == 404
        assert api("DELETE", f"/staff/{near}", **mia).status == 204


class TestSigningIn:
    """Who a login is."""

    def test_first_admin_acts_until_there_is_one_on_record(self, api: Api) -> None:
        me = api("GET", "/me").json
        assert (me["id"], me["role"], me["name"]) == (None, "admin", "admin@example.org")
        assert "settings_edit" in me["abilities"]
        made(api, "/staff", person("Other", "admin"))
        assert api("GET", "/me").status == 403

    @pytest.mark.parametrize("groups", ["[manager]", "[staff]", "[]", "[unheard_of]"])
    def test_nobody_else_without_a_record(self, api: Api, groups: str) -> None:
        assert api("GET", "/me", login=claims("admin@example.org", groups)).status == 403

    def test_says_who_and_what_and_where(self, api: Api) -> None:
        place = made(api, "/locations", PLACE)["id"]
        sam = made(api, "/staff", person("Sam", "contact_centre", location_ids=[place]))
        me = api("GET", "/me", login=claims("sam@example.org", "[contact_centre]")).json
        assert me["id"] == sam["id"]
        assert (me["email"], me["role"], me["location_ids"]) == ("sam@example.org", "contact_centre", [place])
        assert "book_contact_centre" in me["abilities"]
        assert "dashboard_view" not in me["abilities"]

    def test_several_groups_give_the_union(self, api: Api) -> None:
        made(api, "/staff", person("Sam", "staff"))
        me = api("GET", "/me", login=claims("sam@example.org", "[contact_centre staff]")).json
        assert {"book_contact_centre", "dashboard_view"} <= set(me["abilities"])

    @pytest.mark.parametrize(
        ("role", "view", "see_settings", "edit"),
        [
            ("admin", 200, 200, 201),
            ("manager", 200, 200, 403),
            ("staff_advanced", 200, 200, 403),
            ("staff_plus", 200, 200, 403),
            ("staff", 200, 200, 403),
            ("contact_centre", 200, 403, 403),
        ],
    )
    def test_only_administrators_set_up(self, api: Api, role: str, view: int, see_settings: int, edit: int) -> None:
        made(api, "/staff", person("Sam", role))
        sam = {"login": claims("sam@example.org", f"[{role}]")}
        assert api("GET", "/locations", **sam).status == view
        assert api("GET", "/settings", **sam).status == see_settings
        for url, body in (("/locations", PLACE), ("/services", SERVICE), ("/cancellation-reasons", {"text": "x"})):
            assert api("POST", url, body, **sam).status == edit
        assert api("PATCH", "/settings", {"lobby": True}, **sam).status == (200 if edit == 201 else 403)

    def test_nobody_without_a_login(self, api: Api) -> None:
        for url in ("/me", "/locations", "/services", "/staff", "/settings", "/cancellation-reasons"):
            assert api("GET", url, login=None).status == 401

    def test_login_row_and_record_are_written_together(self, api: Api) -> None:
        sam = made(api, "/staff", person("Sam", "staff"))
        found = container.store().read([Ref.to(Login, "sam@example.org"), Ref.to(Staff, sam["id"])])
        assert found.require(Login, "sam@example.org").staff_id == sam["id"]
        assert found.require(Staff, sam["id"]).role is Role.STAFF


class TestSettings:
    """The organisation's own choices."""

    def test_defaults_then_changes(self, api: Api) -> None:
        before = api("GET", "/settings").json
        assert (before["version"], before["hold_minutes"], before["reminder_hours"]) == (0, 10, [24])
        change = {
            "organisation_name": "Harbour Credit Union",
            "timezone": "America/Toronto",
            "reminder_hours": [48, 2],
            "allowed_origins": ["https://example.org", "http://localhost:3000"],
            "holidays": {"country": "CA", "region": "ON"},
            "notification_email": "desk@example.org",
        }
        after = api("PATCH", "/settings", change, headers={"if-match": '"0"'})
        assert (after.status, after.json) == (200, before | change | {"version": 1})
        assert api("GET", "/settings").json == after.json
        assert api("PATCH", "/settings", {"lobby": True}, headers={"if-match": '"0"'}).status == 412
        assert api("PATCH", "/settings", {"holidays": None, "notification_email": None}).status == 200

    def test_refuses_what_is_not_acceptable(self, api: Api) -> None:
        assert pointers(api("PATCH", "/settings", {"timezone": "Nowhere"})) == ["/timezone"]
        assert pointers(api("PATCH", "/settings", {"lobby": True, "hold_minutes": 0})) == ["/hold_minutes"]
        assert api("GET", "/settings").json["version"] == 0


class TestPublicCatalogue:
    """What the widget sees, without a login."""

    def test_config(self, api: Api) -> None:
        api("PATCH", "/settings", {"organisation_name": "Harbour", "lobby": True, "cancel_deadline_hours": 4})
        reason = made(api, "/cancellation-reasons", {"text": "Moved"})
        config = api("GET", "/public/config", login=None).json
        assert config["organisation_name"] == "Harbour"
        assert (config["cancel_deadline_hours"], config["lobby_enabled"]) == (4, True)
        assert config["reasons"] == [reason]

    def test_services_and_locations_of_each_other(self, api: Api) -> None:
        east = made(api, "/locations", PLACE | {"address": "1 King Street"})["id"]
        west = made(api, "/locations", PLACE | {"name": "Vancouver"})["id"]
        question = {"id": "q1", "text": "First home?", "type": "choice", "options": ["yes", "no"]}
        both = SERVICE | {"location_ids": [east, west], "meeting_methods": ["video", "in_person"]}
        mortgage = made(api, "/services", both | {"questions": [question]})["id"]
        group = {"name": "Seminar", "duration_minutes": 60, "location_ids": [east], "availability": "group"}
        seminar = made(api, "/services", group | {"meeting_methods": ["phone"]})["id"]
        made(api, "/services", SERVICE | {"name": "Inside", "public": False, "location_ids": [east]})
        made(api, "/services", SERVICE | {"name": "Nowhere yet"})

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

    def test_staff_only_where_a_client_may_choose(self, api: Api) -> None:
        place = made(api, "/locations", PLACE)["id"]
        choice = SERVICE | {"location_ids": [place], "client_chooses_staff": True}
        chosen = made(api, "/services", choice | {"availability": "staff"})["id"]
        unassigned = made(api, "/services", choice)["id"]
        both = {"location_ids": [place], "service_ids": [chosen, unassigned]}
        sam = made(api, "/staff", person("Sam", "staff", languages=["en", "fr"], **both))["id"]
        made(api, "/staff", person("Gone", "staff", active=False, **both))
        made(api, "/staff", person("Elsewhere", "staff", service_ids=[chosen]))

        url = f"/public/staff?service_id={chosen}&location_id={place}"
        assert api("GET", url, login=None).json["items"] == [{"id": sam, "name": "Sam", "languages": ["en", "fr"]}]
        assert api("GET", f"/public/staff?service_id={unassigned}", login=None).json["items"] == []
