"""What a KPI was in a period, as a whole and by each member of a dimension."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from guanxi.core.models import TenantModel


class Dimension(models.TextChoices):
    """Along what a figure is broken down."""

    ALL = "all", _("Whole company")
    REGION = "region", _("Region")
    FAMILY = "family", _("Product family")
    CHANNEL = "channel", _("Channel")
    TEAM = "team", _("Team")
    OWNER = "owner", _("Person")


class Grain(models.TextChoices):
    """How long a period is."""

    DAY = "day", _("Day")
    WEEK = "week", _("Week")
    MONTH = "month", _("Month")
    QUARTER = "quarter", _("Quarter")
    YEAR = "year", _("Year")


class Figure(TenantModel):
    """One number of a cube: `top`, or `top / bottom` for what is a rate, so that no average is ever taken of averages.

    `member` is the key of the region, family, team or person ("" for the whole and for what has none); `since` the first day.
    """

    kpi = models.CharField(max_length=60)
    dimension = models.CharField(max_length=10, choices=Dimension.choices)
    grain = models.CharField(max_length=8, choices=Grain.choices)
    since = models.DateField()
    member = models.CharField(max_length=120, blank=True, default="")
    top = models.FloatField()
    bottom = models.FloatField(null=True)
    as_of = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant_id", "kpi", "dimension", "grain", "since", "member"], name="analytics_figure_once"
            )
        ]

    @property
    def value(self) -> float | None:
        """The number itself; None for a rate of nothing."""
        if self.bottom is None:
            return self.top
        return self.top / self.bottom if self.bottom else None
