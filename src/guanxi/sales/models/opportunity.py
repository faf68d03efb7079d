"""Opportunities with their contacts, lines and the history of their stages."""

from decimal import Decimal

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from guanxi.catalogue.models import NOT_NEGATIVE, PERCENT, Product
from guanxi.core.fields import MoneyField
from guanxi.core.models import TenantModel
from guanxi.customers.models import ContactRole, Source
from guanxi.records.models import Record
from guanxi.sales.models.lead import Lead
from guanxi.sales.models.pipeline import Category, Pipeline, Reason, Stage


class OpportunityType(models.TextChoices):
    """What kind of business it would be."""

    NEW = "new", _("New business")
    EXISTING = "existing", _("Existing business")
    RENEWAL = "renewal", _("Renewal")
    UPSELL = "upsell", _("Upsell")
    CROSS_SELL = "cross_sell", _("Cross-sell")


class ForecastCategory(models.TextChoices):
    """How the owner counts it in the forecast."""

    OMITTED = "omitted", _("Omitted")
    PIPELINE = "pipeline", pgettext_lazy("forecast", "Pipeline")
    BEST_CASE = "best_case", _("Best case")
    COMMIT = "commit", _("Commit")
    CLOSED = "closed", _("Closed")


class Opportunity(Record):
    """A possible sale in a stage of a pipeline.

    `close_date` is expected, `closed_at` actual. `probability` belongs to the record: a changed stage definition does not
    rewrite it. `amount_company` repeats the amount in the company's currency, so that sums need no rates.
    """

    name = models.CharField(_("Name"), max_length=200)
    account = models.ForeignKey(
        "customers.Account",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("Account"),
    )
    contact = models.ForeignKey(
        "customers.Contact",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("Contact"),
    )
    pipeline = models.ForeignKey(
        Pipeline, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("Pipeline")
    )
    stage = models.ForeignKey(Stage, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("Stage"))
    stage_since = models.DateTimeField(_("In stage since"), null=True, blank=True)
    category = models.CharField(_("Category"), max_length=10, choices=Category.choices, default=Category.OPEN)
    probability = models.PositiveSmallIntegerField(
        _("Probability (%)"), null=True, blank=True, validators=[MaxValueValidator(100)]
    )
    amount = MoneyField(_("Amount"), null=True, blank=True)
    currency = models.CharField(_("Currency"), max_length=3, blank=True)
    amount_company = MoneyField(_("Amount in company currency"), null=True, blank=True)
    weighted = MoneyField(_("Weighted amount"), null=True, blank=True)
    type = models.CharField(_("Type"), max_length=12, choices=OpportunityType.choices, default=OpportunityType.NEW)
    forecast_category = models.CharField(
        _("Forecast category"), max_length=10, choices=ForecastCategory.choices, default=ForecastCategory.PIPELINE
    )
    close_date = models.DateField(_("Close date"), null=True, blank=True)
    closed_at = models.DateTimeField(_("Closed"), null=True, blank=True)
    reason = models.ForeignKey(
        Reason, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("Reason")
    )
    reason_note = models.TextField(_("What decided"), blank=True)
    competitor = models.ForeignKey(
        "customers.Competitor",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("Competitor"),
    )
    next_step = models.CharField(_("Next step"), max_length=300, blank=True)
    next_step_at = models.DateTimeField(_("Next step on"), null=True, blank=True)
    source = models.CharField(_("Source"), max_length=20, choices=Source.choices, blank=True)
    lead = models.ForeignKey(
        Lead, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("Lead")
    )
    description = models.TextField(_("Description"), blank=True)

    class Meta(Record.Meta):
        verbose_name = _("Opportunity")
        indexes = [
            *Record.Meta.indexes,
            models.Index(fields=["tenant_id", "stage", "-updated_at", "id"], name="sales_opportunity_stage_at"),
            models.Index(fields=["tenant_id", "close_date", "id"], name="sales_opportunity_close"),
            models.Index(fields=["tenant_id", "owner", "close_date", "id"], name="sales_opportunity_mine"),
            models.Index(fields=["tenant_id", "amount_company", "id"], name="sales_opportunity_amount"),
            models.Index(fields=["tenant_id", "category", "closed_at"], name="sales_opportunity_category"),
        ]

    def __str__(self) -> str:
        return self.name


class OpportunityContact(TenantModel):
    """A contact's role in an opportunity."""

    opportunity = models.ForeignKey(Opportunity, on_delete=models.CASCADE, related_name="contacts")
    contact = models.ForeignKey("customers.Contact", on_delete=models.PROTECT, related_name="+")
    role = models.CharField(_("Role"), max_length=20, choices=ContactRole.choices, default=ContactRole.OTHER)
    is_primary = models.BooleanField(_("Primary"), default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant_id", "opportunity", "contact"], name="sales_opportunity_contact")
        ]


class OpportunityLine(TenantModel):
    """A product in an opportunity, with the discount that is expected."""

    opportunity = models.ForeignKey(Opportunity, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveIntegerField(default=0)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+", verbose_name=_("Product"))
    quantity = models.DecimalField(
        _("Quantity"), max_digits=15, decimal_places=4, default=Decimal(1), validators=NOT_NEGATIVE
    )
    list_price = MoneyField(_("List price"), validators=NOT_NEGATIVE)
    discount_percent = models.DecimalField(
        _("Discount (%)"), max_digits=6, decimal_places=3, default=Decimal(0), validators=PERCENT
    )
    amount = MoneyField(_("Amount"))

    class Meta:
        indexes = [models.Index(fields=["tenant_id", "opportunity", "position"], name="sales_oppline_position")]


class StageHistory(TenantModel):
    """One move of an opportunity: from where to where, when, by whom, and what it was worth then."""

    opportunity = models.ForeignKey(Opportunity, on_delete=models.CASCADE, related_name="stage_history")
    from_stage = models.ForeignKey(Stage, null=True, on_delete=models.PROTECT, related_name="+")
    to_stage = models.ForeignKey(Stage, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(db_default=Now())
    member_id = models.UUIDField(null=True)
    probability = models.PositiveSmallIntegerField()
    amount = MoneyField(null=True)
    seconds = models.BigIntegerField(null=True)

    class Meta:
        indexes = [models.Index(fields=["tenant_id", "opportunity", "at"], name="sales_stagehistory_at")]
