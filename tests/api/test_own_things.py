"""What a person has of their own over the API: notifications, favourites, and how their views draw a list."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from guanxi.activity.models import Notification
from guanxi.activity.services import notify
from guanxi.core.ids import new_id
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.models import Team
from guanxi.records import registry
from guanxi.records.models import RecentView, SavedView
from tests.api.calling import Api, api_of, make, member

EVERYTHING = {"*": {"*": "all"}}
OWN = {"*": {"*": "own"}}
LEEDS = {"field": "city", "op": "is", "value": "Leeds"}


@pytest.fixture
def account(admin: Actor) -> Any:
    return make(admin, registry.get("account"), name="Hartmann", city="Leeds")


@pytest.fixture
def rep(admin: Actor, team: Team) -> Api:
    return api_of(member(admin, "rep", team, OWN))


@pytest.fixture
def told(admin: Actor, account: Any) -> list[str]:
    """Three lines in the administrator's inbox, newest first: of the account, of something that is gone, of a run."""
    with tenant_tx(admin.tenant_id):
        made = []
        for minutes, (kind, about) in enumerate((("run", ""), ("mention", "vanished"), ("mention", "account"))):
            [row] = notify(
                [admin.member_id or new_id()],
                kind=kind,
                message="%(name)s is here",
                args={"name": f"N{minutes}"},
                url=f"/accounts/{account.id}/",
                object=about,
                record_id=account.id if about else None,
            )
            Notification.objects.filter(id=row.id).update(at=timezone.now() + timedelta(minutes=minutes))
            made.append(str(row.id))
    return made[::-1]


def test_notifications_are_read_page_by_page_and_marked(api: Api, account: Any, told: list[str]) -> None:
    first = api.get("/notifications", limit=2)
    assert ([row["id"] for row in first.json["data"]], first.json["next"]) == (told[:2], told[1])
    rest = api.get("/notifications", limit=2, cursor=first.json["next"]).json
    assert ([row["id"] for row in rest["data"]], rest["next"]) == (told[2:], None)
    row = first.json["data"][0]
    assert {name: row[name] for name in ("kind", "text", "url", "collection", "record", "read", "read_at")} == {
        "kind": "mention", "text": "N2 is here", "url": f"/accounts/{account.id}/", "collection": "accounts", "record": str(account.id),
        "read": False, "read_at": None,
    }  # fmt: skip
    gone = first.json["data"][1]
    assert (gone["collection"], gone["record"]) == (None, None)
    assert api.get(f"/notifications/{told[0]}").json == row
    assert api.get("/inbox").json["unread"] == 3
    read = api.post(f"/notifications/{told[0]}/read")
    assert (read.status, read.json["read"]) == (200, True)
    again = api.post(f"/notifications/{told[0]}/read")
    assert again.json["read_at"] == read.json["read_at"]
    assert [one["id"] for one in api.get("/notifications", unread=1).json["data"]] == told[1:]
    back = api.patch(f"/notifications/{told[0]}", {"read": False})
    assert (back.status, back.json["read"], api.get("/inbox").json["unread"]) == (200, False, 3)
    assert api.patch(f"/notifications/{told[0]}", {}).json["read"] is False
    emptied = api.patch("/inbox", {"all_read": True})
    assert (emptied.status, emptied.json["unread"]) == (200, 0)
    assert api.get("/notifications", unread=1).json["data"] == []


