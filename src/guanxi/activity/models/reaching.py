"""Words to colleagues and customers: notifications, what was sent to whom, addresses that must not be used."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from guanxi.activity.models.choices import OutreachStatus
from guanxi.core.models import TenantModel
from guanxi.customers.models import Account, ConsentChannel, ConsentPurpose, Contact
from guanxi.identity.models import Membership


class Notification(TenantModel):
    """A line in a member's inbox: a translatable sentence (msgid and values) and where it leads."""

    member = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=40)
    message = models.CharField(max_length=300)
    args = models.JSONField(default=dict)
    url = models.CharField(max_length=300, blank=True)
    object = models.CharField(max_length=60, blank=True)
    record_id = models.UUIDField(null=True)
    at = models.DateTimeField(db_default=Now())
    read_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["tenant_id", "member", "-at", "-id"], name="activity_notification_at"),
            models.Index(
                fields=["tenant_id", "member"],
                name="activity_notification_new",
                condition=models.Q(read_at__isnull=True),
            ),
        ]

    @property
    def text(self) -> str:
        """The sentence in the reader's language."""
        try:
            return str(gettext(self.message) % self.args)
        except (KeyError, TypeError, ValueError):
            return self.message


class Outreach(TenantModel):
    """Something sent to a customer through the gate: what the frequency limit counts and the message's receipt refers to."""

    account = models.ForeignKey(Account, null=True, on_delete=models.CASCADE, related_name="+")
    contact = models.ForeignKey(Contact, null=True, on_delete=models.CASCADE, related_name="+")
    purpose = models.CharField(max_length=12, choices=ConsentPurpose.choices)
    channel = models.CharField(max_length=10, choices=ConsentChannel.choices)
    address = models.CharField(max_length=254, blank=True)
    subject = models.CharField(max_length=300, blank=True)
    message_id = models.UUIDField(null=True)
    object = models.CharField(max_length=60, blank=True)
    record_id = models.UUIDField(null=True)
    status = models.CharField(max_length=10, choices=OutreachStatus.choices, default=OutreachStatus.QUEUED)
    member_id = models.UUIDField(null=True)
    own = models.JSONField(default=dict)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [
            models.Index(fields=["tenant_id", "contact", "purpose", "-at"], name="activity_outreach_contact"),
            models.Index(fields=["tenant_id", "account", "purpose", "-at"], name="activity_outreach_account"),
            models.Index(fields=["tenant_id", "message_id"], name="activity_outreach_message"),
        ]


class Suppression(TenantModel):
    """An address that must not be used: it bounced, complained, or the law says so."""

    channel = models.CharField(_("Channel"), max_length=10, choices=ConsentChannel.choices)
    address = models.CharField(_("Address"), max_length=254)
    reason = models.CharField(_("Reason"), max_length=200)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant_id", "channel", "address"], name="activity_suppression_once")
        ]
