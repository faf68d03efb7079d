"""What the CRM costs and is expected to bring; strengths, weaknesses, opportunities, threats."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

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
    OPPORTUNITY = "opportunity", pgettext_lazy("swot", "Opportunities")
    THREAT = "threat", _("Threats")


class SwotState(models.TextChoices):
    """What becomes of an entry: on the sheet, kept at the top, left out."""

    SHOWN = "shown", pgettext_lazy("swot", "Shown")
    PINNED = "pinned", pgettext_lazy("swot", "Pinned")
    HIDDEN = "hidden", pgettext_lazy("swot", "Hidden")


class SwotEntry(TenantModel):
    """What somebody wrote on the sheet, perhaps with the KPI that shows it; or what was decided about the proposal `signal`, whose own words stand where `text` is empty."""

    kind = models.CharField(_("Field"), max_length=12, choices=SwotKind.choices)
    text = models.CharField(_("Text"), max_length=300, blank=True)
    kpi = models.CharField(_("KPI"), max_length=60, blank=True)
    signal = models.CharField(max_length=40, blank=True)
    state = models.CharField(_("State"), max_length=8, choices=SwotState.choices, default=SwotState.SHOWN)
    member = models.ForeignKey(Membership, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(db_default=Now())
    version = models.IntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant_id", "signal"], condition=~models.Q(signal=""), name="analytics_swot_signal_once"
            )
        ]


class Training(TenantModel):
    """A training that a person had."""

    member = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="+", verbose_name=_("Person"))
    title = models.CharField(_("Training"), max_length=120)
    done_on = models.DateField(_("Done on"))
    at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["tenant_id", "member", "-done_on"], name="analytics_training_member")]
