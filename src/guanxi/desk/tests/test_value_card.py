"""The value card of the customer page: measured and estimated apart, one statement, within the rights."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from guanxi.analytics.tests.worth import AS_OF, worth
from guanxi.core.ui.formats import day_short
from guanxi.customers.models import Account, Score
from guanxi.desk.queries.customer import value_card
from guanxi.identity.actor import Actor
from guanxi.records.tests.test_views import sign_in

INPUTS = {
    "model": "bg-nbd", "x": 4, "t_x": 100, "T": 110, "orders": 5, "clv": 700_000, "bought_12m": 3.2, "purchase_margin": 90_000, "discount": 0.1,
    "horizon_months": 36, "unit_days": 7, "cost_12m": 20_000,
}  # fmt: skip


def hartmann(actor: Actor) -> Any:
    return worth(
        actor, "Hartmann", 1_580_000, 0.19, historic=742_000, current=214_000, potential=683_000, cost_to_serve=59_000, value_before=1_720_000,
        before_on=date(2026, 8, 20), p_alive=0.88, p_alive_before=0.94, stage="decline", stage_since=date(2026, 11, 2), next_order_on=date(2027, 1, 8),
        next_order_low=date(2026, 12, 22), next_order_high=date(2027, 2, 3), inputs=INPUTS,
    )  # fmt: skip


def test_the_card_says_what_from_when_how_sure_and_against_what(actor: Actor) -> None:
    account = hartmann(actor)
    client: Client = sign_in(actor)
    text = client.get(f"/accounts/{account.id}/").text.replace("\u202f", " ")
    for said in (
        '<span class="value estimate">¥1,580,000</span>', "−8 % in 90 days", "80 % interval ¥1,264,000 – ¥1,896,000", "¥742,000", "¥214,000",
        '<span class="estimate">¥683,000</span>', "− ¥59,000", "Decline since 2 Nov 2026", '<b class="estimate">0.88</b>', "was 0.94",
        '<b class="estimate">19 %</b>', "22 Dec – 3 Feb 2027",
    ):  # fmt: skip
        assert said in text, said
    assert date(2026, 11, 18) == AS_OF and "as of 18 Nov" in text


def test_the_card_says_why_a_customer_may_leave_and_why_it_is_in_its_stage(actor: Actor) -> None:
    pushes = [
        {"code": "silence", "push": 1.1, "days": 75.0, "usual": 30.0},
        {"code": "content", "push": -0.3, "score": 4.5},
    ]
    account = worth(
        actor, "Hartmann", 1000, 0.62, churn_low=0.55, churn_high=0.7, churn_reasons=pushes, stage="decline",
        inputs={"churn_days": 90, "churn_model": "churn-logit", "stage_reason": "gap", "gap": 75, "usual": 30},
    )  # fmt: skip
    text = sign_in(actor).get(f"/accounts/{account.id}/").text.replace("\u202f", " ")
    assert "Leaving, 3 m" in text and "Orders nothing within 90 days" in text and "55–70 %" in text
    assert "satisfaction 4.5 of 5" in text and text.count("no order for 75 days, usually every 30") == 2


def test_how_explains_each_part_and_only_to_whom_the_account_is_shown(actor: Actor, rep_actor: Actor) -> None:
    account = hartmann(actor)
    address = f"/value/of/{account.id}/how"
    text = sign_in(actor).get(address).text.replace("\u202f", " ")
    assert "computed by BG/NBD" in text
    assert "reads 5 orders, the last 70 days ago" in text
    assert "expects 3.2 orders within 12 months at a margin of ¥90,000 each, looks 36 months ahead" in text
    assert sign_in(rep_actor).get(address).status_code == 404
    assert sign_in(actor).get(f"/value/of/{actor.member_id}/how").status_code == 404


def test_the_card_says_how_the_customer_is_served_and_when_the_next_contact_is(actor: Actor) -> None:
    account = hartmann(actor)
    Score.objects.filter(account_id=account.id).update(grade="A")

    def card(**contacts: Any) -> str:
        Account.objects.filter(id=account.id).update(**contacts)
        text = sign_in(actor).get(f"/accounts/{account.id}/").text
        return text[text.index("Priority service") : text.index("Priority service") + 400]

    now = timezone.now().replace(hour=4, minute=0)  # The same day here and in Shanghai.
    late = card(last_contact_at=now - timedelta(days=20), next_contact_at=None)
    assert "every 14 days" in late and f"contact due since {day_short(now - timedelta(days=6))}" in late
    soon = card(last_contact_at=now - timedelta(days=2), next_contact_at=None)
    assert f"next contact by {day_short(now + timedelta(days=12))}" in soon
    planned = card(last_contact_at=now - timedelta(days=20), next_contact_at=now + timedelta(days=3))
    assert f"next contact planned for {day_short(now + timedelta(days=3))}" in planned and "due" not in planned


def test_the_card_costs_one_statement_and_is_not_for_whom_the_grade_is_hidden_from(
    actor: Actor, rep_actor: Actor
) -> None:
    account = hartmann(actor)
    value_card(actor, account.id)  # The company's measures are kept in memory from now on.
    with CaptureQueriesContext(connection) as asked:
        card = value_card(actor, account.id)
    assert card is not None and len(asked) == 1
    assert card.change == pytest.approx(-8.14, abs=0.01)
    assert [int(amount) for _key, amount in card.parts] == [742_000, 214_000, 683_000]
    assert value_card(replace(rep_actor, field_access={"account": {"grade": "hidden"}}), account.id) is None
