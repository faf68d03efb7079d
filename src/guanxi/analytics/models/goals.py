"""The tree of goals: from the company to teams and people."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from guanxi.core.models import TenantModel
from guanxi.identity.models import Membership, Team


class Split(models.TextChoices):
    """How a goal is broken down into those below it."""

    HAND = "hand", _("By hand")
    EQUAL = "equal", _("In equal parts")
    WEIGHT = "weight", _("By weight")
    LAST_YEAR = "last_year", _("As last year")


class Goal(TenantModel):
    """What is to be reached of a KPI in a period by the whole company, a team or a person.

    `amount` is null for won business of a person: there the monthly sales targets say it, and a goal only shows their sum.
    """

    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.CASCADE, related_name="children")
    kpi = models.CharField(_("KPI"), max_length=60)
    name = models.CharField(_("Name"), max_length=120, blank=True)
    team = models.ForeignKey(
        Team, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("Team")
    )
    member = models.ForeignKey(
        Membership, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("Person")
    )
    owner = models.ForeignKey(
        Membership, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("Owner")
    )
    first = models.DateField(_("From"))
    after = models.DateField(_("Until before"))
    amount = models.FloatField(_("Amount"), null=True, blank=True)
    weight = models.FloatField(_("Weight"), default=1.0)
    split = models.CharField(_("Broken down"), max_length=10, choices=Split.choices, default=Split.HAND)
    watch = models.FloatField(_("Amber below (% of what is expected by now)"), default=95.0)
    late = models.FloatField(_("Red below (% of what is expected by now)"), default=80.0)
    created_at = models.DateTimeField(db_default=Now())
    version = models.IntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(after__gt=models.F("first")), name="analytics_goal_period"),
            models.CheckConstraint(
                condition=models.Q(team__isnull=True) | models.Q(member__isnull=True), name="analytics_goal_one_holder"
            ),
        ]
        indexes = [models.Index(fields=["tenant_id", "first", "kpi"], name="analytics_goal_period_kpi")]


class GoalNote(TenantModel):
    """A comment on a goal, or what was changed of it (`changes`: name → [before, after])."""

    goal = models.ForeignKey(Goal, on_delete=models.CASCADE, related_name="notes")
    member = models.ForeignKey(Membership, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(db_default=Now())
    text = models.TextField(blank=True)
    changes = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["tenant_id", "goal", "-at"], name="analytics_goalnote_at")]
