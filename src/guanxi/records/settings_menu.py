"""Entries of the settings menu for objects that are definitions rather than daily work: taxes, pipelines, reasons."""

from collections.abc import Iterator

from guanxi.identity.actor import Actor
from guanxi.identity.permissions import may
from guanxi.identity.ports import SettingsPage
from guanxi.records import registry


def settings_entries(actor: Actor, *names: str, group: str) -> Iterator[SettingsPage]:
    """The lists of the named objects, as far as the actor may change them and their room is on."""
    for name in names:
        kind = registry.get(name)
        if kind.room not in actor.rooms_off and may(actor, name, "edit"):
            yield SettingsPage(kind.label_plural, kind.icon, f"/{kind.plural}/", group, admins_only=False)
