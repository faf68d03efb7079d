"""Forecasts of sales: by models, by people, and the plans that were made of them."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from guanxi.analytics.models.figures import Dimension
from guanxi.core.models import TenantModel
from guanxi.identity.models import Membership


class ForecastSeries(TenantModel):
    """What is known of the forecast of one series: the method that was best on its own past, and how good all were."""

    dimension = models.CharField(max_length=10, choices=Dimension.choices)
    member = models.CharField(max_length=120, blank=True, default="")
    as_of = models.DateField()
    method = models.CharField(max_length=40)
    mase = models.FloatField(null=True)
    naive_mase = models.FloatField(null=True)
    pinball = models.FloatField(null=True)
    coverage = models.FloatField(null=True)
    accuracy = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant_id", "dimension", "member"], name="analytics_forecast_series")
        ]


class ForecastPoint(TenantModel):
    """Revenue of a month as it was forecast on `as_of`: reconciled over all breakdowns, with an interval of 80 %; `base` is before that."""

    dimension = models.CharField(max_length=10, choices=Dimension.choices)
    member = models.CharField(max_length=120, blank=True, default="")
    since = models.DateField()
    as_of = models.DateField()
    mean = models.FloatField()
    low = models.FloatField()
    high = models.FloatField()
    base = models.FloatField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant_id", "as_of", "dimension", "member", "since"], name="analytics_forecast_point"
            )
        ]


class Judgement(TenantModel):
    """What a person expected for a month, as said at a moment; each change is a row of its own."""

    member = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    since = models.DateField(_("Month"))
    amount = models.FloatField(_("Amount"))
    note = models.CharField(_("Why"), max_length=300, blank=True)
    said_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["tenant_id", "member", "since", "-said_at"], name="analytics_judgement_said")]


class Plan(TenantModel):
    """A plan of revenue for the months [first, after) along one breakdown."""

    name = models.CharField(_("Name"), max_length=120)
    dimension = models.CharField(_("By"), max_length=10, choices=Dimension.choices)
    first = models.DateField(_("From"))
    after = models.DateField(_("Until before"))
    owner = models.ForeignKey(Membership, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    version = models.IntegerField(default=1)


class PlanCell(TenantModel):
    """The planned revenue of one member in one month."""

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="cells")
    member = models.CharField(max_length=120, blank=True, default="")
    since = models.DateField()
    amount = models.FloatField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant_id", "plan", "member", "since"], name="analytics_plan_cell")
        ]
