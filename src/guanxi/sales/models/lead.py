"""Leads: people or companies not yet qualified. One without owner lies in the lead pool."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from guanxi.core.fields import MoneyField
from guanxi.customers.models import Source
from guanxi.records.models import Record
from guanxi.sales.models.pipeline import Reason


class LeadStatus(models.TextChoices):
    """Categories: converted is converted; unqualified and recycled are closed; all others are open."""

    NEW = "new", pgettext_lazy("lead status", "New")
    ASSIGNED = "assigned", pgettext_lazy("lead status", "Assigned")
    WORKING = "working", pgettext_lazy("lead status", "Working")
    NURTURING = "nurturing", pgettext_lazy("lead status", "Nurturing")
    QUALIFIED = "qualified", pgettext_lazy("lead status", "Qualified")
    CONVERTED = "converted", pgettext_lazy("lead status", "Converted")
    UNQUALIFIED = "unqualified", pgettext_lazy("lead status", "Unqualified")
    RECYCLED = "recycled", pgettext_lazy("lead status", "Recycled")


OPEN_STATUSES = (
    LeadStatus.NEW,
    LeadStatus.ASSIGNED,
    LeadStatus.WORKING,
    LeadStatus.NURTURING,
    LeadStatus.QUALIFIED,
)
CLAIMABLE = (LeadStatus.NEW, LeadStatus.RECYCLED)


class Lead(Record):
    """A possible customer; after conversion it stays, read-only, and names what it became."""

    name = models.CharField(_("Name"), max_length=200)
    company_name = models.CharField(_("Company"), max_length=200, blank=True)
    job_title = models.CharField(_("Job title"), max_length=120, blank=True)
    email = models.EmailField(_("E-mail"), blank=True)
    email_norm = models.CharField(max_length=254, blank=True, editable=False)
    phone = models.CharField(_("Phone"), max_length=40, blank=True)
    phone_e164 = models.CharField(max_length=20, blank=True, editable=False)
    wechat = models.CharField(_("WeChat"), max_length=60, blank=True)
    website = models.CharField(_("Web site"), max_length=200, blank=True)
    industry = models.CharField(_("Industry"), max_length=120, blank=True)
    street = models.CharField(_("Street"), max_length=200, blank=True)
    city = models.CharField(_("City"), max_length=120, blank=True)
    region = models.CharField(_("Province or state"), max_length=120, blank=True)
    country = models.CharField(_("Country"), max_length=2, blank=True)
    source = models.CharField(_("Source"), max_length=20, choices=Source.choices, blank=True)
    status = models.CharField(_("Status"), max_length=12, choices=LeadStatus.choices, default=LeadStatus.NEW)
    score = models.IntegerField(_("Score"), default=0)
    interest = models.CharField(_("Interest"), max_length=300, blank=True)
    budget = MoneyField(_("Budget"), null=True, blank=True)
    currency = models.CharField(_("Currency"), max_length=3, blank=True)
    notes = models.TextField(_("Notes"), blank=True)
    reason = models.ForeignKey(
        Reason, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("Reason")
    )
    pooled_at = models.DateTimeField(_("In the pool since"), null=True, blank=True)
    converted_at = models.DateTimeField(_("Converted"), null=True, blank=True)
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
    opportunity = models.ForeignKey(
        "sales.Opportunity",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("Opportunity"),
    )

    class Meta(Record.Meta):
        verbose_name = _("Lead")
        indexes = [
            *Record.Meta.indexes,
            models.Index(fields=["tenant_id", "status", "id"], name="sales_lead_status"),
            models.Index(fields=["tenant_id", "-score", "id"], name="sales_lead_score"),
            models.Index(
                fields=["tenant_id", "email_norm"], name="sales_lead_email", condition=~models.Q(email_norm="")
            ),
            models.Index(
                fields=["tenant_id", "phone_e164"], name="sales_lead_phone", condition=~models.Q(phone_e164="")
            ),
        ]
