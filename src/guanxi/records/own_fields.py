"""The tenant's own fields: making, changing, ordering, removing, bringing back and purging them.

What a field is to the rest of the engine stands in records.custom. A typed slot is given when a field is made, as long as there
is one, and is free again only when no record holds a value in it any more: after the purge.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from guanxi.core.errors import Conflict, Invalid, NotFound
from guanxi.core.jobs import enqueue
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.audit import differences, note_access
from guanxi.identity.kept import settings_changed
from guanxi.identity.permissions import require_admin
from guanxi.identity.services.locking import locked
from guanxi.records import registry
from guanxi.records.custom import DERIVED, HELD, NUMBERED, as_field, clean_custom
from guanxi.records.definitions import LABEL, NAME, Errors, clean_choices, clean_text, slug
from guanxi.records.derived.definitions import refuse_needed, refuse_unfit, set_derived
from guanxi.records.derived.rebuilding import begin_rebuild
from guanxi.records.models import CustomField
from guanxi.records.numbering import begin_numbering, example, keep_pattern, set_numbering
from guanxi.records.purging import running_transaction
from guanxi.records.registry import ObjectType
from guanxi.records.slots import slot_names
from guanxi.records.tasks import purge_field_values
from guanxi.records.values import Wrong

# Kind → prefix of its slots; "" has none: long texts do not fit into an index, lists are matched by content.
KINDS = {
    "text": "st", "longtext": "", "number": "sn", "money": "sn", "date": "sd", "datetime": "sd", "bool": "sn",
    "choice": "st", "multichoice": "", "link": "su", "email": "st", "phone": "st", "url": "st",
    "address": "st", "autocode": "st", "file": "",
}  # fmt: skip
ALL_KINDS = (*KINDS, *DERIVED)
# Slots of what a derived field may hold beyond these.
_PREFIXES = {**KINDS, "percent": "sn"}
CHOSEN = ("choice", "multichoice")
# Links and files would have to be looked up, an address is another one on each record, a code is given.
WITHOUT_DEFAULT = ("link", "address", HELD, NUMBERED)
MOST_FIELDS = 100
HELP = 300
EDITABLE = (
    "label_en", "label_zh", "help_en", "help_zh", "required", "default", "choices", "position", "formula", "rollup", "pattern", "several",
)  # fmt: skip
CREATABLE = ("object", "kind", "name", "to", "result", *EDITABLE)
# Names that forms, addresses and queries use themselves.
_WORDS = (
    "id version next pk custom tenant_id csrfmiddlewaretoken similar_seen keep_editing similar all any not field fields filter "
    "sort cursor limit count deleted columns view query ids share_mask in true false blank and or"
)
_RESERVED = frozenset(_WORDS.split())


def objects_with_fields(actor: Actor) -> list[ObjectType]:
    """Objects that can have fields of one's own: what people make through forms, in rooms that are on."""
    return [kind for kind in registry.objects() if kind.creatable and kind.room not in actor.rooms_off]


def list_fields(actor: Actor, object_name: str = "", *, removed: bool = False) -> list[CustomField]:
    """The tenant's own fields, of one object or all, in their order; those of the recycle bin instead when `removed`."""
    require_admin(actor)
    rows = CustomField.objects.filter(deleted_at__isnull=not removed, kind__in=ALL_KINDS)
    rows = rows.filter(object=object_name) if object_name else rows
    return list(rows.order_by("object", "position", "name"))


def get_field(actor: Actor, field_id: UUID) -> CustomField:
    """One of the tenant's own fields, removed ones included. Raises `NotFound`, `NotAllowed`."""
    require_admin(actor)
    row: CustomField | None = CustomField.objects.filter(id=field_id).first()
    if row is None or row.kind not in ALL_KINDS:
        raise _unknown()
    _object(actor, row.object)
    return row


