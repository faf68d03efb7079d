"""Accounts: who we trade with."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from guanxi.core.fields import MoneyField
from guanxi.core.models import TenantModel
from guanxi.customers.models.choices import (
    AccountKind,
    CreditRisk,
    CustomerGroup,
    Grade,
    LifecycleStage,
    ServiceLevel,
    Source,
    TeamRole,
)
from guanxi.customers.models.scored import Scored, ScoreLink, offer
from guanxi.identity.models import Language, Membership
from guanxi.records.models import Record


class PostalAddress(models.Model):
    """The columns of a postal address."""

    street = models.CharField(_("Street"), max_length=300, blank=True)
    city = models.CharField(_("City"), max_length=120, blank=True)
    region = models.CharField(_("Province or state"), max_length=120, blank=True)
    postcode = models.CharField(_("Postcode"), max_length=20, blank=True)
    country = models.CharField(_("Country"), max_length=2, blank=True)

    class Meta:
        abstract = True


class Account(Scored, PostalAddress, Record):  # type: ignore[misc]
    """A business, an individual or a household we trade with or want to.

    `name_sort`, `phone_e164`, `email_norm` are derived (science.names, customers.reach). The contact times are kept by
    the room above that files interactions.
    """

    kind = models.CharField(_("Kind"), max_length=12, choices=AccountKind.choices, default=AccountKind.BUSINESS)
    name = models.CharField(_("Name"), max_length=200)
    name_sort = models.CharField(max_length=400, editable=False, default="")
    legal_name = models.CharField(_("Legal name"), max_length=200, blank=True)
    tax_number = models.CharField(_("Tax number"), max_length=40, blank=True)
    parent = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="subsidiaries",
        verbose_name=_("Parent account"),
    )
    relations = ArrayField(models.CharField(max_length=20), default=list, blank=True, verbose_name=_("Relation"))
    industry = models.CharField(_("Industry"), max_length=80, blank=True)
    employees = models.PositiveIntegerField(_("Employees"), null=True, blank=True)
    annual_revenue = MoneyField(_("Annual revenue"), null=True, blank=True)
    currency = models.CharField(_("Currency"), max_length=3, blank=True)
    founded = models.PositiveSmallIntegerField(_("Founded"), null=True, blank=True)
    website = models.CharField(_("Web site"), max_length=200, blank=True)
    phone = models.CharField(_("Phone"), max_length=60, blank=True)
    phone_e164 = models.CharField(max_length=20, editable=False, default="")
    email = models.EmailField(_("E-mail"), max_length=254, blank=True)
    email_norm = models.CharField(max_length=254, editable=False, default="")
    wechat = models.CharField(_("WeChat"), max_length=60, blank=True)
    payment_terms = models.CharField(_("Payment terms"), max_length=120, blank=True)
    price_book = models.ForeignKey(
        "catalogue.PriceBook",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("Price book"),
    )
    language = models.CharField(_("Language"), max_length=10, choices=Language.choices, blank=True)
    time_zone = models.CharField(_("Time zone"), max_length=60, blank=True)
    lifecycle_stage = models.CharField(
        _("Customer lifecycle stage"), max_length=12, choices=LifecycleStage.choices, default=LifecycleStage.ACQUISITION
    )
    grade = models.CharField(_("Grade"), max_length=1, choices=Grade.choices, blank=True)
    is_key = models.BooleanField(_("Key account"), default=False)
    credit_risk = models.CharField(
        _("Credit risk"), max_length=10, choices=CreditRisk.choices, default=CreditRisk.UNCHECKED
    )
    source = models.CharField(_("Source"), max_length=20, choices=Source.choices, blank=True)
    customer_since = models.DateField(_("Customer since"), null=True, blank=True)
    description = models.TextField(_("Description"), blank=True)
    needs = ArrayField(models.CharField(max_length=120), default=list, blank=True, verbose_name=_("Needs"))
    preferences = ArrayField(models.CharField(max_length=120), default=list, blank=True, verbose_name=_("Preferences"))
    hobbies = ArrayField(models.CharField(max_length=120), default=list, blank=True, verbose_name=_("Hobbies"))
    last_contact_at = models.DateTimeField(_("Last contact"), null=True, blank=True, editable=False)
    next_contact_at = models.DateTimeField(_("Next contact"), null=True, blank=True, editable=False)
    score = ScoreLink()

    class Meta(Record.Meta):
        indexes = [
            *Record.Meta.indexes,
            models.Index(fields=["tenant_id", "name_sort", "id"], name="account_name_sort"),
            models.Index(fields=["tenant_id", "email_norm"], name="account_email", condition=~models.Q(email_norm="")),
            models.Index(fields=["tenant_id", "phone_e164"], name="account_phone", condition=~models.Q(phone_e164="")),
            models.Index(fields=["tenant_id", "last_contact_at", "id"], name="account_last_contact"),
        ]

    def __str__(self) -> str:
        return self.name


class AccountTeamMember(TenantModel):
    """A colleague who serves an account, with a part in it."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="team_members")
    member = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="+")
    role = models.CharField(_("Role"), max_length=20, choices=TeamRole.choices, default=TeamRole.OTHER)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant_id", "account", "member"], name="customers_team_once")]


