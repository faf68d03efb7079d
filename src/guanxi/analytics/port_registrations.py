"""What the analytical room offers to ports of lower rooms."""

from uuid import UUID

from django.utils.translation import gettext_lazy as _

from guanxi.analytics.access import ROOM, guarded, may_manage, sees_values
from guanxi.analytics.kpis.reading import may_see
from guanxi.analytics.personal import personal_data
from guanxi.analytics.satisfaction.api import register_api
from guanxi.analytics.serving.api import register_api as register_serving
from guanxi.analytics.serving.circles_api import register_api as register_circles
from guanxi.analytics.serving.past_api import register_api as register_past
from guanxi.identity.actor import Actor
from guanxi.identity.ports import GUARDED_OBJECTS, SETTINGS_PAGES, SettingsPage
from guanxi.records.ports import BESIDE, MENU, MenuEntry
from guanxi.records.privacy.declaring import PERSONAL_DATA


def menu(actor: Actor) -> list[MenuEntry]:
    """Customer value, first among the insights, and the forecast of sales."""
    if not sees_values(actor):
        return []
    value = MenuEntry("value", _("Customer value"), "diamond", "/value/", "insight", go="V", position=10, room=ROOM)
    forecast = MenuEntry("forecast", _("Forecast"), "trending-up", "/forecast/", "insight", position=15, room=ROOM)
    return [value, forecast] if may_see(actor, "revenue") else [value]


def settings_pages(actor: Actor) -> list[SettingsPage]:
    """How values are computed, for those who may run the models."""
    if not may_manage(actor):
        return []
    return [SettingsPage(_("Value of customers"), "diamond", "/settings/value/", "sales", admins_only=False)]


def beside_product(actor: Actor, object_name: str, record_id: UUID) -> str:
    """What the same customers have, loaded into the head of a product."""
    if object_name != "product" or not sees_values(actor):
        return ""
    return f"/value/products/{record_id}/together"


GUARDED_OBJECTS.register(ROOM, guarded)
SETTINGS_PAGES.register(ROOM, settings_pages)
MENU.register(ROOM, menu)
BESIDE.register(ROOM, beside_product)
register_api()
register_serving()
register_circles()
register_past()
PERSONAL_DATA.register(ROOM, personal_data)