def create_field(actor: Actor, values: Mapping[str, Any]) -> CustomField:
    """A new field at the end of its object's fields, usable at once; it gets a slot when there is one of its type.

    `values`: object, kind, label_en or label_zh, and where wanted name, help_en, help_zh, required, default, choices (a list of
    {value, label_en, label_zh, tone}), to (object of a link). Raises `Invalid`, `NotAllowed`.
    """
    require_admin(actor)
    with tenant_tx(actor.tenant_id):
        kind = _object_or_invalid(actor, values.get("object"))
        if values.get("kind") not in ALL_KINDS:
            raise Invalid({"kind": [_("Choose a kind.")]})
        _serialise(kind.name)
        known = CustomField.objects.filter(object=kind.name)
        if known.count() >= MOST_FIELDS:
            raise Invalid({"": [_("An object can have at most %(count)d fields of its own.") % {"count": MOST_FIELDS}]})
        row = CustomField(object=kind.name, kind=values["kind"], position=known.count() + 1, options={})
        errors: Errors = {}
        _set_labels(row, values, errors)
        row.name = _name(
            kind, str(values.get("name") or ""), row.label_en, set(known.values_list("name", flat=True)), errors
        )
        if row.kind == "link":
            row.options["to"] = _target(actor, values.get("to"), errors)
        _set_options(row, values, errors)
        _set_kind(row, values, errors)
        if errors:
            raise Invalid(errors)
        row.slot = _free_slot(kind.name, _PREFIXES[row.options.get("result", row.kind)])
        row.save(force_insert=True)
        _told(actor, row)
        note_access(
            actor, "field.added", object_name=kind.name, record_id=row.id, detail={"name": row.name, "kind": row.kind}
        )
        return row


def change_field(actor: Actor, field_id: UUID, values: Mapping[str, Any], *, version: int | None = None) -> CustomField:
    """Other labels, help, choices, default, place; what `values` does not name stays. Object, name and kind never change.

    A choice that records hold cannot be taken away. Raises `Invalid`, `Stale`, `NotFound`, `NotAllowed`.
    """
    require_admin(actor)
    with tenant_tx(actor.tenant_id):
        row = _locked(actor, field_id, version)
        if row.deleted_at is not None:
            raise Conflict(_("This field is removed: bring it back first."))
        before = describe(row)
        errors: Errors = {}
        if {"label_en", "label_zh"} & set(values):
            _set_labels(row, {"label_en": row.label_en, "label_zh": row.label_zh, **values}, errors)
        gone = _set_options(row, values, errors)
        _set_kind(row, values, errors)
        if not errors:
            _refuse_used(row, gone, errors)
        if errors:
            raise Invalid(errors)
        changed = differences(before, describe(row))
        if changed:
            row.version += 1
            row.save(update_fields=["label_en", "label_zh", "options", "version"])
            _told(actor, row, anew=bool({"formula", "rollup", "pattern"} & set(changed)))
            note_access(
                actor, "field.changed", object_name=row.object, record_id=row.id, detail={"name": row.name, **changed}
            )
        if values.get("position") is not None:
            _place(row, values["position"])
        return row


def remove_field(actor: Actor, field_id: UUID, *, version: int | None = None) -> None:
    """Take a field away everywhere; name, slot and values stay until it is purged, so that it can come back."""
    require_admin(actor)
    with tenant_tx(actor.tenant_id):
        row = _locked(actor, field_id, version)
        if row.deleted_at is not None:
            return
        refuse_needed(row)
        row.deleted_at = timezone.now()
        # Writers that began before this transaction ends may still write the field: the purge waits for them.
        row.options = {**row.options, "removed_in": running_transaction()}
        row.version += 1
        row.save(update_fields=["deleted_at", "options", "version"])
        _told(actor, row, anew=False)
        note_access(actor, "field.removed", object_name=row.object, record_id=row.id, detail={"name": row.name})


def restore_field(actor: Actor, field_id: UUID) -> CustomField:
    """Bring a removed field back with its values. Raises `Conflict` while it is being purged."""
    require_admin(actor)
    with tenant_tx(actor.tenant_id):
        row = _locked(actor, field_id)
        if row.deleted_at is None:
            return row
        if row.options.get("purging"):
            raise Conflict(_("The values of this field are being deleted."))
        row.deleted_at = None
        if row.kind in DERIVED:
            refuse_unfit(row)
        row.options = {key: value for key, value in row.options.items() if key != "removed_in"}
        row.version += 1
        row.save(update_fields=["deleted_at", "options", "version"])
        _told(actor, row)
        note_access(actor, "field.restored", object_name=row.object, record_id=row.id, detail={"name": row.name})
        return row


