"""How customers are served by the class of their value."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from guanxi.core.models import TenantModel
from guanxi.customers.models import Grade, ServiceLevel


class ServiceClass(TenantModel):
    """What customers of a value grade get. A grade without a row is served as analytics.serving.classes says from the start.

    channel         where contact is sought first ("" for none)
    visit_days      a contact at least so often; 0 for no rhythm
    discount_limit  how deep an offer may go, percent of the list price
    cost_share      serving may cost so much of the customer's margin of a year, percent
    """

    grade = models.CharField(_("Value grade"), max_length=1, choices=Grade.choices)
    level = models.CharField(_("Service level"), max_length=12, choices=ServiceLevel.choices)
    promise = models.CharField(_("What that means"), max_length=200, blank=True)
    channel = models.CharField(_("Preferred channel"), max_length=12, blank=True)
    visit_days = models.PositiveSmallIntegerField(
        _("Contact every (days)"), default=0, validators=[MaxValueValidator(730)]
    )
    discount_limit = models.FloatField(
        _("Discount up to (%)"), default=0, validators=[MinValueValidator(0.0), MaxValueValidator(100.0)]
    )
    cost_share = models.FloatField(
        _("Cost to serve up to (% of margin)"),
        default=100,
        validators=[MinValueValidator(0.0), MaxValueValidator(1000.0)],
    )
    version = models.IntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant_id", "grade"], name="analytics_service_class_once")]