def test_an_inbox_is_ones_own(api: Api, other_api: Api, rep: Api, admin: Actor, told: list[str]) -> None:
    for stranger in (rep, other_api):
        assert stranger.get("/notifications").json == {"data": [], "next": None}
        assert stranger.get("/inbox").json["unread"] == 0
        assert stranger.get("/notifications", cursor=told[0]).status == 404
        answers = [stranger.get(f"/notifications/{told[0]}"), stranger.post(f"/notifications/{told[0]}/read"), stranger.patch(f"/notifications/{told[0]}", {"read": True})]  # fmt: skip
        assert [one.status for one in answers] == [404, 404, 404]
        assert stranger.patch("/inbox", {"all_read": True}).status == 200
    narrow = api_of(admin, ("*:read", "*:write"))
    refused = [narrow.get("/notifications"), narrow.get("/inbox"), narrow.patch("/inbox", {"all_read": True}), narrow.post(f"/notifications/{told[0]}/read")]  # fmt: skip
    assert [one.status for one in refused] == [403, 403, 403, 403]
    assert api.get("/inbox").json["unread"] == 3


@pytest.mark.parametrize(
    ("path", "body", "pointers"),
    [
        ("/notifications/{id}", {"read": "yes"}, {"/read"}),
        ("/notifications/{id}", {"text": "Forged"}, {"/text"}),
        ("/inbox", {"all_read": 1}, {"/all_read"}),
        ("/inbox", {"unread": 0}, {"/unread"}),
    ],
)
def test_what_is_no_mark_is_refused(api: Api, told: list[str], path: str, body: Any, pointers: set[str]) -> None:
    answer = api.patch(path.format(id=told[0]), body)
    assert (answer.status, answer.pointers) == (422, pointers)
    assert api.get("/notifications", cursor="nonsense").status == 422
    assert api.get("/inbox").json["unread"] == 3


def test_favourites_come_and_go(api: Api, admin: Actor, account: Any) -> None:
    made = api.post("/favourites", {"object": "account", "record": str(account.id)}, Idempotency_Key="star")
    key = made.json["id"]
    assert (made.status, made.headers["Location"]) == (201, f"/api/v1/favourites/{key}")
    assert {name: made.json[name] for name in ("object", "collection", "record", "label")} == {
        "object": "account", "collection": "accounts", "record": str(account.id), "label": "Hartmann",
    }  # fmt: skip
    for again in ("star", "other"):
        repeated = api.post("/favourites", {"object": "account", "record": str(account.id)}, Idempotency_Key=again)
        assert (repeated.status, repeated.json["id"]) == (201, key)
    view = api.post("/views", {"object": "account", "name": "Leeds", "criteria": LEEDS}).json
    starred = api.post("/favourites", {"object": "view", "record": view["id"]}).json
    assert (starred["collection"], starred["label"]) == ("views", "Leeds")
    assert {one["id"] for one in api.get("/favourites").json["data"]} == {key, starred["id"]}
    assert api.get(f"/favourites/{key}").json == made.json
    assert [api.delete(f"/favourites/{key}").status for _again in range(2)] == [204, 404]
    assert api.get(f"/favourites/{key}").status == 404
    assert [one["id"] for one in api.get("/favourites").json["data"]] == [starred["id"]]
    api.delete(f"/views/{view['id']}")
    assert api.get("/favourites").json["data"] == []


def test_nobody_stars_what_they_do_not_see(api: Api, other_api: Api, rep: Api, admin: Actor, account: Any) -> None:
    private = api.post("/views", {"object": "account", "name": "Mine", "criteria": LEEDS}).json["id"]
    mine = api.post("/favourites", {"object": "account", "record": str(account.id)}).json["id"]
    for caller in (rep, other_api):
        for name, record in (("account", str(account.id)), ("nothing", str(account.id)), ("account", str(new_id())), ("account", "x"), ("view", str(new_id()))):  # fmt: skip
            assert caller.post("/favourites", {"object": name, "record": record}).status == 404, name
        assert caller.get(f"/favourites/{mine}").status == caller.delete(f"/favourites/{mine}").status == 404
        assert caller.get("/favourites").json["data"] == []
    assert other_api.post("/favourites", {"object": "view", "record": private}).status == 404
    assert api.post("/favourites", {"object": "account"}).pointers == {"/record"}
    assert api.post("/favourites", {"object": 7, "record": str(account.id)}).pointers == {"/object"}
    with tenant_tx(admin.tenant_id):
        assert [str(key) for key in RecentView.objects.filter(starred=True).values_list("id", flat=True)] == [mine]


