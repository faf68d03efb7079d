"""Products with units, families and taxes, and price books with validity and quantity breaks."""

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from guanxi.core.fields import MoneyField
from guanxi.records.models import Record

NOT_NEGATIVE = (MinValueValidator(Decimal(0)),)
PERCENT = (MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(100)))


class BilingualName(models.Model):
    """A name in the tenant's first language and, where documents need it, in Chinese."""

    name = models.CharField(_("Name"), max_length=200)
    name_zh = models.CharField(_("Name in Chinese"), max_length=200, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name

    def name_in(self, language: str) -> str:
        """The name for a language code such as "en" or "zh-hans"."""
        return (self.name_zh if language.startswith("zh") else "") or self.name


class ProductFamily(BilingualName, Record):
    """A group of products, as reports and discount rules use it."""

    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("Parent family")
    )
    position = models.PositiveIntegerField(_("Position"), default=0)

    class Meta(Record.Meta):
        verbose_name = _("Product family")


class Unit(BilingualName, Record):
    """What a quantity counts: pieces, sets, days; `decimals` says how finely it may be divided."""

    decimals = models.PositiveSmallIntegerField(_("Decimal places"), default=0, validators=[MaxValueValidator(4)])

    class Meta(Record.Meta):
        verbose_name = _("Unit")


class Tax(BilingualName, Record):
    """A rate of value added tax on net prices."""

    rate = models.DecimalField(_("Rate (%)"), max_digits=6, decimal_places=3, validators=PERCENT)
    is_default = models.BooleanField(_("Default"), default=False)
    is_active = models.BooleanField(_("Active"), default=True)

    class Meta(Record.Meta):
        verbose_name = _("Tax")


class ProductKind(models.TextChoices):
    """Goods are delivered, services are performed."""

    GOOD = "good", _("Goods")
    SERVICE = "service", _("Service")


class Product(BilingualName, Record):
    """Something we sell, with its list price, cost and tax."""

    sku = models.CharField(_("Product code"), max_length=60, blank=True)
    name_sort = models.CharField(max_length=400, blank=True, editable=False)
    kind = models.CharField(_("Kind"), max_length=10, choices=ProductKind.choices, default=ProductKind.GOOD)
    family = models.ForeignKey(
        ProductFamily, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("Family")
    )
    unit = models.ForeignKey(
        Unit, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("Unit")
    )
    list_price = MoneyField(_("List price"), null=True, blank=True, validators=NOT_NEGATIVE)
    cost = MoneyField(_("Cost"), null=True, blank=True, validators=NOT_NEGATIVE)
    currency = models.CharField(_("Currency"), max_length=3, blank=True)
    tax = models.ForeignKey(
        Tax, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("Tax")
    )
    lead_time = models.CharField(_("Delivery time"), max_length=60, blank=True)
    description = models.TextField(_("Description"), blank=True)
    description_zh = models.TextField(_("Description in Chinese"), blank=True)
    is_active = models.BooleanField(_("Active"), default=True)

    class Meta(Record.Meta):
        verbose_name = _("Product")
        constraints = [
            *Record.Meta.constraints,
            models.UniqueConstraint(
                fields=["tenant_id", "sku"],
                name="catalogue_product_sku",
                condition=~models.Q(sku="") & models.Q(deleted_at__isnull=True),
            ),
        ]
        indexes = [
            *Record.Meta.indexes,
            models.Index(fields=["tenant_id", "name_sort", "id"], name="catalogue_product_sort"),
        ]


class PriceBook(Record):
    """Prices of one currency for a time or a group of customers."""

    name = models.CharField(_("Name"), max_length=120)
    currency = models.CharField(_("Currency"), max_length=3, blank=True)
    valid_from = models.DateField(_("Valid from"), null=True, blank=True)
    valid_to = models.DateField(_("Valid to"), null=True, blank=True)
    is_default = models.BooleanField(_("Default"), default=False)
    is_active = models.BooleanField(_("Active"), default=True)
    description = models.TextField(_("Description"), blank=True)

    class Meta(Record.Meta):
        verbose_name = _("Price book")

    def __str__(self) -> str:
        return self.name


class PriceBookEntry(Record):
    """The price of one product in a price book from a quantity on, within its dates."""

    goes_with = ("product",)

    price_book = models.ForeignKey(
        PriceBook, on_delete=models.CASCADE, related_name="entries", verbose_name=_("Price book")
    )
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+", verbose_name=_("Product"))
    price = MoneyField(_("Price"), validators=NOT_NEGATIVE)
    min_quantity = models.DecimalField(
        _("From quantity"), max_digits=15, decimal_places=4, default=Decimal(1), validators=NOT_NEGATIVE
    )
    valid_from = models.DateField(_("Valid from"), null=True, blank=True)
    valid_to = models.DateField(_("Valid to"), null=True, blank=True)

    class Meta(Record.Meta):
        verbose_name = _("Price")
        indexes = [
            *Record.Meta.indexes,
            models.Index(fields=["tenant_id", "price_book", "product"], name="catalogue_entry_product"),
        ]
