"""Early warnings as tasks, what is expected on the pages, measures, lines of timelines."""

from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from guanxi.activity.models import Interaction, Task
from guanxi.analytics.keeping.measures import DELIVERED, suggestion
from guanxi.analytics.keeping.timeline import tell_timelines
from guanxi.analytics.keeping.warning import warn
from guanxi.analytics.models import (
    EarlyWarning,
    ExpectedEvent,
    LifecycleChange,
    OfferEffect,
    RetentionMeasure,
    ScoreHistory,
    Settings,
)
from guanxi.analytics.queries.preferences import company_today
from guanxi.analytics.tests.worth import worth
from guanxi.customers.models import Account, Score
from guanxi.engagement.tests.factories import make_offer
from guanxi.identity.actor import Actor
from guanxi.identity.models import Company
from guanxi.identity.services import create_token
from guanxi.records.changes import update_record
from guanxi.records.tests.test_views import sign_in

pytestmark = pytest.mark.django_db
WHY = [{"code": "silence", "push": 1.2, "days": 80.0, "usual": 30.0}, {"code": "content", "push": -0.4, "score": 4.0}]


class Api:
    """The API in the name of a person who may do everything of customer value."""

    def __init__(self, actor: Actor) -> None:
        assert actor.member_id is not None
        secret = create_token(
            actor,
            membership=actor.member_id,
            name="test",
            scopes=("analytics:read", "analytics:write", "account:read", "task:read"),
        )
        self._head = {"Authorization": f"Bearer {secret}"}

    def get(self, path: str, **query: str) -> Any:
        """The answer: `status`, and the object in `json`."""
        answer = Client().get(f"/api/v1{path}", query, headers=self._head)
        return SimpleNamespace(status=answer.status_code, json=answer.json())


def falling(by: Actor, name: str, value: int, churn: float, **columns: Any) -> Account:
    found: Account = worth(
        by, name, Decimal(value), churn, as_of=company_today(), churn_low=churn / 2, churn_high=churn, churn_reasons=WHY,
        inputs={"churn_days": 90, "churn_model": "churn-logit"}, **columns,
    )  # fmt: skip
    return found


def settings(**values: Any) -> Settings:
    return Settings(**{"warn_value": Decimal(1000), "warn_per_week": 2, **values})


def test_valuable_customers_who_may_leave_become_tasks_of_their_owners_once(actor: Actor) -> None:
    today = company_today()
    most, second = falling(actor, "Most", 9_000, 0.8), falling(actor, "Second", 5_000, 0.7)
    third = falling(actor, "Third", 4_000, 0.6)
    for name, value, churn, more in (
        ("Cheap", 900, 0.9, {}), ("Safe", 90_000, 0.4, {}), ("Gone", 90_000, 0.9, {"stage": "departure"}),
    ):  # fmt: skip
        falling(actor, name, value, churn, **more)
    unowned = falling(actor, "Unowned", 90_000, 0.9)
    update_record(actor, "account", unowned.id, {"owner": None})
    assert warn(actor.tenant_id, today, settings(warnings=False)) == {"warnings": 0, "over": 0}
    assert warn(actor.tenant_id, today - timedelta(days=30), settings()) == {"warnings": 0, "over": 0}
    assert Task.objects.count() == 0
    # Two a week for each person, the most to lose first; the same fall warns once, also when the task is gone.
    assert warn(actor.tenant_id, today, settings()) == {"warnings": 2, "over": 0}
    assert warn(actor.tenant_id, today, settings()) == {"warnings": 0, "over": 0}
    made = {row.account_id: row for row in EarlyWarning.objects.all()}
    assert set(made) == {most.id, second.id}
    task = Task.objects.get(id=made[most.id].task_id)
    assert (task.subject, task.owner_id, task.priority) == ("Early warning: Most may leave", actor.member_id, "high")
    assert task.description.replace("\u202f", " ") == (
        "Leaves within 90 days with a probability of 80 %; worth ≈ ¥9,000.\nWhy:\n• no order for 80 days, usually every 30"
    )
    assert task.due_at is not None and (task.due_at.date() - today).days == 3
    Task.objects.filter(id=made[second.id].task_id).update(status="completed")
    Score.objects.filter(account_id__in=[most.id, second.id]).update(churn=0.45)
    assert warn(actor.tenant_id, today, settings()) == {"warnings": 0, "over": 0}
    # Clearly below the limit: the fall is over, the task that nobody began is cancelled, and the next fall warns again.
    Score.objects.filter(account_id__in=[most.id, second.id]).update(churn=0.2)
    assert warn(actor.tenant_id, today, settings(warn_per_week=3)) == {"warnings": 1, "over": 2}
    assert dict(Task.objects.values_list("id", "status")) | {made[most.id].task_id: "cancelled", made[second.id].task_id: "completed"} == dict(Task.objects.values_list("id", "status"))  # fmt: skip
    assert EarlyWarning.objects.get(recovered_on=None).account_id == third.id
    Score.objects.filter(account_id=most.id).update(churn=0.9)
    assert warn(actor.tenant_id, today, settings(warn_per_week=9))["warnings"] == 1
    assert EarlyWarning.objects.filter(account_id=most.id).count() == 2