def purge_field(actor: Actor, field_id: UUID) -> None:
    """Delete a removed field for good, with the values that records hold: in the background, its slot is free then."""
    require_admin(actor)
    with tenant_tx(actor.tenant_id):
        row = _locked(actor, field_id)
        if row.deleted_at is None:
            raise Conflict(_("Remove the field first."))
        if not row.options.get("purging"):
            row.options = {**row.options, "purging": True}
            row.version += 1
            row.save(update_fields=["options", "version"])
            note_access(actor, "field.purged", object_name=row.object, record_id=row.id, detail={"name": row.name})
        enqueue(purge_field_values, actor.tenant_id, field_id=row.id)


def describe(row: CustomField) -> dict[str, Any]:
    """A field as settings and API show it."""
    options = row.options
    return {
        "object": row.object,
        "name": row.name,
        "kind": row.kind,
        "label_en": row.label_en,
        "label_zh": row.label_zh,
        "help_en": options.get("help_en", ""),
        "help_zh": options.get("help_zh", ""),
        "required": bool(options.get("required")),
        "default": options.get("default"),
        "choices": options.get("choices", []),
        "to": options.get("to", ""),
        "result": options.get("result", ""),
        "formula": options.get("formula", ""),
        "rollup": options.get("rollup"),
        "indexed": bool(row.slot),
        "pattern": options.get("pattern", ""),
        "several": bool(options.get("several")),
    }


def next_code_of(row: CustomField) -> str:
    """The code that the next record gets in a field that gives codes; "" of other fields."""
    return example(row) if row.kind == NUMBERED else ""


def _told(actor: Actor, row: CustomField, *, anew: bool = True) -> None:
    """Who keeps what was read of the fields reads them again; a derived field's values are calculated."""
    settings_changed()
    if anew and row.kind in DERIVED:
        begin_rebuild(actor.tenant_id, row)
    if anew and row.kind == NUMBERED:
        keep_pattern(row)
        begin_numbering(actor.tenant_id, row)


def _set_kind(row: CustomField, values: Mapping[str, Any], errors: Errors) -> None:
    """Put what only some kinds have into the row."""
    if row.kind in DERIVED:
        set_derived(row, values, errors)
    if row.kind == NUMBERED:
        set_numbering(row, values, errors)


def _object(actor: Actor, name: Any) -> ObjectType:
    found = next((kind for kind in objects_with_fields(actor) if kind.name == name), None)
    if found is None:
        raise _unknown()
    return found


def _object_or_invalid(actor: Actor, name: Any) -> ObjectType:
    try:
        return _object(actor, name)
    except NotFound:
        raise Invalid({"object": [_("Choose an object.")]}) from None


def _unknown() -> NotFound:
    return NotFound(_("There is no such field."))


def _locked(actor: Actor, field_id: UUID, version: int | None = None) -> CustomField:
    _serialise(get_field(actor, field_id).object)
    return locked(CustomField, field_id, version)


