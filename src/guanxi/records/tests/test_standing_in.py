"""Standing in for an absent colleague, and signing in as one: rights, history, limits."""

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from guanxi.core.errors import Invalid, NotAllowed, NotFound
from guanxi.core.models import AccessEntry, Change
from guanxi.identity.actor import Actor
from guanxi.identity.models import Delegation, Membership
from guanxi.identity.services.delegations import delegate, delegations_of, end_delegation
from guanxi.records.changes import create_record, delete_record, update_record
from guanxi.records.history import read_history
from guanxi.records.queries import get_record, visible_records
from guanxi.records.search import search
from guanxi.records.tests.test_sharing import again, names
from guanxi.records.tests.test_views import sign_in

# The company's day, which is not that of the machine for eight hours.
SHANGHAI = ZoneInfo("Asia/Shanghai")


def TODAY() -> date:
    return timezone.localdate(timezone=SHANGHAI)


def stand_in(actor: Actor, other: Actor, *, first: int = -1, last: int = 1, **values: Any) -> Delegation:
    days: dict[str, Any] = {"first_day": TODAY() + timedelta(days=first), "last_day": TODAY() + timedelta(days=last)}
    return delegate(actor, absent_id=actor.member_id, delegate_id=other.member_id, **days, **values)


@pytest.fixture
def account(rep_actor: Actor) -> Any:
    return create_record(rep_actor, "account", {"name": "Rheinwerk", "city": "Köln"})


def test_who_stands_in_works_under_the_own_name(rep_actor: Actor, outsider_actor: Actor, account: Any) -> None:
    assert names(outsider_actor) == []
    row = stand_in(rep_actor, outsider_actor)
    person = again(outsider_actor)
    assert (names(outsider_actor), [hit.id for hit in search(person, "Rhein")]) == (["Rheinwerk"], [account.id])
    update_record(person, "account", account.id, {"city": "Bonn"})
    change = Change.objects.get(record_id=account.id, version=2)
    assert (change.member_id, change.behalf_id) == (outsider_actor.member_id, rep_actor.member_id)
    line = read_history(rep_actor, "account", account.id)[0]
    assert (line.who, line.behalf) == ("Sam South", "Rita Rep")
    assert "for Rita Rep" in sign_in(rep_actor).get(f"/accounts/{account.id}/?tab=history").content.decode()
    with pytest.raises(NotAllowed):
        delete_record(person, "account", account.id)
    own = create_record(person, "account", {"name": "Own"})
    assert Change.objects.get(record_id=own.id).behalf_id is None
    end_delegation(person, row.id)
    assert names(outsider_actor) == ["Own"]


def test_to_read_is_not_to_change(rep_actor: Actor, outsider_actor: Actor, account: Any) -> None:
    stand_in(rep_actor, outsider_actor, may_edit=False)
    with pytest.raises(NotAllowed):
        update_record(again(outsider_actor), "account", account.id, {"city": "Bonn"})
    assert get_record(again(outsider_actor), "account", account.id).city == "Köln"


@pytest.mark.parametrize(("first", "last"), [(1, 3), (-3, -1)])
def test_it_holds_from_day_to_day(rep_actor: Actor, outsider_actor: Actor, account: Any, first: int, last: int) -> None:
    stand_in(rep_actor, outsider_actor, first=first, last=last)
    assert names(outsider_actor) == []


def test_what_makes_no_sense_is_refused(actor: Actor, rep_actor: Actor, outsider_actor: Actor) -> None:
    with pytest.raises(NotAllowed):
        delegate(
            rep_actor,
            absent_id=outsider_actor.member_id,
            delegate_id=actor.member_id,
            first_day=TODAY(),
            last_day=TODAY(),
        )
    wrong: list[tuple[str, dict[str, Any]]] = [
        ("delegate", {"delegate_id": rep_actor.member_id}), ("delegate", {"delegate_id": None}),
        ("last_day", {"last_day": TODAY() - timedelta(days=1)}), ("last_day", {"last_day": TODAY() + timedelta(days=400)}),
        ("first_day", {"first_day": None}),
    ]  # fmt: skip
    right = {"absent_id": None, "delegate_id": outsider_actor.member_id, "first_day": TODAY(), "last_day": TODAY()}
    for field, values in wrong:
        with pytest.raises(Invalid) as refused:
            delegate(rep_actor, **{**right, **values})
        assert list(refused.value.errors) == [field]
    assert Delegation.objects.count() == 0