def test_the_task_is_in_the_language_of_the_company(actor: Actor) -> None:
    Company.objects.update(language="zh-hans")
    falling(actor, "大客户", 9_000, 0.8)
    assert warn(actor.tenant_id, company_today(), settings())["warnings"] == 1
    task = Task.objects.get()
    assert task.subject == "流失预警：大客户 可能流失"
    assert "已 80 天没有订单，通常每 30 天一单" in task.description


def test_pages_and_api_show_warnings_within_sight(actor: Actor, rep_actor: Actor) -> None:
    falling(actor, "Most", 9_000, 0.8)
    warn(actor.tenant_id, company_today(), settings())
    page = sign_in(actor).get("/value/retention/warnings").text
    assert "Most" in page and "no order for 80 days" in page
    assert "Most" not in sign_in(actor).get("/value/retention/warnings?state=over").text
    assert "Most" not in sign_in(rep_actor).get("/value/retention/warnings").text
    api = Api(actor)
    (row,) = api.get("/value-warnings").json["data"]
    assert (row["name"], row["churn"], row["why"]) == ("Most", 0.8, ["no order for 80 days, usually every 30"])
    assert api.get(f"/value-warnings/{row['id']}").json["task"] == str(Task.objects.get().id)
    assert api.get("/value-warnings", state="over").json["data"] == []
    assert Api(rep_actor).get("/value-warnings").json["data"] == []
    assert Api(rep_actor).get(f"/value-warnings/{row['id']}").status == 404


def test_what_is_expected_adds_up_on_the_pages(actor: Actor, rep_actor: Actor) -> None:
    account = falling(actor, "Most", 9_000, 0.8)
    today = company_today()
    shared: dict[str, Any] = {
        "account": account,
        "as_of": today,
        "low_on": today,
        "high_on": today + timedelta(days=60),
    }
    soon = today + timedelta(days=20)
    ExpectedEvent.objects.create(kind="purchase", expected_on=soon, probability=0.5, revenue=1000, cost=400, **shared)
    ExpectedEvent.objects.create(kind="contact", expected_on=soon, probability=1, times=4, cost=100, **shared)
    ExpectedEvent.objects.create(
        kind="purchase", expected_on=today - timedelta(days=9), probability=0.7, revenue=500, outcome="happened", actual=450, account=account,
        happened_on=today - timedelta(days=8), as_of=today - timedelta(days=100),
    )  # fmt: skip
    client = sign_in(actor)
    part = client.get(f"/value/of/{account.id}/expected").text.replace("\u202f", " ")
    assert "¥200" in part and "50 %" in part and "Happened" in part
    page = client.get("/value/retention/expected").text
    assert "¥200" in page and "¥450" in page
    assert f"/value/of/{account.id}/expected" in client.get(f"/accounts/{account.id}/").text
    assert sign_in(rep_actor).get(f"/value/of/{account.id}/expected").status_code == 404
    api = Api(actor)
    found = api.get(f"/value-expected/{account.id}").json
    assert (found["profit"], [one["kind"] for one in found["events"]], found["before"][0]["outcome"]) == (
        "200.0",
        ["contact", "purchase"],
        "happened",
    )
    assert api.get("/value-expected", account=str(account.id)).json["data"][0]["profit"] == "200.0"
    assert api.get("/value-expected", account="x").json["data"] == []
    months = api.get("/value-outlook").json["months"]
    assert sum(Decimal(month["profit"]) for month in months) == pytest.approx(Decimal(200), abs=Decimal("0.01"))
    assert (len(months) >= 2, sum(month["purchases"] for month in months)) == (True, pytest.approx(0.5))
    assert api.get("/value-outlook").json["came"][0]["actual"] == "450.0000"
    assert Api(rep_actor).get("/value-outlook").json["months"] == []


