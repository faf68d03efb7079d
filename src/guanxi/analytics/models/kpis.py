"""What the company decided about its KPIs, and those of its own."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from guanxi.core.models import TenantModel
from guanxi.identity.models import Membership


class Kpi(TenantModel):
    """Owner, target and thresholds of a delivered KPI (`key` names it), or one of the company's own: a formula of other KPIs, or the first measure of a report.

    `watch` and `late` are shares of the target in percent: below `watch` it is amber, below `late` rose (above, where less is better).
    """

    key = models.CharField(max_length=60)
    owner = models.ForeignKey(
        Membership, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("Owner")
    )
    target = models.FloatField(_("Target for a month"), null=True, blank=True)
    watch = models.FloatField(_("Amber below (% of the target)"), default=95.0)
    late = models.FloatField(_("Red below (% of the target)"), default=80.0)
    is_active = models.BooleanField(_("Active"), default=True)
    is_own = models.BooleanField(default=False)
    name_en = models.CharField(_("Name"), max_length=120, blank=True)
    name_zh = models.CharField(_("Name in Chinese"), max_length=120, blank=True)
    about_en = models.TextField(_("Explanation"), blank=True)
    about_zh = models.TextField(_("Explanation in Chinese"), blank=True)
    formula = models.CharField(_("Formula"), max_length=300, blank=True)
    report = models.CharField(_("Report"), max_length=60, blank=True)
    unit = models.CharField(_("Unit"), max_length=8, default="number")
    rising = models.BooleanField(_("More is better"), default=True)
    uses = ArrayField(models.CharField(max_length=60), default=list, editable=False)
    version = models.IntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant_id", "key"], name="analytics_kpi_key")]
