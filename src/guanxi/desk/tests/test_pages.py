"""The desk's pages over real records: what they show, to whom, and how many questions they ask."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from guanxi.core.tenancy import tenant_tx
from guanxi.desk.queries import my_day, team
from guanxi.desk.queries.attention import needs
from guanxi.desk.queries.customer import open_business
from guanxi.desk.queries.figures import current_quarter, sales_figures, won_by_month
from guanxi.desk.queries.finding import find, mark, spoken
from guanxi.identity.actor import Actor
from guanxi.identity.models import Membership, Role, Tenant, User
from guanxi.identity.services import invite_person
from guanxi.identity.tests.test_background import fail_job, park
from guanxi.messaging.services import queue_message
from guanxi.records.changes import create_record
from guanxi.records.recents import note_opened
from guanxi.sales.queries import reasons
from guanxi.sales.services.opportunities import win_opportunity


def opportunity(actor: Actor, name: str, amount: int, **values: Any) -> Any:
    closing = (timezone.now() + timedelta(days=5)).date().isoformat()
    return create_record(actor, "opportunity", {"name": name, "amount": amount, "close_date": closing, **values})


def win(actor: Actor, record: Any) -> None:
    win_opportunity(actor, record.id, reason=reasons("won")[0].id)


def browse(tenant: Tenant, email: str) -> Client:
    client = Client()
    client.force_login(User.objects.get(email=email), backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def test_all_forms_of_a_page_carry_one_token(tenant: Tenant, actor: Actor) -> None:
    content = browse(tenant, "admin@polaris.example").get("/").content.decode()
    tokens = re.findall(r'name="csrfmiddlewaretoken" value="(\w{64})"', content)
    assert len(tokens) > 3
    assert set(tokens) == set(re.findall(r'name="csrf-token" content="(\w{64})"', content))


def test_figures_count_own_business_of_the_quarter(actor: Actor, rep_actor: Actor, outsider_actor: Actor) -> None:
    win(rep_actor, opportunity(rep_actor, "Won", 1000))
    opportunity(rep_actor, "Open", 500)
    opportunity(outsider_actor, "Foreign", 9999)
    quarter = current_quarter(rep_actor)
    figures = sales_figures(rep_actor, quarter.first, quarter.after)
    assert (figures.won, figures.won_count, figures.open, figures.open_count) == (Decimal(1000), 1, Decimal(500), 1)
    assert won_by_month(rep_actor)[-1][1:] == (Decimal(1000), 1)
    assert len(won_by_month(rep_actor)) == 12


def test_a_manager_sees_the_lines_of_the_own_people_only(
    actor: Actor, manager_actor: Actor, rep_actor: Actor, outsider_actor: Actor
) -> None:
    opportunity(rep_actor, "Mine", 700)
    opportunity(outsider_actor, "Foreign", 800)
    quarter = current_quarter(manager_actor)
    lines = team.member_lines(manager_actor, quarter.first, quarter.after)
    assert [(line.name, line.figures.open, line.without_step) for line in lines] == [("Rita Rep", Decimal(700), 1)]
    assert [row["name"] for row in team.stuck_opportunities(manager_actor)] == ["Mine"]


def test_my_day_gathers_what_is_due(actor: Actor) -> None:
    account = create_record(actor, "account", {"name": "华东精密机械有限公司"})
    now = timezone.now()
    for subject, due in (("Late", now - timedelta(days=1)), ("Later", now + timedelta(days=9)), ("Whenever", None)):
        create_record(actor, "task", {"subject": subject, "due_at": due, "account": account.id})
    opportunity(actor, "Soon", 100, account=account.id)
    tasks, count, late = my_day.my_tasks(actor)
    assert ([task.subject for task in tasks], count, late) == (["Late", "Whenever"], 2, 1)
    assert [row["name"] for row in my_day.closing_soon(actor)] == ["Soon"]
    assert (open_business(actor, account.id).count, open_business(actor, account.id).total) == (1, Decimal(100))
    note_opened(actor, "account", account.id)
    assert [(item.label, item.url) for item in my_day.recent_records(actor)] == [
        ("华东精密机械有限公司", f"/accounts/{account.id}/")
    ]


@pytest.mark.parametrize("query", ["hdjm", "huadong", "精密", "AC-00001", "HDJM"])
def test_a_customer_is_found_by_any_part_of_its_name(actor: Actor, query: str) -> None:
    account = create_record(actor, "account", {"name": "华东精密机械有限公司"})
    found = find(actor, query)
    assert [(group.kind.name, [item.id for item in group.items]) for group in found.groups] == [
        ("account", [account.id])
    ]


def test_the_match_is_marked_by_letters_and_by_pinyin() -> None:
    assert mark("华东精密机械", "hdjm") == "<mark>华东精密</mark>机械"
    assert mark("Hartmann <b>", "art") == "H<mark>art</mark>mann &lt;b&gt;"
    assert mark("华东", "xyz") == "华东"
    assert mark("伺服试验台", "sfsy") == mark("伺服试验台", "sifushiyan") == "<mark>伺服试验</mark>台"
    assert str(spoken("伺服试验台", "sfsy")).startswith("<mark>s</mark>ì <mark>f</mark>ú ")


@pytest.mark.parametrize("query", ["sfsyt", "sifushi", "cfsyt"])
def test_a_character_read_in_two_ways_is_found_by_both(actor: Actor, query: str) -> None:
    product = create_record(actor, "product", {"name": "Test bench", "name_zh": "伺服试验台"})
    assert [(group.kind.name, [item.id for item in group.items]) for group in find(actor, query).groups] == [
        ("product", [product.id])
    ]


@pytest.mark.parametrize(
    "path", ["/", "/team/", "/search/", "/search/?q=hdjm", "/search/palette?q=hdjm", "/search/palette"]
)
@pytest.mark.django_db(transaction=True)
def test_pages_answer_in_both_languages(tenant: Tenant, path: str) -> None:
    client = browse(tenant, "admin@polaris.example")
    for language in ("en", "zh-hans"):
        User.objects.update(language=language)
        response = client.get(path)
        assert response.status_code == 200
        if "palette" not in path:
            assert f'lang="{"zh-Hans" if language == "zh-hans" else "en"}"' in response.content.decode()


@pytest.mark.django_db(transaction=True)
def test_the_customer_page_shows_timeline_people_and_business(tenant: Tenant) -> None:
    with tenant_tx(tenant.id):
        member = Membership.objects.get()
        system = Actor.system(tenant.id, user_id=member.user_id, member_id=member.id)
        account = create_record(system, "account", {"name": "Hartmann Automation GmbH", "owner": member.id})
        contact = create_record(system, "contact", {"name": "Julia Brandt", "account": account.id})
        opportunity(system, "Service contract 2027", 240000, account=account.id)
    client = browse(tenant, "admin@polaris.example")
    body = client.get(f"/accounts/{account.id}/").content.decode()
    for text in ("Hartmann Automation GmbH", "Julia Brandt", "Service contract 2027", 'id="timeline"', 'id="composer"'):
        assert text in body
    assert client.get(f"/contacts/{contact.id}/").status_code == 200
    assert client.get("/accounts/01a20028-6c8d-7702-b406-bef3401194cb/").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_a_visitor_gets_nothing_but_the_sign_in_page(tenant: Tenant) -> None:
    for path in ("/", "/team/", "/search/?q=a", "/search/palette?q=a", "/accounts/", "/settings/"):
        response = Client().get(path)
        assert (response.status_code, response["Location"].split("?")[0]) == (302, "/auth/login/")


def test_the_team_page_is_for_leaders(actor: Actor, rep_actor: Actor) -> None:
    lone = Actor(**{**rep_actor.__dict__, "grants": {"*": {"view": "own"}}})
    assert not team.leads_a_team(lone)
    assert team.leads_a_team(actor)


def test_the_day_of_who_sells_nothing_shows_the_team(
    tenant: Tenant, actor: Actor, manager_actor: Actor, rep_actor: Actor, outsider_actor: Actor
) -> None:
    assert "figures of the team" not in browse(tenant, "manager@polaris.example").get("/").content.decode()
    opportunity(rep_actor, "Of the team", 700)
    opportunity(outsider_actor, "Foreign", 800)
    page = browse(tenant, "manager@polaris.example").get("/").content.decode()
    assert "figures of the team" in page and "Foreign" not in page and "¥700" in page
    assert page.count("Of the team") == 2 and "Rita Rep · no next step" in page
    opportunity(manager_actor, "My own", 50)
    page = browse(tenant, "manager@polaris.example").get("/").content.decode()
    assert "figures of the team" not in page and "Of the team" not in page and "My own" in page
    page = browse(tenant, "rep@polaris.example").get("/").content.decode()
    assert "figures of the team" not in page and "no next step" not in page


def test_what_waits_for_an_administrator(tenant: Tenant, actor: Actor, rep_actor: Actor) -> None:
    assert [(one.text, one.url) for one in needs(actor, leads=True)] == [("Begin with the first steps", "/welcome/")]
    create_record(actor, "account", {"name": "Hartmann"})
    assert needs(actor, leads=True) == []
    park(tenant)
    fail_job(tenant)
    message = queue_message(actor, to="liu@hdjm.example", subject="Offer", body="Enclosed")
    type(message).objects.filter(id=message.id).update(status="failed")
    invite_person(actor, email="new@polaris.example", role_id=Role.objects.get(key="sales").id)
    found = {one.url: one.text for one in needs(actor, leads=True)}
    assert found == {
        "/settings/background/": "2 tasks in the background failed", "/mailbox/?status=failed": "1 mail could not be sent",
        "/settings/users/": "1 invitation is open",
    }  # fmt: skip
    assert needs(rep_actor, leads=True) == needs(rep_actor, leads=False) == []
    page = browse(tenant, "admin@polaris.example").get("/").content.decode()
    for address, text in found.items():
        assert f'href="{address}"' in page and text in page
        assert browse(tenant, "admin@polaris.example").get(address).status_code == 200