def test_measures_are_delivered_and_become_ones_own(actor: Actor, rep_actor: Actor) -> None:
    assert suggestion("decline") == "Call within three days and ask what changed"
    client = sign_in(actor)
    assert "Make them your own" in client.get("/value/retention/measures").text
    assert sign_in(rep_actor).post("/value/retention/measures/adopt").status_code == 403
    assert RetentionMeasure.objects.count() == 0
    assert client.post("/value/retention/measures/adopt").status_code in (200, 204, 302)
    assert RetentionMeasure.objects.count() == len(DELIVERED)
    row = RetentionMeasure.objects.filter(stage="decline").order_by("position").first()
    assert row is not None and row.name_zh == "三天内致电，了解发生了什么变化"
    offer = make_offer(actor)
    OfferEffect.objects.create(
        offer_id=offer.id, days=90, proposed=400, proposed_bought=80, control=100, control_bought=10, effect=0.1, low=0.03, high=0.17, as_of=company_today()
    )  # fmt: skip
    form = {"stage": "decline", "level": "social", "name_en": "Visit at once", "name_zh": "", "cost": "50", "effect": "4", "offer_id": str(offer.id), "position": "1", "active": "1", "version": "1"}  # fmt: skip
    address = f"/value/retention/measures/{row.id}"
    for wrong in (
        {"cost": "nan"},
        {"cost": "-1"},
        {"effect": "101"},
        {"stage": "x"},
        {"offer_id": "x"},
        {"name_en": ""},
        {"position": "x"},
    ):
        assert client.post(address, form | wrong).status_code == 422, wrong
    assert RetentionMeasure.objects.get(id=row.id).version == 1
    assert client.post(address, form).status_code in (200, 204, 302)
    assert suggestion("decline") == "Visit at once"
    assert client.post(address, form).status_code == 422, "somebody saved meanwhile"
    account = falling(actor, "Most", 9_000, 0.8, stage="decline")
    assert "Visit at once" in client.get(f"/accounts/{account.id}/").text
    page = client.get("/value/retention/measures").text
    assert "Visit at once" in page and "10.0" in page and "3.0 – 17.0" in page
    api = Api(actor)
    (one,) = [each for each in api.get("/value-measures").json["data"] if each["id"] == str(row.id)]
    assert (one["cost"], one["effect"], one["measured"]["customers"]) == ("50.0000", 4.0, 400)
    assert client.post(f"{address}/delete").status_code in (200, 204, 302)
    assert not RetentionMeasure.objects.filter(id=row.id).exists()


def test_the_timeline_tells_another_stage_and_another_grade_once(actor: Actor) -> None:
    today = company_today()
    account = falling(actor, "Most", 9_000, 0.8, grade="C")
    other = falling(actor, "Same", 9_000, 0.8, grade="C")
    figures = {"gap": 80.2, "usual": 30.4, "p_alive": 0.4, "trend": -0.4}
    LifecycleChange.objects.create(
        account=account, changed_on=today, before="maturity", after="decline", reason="gap", figures=figures
    )
    month = today.replace(day=1) - timedelta(days=1)
    ScoreHistory.objects.create(account=account, as_of=month, value=18_000, grade="A")
    ScoreHistory.objects.create(account=other, as_of=month, value=9_100, grade="B")
    assert tell_timelines(actor.tenant_id, today - timedelta(days=30)) == 0
    assert tell_timelines(actor.tenant_id, today) == 2
    assert tell_timelines(actor.tenant_id, today) == 0
    lines = list(Interaction.objects.filter(account_id=account.id, channel="system").order_by("created_at", "id"))
    assert sorted(line.title for line in lines) == [
        "Stage of the customer is now Decline: no order for 80 days, usually every 30",
        f"Value grade A → C: value −50 % since {month}",
    ]
    assert Account.objects.get(id=account.id).last_contact_at is None
    assert not Interaction.objects.filter(account_id=other.id).exists()
    assert isinstance(lines[0].id, UUID)
