"""Service by value: classes, the level on the account, who is due, tasks on request, who is served above the value."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from guanxi.activity.models import Task
from guanxi.analytics.models import ServiceClass
from guanxi.analytics.queries.lists import LISTS, listed
from guanxi.analytics.queries.portfolio import portfolio
from guanxi.analytics.serving.classes import keep_levels, save_class, service_classes
from guanxi.analytics.serving.due import due, plan_contacts, served
from guanxi.analytics.serving.rhythm import next_contact
from guanxi.analytics.tests.test_kpis import browser_of
from guanxi.analytics.tests.worth import worth
from guanxi.core.errors import Invalid, NotAllowed, NotFound, Stale
from guanxi.customers.models import Account, Score
from guanxi.identity.actor import Actor


def seen(account: Any, days: int | None) -> Any:
    """The account, last contacted so many days ago."""
    at = None if days is None else timezone.now() - timedelta(days=days)
    Account.objects.filter(id=account.id).update(last_contact_at=at)
    return account


def four(actor: Actor) -> dict[str, Any]:
    """A customer of grade A who waits, one who does not, one never contacted, and one of grade D, which has no rhythm."""
    return {
        "waits": seen(worth(actor, "Waits", 900), 15),
        "fresh": seen(worth(actor, "Fresh", 800), 13),
        "never": worth(actor, "Never", 700, grade="B", cost_to_serve=130),
        "small": seen(worth(actor, "Small", 10, grade="D", cost_to_serve=190), 400),
    }


def test_the_level_of_each_customer_follows_its_grade(actor: Actor) -> None:
    of = four(actor)
    assert keep_levels() == 4 and keep_levels() == 0
    levels = dict(Score.objects.values_list("account__name", "service"))
    assert levels == {"Waits": "priority", "Fresh": "priority", "Never": "preferred", "Small": "basic"}
    saved = save_class(actor, "D", {"level": "standard", "visit_days": "365"})
    assert (saved.level, saved.visit_days, saved.channel, saved.version) == ("standard", 365, "mail", 1)
    assert Score.objects.get(account=of["small"]).service == "standard"
    assert service_classes()["D"].level == "standard" and service_classes()["A"].version == 0
    assert [account.name for account in due(actor)] == ["Waits", "Never", "Small"]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"level": "best"}, "level"),
        ({"visit_days": -1}, "visit_days"),
        ({"visit_days": 731}, "visit_days"),
        ({"visit_days": "often"}, "visit_days"),
        ({"visit_days": True}, "visit_days"),
        ({"discount_limit": 101}, "discount_limit"),
        ({"discount_limit": "nan"}, "discount_limit"),
        ({"cost_share": -1}, "cost_share"),
        ({"channel": "drum"}, "channel"),
        ({"promise": "x" * 201}, "promise"),
        ({"grade": "B"}, "grade"),
    ],
)
def test_what_is_no_rule_is_refused(actor: Actor, values: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        save_class(actor, "A", values)
    assert set(refused.value.errors) == {field}
    assert ServiceClass.objects.count() == 0


def test_who_is_due_gets_a_task_once(actor: Actor) -> None:
    of = four(actor)
    assert [account.name for account in due(actor)] == ["Waits", "Never"]
    assert plan_contacts(actor, [account.id for account in of.values()]) == 2
    tasks = {task.account_id: task for task in Task.objects.all()}
    assert set(tasks) == {of["waits"].id, of["never"].id}
    assert (tasks[of["waits"].id].kind, tasks[of["never"].id].kind) == ("visit", "call")
    assert tasks[of["waits"].id].subject == "Regular contact with Waits"
    assert list(due(actor)) == []
    with pytest.raises(Invalid):
        plan_contacts(actor, [of["waits"].id])
    assert Task.objects.count() == 2


def test_classes_tell_what_they_cost_and_miss(actor: Actor) -> None:
    four(actor)
    found = {one.of.grade: one for one in served(actor)}
    assert [(one.customers, one.due, one.too_dear) for one in found.values()] == [
        (2, 1, 0),
        (1, 1, 1),
        (0, 0, 0),
        (1, 0, 0),
    ]
    assert (found["A"].cost, found["A"].margin, found["A"].channel) == (200, 800, "Visit")
    of = portfolio(actor)
    assert of is not None
    assert [account.name for account in listed(actor, LISTS["contact-due"], of)] == ["Waits", "Never"]
    assert [account.name for account in listed(actor, LISTS["too-dear"], of)] == ["Never"]
    a, d = service_classes()["A"], service_classes()["D"]
    now = timezone.now()
    assert next_contact(a, now) == now + timedelta(days=14) and next_contact(d, now) is None


def test_only_who_manages_changes_and_everybody_plans_the_own(actor: Actor, rep_actor: Actor) -> None:
    of = four(actor)
    for grade, error in (("A", NotAllowed), ("D", NotAllowed)):
        with pytest.raises(error):
            save_class(rep_actor, grade, {"visit_days": 1})
    with pytest.raises(NotFound):
        save_class(actor, "E", {"visit_days": 1})
    saved = save_class(actor, "A", {"visit_days": 20})
    with pytest.raises(Stale):
        save_class(actor, "A", {"visit_days": 30}, version=saved.version + 1)
    assert ServiceClass.objects.get().visit_days == 20
    assert of and Task.objects.count() == 0


def test_page_dialog_and_api(actor: Actor) -> None:
    browser = browser_of(actor)
    assert browser.get("/value/service").status_code == 200
    of = four(actor)
    keep_levels()
    page = browser.get("/value/service").text
    assert "Waits" in page and "Fresh" not in page
    assert browser.get("/value/service/A").status_code == 200 and browser.get("/value/service/Z").status_code == 404
    assert browser.post("/value/service/A", {"visit_days": "x", "version": "0"}).status_code == 422
    assert browser.post("/value/service/A", {"visit_days": "10", "version": "0"}).status_code == 302
    told = browser.get("/api/v1/service-classes").json()["data"]
    assert [(row["id"], row["visit_days"], row["due"]) for row in told] == [
        ("A", 10, 2),
        ("B", 30, 1),
        ("C", 90, 0),
        ("D", 0, 0),
    ]
    changed = browser.patch("/api/v1/service-classes/A", {"visit_days": 14}, content_type="application/json")
    assert changed.json()["visit_days"] == 14
    assert (
        browser.post("/api/v1/service-classes/B/plan-contacts", {}, content_type="application/json").status_code == 200
    )
    assert Task.objects.get().account_id == of["never"].id
    assert browser.post("/value/service/plan", {"accounts": ["nothing", str(of["waits"].id)]}).status_code == 302
    assert Task.objects.count() == 2
    assert browser.post("/value/service/plan", {"all": "1"}).status_code == 302
    assert Task.objects.count() == 2
    row = browser.get(f"/api/v1/accounts/{of['waits'].id}").json()
    assert row["score_service"] == "priority"
    assert (
        "Waits"
        in browser.get('/accounts/?filter={"all":[{"field":"score_service","op":"is","value":"priority"}]}').text
    )
