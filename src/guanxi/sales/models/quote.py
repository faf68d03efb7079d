"""Quotes and their lines. A revision is a further quote with the same number; the older one is then Revised."""

from decimal import Decimal

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from guanxi.catalogue.models import NOT_NEGATIVE, PERCENT, PriceBook, Product
from guanxi.core.fields import MoneyField
from guanxi.core.models import TenantModel
from guanxi.records.models import Record
from guanxi.sales.models.opportunity import Opportunity


class QuoteStatus(models.TextChoices):
    """Where a quote stands."""

    DRAFT = "draft", pgettext_lazy("quote status", "Draft")
    IN_REVIEW = "in_review", pgettext_lazy("quote status", "In review")
    APPROVED = "approved", pgettext_lazy("quote status", "Approved")
    REJECTED = "rejected", pgettext_lazy("quote status", "Rejected")
    SENT = "sent", pgettext_lazy("quote status", "Sent")
    VIEWED = "viewed", pgettext_lazy("quote status", "Viewed")
    ACCEPTED = "accepted", pgettext_lazy("quote status", "Accepted")
    ORDERED = "ordered", pgettext_lazy("quote status", "Ordered")
    DECLINED = "declined", pgettext_lazy("quote status", "Declined")
    EXPIRED = "expired", pgettext_lazy("quote status", "Expired")
    REVISED = "revised", pgettext_lazy("quote status", "Revised")
    CANCELLED = "cancelled", pgettext_lazy("quote status", "Cancelled")


class Approval(models.TextChoices):
    """Whether discounts above the role's limit were approved."""

    NONE = "none", pgettext_lazy("approval", "Not needed")
    NEEDED = "needed", pgettext_lazy("approval", "Needed")
    PENDING = "pending", pgettext_lazy("approval", "Pending")
    APPROVED = "approved", pgettext_lazy("approval", "Approved")
    REJECTED = "rejected", pgettext_lazy("approval", "Rejected")


class DocumentLanguage(models.TextChoices):
    """The languages of the printed quote."""

    CHINESE = "zh", "中文"
    ENGLISH = "en", "English"
    BOTH = "both", _("Chinese and English")


class Totals(models.Model):
    """The sums of a quote or order in its own currency, and the total in the company's."""

    currency = models.CharField(_("Currency"), max_length=3, blank=True)
    list_total = MoneyField(_("List total"), default=Decimal(0))
    discount_total = MoneyField(_("Discount"), default=Decimal(0))
    net_total = MoneyField(_("Net"), default=Decimal(0))
    tax_total = MoneyField(_("Tax"), default=Decimal(0))
    total = MoneyField(_("Total"), default=Decimal(0))
    margin = MoneyField(_("Margin"), null=True, blank=True)
    margin_percent = models.DecimalField(_("Margin (%)"), max_digits=7, decimal_places=2, null=True, blank=True)
    net_company = MoneyField(_("Net in company currency"), null=True, blank=True)

    class Meta:
        abstract = True