def test_a_star_says_nothing_once_the_record_is_out_of_sight(api: Api, admin: Actor, team: Team, account: Any) -> None:
    reader = member(admin, "reader", team, EVERYTHING)
    caller = api_of(reader)
    key = caller.post("/favourites", {"object": "account", "record": str(account.id)}).json["id"]
    narrow = api_of(reader, ("contact:read",))
    assert narrow.get("/favourites").json["data"] == []
    api.delete(f"/accounts/{account.id}")
    assert caller.get("/favourites").json["data"] == []
    assert caller.get(f"/favourites/{key}").status == 404


DRAWN = {
    "group": "city", "density": "compact", "colours": [{"criteria": LEEDS, "tone": "amber"}], "columns": ["name", "city"], "sort": "-name",
    "form": "list", "pinned": True, "audience": "all",
}  # fmt: skip


def test_a_view_keeps_how_its_list_is_drawn(api: Api, admin: Actor) -> None:
    made = api.post("/views", {"object": "account", "name": "Drawn", "criteria": LEEDS, **DRAWN})
    one = f"/views/{made.json['id']}"
    assert (made.status, {name: made.json[name] for name in DRAWN}) == (201, DRAWN)
    assert api.get(one).json == made.json
    changed = api.patch(one, {"group": "", "density": ""}).json
    assert (changed["group"], changed["density"], changed["colours"]) == ("", "", DRAWN["colours"])
    assert api.patch(one, {"colours": []}).json["colours"] == []
    assert api.get("/views", object="account").json["data"][0]["columns"] == ["name", "city"]
    with tenant_tx(admin.tenant_id):
        row = SavedView.objects.get(id=UUID(made.json["id"]))
        assert row.options == {"group": "", "density": "", "colours": []}


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"group": "notes"}, "/group"),
        ({"group": "nothing"}, "/group"),
        ({"density": "wide"}, "/density"),
        ({"colours": [{"criteria": LEEDS, "tone": "pink"}]}, "/colours"),
        ({"colours": [{"tone": "amber"}]}, "/colours"),
        ({"colours": [{"criteria": LEEDS, "tone": "amber"}] * 9}, "/colours"),
        ({"colours": [{"criteria": {"field": "oops"}, "tone": "amber"}]}, "/filter"),
        ({"columns": ["oops"]}, "/columns"),
        ({"sort": "oops"}, "/sort"),
        ({"form": "heap"}, "/form"),
        ({"audience": "world"}, "/audience"),
        ({"pinned": "yes"}, "/pinned"),
        ({"options": {}}, "/options"),
    ],
)
def test_a_view_that_cannot_be_drawn_is_refused(api: Api, wrong: dict[str, Any], pointer: str) -> None:
    made = api.post("/views", {"object": "account", "name": "Good", **DRAWN}).json
    for answer in (api.post("/views", {"object": "account", "name": "Bad", **DRAWN, **wrong}), api.patch(f"/views/{made['id']}", wrong)):  # fmt: skip
        assert answer.status == 422 and answer.pointers == {pointer}, answer.body
    assert api.get("/views", object="account").json["data"] == [made]


def test_nobody_groups_or_colours_by_what_is_hidden(api: Api, admin: Actor, team: Team) -> None:
    for access in ("hidden", "masked"):
        blind = api_of(member(admin, f"blind-{access}", team, EVERYTHING, account={"city": access}))
        for wrong in ({"group": "city"}, {"colours": DRAWN["colours"]}, {"criteria": LEEDS}, {"sort": "city"}):
            answer = blind.post("/views", {"object": "account", "name": "Guess", **wrong})
            assert answer.status == 422, (access, wrong)
        assert blind.get("/views").json["data"] == []
