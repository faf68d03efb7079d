"""The leaky bucket: who came, went and came back, by month."""

from django.db import models

from guanxi.core.fields import MoneyField
from guanxi.core.models import TenantModel


class CustomerMonth(TenantModel):
    """Customers of one month, of all regions (`region` "") or of one: gained by a first purchase, lost by silence of `limit_days`, regained by buying after
    that, active at its end. `value_lost`: what the lost earned in their last 12 months. Counted, not estimated."""

    month = models.DateField()
    region = models.CharField(max_length=120, blank=True)
    gained = models.IntegerField(default=0)
    lost = models.IntegerField(default=0)
    regained = models.IntegerField(default=0)
    active = models.IntegerField(default=0)
    value_lost = MoneyField(default=0)
    limit_days = models.IntegerField()
    as_of = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant_id", "region", "month"], name="analytics_month_once")]


class CohortCell(TenantModel):
    """Of the customers won in the quarter that begins on `born_on` (`size` of them), the share that bought `age` quarters later."""

    born_on = models.DateField()
    age = models.PositiveSmallIntegerField()
    size = models.IntegerField()
    share = models.FloatField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant_id", "born_on", "age"], name="analytics_cohort_once")]