class Quote(Totals, Record):
    """An offer to a customer. `number` and `revision` name it on paper: Q-202611-0083, version 3."""

    books = models.Q(sent_at__isnull=False) | models.Q(status__in=(QuoteStatus.ACCEPTED, QuoteStatus.ORDERED))

    name = models.CharField(_("Subject"), max_length=200, blank=True)
    number = models.CharField(_("Number"), max_length=40, blank=True)
    revision = models.PositiveIntegerField(_("Version"), default=1)
    previous = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("Previous version")
    )
    status = models.CharField(_("Status"), max_length=10, choices=QuoteStatus.choices, default=QuoteStatus.DRAFT)
    approval = models.CharField(_("Approval"), max_length=10, choices=Approval.choices, default=Approval.NONE)
    approval_note = models.TextField(_("Note on the approval"), blank=True)
    account = models.ForeignKey(
        "customers.Account", on_delete=models.PROTECT, related_name="+", verbose_name=_("Account")
    )
    contact = models.ForeignKey(
        "customers.Contact",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("Contact"),
    )
    opportunity = models.ForeignKey(
        Opportunity, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("Opportunity")
    )
    price_book = models.ForeignKey(
        PriceBook, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("Price book")
    )
    quote_date = models.DateField(_("Date"), null=True, blank=True)
    valid_until = models.DateField(_("Valid until"), null=True, blank=True)
    document_language = models.CharField(
        _("Document language"), max_length=4, choices=DocumentLanguage.choices, default=DocumentLanguage.CHINESE
    )
    payment_terms = models.CharField(_("Payment"), max_length=300, blank=True)
    delivery_terms = models.CharField(_("Delivery"), max_length=300, blank=True)
    warranty = models.CharField(_("Warranty"), max_length=300, blank=True)
    terms = models.TextField(_("Terms and conditions"), blank=True)
    sent_at = models.DateTimeField(_("Sent"), null=True, blank=True)
    viewed_at = models.DateTimeField(_("Viewed"), null=True, blank=True)
    accepted_at = models.DateTimeField(_("Accepted"), null=True, blank=True)
    declined_at = models.DateTimeField(_("Declined"), null=True, blank=True)
    decline_note = models.TextField(_("Why declined"), blank=True)

    class Meta(Record.Meta):
        verbose_name = _("Quote")
        constraints = [
            *Record.Meta.constraints,
            models.UniqueConstraint(
                fields=["tenant_id", "number", "revision"], name="sales_quote_revision", condition=~models.Q(number="")
            ),
        ]
        indexes = [
            *Record.Meta.indexes,
            models.Index(fields=["tenant_id", "status", "valid_until"], name="sales_quote_status"),
        ]

    def __str__(self) -> str:
        return f"{self.number or self.code} v{self.revision}"


class LineKind(models.TextChoices):
    """A line that is priced, or words between lines."""

    PRODUCT = "product", _("Product")
    SECTION = "section", _("Section")
    TEXT = "text", _("Text")


class PricedLine(models.Model):
    """A line of a quote or order. Names, unit, tax and cost are copied from the product, so that it stays as it was offered."""

    position = models.PositiveIntegerField(default=0)
    kind = models.CharField(max_length=10, choices=LineKind.choices, default=LineKind.PRODUCT)
    product = models.ForeignKey(
        Product, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("Product")
    )
    sku = models.CharField(max_length=60, blank=True)
    name = models.CharField(max_length=300, blank=True)
    name_zh = models.CharField(max_length=300, blank=True)
    description = models.TextField(blank=True)
    quantity = models.DecimalField(max_digits=15, decimal_places=4, default=Decimal(1), validators=NOT_NEGATIVE)
    unit = models.CharField(max_length=40, blank=True)
    unit_zh = models.CharField(max_length=40, blank=True)
    list_price = MoneyField(default=Decimal(0), validators=NOT_NEGATIVE)
    discount_percent = models.DecimalField(max_digits=6, decimal_places=3, default=Decimal(0), validators=PERCENT)
    net_price = MoneyField(default=Decimal(0))
    amount = MoneyField(default=Decimal(0))
    tax_rate = models.DecimalField(max_digits=6, decimal_places=3, default=Decimal(0), validators=PERCENT)
    cost = MoneyField(null=True, blank=True)

    class Meta:
        abstract = True

    def name_in(self, language: str) -> str:
        """The line's name for a language code."""
        return (self.name_zh if language.startswith("zh") else "") or self.name or self.name_zh

    def unit_in(self, language: str) -> str:
        """The unit's name for a language code."""
        return (self.unit_zh if language.startswith("zh") else "") or self.unit


class QuoteLine(PricedLine, TenantModel):
    """A line of a quote; an optional one is shown but not summed."""

    quote = models.ForeignKey(Quote, on_delete=models.CASCADE, related_name="lines")
    optional = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=["tenant_id", "quote", "position"], name="sales_quoteline_position")]