def test_who_it_does_not_concern_cannot_end_it(rep_actor: Actor, manager_actor: Actor, outsider_actor: Actor) -> None:
    row = stand_in(rep_actor, outsider_actor)
    with pytest.raises(NotFound):
        end_delegation(manager_actor, row.id)
    assert [one.id for one in delegations_of(outsider_actor)] == [row.id]


def test_the_page(rep_actor: Actor, outsider_actor: Actor, account: Any) -> None:
    client = sign_in(rep_actor)
    assert "Nobody stands in" in client.get("/settings/delegations/").content.decode()
    sent = {"delegate": str(outsider_actor.member_id), "first_day": str(TODAY()), "last_day": str(TODAY())}
    assert client.post("/settings/delegations/", sent | {"last_day": "x"}).status_code == 422
    assert client.post("/settings/delegations/", sent).status_code == 302
    row = Delegation.objects.get()
    assert (row.absent_id, row.delegate_id, row.may_edit) == (rep_actor.member_id, outsider_actor.member_id, True)
    assert names(outsider_actor) == ["Rheinwerk"]
    assert client.post(f"/settings/delegations/{row.id}/end/").status_code == 302
    assert names(outsider_actor) == []


def test_an_administrator_signs_in_as_a_colleague(actor: Actor, rep_actor: Actor, account: Any) -> None:
    client = sign_in(actor)
    create_record(actor, "account", {"name": "Other"})
    assert (
        f"/settings/users/{rep_actor.member_id}/sign-in-as/"
        in client.get(f"/settings/users/{rep_actor.member_id}/").content.decode()
    )
    assert client.post(f"/settings/users/{rep_actor.member_id}/sign-in-as/").status_code == 302
    page = client.get("/accounts/").content.decode()
    assert "You have signed in as Rita Rep." in page and "Rheinwerk" in page and "Other" not in page
    assert [row["name"] for row in client.get("/api/v1/accounts").json()["data"]] == ["Rheinwerk"]
    assert client.get("/settings/roles/").status_code == 403
    for path in ("/auth/password/change/", "/auth/2fa/", "/auth/sessions/", "/settings/tokens/", "/settings/profile/"):
        assert client.get(path).status_code == 403
    data = {"name": "Rheinwerk AG", "version": "1", "_fields": "name"}
    client.post(f"/accounts/{account.id}/cell/name", data)
    change = Change.objects.get(record_id=account.id, version=2)
    assert (change.member_id, change.behalf_id) == (actor.member_id, rep_actor.member_id)
    assert client.post("/sign-in-as/end/").headers["Location"] == f"/settings/users/{rep_actor.member_id}/"
    assert "You have signed in as" not in client.get("/accounts/").content.decode()
    told = AccessEntry.objects.filter(action__startswith="sign_in_as").order_by("at").values_list("action", "member_id")
    assert list(told) == [("sign_in_as.begun", actor.member_id), ("sign_in_as.ended", actor.member_id)]


def test_nobody_signs_in_as_an_administrator_or_without_being_one(
    actor: Actor, rep_actor: Actor, manager_actor: Actor
) -> None:
    manager = Membership.objects.get(id=manager_actor.member_id)
    assert sign_in(rep_actor).post(f"/settings/users/{manager.id}/sign-in-as/").status_code == 403
    manager.role = Membership.objects.get(id=actor.member_id).role
    manager.save(update_fields=["role"])
    client = sign_in(actor)
    assert client.post(f"/settings/users/{manager.id}/sign-in-as/").status_code == 403
    assert client.post(f"/settings/users/{rep_actor.member_id}/sign-in-as/").status_code == 302
    Membership.objects.filter(id=rep_actor.member_id).update(role=manager.role)
    assert "You have signed in as" not in client.get("/accounts/").content.decode()
    assert AccessEntry.objects.filter(action="sign_in_as.begun").count() == 1


def test_the_page_of_a_former_administrator_is_the_own(actor: Actor, rep_actor: Actor, outsider_actor: Actor) -> None:
    client: Client = sign_in(actor)
    client.post(f"/settings/users/{rep_actor.member_id}/sign-in-as/")
    assert visible_records(again(rep_actor), "account").count() == 0
    Membership.objects.filter(id=actor.member_id).update(role=Membership.objects.get(id=rep_actor.member_id).role)
    assert "You have signed in as" not in client.get("/accounts/").content.decode()
