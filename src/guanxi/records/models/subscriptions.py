"""Reports that come by mail on a schedule."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from guanxi.core.models import TenantModel
from guanxi.identity.models import Membership


class ReportSubscription(TenantModel):
    """A report or dashboard (`key`) that is mailed to colleagues: how often, on which day (of week or month), at which time, in which forms.

    `given` narrows it as somebody looks at it: period, person, team. `at` is a time of day of each recipient's own time zone.
    """

    owner = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10, default="report")
    key = models.CharField(max_length=60)
    name = models.CharField(_("Name"), max_length=120)
    given = models.JSONField(default=dict)
    forms = models.JSONField(default=list)
    rhythm = models.CharField(_("How often"), max_length=10)
    day = models.SmallIntegerField(default=1)
    at = models.TimeField(_("Time"))
    note = models.CharField(_("Note"), max_length=500, blank=True)
    is_active = models.BooleanField(default=True)
    version = models.IntegerField(default=1)
    created_at = models.DateTimeField(db_default=Now())


class SubscriptionRecipient(TenantModel):
    """Somebody who gets it next at `next_at`, or has stopped it."""

    subscription = models.ForeignKey(ReportSubscription, on_delete=models.CASCADE, related_name="recipients")
    member = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="+")
    next_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant_id", "subscription", "member"], name="records_subscriber_once")
        ]
        indexes = [
            models.Index(
                fields=["tenant_id", "next_at"], name="records_subscriber_due", condition=models.Q(stopped_at=None)
            )
        ]


class ReportDelivery(TenantModel):
    """One sending to one person: the message that carries it, or why there is none. `due_at` makes a repetition harmless."""

    subscription = models.ForeignKey(ReportSubscription, on_delete=models.CASCADE, related_name="+")
    member = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="+")
    due_at = models.DateTimeField()
    state = models.CharField(max_length=10, default="waiting")
    error = models.TextField(default="")
    message_id = models.UUIDField(null=True)
    file_ids = models.JSONField(default=list)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant_id", "subscription", "member", "due_at"], name="records_delivery_once"
            )
        ]
