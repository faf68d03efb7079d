"""What happened with customers: interactions and notes."""

from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from guanxi.activity.models.choices import Channel, Direction
from guanxi.core.fields import MoneyField
from guanxi.customers.models import Account, Contact
from guanxi.records.models import Record


class AboutCustomer(Record):
    """Base of records about an account, a contact, or any other record named by object and id."""

    goes_with = ("account", "contact", "record_id")

    account = models.ForeignKey(
        Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("Account")
    )
    contact = models.ForeignKey(
        Contact, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("Contact")
    )
    object = models.CharField(_("About"), max_length=60, blank=True, default="")
    record_id = models.UUIDField(null=True, blank=True)

    class Meta(Record.Meta):
        abstract = True
        indexes = [
            *Record.Meta.indexes,
            models.Index(
                fields=["tenant_id", "object", "record_id"], name="%(class)s_about", condition=~models.Q(object="")
            ),
        ]


class Interaction(AboutCustomer):
    """One contact on any channel in either direction, or a fact worth a line in the customer's history.

    `owner` is the colleague who had it. `message` and `args` hold a translatable sentence of the system (a msgid and its
    values); people's own words are in `subject` and `body`. `file_ids` are files of other records that went with it.
    """

    channel = models.CharField(_("Channel"), max_length=12, choices=Channel.choices)
    direction = models.CharField(_("Direction"), max_length=4, choices=Direction.choices, default=Direction.NONE)
    at = models.DateTimeField(_("When"), default=timezone.now)
    subject = models.CharField(_("Subject"), max_length=300, blank=True)
    message = models.CharField(max_length=300, blank=True, editable=False)
    args = models.JSONField(default=dict, editable=False)
    body = models.TextField(_("Text"), blank=True)
    duration_seconds = models.PositiveIntegerField(_("Duration (seconds)"), null=True, blank=True)
    cost = MoneyField(_("Cost"), null=True, blank=True)
    currency = models.CharField(_("Currency"), max_length=3, blank=True)
    outcome = models.CharField(_("Outcome"), max_length=120, blank=True)
    location = models.CharField(_("Place"), max_length=200, blank=True)
    participants = ArrayField(
        models.CharField(max_length=120), default=list, blank=True, verbose_name=_("Participants")
    )

    file_ids: "models.Field[list[UUID], list[UUID]]" = ArrayField(
        models.UUIDField(), default=list, blank=True, editable=False
    )

    class Meta(AboutCustomer.Meta):
        indexes = [
            *AboutCustomer.Meta.indexes,
            models.Index(fields=["tenant_id", "account", "-at", "-id"], name="interaction_account_at"),
            models.Index(fields=["tenant_id", "contact", "-at", "-id"], name="interaction_contact_at"),
            models.Index(fields=["tenant_id", "-at", "-id"], name="interaction_at"),
        ]

    @property
    def title(self) -> str:
        """The sentence in the reader's language, else the subject."""
        if not self.message:
            return self.subject
        try:
            return str(gettext(self.message) % self.args)
        except (KeyError, TypeError, ValueError):
            return self.subject

    def __str__(self) -> str:
        return self.title


class Note(AboutCustomer):
    """Words that a colleague wants kept. `mentions` are the members named in them."""

    body = models.TextField(_("Text"))
    mentions: "models.Field[list[UUID], list[UUID]]" = ArrayField(
        models.UUIDField(), default=list, blank=True, editable=False
    )
    pinned = models.BooleanField(_("Pinned"), default=False)

    @property
    def subject(self) -> str:
        """The first line, shortened: how the note is called in links."""
        first = self.body.strip().split("\n", 1)[0]
        return first if len(first) <= 80 else first[:79] + "…"

    def __str__(self) -> str:
        return self.subject

    class Meta(AboutCustomer.Meta):
        pass
