"""Who saw what: protected fields, exports, sharing; for administrators only."""

from typing import Any

import pytest

from guanxi.core.audit import log_access
from guanxi.core.errors import Invalid, NotAllowed
from guanxi.identity.access_log import PAGE, read_access_log
from guanxi.identity.actor import Actor
from guanxi.identity.models import Membership
from guanxi.records.changes import create_record
from guanxi.records.sharing.by_hand import share_record
from guanxi.records.tests.test_views import sign_in


@pytest.fixture
def account(rep_actor: Actor) -> Any:
    return create_record(rep_actor, "account", {"name": "Rheinwerk", "phone": "13800138000"})


def seen_by(rep: Actor, account: Any) -> None:
    """The representative shows a masked field."""
    role = Membership.objects.select_related("role").get(id=rep.member_id).role
    role.field_access = {"account": {"phone": "masked"}}
    role.save()
    body = sign_in(rep).post(f"/accounts/{account.id}/reveal/phone").content.decode()
    assert "13800138000" in body


def test_who_showed_a_field_is_in_the_log(actor: Actor, rep_actor: Actor, account: Any) -> None:
    assert "13800138000" in sign_in(rep_actor).get(f"/accounts/{account.id}/").content.decode()
    seen_by(rep_actor, account)
    assert "13800138000" not in sign_in(rep_actor).get(f"/accounts/{account.id}/").content.decode()
    share_record(actor, "account", account.id, principal_kind="member", principal_id=actor.member_id)
    [entry], following = read_access_log(actor, group="reveal")
    assert (entry.who, entry.record_id, entry.detail, following) == ("Rita Rep", account.id, {"field": "phone"}, None)
    assert [one.action for one in read_access_log(actor, group="sharing")[0]] == ["share.given"]
    assert read_access_log(actor, member_id=actor.member_id, record_id=account.id)[0][0].action == "share.given"
    client = sign_in(actor)
    page = client.get("/settings/access-log/", {"group": "reveal"}).content.decode()
    assert "looked at a protected field" in page and f"/accounts/{account.id}" in page and "shared a record" not in page
    assert "shared a record" in client.get("/settings/access-log/?since=wrong").content.decode()
    data = client.get("/api/v1/access-log", {"group": "reveal"}).json()["data"]
    assert [(one["by"], one["record"], one["detail"]) for one in data] == [
        ("Rita Rep", str(account.id), {"field": "phone"})
    ]
    assert client.get(f"/api/v1/access-log/{data[0]['id']}").json() == data[0]
    assert client.get("/api/v1/access-log", {"group": "nothing"}).status_code == 422
    assert client.get("/api/v1/access-log", {"person": "nobody"}).status_code == 422


def test_pages_follow_each_other(actor: Actor) -> None:
    for number in range(PAGE + 5):
        log_access("reveal", member_id=actor.member_id, detail={"number": number})
    first, following = read_access_log(actor, group="reveal")
    second, end = read_access_log(actor, group="reveal", before=following)
    numbers = [one.detail["number"] for one in (*first, *second)]
    assert (numbers, end) == (list(range(PAGE + 4, -1, -1)), None)


def test_only_administrators_read_it(rep_actor: Actor) -> None:
    with pytest.raises(NotAllowed):
        read_access_log(rep_actor)
    client = sign_in(rep_actor)
    assert [client.get(path).status_code for path in ("/settings/access-log/", "/api/v1/access-log")] == [403, 403]


def test_an_unknown_group_is_refused(actor: Actor) -> None:
    with pytest.raises(Invalid):
        read_access_log(actor, group="nothing")
