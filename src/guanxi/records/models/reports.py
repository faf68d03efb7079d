"""Reports and dashboards that people keep."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from guanxi.core.models import TenantModel
from guanxi.identity.models import Membership, Team


class Kept(TenantModel):
    """What a person made and may share: for oneself, a team or everybody. `version` is the optimistic lock."""

    name = models.CharField(_("Name"), max_length=120)
    owner = models.ForeignKey(Membership, null=True, on_delete=models.CASCADE, related_name="+")
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    audience = models.CharField(max_length=10, default="private")
    version = models.IntegerField(default=1)
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        abstract = True


class Report(Kept):
    """A report as somebody left it; `definition` as records.reports.definition reads it."""

    about = models.CharField(_("What it tells"), max_length=300, blank=True)
    folder = models.CharField(_("Folder"), max_length=60, blank=True)
    definition = models.JSONField(default=dict)


class Dashboard(Kept):
    """Reports side by side: `tiles` are {"report": key, "width": columns of 12} in their order; `filters` the fields that all are filtered by,
    as records.reports.narrowing names them."""

    tiles = models.JSONField(default=list)
    filters = models.JSONField(default=list)


class ReportFavourite(TenantModel):
    """A report (by its key) that a member wants first."""

    member = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=60)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant_id", "member", "key"], name="records_reportfavourite_once")
        ]
