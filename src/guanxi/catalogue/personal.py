"""The catalogue holds nothing about customers."""

from guanxi.catalogue.models import PriceBook, PriceBookEntry, Product, ProductFamily, Tax, Unit
from guanxi.records.privacy.declaring import RoomPersonalData, impersonal

NAMES = ("name", "name_zh")
TABLES = (
    impersonal(ProductFamily, *NAMES),
    impersonal(Unit, *NAMES),
    impersonal(Tax, *NAMES),
    impersonal(
        Product, *NAMES, "sku", "name_sort", "kind", "currency", "lead_time", "description", "description_zh"
    ),
    impersonal(PriceBook, "name", "currency", "valid_from", "valid_to", "description"),
    impersonal(PriceBookEntry, "valid_from", "valid_to"),
)  # fmt: skip


def personal_data() -> RoomPersonalData:
    """Nothing."""
    return RoomPersonalData(tables=TABLES)
