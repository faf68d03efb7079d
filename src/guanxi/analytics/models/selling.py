"""Selling more: what is bought together, and what each customer is likely to take next."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from guanxi.core.models import TenantModel


class SellingKind(models.TextChoices):
    """Why a product suits a customer: something else, something dearer of the same family, an addition to what it has."""

    CROSS_SELL = "cross_sell", _("Cross-sell")
    UP_SELL = "up_sell", _("Up-sell")
    ADD_ON = "add_on", _("Add-on")


class ProductRule(TenantModel):
    """Customers who have all of `given` also have `product`: counted over customers and all they have bought until the day.

    `both` have all, `left` have what is given, `right` have the product, of so many `customers`.
    """

    given = ArrayField(models.UUIDField())
    product = models.ForeignKey("catalogue.Product", on_delete=models.CASCADE, related_name="+", db_index=False)
    both = models.PositiveIntegerField()
    left = models.PositiveIntegerField()
    right = models.PositiveIntegerField()
    customers = models.PositiveIntegerField()
    as_of = models.DateField()

    class Meta:
        indexes = [models.Index(fields=["tenant_id", "product"], name="analytics_rule_product")]

    @property
    def confidence(self) -> float:
        """Share of those with what is given who also have the product."""
        return self.both / self.left

    @property
    def lift(self) -> float:
        """How many times more often than among all."""
        return self.both * self.customers / (self.left * self.right)


class ProductPair(TenantModel):
    """Another product that the same customers have: cosine of who has them; `both` customers have the two."""

    product = models.ForeignKey("catalogue.Product", on_delete=models.CASCADE, related_name="+", db_index=False)
    other = models.ForeignKey("catalogue.Product", on_delete=models.CASCADE, related_name="+", db_index=False)
    score = models.FloatField()
    both = models.PositiveIntegerField()
    as_of = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant_id", "product", "other"], name="analytics_pair_once")]


class NextProduct(TenantModel):
    """A product that a customer does not have: probability of taking it up within `days`, and the margin that it then brings in a year.

    `because` is the product held that speaks most for it.
    """

    account = models.ForeignKey("customers.Account", on_delete=models.CASCADE, related_name="+", db_index=False)
    product = models.ForeignKey("catalogue.Product", on_delete=models.CASCADE, related_name="+", db_index=False)
    because = models.ForeignKey(
        "catalogue.Product", null=True, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    kind = models.CharField(max_length=10, choices=SellingKind.choices)
    days = models.PositiveSmallIntegerField()
    probability = models.FloatField()
    margin = models.FloatField()
    as_of = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant_id", "account", "product"], name="analytics_next_once")]
