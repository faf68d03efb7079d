"""What is expected of each customer, and what came."""

from django.db import models

from guanxi.analytics.models.choices import EventKind, Outcome
from guanxi.core.fields import MoneyField
from guanxi.core.models import TenantModel


class ExpectedEvent(TenantModel):
    """One dated expectation: with what probability between `low_on` and `high_on` (an interval of 80 %), what it brings and costs if it comes.

    A line may stand for several of a kind: it comes with the purchase number `place` from `as_of` on, and brings `times` of them if it comes; revenue and cost are
    those of all. So Σ probability × (revenue − cost) is the customer's forecast profit. What happened is written beside it later (`outcome`,
    `happened_on`, `actual`: revenue of purchases, cost of contacts). Money in the company's currency.
    """

    account = models.ForeignKey("customers.Account", on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=12, choices=EventKind.choices)
    expected_on = models.DateField()
    low_on = models.DateField(null=True)
    high_on = models.DateField(null=True)
    place = models.PositiveSmallIntegerField(default=1)
    times = models.FloatField(default=1)
    probability = models.FloatField()
    revenue = MoneyField(default=0)
    cost = MoneyField(default=0)
    as_of = models.DateField()
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default=Outcome.OPEN)
    happened_on = models.DateField(null=True)
    actual = MoneyField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["tenant_id", "account", "expected_on"], name="analytics_expected_account"),
            models.Index(fields=["tenant_id", "as_of", "kind"], name="analytics_expected_as_of"),
        ]
