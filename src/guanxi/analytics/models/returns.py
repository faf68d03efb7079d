"""What the CRM costs and is expected to bring; strengths, weaknesses, opportunities, threats."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from guanxi.core.models import TenantModel
from guanxi.identity.models import Membership


class ReturnCase(TenantModel):
    """The company's calculation: costs and expected effects as given, and the day from which effects are measured."""

    inputs = models.JSONField(default=dict)
    started_on = models.DateField(_("In use since"), null=True, blank=True)
    changed_at = models.DateTimeField(db_default=Now())
    version = models.IntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant_id"], name="analytics_return_case_once")]


class SwotKind(models.TextChoices):
    """The four fields of the sheet."""

    STRENGTH = "strength", _("Strengths")
    WEAKNESS = "weakness", _("Weaknesses")
    OPPORTUNITY = "opportunity", _("Opportunities")
    THREAT = "threat", _("Threats")


class SwotEntry(TenantModel):
    """What somebody wrote on the sheet, perhaps with the KPI that shows it."""

    kind = models.CharField(_("Field"), max_length=12, choices=SwotKind.choices)
    text = models.CharField(_("Text"), max_length=300)
    kpi = models.CharField(_("KPI"), max_length=60, blank=True)
    member = models.ForeignKey(Membership, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(db_default=Now())
    version = models.IntegerField(default=1)