def _serialise(object_name: str) -> None:
    """One administrator at a time changes the fields of an object: slots and places are given once."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(current_setting('app.tenant') || %s, 0))",
            [f":fields:{object_name}"],
        )


def _free_slot(object_name: str, prefix: str) -> str:
    """A slot that no field of the object has, removed ones included: their values still stand in it."""
    if not prefix:
        return ""
    taken = set(CustomField.objects.filter(object=object_name).values_list("slot", flat=True))
    return next((name for name in slot_names(prefix) if name not in taken), "")


def _set_labels(row: CustomField, values: Mapping[str, Any], errors: Errors) -> None:
    english, chinese = (clean_text(values, name, LABEL, errors) for name in ("label_en", "label_zh"))
    if not english and not chinese:
        errors.setdefault("label_en", [_("Give the field a name in at least one language.")])
    row.label_en, row.label_zh = english or chinese, chinese


def _name(kind: ObjectType, wanted: str, label: str, taken: set[str], errors: Errors) -> str:
    """The name in the API: as wanted, or made from the label."""
    columns = {column.name for column in kind.model._meta.get_fields()}
    blocked = taken | set(kind.by_name) | _RESERVED | columns
    if wanted:
        if not NAME.fullmatch(wanted) or len(wanted) > 60:
            errors["name"] = [_("Use small Latin letters, digits and single underscores, a letter first.")]
        elif wanted in blocked:
            errors["name"] = [_("This name is taken.")]
        return wanted
    stem = slug(label) or "own_field"
    numbered = (f"{stem}_{number}" for number in range(2, MOST_FIELDS * 2 + 10))
    return next(name for name in (stem, *numbered) if name not in blocked)


def _target(actor: Actor, name: Any, errors: Errors) -> str:
    known = {"user", "team", *(kind.name for kind in registry.objects() if kind.room not in actor.rooms_off)}
    if not isinstance(name, str) or name not in known:
        errors["to"] = [_("Choose what the field links to.")]
        return ""
    return name


def _set_options(row: CustomField, values: Mapping[str, Any], errors: Errors) -> list[str]:
    """Put help, required, choices and default of `values` into the row; returns the choices that are gone."""
    options = dict(row.options)
    for name in ("help_en", "help_zh"):
        if name in values:
            options[name] = clean_text(values, name, HELP, errors)
    if "required" in values:
        options["required"] = values["required"] in (True, "1", "on", "true") and row.kind != "bool"
    if row.kind == HELD and "several" in values:
        options["several"] = values["several"] in (True, "1", "on", "true")
    before = [item["value"] for item in options.get("choices", ())]
    if row.kind in CHOSEN and ("choices" in values or not before):
        options["choices"] = clean_choices(values.get("choices"), before, errors)
    row.options = options
    if "default" in values:
        row.options = {**options, "default": _default(row, values["default"], errors)}
    elif row.kind in CHOSEN and not errors:
        row.options = {**options, "default": _still_offered(row)}
    now = {item["value"] for item in row.options.get("choices", ())}
    return [value for value in before if value not in now]


def _default(row: CustomField, value: Any, errors: Errors) -> Any:
    if row.kind in WITHOUT_DEFAULT and value:
        texts = {"link": _("A link has no default."), "address": _("An address has no default.")}
        errors["default"] = [texts.get(row.kind, _("This field has no default."))]
    if value in (None, "", []) or errors:
        return None
    item = as_field(row)
    try:
        return clean_custom(item, value)
    except (Wrong, AttributeError, TypeError) as wrong:
        errors["default"] = [str(wrong)] if isinstance(wrong, Wrong) else [_("Text is expected.")]
        return None


def _still_offered(row: CustomField) -> Any:
    """The default as far as its choices still exist."""
    now = {item["value"] for item in row.options.get("choices", ())}
    default = row.options.get("default")
    if isinstance(default, list):
        return [value for value in default if value in now] or None
    return default if default in now else None


def _refuse_used(row: CustomField, gone: Sequence[str], errors: Errors) -> None:
    """A choice that records hold stays: otherwise nobody could read them any more."""
    model: Any = registry.get(row.object).model
    labels = {item["value"]: item["label_en"] for item in CustomField.objects.get(id=row.id).options.get("choices", ())}
    for value in gone:
        holds = {"custom__contains": {row.name: [value] if row.kind == "multichoice" else value}}
        if model.objects.filter(**holds).exists():
            text = _("Records hold the choice “%(name)s”: rename it, or change these records first.")
            errors["choices"] = [text % {"name": labels.get(value, value)}]


def _place(row: CustomField, position: Any) -> None:
    """Move a field to a place (1 is the first) among those of its object."""
    if isinstance(position, bool) or not isinstance(position, int) or not 1 <= position <= MOST_FIELDS:
        raise Invalid({"position": [_("A whole number is expected.")]})
    others = CustomField.objects.filter(object=row.object, deleted_at=None).exclude(id=row.id)
    order = list(others.order_by("position", "name"))
    order.insert(position - 1, row)
    for at, one in enumerate(order, 1):
        if one.position != at:
            one.position = at
            one.save(update_fields=["position"])
