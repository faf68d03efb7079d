"""Plans that say who gets which offer on which channel within a budget, and what they concluded."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from guanxi.core.fields import MoneyField
from guanxi.core.models import TenantModel
from guanxi.identity.models import Membership


class AllocationGoal(models.TextChoices):
    """What a plan is to reach."""

    MARGIN = "margin", _("The greatest margin")
    RETURN = "return", _("Margin, but only where a contact brings the return asked for")


class AllocationState(models.TextChoices):
    """Where a plan stands. What is computed holds for its limits as they are; changing them makes it a draft again."""

    DRAFT = "draft", pgettext_lazy("allocation", "Draft")
    COMPUTING = "computing", pgettext_lazy("allocation", "Computing")
    COMPUTED = "computed", pgettext_lazy("allocation", "Computed")
    IMPOSSIBLE = "impossible", pgettext_lazy("allocation", "Impossible")
    FAILED = "failed", pgettext_lazy("allocation", "Failed")
    APPLIED = "applied", pgettext_lazy("allocation", "Applied")
    ENDED = "ended", pgettext_lazy("allocation", "Ended")


class AllocationPlan(TenantModel):
    """Who is to get what. Money in the company's currency.

    offers    list of {offer, minimum, maximum}: customers who are to get it at least and at most (null: no limit)
    channels  list of {channel, capacity, cost}: contacts there may be (null: no limit), what one costs (null: as the offer says)
    problem   why no allocation keeps the limits, or why computing failed: {code, …}, see analytics.optimising.saying
    result    totals, prices, curve and baselines: see analytics.optimising.computing
    """

    name = models.CharField(_("Name"), max_length=120)
    goal = models.CharField(_("Goal"), max_length=10, choices=AllocationGoal.choices, default=AllocationGoal.MARGIN)
    hurdle = models.FloatField(
        _("Return asked for (%)"), default=50.0, validators=[MinValueValidator(0.0), MaxValueValidator(10_000.0)]
    )
    budget = MoneyField(_("Budget"), null=True, blank=True)
    first = models.DateField(_("From"))
    last = models.DateField(_("To"))
    segment_id = models.UUIDField(_("Customers"), null=True)
    offers = models.JSONField(_("Offers"), default=list)
    channels = models.JSONField(_("Channels"), default=list)
    state = models.CharField(_("State"), max_length=12, choices=AllocationState.choices, default=AllocationState.DRAFT)
    problem = models.JSONField(default=dict)
    result = models.JSONField(default=dict)
    owner = models.ForeignKey(Membership, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    computed_at = models.DateTimeField(null=True)
    applied_at = models.DateTimeField(null=True)
    version = models.IntegerField(default=1)

    class Meta:
        indexes = [models.Index(fields=["tenant_id", "state", "-applied_at"], name="analytics_allocation_state")]


class AllocationStep(models.TextChoices):
    """What has become of a customer's place in a plan."""

    PLANNED = "planned", pgettext_lazy("allocated", "Planned")
    PROPOSED = "proposed", pgettext_lazy("allocated", "Proposed")
    TASK = "task", pgettext_lazy("allocated", "Task made")
    REFUSED = "refused", pgettext_lazy("allocated", "Not proposed")


class Allocated(TenantModel):
    """A customer who gets an offer by a plan. `margin` is what it is expected to bring before the `cost` of the contact."""

    plan = models.ForeignKey(AllocationPlan, on_delete=models.CASCADE, related_name="rows", db_index=False)
    account = models.ForeignKey("customers.Account", on_delete=models.CASCADE, related_name="+", db_index=False)
    offer = models.ForeignKey("engagement.Offer", on_delete=models.CASCADE, related_name="+", db_index=False)
    channel = models.CharField(max_length=10)
    probability = models.FloatField()
    margin = models.FloatField()
    cost = models.FloatField()
    step = models.CharField(max_length=10, choices=AllocationStep.choices, default=AllocationStep.PLANNED)
    made_id = models.UUIDField(null=True)
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant_id", "plan", "account"], name="analytics_allocated_once")
        ]
        indexes = [
            models.Index(fields=["tenant_id", "plan", "offer"], name="analytics_allocated_offer"),
            models.Index(fields=["tenant_id", "account"], name="analytics_allocated_account"),
        ]
