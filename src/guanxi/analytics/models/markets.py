"""Markets of satisfaction and loyalty: how hard customers find it to go elsewhere."""

from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from guanxi.core.models import TenantModel


class Market(TenantModel):
    """What keeps customers of an industry whether content or not: each of the four factors from 0 (nothing) to 3 (strongly).

    The market without an industry stands for all that have no row of their own.
    """

    industry = models.CharField(_("Industry"), max_length=80, blank=True)
    law = models.PositiveSmallIntegerField(_("Law and regulation"), default=0, validators=[MaxValueValidator(3)])
    switching = models.PositiveSmallIntegerField(_("Cost of changing"), default=0, validators=[MaxValueValidator(3)])
    technology = models.PositiveSmallIntegerField(
        _("Proprietary technology"), default=0, validators=[MaxValueValidator(3)]
    )
    rewards = models.PositiveSmallIntegerField(_("Rewards for regulars"), default=0, validators=[MaxValueValidator(3)])
    version = models.IntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant_id", "industry"], name="analytics_market_once")]
