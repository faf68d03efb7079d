"""Household, group and referral value: each account once, each within sight."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from guanxi.analytics.queries.circles import around
from guanxi.analytics.tests.test_kpis import browser_of
from guanxi.analytics.tests.worth import worth
from guanxi.customers.models import Account, Relationship
from guanxi.identity.actor import Actor
from guanxi.records.changes import create_record, update_record


def below(actor: Actor, child: Any, parent: Any) -> None:
    update_record(actor, "account", child.id, {"parent": parent.id}, version=child.version)


def family(actor: Actor) -> dict[str, Any]:
    """A group: top (100) over middle (200) over leaf (400) and one without a value; a customer (800) and the leaf were referred by middle."""
    of = {
        name: worth(actor, name, Decimal(value))
        for name, value in (("top", 100), ("middle", 200), ("leaf", 400), ("friend", 800))
    }
    of["plain"] = create_record(actor, "account", {"name": "plain"})
    below(actor, of["middle"], of["top"])
    below(actor, of["leaf"], of["middle"])
    below(actor, of["plain"], of["middle"])
    for name in ("friend", "leaf"):
        Relationship.objects.create(from_account=of["middle"], kind="referred", to_account=of[name])
    Relationship.objects.create(from_account=of["top"], kind="partner_of", to_account=of["friend"])
    return of


def test_nobody_is_summed_twice(actor: Actor) -> None:
    of = family(actor)
    found = around(actor, Account.objects.get(id=of["middle"].id))
    assert found.group is not None and found.below is not None and found.referred is not None
    assert (found.group.name, found.group.accounts, found.group.valued, found.group.value) == (
        "top",
        4,
        3,
        Decimal(700),
    )
    assert (found.below.accounts, found.below.value) == (3, Decimal(600))
    # The leaf was referred too, but stands in the group already.
    assert (found.referred.accounts, found.referred.value, found.referred.margin_12m) == (1, Decimal(800), Decimal(400))
    assert not found.household
    top = around(actor, Account.objects.get(id=of["top"].id))
    assert top.below is None and top.referred is None and top.group == found.group
    alone = around(actor, Account.objects.get(id=of["friend"].id))
    assert (alone.group, alone.below, alone.referred) == (None, None, None)


def test_a_household_is_called_so_and_what_one_does_not_see_is_not_in_it(actor: Actor, rep_actor: Actor) -> None:
    of = family(actor)
    Account.objects.filter(id=of["top"].id).update(kind="household")
    assert around(actor, Account.objects.get(id=of["leaf"].id)).household
    Account.objects.filter(id__in=[of["middle"].id, of["leaf"].id]).update(owner=rep_actor.member_id, team=None)
    narrow = replace(rep_actor, grants={"analytics": {"view": "own"}, "account": {"view": "own"}})
    found = around(narrow, Account.objects.get(id=of["middle"].id))
    assert found.group is not None and (found.group.name, found.group.accounts, found.group.value) == (
        "middle",
        2,
        Decimal(600),
    )
    assert (found.below, found.referred, found.household) == (None, None, False)


def test_people_refer_for_their_company(actor: Actor) -> None:
    company, won = worth(actor, "Company", Decimal(10)), worth(actor, "Won", Decimal(70))
    person = create_record(actor, "contact", {"family_name": "王", "account": company.id})
    Relationship.objects.create(from_contact=person, kind="referred", to_account=won)
    found = around(actor, Account.objects.get(id=company.id)).referred
    assert found is not None and found.value == 70


def test_how_tells_it_beside_the_value_and_so_does_the_api(actor: Actor) -> None:
    of = family(actor)
    browser = browser_of(actor)
    page = browser.get(f"/value/of/{of['middle'].id}/how").text
    assert "Around this customer" in page and "¥700" in page and "¥800" in page
    assert "Around this customer" not in browser.get(f"/value/of/{of['friend'].id}/how").text
    told = browser.get(f"/api/v1/value-circles/{of['middle'].id}").json()
    assert told["referred"]["value"] == "800.0000" and told["group"]["accounts"] == 4
    assert browser.get(f"/api/v1/value-circles?account={of['middle'].id}").json()["data"] == [told]
    assert browser.get("/api/v1/value-circles?account=x").status_code == 422
    assert browser.get("/api/v1/value-circles").status_code == 422
