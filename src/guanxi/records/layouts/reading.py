"""The layout that holds for an actor, kept by the version of the settings."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from guanxi.identity.actor import Actor
from guanxi.identity.kept import Kept
from guanxi.records.custom import custom_fields, worded
from guanxi.records.models import Layout
from guanxi.records.registry import ObjectType, Section, Text

EVERYBODY = ""


@dataclass(frozen=True)
class LaidTab:
    """A tab and its sections."""

    label: Text
    sections: tuple[Section, ...]


@dataclass(frozen=True)
class Arrangement:
    """Tabs, the fields that are not shown, and the fields of a quick entry (all when there are none)."""

    tabs: tuple[LaidTab, ...]
    hidden: frozenset[str] = frozenset()
    quick: tuple[str, ...] = ()


def arrangement_of(actor: Actor, kind: ObjectType) -> Arrangement | None:
    """The layout of the actor's role, or of everybody; None where the object's own description holds."""
    kept = _layouts()
    if not kept:
        return None
    found = kept.get((kind.name, actor.role_key)) or kept.get((kind.name, EVERYBODY))
    return _fitting(kind, found) if found and found.tabs else None


def standard(kind: ObjectType) -> Arrangement:
    """What the object's own description says, as a layout to begin with."""
    placed = {name for section in kind.sections for name in section.fields} | {kind.title}
    sections = list(kind.sections) or [Section(_("Facts"), (kind.title,))]
    if kind.title not in {name for section in sections for name in section.fields}:
        sections[0] = Section(sections[0].label, (kind.title, *sections[0].fields))
    own = tuple(custom_fields(kind.name))
    if own:
        sections.append(Section(_("Further fields"), own))
    rest = tuple(item.name for item in kind.fields if item.name not in placed and item.kind not in ("uuid", "json"))
    if rest:
        sections.append(Section(_("Record"), rest))
    return Arrangement((LaidTab(_("Overview"), tuple(sections)),))


def read_tabs(tabs: list[dict[str, Any]], quick: list[str]) -> Arrangement:
    """A stored layout; a tab that is not `shown` holds what no page shows."""
    shown = tuple(
        LaidTab(
            _label(tab),
            tuple(Section(_label(one), tuple(one.get("fields", ()))) for one in tab.get("sections", ())),
        )
        for tab in tabs
        if tab.get("shown", True)
    )
    hidden = {
        name for tab in tabs if not tab.get("shown", True) for one in tab.get("sections", ()) for name in one["fields"]
    }
    return Arrangement(shown, frozenset(hidden), tuple(quick))


def _label(part: Mapping[str, Any]) -> Any:
    return worded(part.get("label_en", ""), part.get("label_zh", ""))


def _fitting(kind: ObjectType, found: Arrangement) -> Arrangement:
    """The layout with the fields that are there now: those that are gone left out, those that are new at the end."""
    own = custom_fields(kind.name)
    known = {item.name for item in kind.fields if item.kind not in ("uuid", "json")} | set(own)
    tabs = tuple(
        LaidTab(
            tab.label,
            tuple(Section(one.label, tuple(name for name in one.fields if name in known)) for one in tab.sections),
        )
        for tab in found.tabs
    )
    placed = {name for tab in tabs for one in tab.sections for name in one.fields} | found.hidden
    new = tuple(name for name in own if name not in placed)
    if new and tabs:
        first = tabs[0]
        tabs = (LaidTab(first.label, (*first.sections, Section(_("Further fields"), new))), *tabs[1:])
    return Arrangement(tabs, found.hidden, tuple(name for name in found.quick if name in known))


def _read() -> Mapping[tuple[str, str], Arrangement]:
    rows = Layout.objects.select_related("role")
    return {(row.object, row.role.key if row.role else EVERYBODY): read_tabs(row.tabs, row.quick) for row in rows}


_layouts: Kept[Mapping[tuple[str, str], Arrangement]] = Kept(_read, {})
