"""Reports that are read by a job, and figures that are kept for a while."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from guanxi.core.models import TenantModel
from guanxi.identity.models import Membership


class ReportRun(TenantModel):
    """One reading of a report for one person: what is read, how far it is, and what it answered.

    `digest` names the definition, so that the same report is not read twice; `rights` what the person might see when it was read:
    figures are shown as long as that is the same. `figures` are as records.reports.keeping writes them.
    """

    member = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="+", db_index=False)
    user_id = models.UUIDField()
    scopes = models.JSONField(null=True)
    via = models.CharField(max_length=20, default="web")
    key = models.CharField(max_length=60, blank=True)
    name = models.CharField(_("Name"), max_length=120)
    definition = models.JSONField()
    digest = models.CharField(max_length=64)
    rights = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=10, default="waiting")
    stop_wanted = models.BooleanField(default=False)
    error = models.TextField(default="")
    figures = models.JSONField(null=True)
    count = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["tenant_id", "member", "-created_at"], name="records_reportrun_member")]