class Score(TenantModel):
    """What the models and rules concluded about an account; one row each, typed columns so that lists may sort by them.

    Written by the analytical rooms; money in the company's currency. `…_before` is what was concluded some 90 days ago (on `before_on`),
    `…_low` and `…_high` the ends of an 80 % interval, `…_12m` what was measured in the 12 months to `as_of`. `inputs` are the figures that the value was
    computed from, for the page that explains it; `churn_reasons` what pushes the chance to leave most, as {code, push, figures}: see analytics.leaving.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="scores")
    as_of = models.DateField(_("Scored on"))
    value = MoneyField(_("Customer value"), null=True)
    value_low = MoneyField(null=True)
    value_high = MoneyField(null=True)
    historic = MoneyField(_("Historic value"), null=True)
    current = MoneyField(_("Current value"), null=True)
    potential = MoneyField(_("Potential"), null=True)
    cost_to_serve = MoneyField(_("Cost to serve"), null=True)
    grade = models.CharField(_("Value grade"), max_length=1, choices=Grade.choices, blank=True)
    p_alive = models.FloatField(_("Probability of being a customer"), null=True)
    churn = models.FloatField(_("Probability of leaving"), null=True)
    recency_score = models.SmallIntegerField(_("Recency score"), null=True)
    frequency_score = models.SmallIntegerField(_("Frequency score"), null=True)
    monetary_score = models.SmallIntegerField(_("Monetary score"), null=True)
    next_order_on = models.DateField(_("Next order expected"), null=True)
    next_order_low = models.DateField(null=True)
    next_order_high = models.DateField(null=True)
    churn_low = models.FloatField(null=True)
    churn_high = models.FloatField(null=True)
    churn_reasons = models.JSONField(default=list, blank=True)
    value_before = MoneyField(null=True)
    p_alive_before = models.FloatField(null=True)
    before_on = models.DateField(null=True)
    margin_next = MoneyField(_("Margin of the next 12 months"), null=True)
    margin_next_low = MoneyField(null=True)
    margin_next_high = MoneyField(null=True)
    revenue_12m = MoneyField(_("Revenue of the last 12 months"), null=True)
    margin_12m = MoneyField(_("Margin of the last 12 months"), null=True)
    profit_12m = MoneyField(_("Profit of the last 12 months"), null=True)
    stage = models.CharField(_("Computed stage"), max_length=12, choices=LifecycleStage.choices, blank=True)
    stage_since = models.DateField(_("Stage since"), null=True)
    inputs = models.JSONField(default=dict, blank=True)
    share_of_wallet = models.FloatField(_("Share of wallet"), null=True)
    segment = models.CharField(_("Kind of buyer"), max_length=60, choices=CustomerGroup.choices, blank=True)
    service = models.CharField(
        _("Service level"), max_length=12, choices=ServiceLevel.choices, blank=True, default="", db_default=""
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant_id", "account"], name="customers_score_once")]
        indexes = [models.Index(fields=["tenant_id", "-value", "account"], name="customers_score_value")]


CONCLUSIONS = (
    "value", "grade", "historic", "current", "potential", "cost_to_serve", "margin_next", "revenue_12m", "margin_12m", "profit_12m", "p_alive",
    "churn", "next_order_on", "recency_score", "frequency_score", "monetary_score", "share_of_wallet", "stage", "stage_since", "segment", "service", "as_of",
)  # fmt: skip
offer(Account, CONCLUSIONS)
