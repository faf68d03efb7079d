"""What is expected of each customer, and what came."""

from django.db import models

from guanxi.analytics.models.choices import EventKind, Outcome
from guanxi.core.fields import MoneyField
from guanxi.core.models import TenantModel


class ExpectedEvent(TenantModel):
    """One dated expectation: with what probability between `low_on` and `high_on` (an interval of 80 %), what it brings and costs if it comes.

    What happened is written beside it later (`outcome`, `happened_on`, `actual`). Money in the company's currency.
    """

    account = models.ForeignKey("customers.Account", on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=12, choices=EventKind.choices)
    expected_on = models.DateField()
    low_on = models.DateField(null=True)
    high_on = models.DateField(null=True)
    probability = models.FloatField()
    revenue = MoneyField(default=0)
    cost = MoneyField(default=0)
    as_of = models.DateField()
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default=Outcome.OPEN)
    happened_on = models.DateField(null=True)
    actual = MoneyField(null=True)

    class Meta:
        indexes = [models.Index(fields=["tenant_id", "account", "expected_on"], name="analytics_expected_account")]
