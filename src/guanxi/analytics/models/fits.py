"""What the models learnt, what they are worth beside simple rules, and what was concluded when."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from guanxi.analytics.models.runs import Run
from guanxi.core.fields import MoneyField
from guanxi.core.models import TenantModel
from guanxi.customers.models import Account, Grade, LifecycleStage


class Purpose(models.TextChoices):
    """What a model is for."""

    PURCHASES = "purchases", _("Purchases")
    MARGIN = "margin", _("Margin of a purchase")
    RETENTION = "retention", _("Renewal of contracts")
    MIGRATION = "migration", _("Coming back after a pause")
    CHURN = "churn", _("Leaving")
    NEXT_PRODUCT = "next_product", _("Next product")
    UPLIFT = "uplift", _("What asking changes")


class ModelFit(TenantModel):
    """A fit of one candidate in one run.

    `parameters` and `standard_errors` are lists of [name, value] in the order of the papers; `warnings` of {code, text}. `score` is the mean
    logarithm of the density of what came in the hold-out period, per customer. `evaluation` is filled for the model in use; see analytics.compute.evaluation.
    `offer` is what a model of uplift is about.
    """

    run = models.ForeignKey(Run, null=True, on_delete=models.SET_NULL, related_name="+")
    as_of = models.DateField()
    purpose = models.CharField(max_length=12, choices=Purpose.choices)
    offer = models.ForeignKey("engagement.Offer", null=True, on_delete=models.CASCADE, related_name="+", db_index=False)
    model = models.CharField(max_length=20)
    asked = models.CharField(max_length=20, blank=True)
    in_use = models.BooleanField(default=False)
    customers = models.BigIntegerField(default=0)
    parameters = models.JSONField(default=list)
    standard_errors = models.JSONField(default=list)
    log_likelihood = models.FloatField(null=True)
    score = models.FloatField(null=True)
    converged = models.BooleanField(default=False)
    warnings = models.JSONField(default=list)
    evaluation = models.JSONField(default=dict)
    seconds = models.FloatField(default=0)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["tenant_id", "purpose", "-as_of"], name="analytics_fit_as_of")]


class CutPoints(TenantModel):
    """The lowest value of each score from 2 on, as of a day: what recency (days since the last order), frequency and monetary value were scored by.

    `own`: set by the company, otherwise equal shares of the customers of that day. `migration` counts customers by grade before (row) and now (column).
    """

    as_of = models.DateField()
    bins = models.SmallIntegerField()
    recency = models.JSONField(default=list)
    frequency = models.JSONField(default=list)
    monetary = models.JSONField(default=list)
    weights = models.JSONField(default=list)
    own = models.BooleanField(default=False)
    customers = models.BigIntegerField(default=0)
    migration = models.JSONField(default=list)
    before_on = models.DateField(null=True)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant_id", "as_of"], name="analytics_cuts_once")]


class ScoreHistory(TenantModel):
    """What was concluded about an account on a day. Of each month the last run's conclusions are kept."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    as_of = models.DateField()
    value = MoneyField(null=True)
    p_alive = models.FloatField(null=True)
    churn = models.FloatField(null=True)
    grade = models.CharField(max_length=1, choices=Grade.choices, blank=True)
    stage = models.CharField(max_length=12, choices=LifecycleStage.choices, blank=True)
    rfm = models.SmallIntegerField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["tenant_id", "account", "-as_of"], name="analytics_history_account"),
            models.Index(fields=["tenant_id", "as_of"], name="analytics_history_as_of"),
        ]
