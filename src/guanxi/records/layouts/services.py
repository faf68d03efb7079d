"""Making, changing and resetting layouts; administrators only."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import override

from guanxi.core.errors import Invalid, NotFound
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.audit import differences, note_access
from guanxi.identity.kept import settings_changed
from guanxi.identity.models import Role
from guanxi.identity.permissions import require_admin
from guanxi.identity.services.locking import locked
from guanxi.records.custom import custom_fields
from guanxi.records.definitions import LABEL, Errors, clean_text
from guanxi.records.layouts.reading import standard
from guanxi.records.models import Layout
from guanxi.records.own_fields import objects_with_fields
from guanxi.records.registry import Field, ObjectType

MOST_TABS = 12
MOST_SECTIONS = 60


def list_layouts(actor: Actor, object_name: str = "") -> list[Layout]:
    """The layouts of one object or of all."""
    require_admin(actor)
    rows = Layout.objects.select_related("role").order_by("object", "role__name", "id")
    return list(rows.filter(object=object_name) if object_name else rows)


def get_layout(actor: Actor, layout_id: UUID) -> Layout:
    """One layout. Raises `NotFound`, `NotAllowed`."""
    require_admin(actor)
    row: Layout | None = Layout.objects.select_related("role").filter(id=layout_id).first()
    if row is None:
        raise NotFound(_("There is no such layout."))
    return row


def save_layout(
    actor: Actor, object_name: str, role_key: str, values: Mapping[str, Any], *, version: int | None = None
) -> Layout:
    """The layout of an object for a role ("" for everybody), made or changed: `tabs` and `quick`; what is not named stays.

    Raises `Invalid`, `Stale`, `NotAllowed`.
    """
    require_admin(actor)
    with tenant_tx(actor.tenant_id):
        kind = next((one for one in objects_with_fields(actor) if one.name == object_name), None)
        if kind is None:
            raise Invalid({"object": [_("Choose an object.")]})
        role = _role(role_key)
        known = Layout.objects.filter(object=kind.name, role=role).first()
        row = locked(Layout, known.id, version) if known else Layout(object=kind.name, role=role, tabs=stored(kind))
        before = describe(row) if known else {}
        errors: Errors = {}
        if "tabs" in values:
            row.tabs = _tabs(kind, values["tabs"], errors)
        if "quick" in values:
            row.quick = _quick(kind, values["quick"], errors)
        if errors:
            raise Invalid(errors)
        changed = differences(before, describe(row))
        if changed:
            row.version += 1 if known else 0
            row.save(force_insert=not known)
            settings_changed()
            action = "layout.changed" if known else "layout.added"
            note_access(actor, action, object_name=kind.name, record_id=row.id, detail={"role": role_key, **changed})
        return row


def reset_layout(actor: Actor, layout_id: UUID, *, version: int | None = None) -> None:
    """Back to what holds without this layout."""
    require_admin(actor)
    with tenant_tx(actor.tenant_id):
        get_layout(actor, layout_id)
        row = locked(Layout, layout_id, version)
        note_access(actor, "layout.removed", object_name=row.object, record_id=row.id, detail=describe(row))
        row.delete()
        settings_changed()


def describe(row: Layout) -> dict[str, Any]:
    """A layout as settings and API show it."""
    return {"object": row.object, "role": row.role.key if row.role else "", "tabs": row.tabs, "quick": row.quick}


def stored(kind: ObjectType) -> list[dict[str, Any]]:
    """The standard arrangement in the form in which layouts are stored, its labels in both languages."""
    return [
        {**_both(tab.label), "sections": [{**_both(one.label), "fields": list(one.fields)} for one in tab.sections]}
        for tab in standard(kind).tabs
    ]


def _both(label: Any) -> dict[str, str]:
    texts = {}
    for name, language in (("label_en", "en"), ("label_zh", "zh-hans")):
        with override(language):
            texts[name] = str(label)
    return texts


def laid_fields(kind: ObjectType) -> dict[str, Field]:
    """The fields that a layout may place."""
    known = {item.name: item for item in kind.fields if item.kind not in ("uuid", "json")}
    return {**known, **custom_fields(kind.name)}


def _role(key: str) -> Role | None:
    if not key:
        return None
    role: Role | None = Role.objects.filter(key=key).first()
    if role is None:
        raise Invalid({"role": [_("There is no such role.")]})
    return role


def _tabs(kind: ObjectType, given: Any, errors: Errors) -> list[dict[str, Any]]:
    known, placed = laid_fields(kind), set[str]()
    if not isinstance(given, list) or not all(isinstance(tab, Mapping) for tab in given):
        errors["tabs"] = [_("The layout is not well formed.")]
        return []
    made = [_tab(tab, known, placed, errors) for tab in given]
    shown = [tab for tab in made if tab.get("shown", True)]
    if not shown or len(made) > MOST_TABS or sum(len(tab["sections"]) for tab in made) > MOST_SECTIONS:
        errors.setdefault("tabs", [_("A layout has one to %(count)d tabs.") % {"count": MOST_TABS}])
    left = [name for name, item in known.items() if item.required and not item.custom and item.writable]
    hidden = {name for tab in made if not tab.get("shown", True) for one in tab["sections"] for name in one["fields"]}
    wrong = [str(known[name].label) for name in left if name in hidden]
    if wrong:
        errors.setdefault("tabs", [_("%(fields)s must always be filled in: show it.") % {"fields": ", ".join(wrong)}])
    return made


def _tab(tab: Mapping[str, Any], known: Mapping[str, Field], placed: set[str], errors: Errors) -> dict[str, Any]:
    made: dict[str, Any] = _labels(tab, errors)
    if tab.get("shown") is False:
        made["shown"] = False
    sections = tab.get("sections")
    if not isinstance(sections, list) or not all(isinstance(one, Mapping) for one in sections):
        errors["tabs"] = [_("The layout is not well formed.")]
        sections = []
    made["sections"] = [
        {**_labels(one, errors), "fields": _names(one.get("fields"), known, placed, errors)} for one in sections
    ]
    return made


def _labels(part: Mapping[str, Any], errors: Errors) -> dict[str, Any]:
    wrong: Errors = {}
    texts = {name: clean_text(part, name, LABEL, wrong) for name in ("label_en", "label_zh")}
    if wrong:
        errors["tabs"] = [text for found in wrong.values() for text in found]
    return texts


def _names(given: Any, known: Mapping[str, Field], placed: set[str], errors: Errors) -> list[str]:
    names = [str(one) for one in given] if isinstance(given, list) else []
    if any(name not in known for name in names):
        errors["tabs"] = [_("There is no such field.")]
    if placed & set(names) or len(set(names)) < len(names):
        errors["tabs"] = [_("A field stands here twice.")]
    placed.update(names)
    return names


def _quick(kind: ObjectType, given: Any, errors: Errors) -> list[str]:
    wrong: Errors = {}
    names = _names(given, laid_fields(kind), set(), wrong)
    if wrong:
        errors["quick"] = wrong["tabs"]
    return names
