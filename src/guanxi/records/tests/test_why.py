"""Why somebody may or may not: the answer names the rule, and says what the doors do."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone, translation

from guanxi.core.errors import NotFound
from guanxi.identity.actor import Actor
from guanxi.identity.models import Membership
from guanxi.identity.services.delegations import delegate
from guanxi.records.changes import create_record
from guanxi.records.sharing.by_hand import share_record
from guanxi.records.sharing.rules import save_rule
from guanxi.records.tests.test_sharing import COLOGNE, again
from guanxi.records.tests.test_views import sign_in
from guanxi.records.why import Explanation, explain


@pytest.fixture
def account(rep_actor: Actor) -> Any:
    return create_record(rep_actor, "account", {"name": "Rheinwerk", "city": "Köln"})


def texts(found: Explanation, action: str) -> tuple[bool, list[str]]:
    answer = next(one for one in found.answers if one.action == action)
    return answer.permitted, [reason.text for reason in answer.reasons]


def test_scope_and_owner(actor: Actor, rep_actor: Actor, outsider_actor: Actor, account: Any) -> None:
    own = explain(rep_actor, "account", account.id)
    assert texts(own, "view")[0] and "Rita Rep owns this one." in texts(own, "view")[1][0]
    other = explain(actor, "account", account.id, outsider_actor.member_id)
    assert (other.person, texts(other, "view")[0]) == ("Sam South", False)
    assert texts(other, "view")[1] == [
        "The role “Sales representative” permits to see Accounts of the own teams. This one belongs to Rita Rep, team North field.",
        "No sharing rule and no share by hand opens it.",
    ]
    assert texts(explain(actor, "account", account.id), "delete") == (True, ["Administrators may do everything."])


def test_rules_shares_and_absence(actor: Actor, rep_actor: Actor, outsider_actor: Actor, account: Any) -> None:
    save_rule(
        actor,
        {
            "name": "Cologne",
            "object": "account",
            "criteria": COLOGNE,
            "principal_kind": "member",
            "principal_id": outsider_actor.member_id,
        },
    )
    found = explain(actor, "account", account.id, outsider_actor.member_id)
    assert texts(found, "view")[0] and texts(found, "view")[1][0] == "It is open to Sam South, by the rule “Cologne”."
    assert "It is open to Sam South, by the rule “Cologne”, but only to read." in texts(found, "edit")[1]
    share_record(
        actor, "account", account.id, principal_kind="member", principal_id=outsider_actor.member_id, may_edit=True
    )
    found = explain(actor, "account", account.id, outsider_actor.member_id)
    assert texts(found, "edit")[0] and "It is open to Sam South, by hand." in texts(found, "edit")[1]
    assert texts(found, "delete")[0] is False and "Shares never permit to delete." in texts(found, "delete")[1]
    today = timezone.localdate()
    delegate(
        rep_actor,
        absent_id=None,
        delegate_id=outsider_actor.member_id,
        first_day=today,
        last_day=today + timedelta(days=2),
    )
    found = explain(actor, "account", account.id, outsider_actor.member_id)
    assert "Sam South stands in for its owner Rita Rep until" in texts(found, "view")[1][0]


def test_a_role_that_permits_nothing_and_fields(actor: Actor, rep_actor: Actor, account: Any) -> None:
    role = Membership.objects.select_related("role").get(id=rep_actor.member_id).role
    role.grants, role.field_access = {"account": {"view": "own"}}, {"account": {"phone": "masked", "city": "hidden"}}
    role.save()
    found = explain(actor, "account", account.id, rep_actor.member_id)
    assert texts(found, "edit") == (False, ["The role “Sales representative” does not permit to change Accounts."])
    assert sorted(access for _label, access in found.fields) == ["hidden", "masked"]


def test_only_who_may_change_asks_about_colleagues(
    actor: Actor, rep_actor: Actor, manager_actor: Actor, outsider_actor: Actor, account: Any
) -> None:
    assert explain(rep_actor, "account", account.id, manager_actor.member_id).person == "Mona Manager"
    with pytest.raises(NotFound):
        explain(outsider_actor, "account", account.id)
    share_record(actor, "account", account.id, principal_kind="member", principal_id=outsider_actor.member_id)
    assert explain(again(outsider_actor), "account", account.id).person == "Sam South"
    with pytest.raises(NotFound):
        explain(again(outsider_actor), "account", account.id, rep_actor.member_id)


def test_the_dialog_and_the_address(actor: Actor, rep_actor: Actor, outsider_actor: Actor, account: Any) -> None:
    client = sign_in(actor)
    path = f"/accounts/{account.id}/why"
    assert path in client.get(f"/accounts/{account.id}/").content.decode()
    text = client.get(path, {"person": str(outsider_actor.member_id)}).content.decode()
    assert "Sam South · role Sales representative" in text and "not permitted" in text
    data = client.get(f"/api/v1{path}", {"person": str(outsider_actor.member_id)}).json()
    assert [(one["action"], one["permitted"]) for one in data["actions"]] == [
        ("view", False), ("edit", False), ("delete", False),
    ]  # fmt: skip
    for person in ("nobody", str(account.id)):
        assert client.get(f"/api/v1{path}", {"person": person}).status_code == 404
    with translation.override("zh-hans"):
        assert "没有共享规则" in str(texts(explain(actor, "account", account.id, outsider_actor.member_id), "view"))
