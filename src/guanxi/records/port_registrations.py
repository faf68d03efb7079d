"""What the record engine offers to ports of lower rooms."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from guanxi.core.files import FILE_ACCESS, FILE_CONTENT, FILE_STORED
from guanxi.core.models import StoredFile
from guanxi.identity.actor import Actor
from guanxi.identity.ports import (
    GUARDED_OBJECTS,
    RULE_CONDITION,
    SETTINGS_PAGES,
    SHELL,
    GuardedField,
    GuardedObject,
    SettingsPage,
)
from guanxi.records import registry
from guanxi.records.configuration.own import own_parts
from guanxi.records.configuration.parts import CONFIGURATION
from guanxi.records.custom import custom_fields_of_all
from guanxi.records.held_files import shows_its_field
from guanxi.records.own_objects.described import own_objects
from guanxi.records.ports import MENU, MenuEntry
from guanxi.records.privacy.declaring import PERSONAL_DATA
from guanxi.records.privacy.ground import ground_data
from guanxi.records.queries import visible_records
from guanxi.records.screens import shell_context
from guanxi.records.sharing.matching import condition_of_rule
from guanxi.records.texts.documents import read_later


def guarded_objects() -> Iterator[GuardedObject]:
    """Every registered object with its fields, the tenant's own included, for the screen of roles."""
    own = custom_fields_of_all()
    for kind in registry.objects():
        known = [*kind.by_name.values(), *own.get(kind.name, {}).values()]
        fields = tuple(GuardedField(field.name, str(field.label), field.maskable) for field in known)
        yield GuardedObject(kind.name, str(kind.label_plural), kind.room, fields)


def sees_record(actor: Actor, file: StoredFile) -> bool:
    """A file goes with its record: who sees the record may fetch it. Other files (of imports) are their maker's."""
    if file.object not in {kind.name for kind in registry.objects()}:
        return actor.member_id is not None and file.created_by_id == actor.member_id
    if registry.get(file.object).room in actor.rooms_off:
        return False
    return visible_records(actor, file.object).filter(id=file.record_id).exists()


def settings_pages(actor: Actor) -> list[SettingsPage]:
    """Sharing rules, fields of one's own, tags, codes and the recycle bin."""
    return [
        SettingsPage(_("Sharing rules"), "share", "/settings/sharing/", "people"),
        SettingsPage(_("Who saw what"), "eye", "/settings/access-log/", "people"),
        SettingsPage(_("Objects"), "box", "/settings/objects/", "data"),
        SettingsPage(_("Fields"), "forms", "/settings/fields/", "data"),
        SettingsPage(_("Layouts"), "layout-list", "/settings/layouts/", "data"),
        SettingsPage(_("Rules"), "ban", "/settings/rules/", "data"),
        SettingsPage(_("Tags"), "tags", "/settings/tags/", "data"),
        SettingsPage(_("Codes"), "hash", "/settings/codes/", "data"),
        SettingsPage(_("Operations"), "history", "/operations/", "data", admins_only=False),
        SettingsPage(_("Legal hold"), "scale", "/settings/holds/", "data"),
        SettingsPage(_("Privacy"), "shield-lock", "/settings/privacy/", "data"),
        SettingsPage(_("Configuration"), "transfer", "/settings/configuration/", "data"),
        SettingsPage(_("Recycle bin"), "trash", "/settings/recycle-bin/", "data"),
    ]


def menu(actor: Actor) -> Iterator[MenuEntry]:
    """Dashboards and reports, for whoever sees anything that could be counted."""
    if actor.member_id and (actor.is_admin or actor.grants):
        yield MenuEntry("dashboards", _("Dashboards"), "dashboard", "/dashboards/", group="insight", position=30)
        yield MenuEntry("reports", _("Reports"), "report-analytics", "/reports/", group="insight", go="R", position=31)
    if actor.member_id is not None:
        yield MenuEntry("favourites", _("Favourites"), "star", "/favourites/", position=95)


MENU.register("records", menu)
for _key, _part in own_parts().items():
    CONFIGURATION.register(_key, _part)
FILE_ACCESS.register("*", sees_record)
FILE_CONTENT.register("*", shows_its_field)
FILE_STORED.register("records", read_later)
SHELL.register("records", shell_context)
SETTINGS_PAGES.register("records", settings_pages)
registry.provide(own_objects)
GUARDED_OBJECTS.register("records", guarded_objects)
RULE_CONDITION.register("records", condition_of_rule)
PERSONAL_DATA.register("records", ground_data)
