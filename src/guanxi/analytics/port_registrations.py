"""What the analytical room offers to ports of lower rooms."""

from django.utils.translation import gettext_lazy as _

from guanxi.analytics.access import ROOM, guarded, may_manage, sees_values
from guanxi.analytics.personal import personal_data
from guanxi.analytics.satisfaction.api import register_api
from guanxi.identity.actor import Actor
from guanxi.identity.ports import GUARDED_OBJECTS, SETTINGS_PAGES, SettingsPage
from guanxi.records.ports import MENU, MenuEntry
from guanxi.records.privacy.declaring import PERSONAL_DATA


def menu(actor: Actor) -> list[MenuEntry]:
    """Customer value, first among the insights."""
    if not sees_values(actor):
        return []
    return [MenuEntry("value", _("Customer value"), "diamond", "/value/", "insight", go="V", position=10, room=ROOM)]


def settings_pages(actor: Actor) -> list[SettingsPage]:
    """How values are computed, for those who may run the models."""
    if not may_manage(actor):
        return []
    return [SettingsPage(_("Value of customers"), "diamond", "/settings/value/", "sales", admins_only=False)]


GUARDED_OBJECTS.register(ROOM, guarded)
SETTINGS_PAGES.register(ROOM, settings_pages)
MENU.register(ROOM, menu)
register_api()
PERSONAL_DATA.register(ROOM, personal_data)
