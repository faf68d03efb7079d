"""Monthly sales targets of people and teams."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from guanxi.catalogue.models import NOT_NEGATIVE
from guanxi.core.fields import MoneyField
from guanxi.identity.models import Membership, Team
from guanxi.records.models import Record


class SalesTarget(Record):
    """What a person or a team is to sell in a month, in the company's currency. Exactly one of the two is named."""

    member = models.ForeignKey(
        Membership, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("Person")
    )
    for_team = models.ForeignKey(
        Team, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("Whole team")
    )
    month = models.DateField(_("Month"))
    amount = MoneyField(_("Amount"), validators=NOT_NEGATIVE)
    currency = models.CharField(_("Currency"), max_length=3, blank=True)

    class Meta(Record.Meta):
        verbose_name = _("Sales target")
        constraints = [
            *Record.Meta.constraints,
            models.CheckConstraint(
                condition=models.Q(member__isnull=False, for_team__isnull=True)
                | models.Q(member__isnull=True, for_team__isnull=False),
                name="sales_target_one_holder",
            ),
            models.UniqueConstraint(
                fields=["tenant_id", "member", "month"],
                name="sales_target_member",
                condition=models.Q(member__isnull=False, deleted_at__isnull=True),
            ),
            models.UniqueConstraint(
                fields=["tenant_id", "for_team", "month"],
                name="sales_target_team",
                condition=models.Q(for_team__isnull=False, deleted_at__isnull=True),
            ),
        ]
