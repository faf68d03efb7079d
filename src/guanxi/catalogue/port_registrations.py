"""What the catalogue contributes to lower rooms."""

from collections.abc import Iterable

from django.utils.translation import gettext_lazy

from guanxi.catalogue.extracts import extracts
from guanxi.catalogue.personal import personal_data
from guanxi.catalogue.services import set_up_tenant
from guanxi.identity.actor import Actor
from guanxi.identity.ports import NEW_TENANT, SETTINGS_PAGES, SettingsPage
from guanxi.records.configuration.parts import CONFIGURATION, of_records
from guanxi.records.extracts import EXTRACTS
from guanxi.records.privacy.declaring import PERSONAL_DATA
from guanxi.records.settings_menu import settings_entries


def settings_pages(actor: Actor) -> Iterable[SettingsPage]:
    """Taxes, price books, units and families in the settings menu."""
    return settings_entries(actor, "tax", "price_book", "unit", "product_family", group="sales")


CONFIGURATION.register("units", of_records("unit", gettext_lazy("Units"), 60, ("name",)))
CONFIGURATION.register("price_books", of_records("price_book", gettext_lazy("Price books"), 61, ("name",)))
CONFIGURATION.register("taxes", of_records("tax", gettext_lazy("Taxes"), 60, ("name",)))
CONFIGURATION.register(
    "product_families", of_records("product_family", gettext_lazy("Product families"), 60, ("name",))
)
NEW_TENANT.register("catalogue", set_up_tenant)
SETTINGS_PAGES.register("catalogue", settings_pages)
PERSONAL_DATA.register("catalogue", personal_data)
EXTRACTS.register("catalogue", extracts)
