"""Keeping customers: early warnings, and what may be done at each stage."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from guanxi.analytics.models.choices import MeasureLevel
from guanxi.core.fields import MoneyField
from guanxi.core.models import TenantModel
from guanxi.customers.models import LifecycleStage


class EarlyWarning(TenantModel):
    """A customer whose chance to leave passed the limit, and the task that was made of it. It is over (`recovered_on`) once the chance is clearly below the
    limit again or the customer has left; until then the same fall warns no second time, whatever became of the task. `churn`, `value` and `reasons` as they were then."""

    account = models.ForeignKey("customers.Account", on_delete=models.CASCADE, related_name="+", db_index=False)
    as_of = models.DateField()
    churn = models.FloatField()
    value = MoneyField()
    reasons = models.JSONField(default=list)
    owner_id = models.UUIDField(null=True)
    task_id = models.UUIDField(null=True)
    recovered_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant_id", "account"],
                condition=models.Q(recovered_on__isnull=True),
                name="analytics_warning_open",
            )
        ]
        indexes = [models.Index(fields=["tenant_id", "-as_of"], name="analytics_warning_day")]


class RetentionMeasure(TenantModel):
    """What may be done for a customer in a stage. `cost` is that of one customer in the company's currency, `effect` by how many points more stay, as the company
    believes; where an offer with a control group (`offer_id`) stands for it, the measured effect counts. The first active one of a stage is suggested."""

    stage = models.CharField(_("Stage"), max_length=12, choices=LifecycleStage.choices)
    level = models.CharField(_("Level"), max_length=12, choices=MeasureLevel.choices)
    name_en = models.CharField(_("Name in English"), max_length=120, blank=True)
    name_zh = models.CharField(_("Name in Chinese"), max_length=120, blank=True)
    cost = MoneyField(_("Cost of one customer"), default=0)
    effect = models.FloatField(
        _("Expected effect (points)"),
        null=True,
        blank=True,
        validators=[MinValueValidator(0.0), MaxValueValidator(100.0)],
    )
    offer_id = models.UUIDField(null=True)
    position = models.PositiveSmallIntegerField(_("Place"), default=100)
    active = models.BooleanField(_("In use"), default=True)
    version = models.IntegerField(default=1)

    @property
    def name(self) -> str:
        """In the language of the page, else in the other one."""
        own, other = self.name_en, self.name_zh
        return (other or own) if (get_language() or "").startswith("zh") else (own or other)

    class Meta:
        indexes = [models.Index(fields=["tenant_id", "stage", "position"], name="analytics_measure_stage")]
