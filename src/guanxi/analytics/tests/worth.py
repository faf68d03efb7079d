"""Accounts with a computed value, as a run would leave them."""

from datetime import date
from typing import Any

from guanxi.customers.models import Score
from guanxi.identity.actor import Actor
from guanxi.records.changes import create_record

AS_OF = date(2026, 11, 18)


def worth(by: Actor, name: str, value: Any, churn: float | None = 0.1, *, region: str = "江苏", **columns: Any) -> Any:
    """An account with a score; what is not given has plain values."""
    account = create_record(by, "account", {"name": name, "region": region})
    given = {
        "as_of": AS_OF, "value": value, "value_low": value * 8 // 10, "value_high": value * 12 // 10, "churn": churn, "p_alive": 0.9, "grade": "A",
        "stage": "maturity", "revenue_12m": 1000, "margin_12m": 400, "cost_to_serve": 100, "profit_12m": 300,
    }  # fmt: skip
    Score.objects.create(account=account, **(given | columns))
    return account
