"""The catalogue as the record engine sees it."""

from django.utils.translation import gettext_lazy as _

from guanxi.catalogue.models import PriceBook, PriceBookEntry, Product, ProductFamily, Tax, Unit
from guanxi.catalogue.rules import (
    dates_in_order,
    default_currency,
    family_without_circle,
    known_currency,
    no_double_entry,
    one_default_book,
    prepare_product,
    unique_sku,
)
from guanxi.records.registry import Field, ObjectType, Related, Section, View, register

ROOM = "catalogue"
ACTIVE = {"field": "is_active", "op": "is", "value": True}

register(
    ObjectType(
        name="product_family",
        plural="product-families",
        room=ROOM,
        model=ProductFamily,
        label=_("Product family"),
        label_plural=_("Product families"),
        icon="category",
        fields=("name", "name_zh", Field("parent", to="product_family"), "position"),
        list_columns=("name", "name_zh", "parent", "position"),
        default_sort="position",
        sections=(Section(_("Product family"), ("name", "name_zh", "parent", "position")),),
        related=(Related("product", "family", _("Products")),),
        checks=(family_without_circle,),
        in_menu=False,
    )
)

register(
    ObjectType(
        name="unit",
        plural="units",
        room=ROOM,
        model=Unit,
        label=_("Unit"),
        label_plural=_("Units"),
        icon="ruler-2",
        fields=("name", "name_zh", Field("decimals", max_value=4)),
        list_columns=("name", "name_zh", "decimals"),
        default_sort="name",
        sections=(Section(_("Unit"), ("name", "name_zh", "decimals")),),
        in_menu=False,
    )
)

register(
    ObjectType(
        name="tax",
        plural="taxes",
        room=ROOM,
        model=Tax,
        label=_("Tax"),
        label_plural=_("Taxes"),
        icon="receipt-tax",
        fields=(
            "name",
            "name_zh",
            Field("rate", kind="percent", min_value=0, max_value=100),
            "is_default",
            "is_active",
        ),
        list_columns=("name", "name_zh", "rate", "is_default", "is_active"),
        default_sort="name",
        sections=(Section(_("Tax"), ("name", "name_zh", "rate", "is_default", "is_active")),),
        in_menu=False,
    )
)

register(
    ObjectType(
        name="product",
        plural="products",
        room=ROOM,
        model=Product,
        label=_("Product"),
        label_plural=_("Products"),
        icon="books",
        code_pattern="PR-{seq:5}",
        subtitle=("sku", "kind"),
        fields=(
            Field("name", search=True, sort="name_sort"),
            Field("name_zh", search=True),
            Field("sku", search=True),
            "kind",
            Field("family", to="product_family"),
            "unit",
            Field("list_price", currency="currency", min_value=0),
            Field("cost", currency="currency", min_value=0),
            "currency",
            "tax",
            "lead_time",
            "description",
            "description_zh",
            "is_active",
        ),
        list_columns=("name", "sku", "family", "unit", "list_price", "tax", "is_active"),
        default_sort="name",
        sections=(
            Section(_("Product"), ("name", "name_zh", "sku", "kind", "family", "unit", "lead_time", "is_active")),
            Section(_("Price"), ("list_price", "cost", "currency", "tax")),
            Section(_("Description"), ("description", "description_zh", "tags")),
        ),
        views=(View("active", _("Active products"), ACTIVE, "name"), View("all", _("All products"), {}, "name")),
        related=(Related("price_book_entry", "product", _("Prices")),),
        checks=(known_currency, unique_sku),
        prepare=prepare_product,
        menu_group="sales",
        importable=True,
    )
)

register(
    ObjectType(
        name="price_book",
        plural="price-books",
        room=ROOM,
        model=PriceBook,
        label=_("Price book"),
        label_plural=_("Price books"),
        icon="book",
        fields=("name", "currency", "valid_from", "valid_to", "is_default", "is_active", "description"),
        list_columns=("name", "currency", "valid_from", "valid_to", "is_default", "is_active"),
        default_sort="name",
        sections=(
            Section(
                _("Price book"),
                ("name", "currency", "valid_from", "valid_to", "is_default", "is_active", "description"),
            ),
        ),
        related=(Related("price_book_entry", "price_book", _("Prices")),),
        checks=(known_currency, dates_in_order, one_default_book),
        prepare=default_currency,
        in_menu=False,
    )
)

register(
    ObjectType(
        name="price_book_entry",
        plural="price-book-entries",
        room=ROOM,
        model=PriceBookEntry,
        label=_("Price"),
        label_plural=_("Prices"),
        icon="coin",
        code_pattern="PE-{seq:6}",
        title="code",
        fields=(
            Field("price_book", to="price_book"),
            "product",
            Field("price", min_value=0),
            Field("min_quantity", min_value=0),
            "valid_from",
            "valid_to",
        ),
        list_columns=("product", "price_book", "price", "min_quantity", "valid_from", "valid_to"),
        default_sort="product",
        sections=(Section(_("Price"), ("price_book", "product", "price", "min_quantity", "valid_from", "valid_to")),),
        checks=(dates_in_order, no_double_entry),
        in_menu=False,
    )
)
