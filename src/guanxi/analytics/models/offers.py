"""How offers are taken up, what proposing them changes, and what staff decided about a proposed next step."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from guanxi.core.models import TenantModel

EFFECT_DAYS = 90
"""Within how many days after a proposal a purchase counts as its outcome."""


class OfferRate(TenantModel):
    """How often an offer is accepted on a channel by customers of a grade (an empty one: by all), drawn towards what groups have in common.

    Without an offer: of all offers, what one that nobody was asked yet begins with. The interval is one of 80 %.
    """

    offer = models.ForeignKey("engagement.Offer", null=True, on_delete=models.CASCADE, related_name="+", db_index=False)
    channel = models.CharField(max_length=10, blank=True)
    grade = models.CharField(max_length=1, blank=True)
    asked = models.PositiveIntegerField()
    accepted = models.PositiveIntegerField()
    rate = models.FloatField()
    low = models.FloatField()
    high = models.FloatField()
    as_of = models.DateField()

    class Meta:
        indexes = [models.Index(fields=["tenant_id", "offer", "channel"], name="analytics_offer_rate")]


class OfferEffect(TenantModel):
    """What proposing an offer changed: how many bought what it offers within `days`, of those it was proposed to and of its control group.

    The interval of the difference is one of 95 %.
    """

    offer = models.ForeignKey("engagement.Offer", on_delete=models.CASCADE, related_name="+", db_index=False)
    days = models.PositiveSmallIntegerField()
    proposed = models.PositiveIntegerField()
    proposed_bought = models.PositiveIntegerField()
    control = models.PositiveIntegerField()
    control_bought = models.PositiveIntegerField()
    effect = models.FloatField()
    low = models.FloatField()
    high = models.FloatField()
    as_of = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant_id", "offer"], name="analytics_effect_once")]


class CustomerUplift(TenantModel):
    """How much more likely a customer buys what an offer is about because it is asked. Only of offers whose model tells customers apart better than
    chance; the interval is one of 80 %."""

    account = models.ForeignKey("customers.Account", on_delete=models.CASCADE, related_name="+", db_index=False)
    offer = models.ForeignKey("engagement.Offer", on_delete=models.CASCADE, related_name="+", db_index=False)
    uplift = models.FloatField()
    low = models.FloatField()
    high = models.FloatField()
    as_of = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant_id", "account", "offer"], name="analytics_uplift_once")]


class Choice(models.TextChoices):
    """What a person made of a proposed next step; what was proposed to the customer stands with the offer's responses."""

    LATER = "later", pgettext_lazy("next step", "Other time")
    UNSUITABLE = "unsuitable", pgettext_lazy("next step", "Not suitable")


class ActionChoice(TenantModel):
    """An offer that a colleague put off, or found unsuitable, for a customer: until when it is not proposed again."""

    account = models.ForeignKey("customers.Account", on_delete=models.CASCADE, related_name="+", db_index=False)
    offer = models.ForeignKey("engagement.Offer", on_delete=models.CASCADE, related_name="+", db_index=False)
    channel = models.CharField(max_length=10, blank=True)
    choice = models.CharField(_("What to do"), max_length=10, choices=Choice.choices)
    until = models.DateField()
    member_id = models.UUIDField(null=True)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["tenant_id", "account", "until"], name="analytics_choice_account")]
