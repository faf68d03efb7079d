"""Offers, and what customers said to them."""

from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from guanxi.core.fields import MoneyField
from guanxi.customers.models import Account, Contact
from guanxi.engagement.models.choices import (
    DeclineReason,
    LeadsTo,
    OfferChannel,
    Offered,
    OfferKind,
    OfferStatus,
    ResponseState,
)
from guanxi.records.models import Record

PERCENT = (MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(100)))


class Offer(Record):
    """Something that may be proposed to customers: what, to whom, on which channels, from when to when, what it brings.

    `criteria` say whom it suits (of an account); `capacity` is how many may accept; `control_percent` of the customers are never proposed it,
    always the same ones, so that its effect can be measured.
    """

    name = models.CharField(_("Name"), max_length=200)
    name_zh = models.CharField(_("Name in Chinese"), max_length=200, blank=True)
    kind = models.CharField(_("Kind"), max_length=12, choices=OfferKind.choices, default=OfferKind.CROSS_SELL)
    offered = models.CharField(_("What is offered"), max_length=10, choices=Offered.choices, default=Offered.PRODUCT)
    product = models.ForeignKey(
        "catalogue.Product",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("Product"),
    )
    description = models.TextField(_("Text to the customer"), blank=True)
    description_zh = models.TextField(_("Text in Chinese"), blank=True)
    channels = ArrayField(models.CharField(max_length=10), default=list, blank=True, verbose_name=_("Channels"))
    valid_from = models.DateField(_("Valid from"), null=True, blank=True)
    valid_to = models.DateField(_("Valid to"), null=True, blank=True)
    price = MoneyField(_("Price"), null=True, blank=True)
    discount_percent = models.DecimalField(
        _("Discount (%)"), max_digits=5, decimal_places=2, null=True, blank=True, validators=PERCENT
    )
    margin = MoneyField(_("Expected margin"), null=True, blank=True)
    contact_cost = MoneyField(_("Cost of a contact"), null=True, blank=True)
    currency = models.CharField(_("Currency"), max_length=3, blank=True)
    criteria = models.JSONField(_("For whom"), default=dict, blank=True)
    capacity = models.PositiveIntegerField(_("At most accepted"), null=True, blank=True)
    control_percent = models.PositiveSmallIntegerField(
        _("Control group (%)"), default=0, validators=[MaxValueValidator(50)]
    )
    leads_to = models.CharField(_("Accepted, it makes"), max_length=12, choices=LeadsTo.choices, default=LeadsTo.TASK)
    status = models.CharField(_("Status"), max_length=10, choices=OfferStatus.choices, default=OfferStatus.DRAFT)

    class Meta(Record.Meta):
        verbose_name = _("Offer")
        indexes = [
            *Record.Meta.indexes,
            models.Index(fields=["tenant_id", "status", "id"], name="engagement_offer_status"),
        ]

    def name_in(self, language: str) -> str:
        """The name for a language code such as "en" or "zh-hans"."""
        return (self.name_zh if language.startswith("zh") else "") or self.name

    def text_in(self, language: str) -> str:
        """The text to the customer, likewise."""
        return (self.description_zh if language.startswith("zh") else "") or self.description


class Response(Record):
    """One offer proposed to one customer, on a channel at a time, and what came of it.

    `control`: the customer belongs to the control group, nothing was proposed. `made_object`, `made_id` name what accepting made; `deal_id` is the
    record whose end is the outcome (an opportunity, also where a quote was made of it). The sums are in `currency`.
    """

    goes_with = ("account",)

    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="+", verbose_name=_("Offer"))
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", verbose_name=_("Account"))
    contact = models.ForeignKey(
        Contact, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("Contact")
    )
    channel = models.CharField(_("Channel"), max_length=10, choices=OfferChannel.choices, blank=True)
    proposed_at = models.DateTimeField(_("Proposed"), null=True, blank=True)
    state = models.CharField(_("State"), max_length=10, choices=ResponseState.choices, default=ResponseState.PROPOSED)
    answered_at = models.DateTimeField(_("Answered"), null=True, blank=True)
    decline_reason = models.CharField(_("Why declined"), max_length=12, choices=DeclineReason.choices, blank=True)
    later_on = models.DateField(_("Ask again on"), null=True, blank=True)
    note = models.TextField(_("Note"), blank=True)
    control = models.BooleanField(_("Control group"), default=False)
    made_object = models.CharField(_("What it made"), max_length=20, blank=True)
    made_id = models.UUIDField(null=True, blank=True)
    deal_id = models.UUIDField(null=True, blank=True)
    converted_at = models.DateTimeField(_("Converted"), null=True, blank=True)
    revenue = MoneyField(_("Revenue"), null=True, blank=True)
    margin = MoneyField(_("Margin"), null=True, blank=True)
    currency = models.CharField(_("Currency"), max_length=3, blank=True)

    class Meta(Record.Meta):
        verbose_name = _("Response")
        indexes = [
            *Record.Meta.indexes,
            models.Index(fields=["tenant_id", "account", "-proposed_at"], name="engagement_response_account"),
            models.Index(fields=["tenant_id", "offer", "state"], name="engagement_response_offer"),
            models.Index(
                fields=["tenant_id", "deal_id"],
                name="engagement_response_deal",
                condition=models.Q(deal_id__isnull=False),
            ),
        ]
