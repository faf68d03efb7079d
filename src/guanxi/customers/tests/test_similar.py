"""Records that may be the same: who is shown what, and how a form asks before it makes a second one."""

from typing import Any

import pytest
from django.test import Client

from guanxi.customers.models import Account
from guanxi.customers.names import company_stem, same_company
from guanxi.customers.similar import customers_like
from guanxi.customers.tests.factories import make_account
from guanxi.customers.tests.test_views import signed_in
from guanxi.identity.actor import Actor
from guanxi.identity.models import User
from guanxi.records import registry
from guanxi.records.changes import create_record
from guanxi.records.similar import similar_records
from guanxi.science.names import company_core


@pytest.mark.parametrize(
    ("name", "core"),
    [
        ("Hartmann Automation GmbH & Co. KG", "hartmannautomation"),
        ("华东精密机械（苏州）股份有限公司", "华东精密机械"),
        ("Vantage Wind Power A/S", "vantagewindpower"),
        ("Co", "co"),
    ],
)
def test_a_company_is_its_name_without_its_legal_form(name: str, core: str) -> None:
    assert company_core(name) == core


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("华东精密机械（苏州）有限公司", "华东精密"),
        ("The Hartmann GmbH", "Hartmann"),
        ("华", ""),
        ("A B C", ""),
        ("", ""),
    ],
)
def test_others_are_looked_for_by_the_beginning(name: str, stem: str) -> None:
    assert company_stem(name) == stem


@pytest.mark.parametrize(
    ("name", "typed", "same"),
    [
        ("华东精密机械有限公司", "华东精密", True),
        ("华东精密机械有限公司", "华", False),
        ("Hartmann Automation GmbH", "hartmann", True),
        ("Hartmann Automation GmbH", "Har", False),
        ("Hartmann GmbH", "Automation", False),
        ("华", "华东精密", False),
    ],
)
def test_names_are_alike_when_long_enough(name: str, typed: str, same: bool) -> None:
    assert same_company(name, typed) is same


def test_only_what_the_actor_sees_and_may_match_is_named(admin: Actor, rep: Actor) -> None:
    make_account(admin, "Hartmann Automation GmbH", phone="+49 711 1234567", city="Stuttgart")
    sent = {"name": "Hartmann", "phone": "0049 711 1234567"}
    kind = registry.get("account")
    (found,) = similar_records(admin, kind, sent)
    assert (found.name, found.note, found.reasons) == (
        "Hartmann Automation GmbH",
        "AC-00001 · Stuttgart",
        ("same phone",),
    )
    assert similar_records(rep, kind, sent) == []
    limits = {"account": {"phone": "masked", "name": "hidden"}}
    blind = Actor(**{**admin.__dict__, "is_admin": False, "grants": {"*": {"*": "all"}}, "field_access": limits})
    assert customers_like(blind, sent, company="Hartmann") == []


def test_a_form_asks_once_before_it_makes_a_second(rep: Actor) -> None:
    known = make_account(rep, "Hartmann Automation GmbH")
    browser = Client()
    assert rep.user_id
    browser.force_login(User.objects.get(id=rep.user_id))
    sent: dict[str, Any] = {"_fields": "name,city", "name": "Hartmann Automation", "city": "Berlin"}
    page = browser.post("/accounts/new", sent)
    body = page.content.decode()
    assert page.status_code == 409 and Account.objects.count() == 1
    for part in ("Create anyway", "similar name", f"/accounts/{known.id}/", 'value="Berlin"'):
        assert part in body
    page = browser.post("/accounts/new", {**sent, "similar_seen": str(known.id)})
    assert page.status_code == 302
    assert sorted(Account.objects.values_list("name", flat=True)) == ["Hartmann Automation", "Hartmann Automation GmbH"]


def test_the_warning_speaks_chinese(rep: Actor) -> None:
    make_account(rep, "华东精密机械有限公司")
    User.objects.update(language="zh-hans")
    page = signed_in(rep).post("/accounts/new", {"_fields": "name", "name": "华东精密"})
    body = page.content.decode()
    assert page.status_code == 409
    assert "可能已存在" in body and "名称相近" in body and "仍要创建" in body


def test_a_lead_is_compared_with_leads_and_customers(admin: Actor, rep: Actor) -> None:
    make_account(rep, "Hartmann Automation GmbH")
    lead = create_record(rep, "lead", {"name": "Julia Brandt", "email": "j@hartmann.example"})
    kind = registry.get("lead")
    sent = {"name": "Julia Brandt", "email": "J@Hartmann.example", "company_name": "Hartmann"}
    found = similar_records(rep, kind, sent)
    assert [(item.object, item.reasons) for item in found] == [
        ("lead", ("same e-mail", "same name")),
        ("account", ("similar name",)),
    ]
    assert found[0].url == f"/leads/{lead.id}/"
    create_record(admin, "lead", {"name": "Elsewhere", "email": "x@y.example"})
    assert similar_records(rep, kind, {"email": "x@y.example"}) == []
