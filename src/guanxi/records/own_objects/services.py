"""What administrators do with objects of their own: make, change, remove, bring back, purge."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from guanxi.core.codes import check_pattern
from guanxi.core.errors import Conflict, Invalid, NotFound
from guanxi.core.jobs import enqueue
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.audit import differences, note_access
from guanxi.identity.kept import settings_changed
from guanxi.identity.models import Company
from guanxi.identity.permissions import require_admin
from guanxi.identity.services.locking import locked
from guanxi.records import registry
from guanxi.records.definitions import LABEL, NAME, Errors, clean_choices, clean_text, slug
from guanxi.records.models import OWN_TABLES, OwnObject
from guanxi.records.purging import running_transaction
from guanxi.records.tasks import purge_own_object

# Names of invented objects begin with it, so that no object of a later release can have the same.
PREFIX = "x_"
ICONS = (
    "box", "package", "building-warehouse", "briefcase", "home", "map-pin", "calendar-event", "certificate", "award", "key",
    "book", "clipboard", "file-text", "folder", "tool", "truck", "device-mobile", "credit-card", "coin", "heart", "star",
    "flag", "bulb",
)  # fmt: skip
EDITABLE = ("label_en", "label_zh", "plural_en", "plural_zh", "icon", "statuses", "dated", "priced")
CREATABLE = ("name", "code_pattern", *EDITABLE)
LONGEST_NAME = 40


def list_objects(actor: Actor, *, removed: bool = False) -> list[OwnObject]:
    """The tenant's own objects in the order in which they were made; those of the recycle bin instead when `removed`."""
    require_admin(actor)
    return list(OwnObject.objects.filter(deleted_at__isnull=not removed).order_by("place"))


def get_object(actor: Actor, object_id: UUID) -> OwnObject:
    """One of the tenant's own objects, removed ones included. Raises `NotFound`, `NotAllowed`."""
    require_admin(actor)
    row: OwnObject | None = OwnObject.objects.filter(id=object_id).first()
    if row is None:
        raise NotFound(_("There is no such object."))
    return row


def create_object(actor: Actor, values: Mapping[str, Any]) -> OwnObject:
    """A new object with name, owner, team, tags and code, usable at once in screens, API, import and search.

    `values`: label_en or label_zh, plural_en, plural_zh, and where wanted name, icon, code_pattern, statuses (a list of {value,
    label_en, label_zh, tone, closed}: they make the board), dated (beginning and end: the calendar), priced (an amount in the
    company's currency). Raises `Invalid`, `NotAllowed`.
    """
    require_admin(actor)
    with tenant_tx(actor.tenant_id):
        locked(Company, actor.tenant_id)
        known = list(OwnObject.objects.all())
        row = OwnObject(place=_free_place(known))
        errors: Errors = {}
        _set_values(row, values, errors, new=True)
        _set_names(row, str(values.get("name") or ""), known, errors)
        row.code_pattern = _pattern(str(values.get("code_pattern") or ""), row.name, errors)
        if errors:
            raise Invalid(errors)
        row.save(force_insert=True)
        settings_changed()
        note_access(actor, "object.added", object_name=row.name, record_id=row.id, detail={"name": row.name})
        return row


def change_object(actor: Actor, object_id: UUID, values: Mapping[str, Any], *, version: int | None = None) -> OwnObject:
    """Other labels, icon, statuses, date and amount; what `values` does not name stays. The name never changes.

    A status that records have cannot be taken away. Raises `Invalid`, `Stale`, `NotFound`, `NotAllowed`.
    """
    require_admin(actor)
    with tenant_tx(actor.tenant_id):
        row = locked(OwnObject, get_object(actor, object_id).id, version)
        if row.deleted_at is not None:
            raise Conflict(_("This object is removed: bring it back first."))
        before = describe(row)
        errors: Errors = {}
        _set_values(row, values, errors, new=False)
        if not errors:
            _refuse_used(row, before["statuses"], errors)
        if errors:
            raise Invalid(errors)
        changed = differences(before, describe(row))
        if changed:
            row.version += 1
            row.save(update_fields=[*EDITABLE, "version"])
            settings_changed()
            note_access(actor, "object.changed", object_name=row.name, record_id=row.id, detail=changed)
        return row


def remove_object(actor: Actor, object_id: UUID, *, version: int | None = None) -> None:
    """Take an object away everywhere; its records stay until it is purged, so that it can come back."""
    require_admin(actor)
    with tenant_tx(actor.tenant_id):
        row = locked(OwnObject, get_object(actor, object_id).id, version)
        if row.deleted_at is not None:
            return
        row.deleted_at = timezone.now()
        row.version += 1
        row.save(update_fields=["deleted_at", "version"])
        settings_changed()
        note_access(actor, "object.removed", object_name=row.name, record_id=row.id, detail={"name": row.name})


def restore_object(actor: Actor, object_id: UUID) -> OwnObject:
    """Bring a removed object back with its records. Raises `Conflict` while it is being purged."""
    require_admin(actor)
    with tenant_tx(actor.tenant_id):
        row = locked(OwnObject, get_object(actor, object_id).id)
        if row.deleted_at is None:
            return row
        if row.removed_in is not None:
            raise Conflict(_("The records of this object are being deleted."))
        row.deleted_at = None
        row.version += 1
        row.save(update_fields=["deleted_at", "version"])
        settings_changed()
        note_access(actor, "object.restored", object_name=row.name, record_id=row.id, detail={"name": row.name})
        return row


def purge_object(actor: Actor, object_id: UUID) -> None:
    """Delete a removed object for good, with its records and fields; a job does the work, then its place is free again."""
    require_admin(actor)
    with tenant_tx(actor.tenant_id):
        row = locked(OwnObject, get_object(actor, object_id).id)
        if row.deleted_at is None:
            raise Conflict(_("Remove the object first."))
        if row.removed_in is not None:
            return
        row.removed_in = running_transaction()
        row.save(update_fields=["removed_in"])
        note_access(actor, "object.purged", object_name=row.name, record_id=row.id, detail={"name": row.name})
        enqueue(purge_own_object, actor.tenant_id, object_id=row.id)


def describe(row: OwnObject) -> dict[str, Any]:
    """A definition as plain values, as screens and API show it."""
    names = ("name", "plural", "label_en", "label_zh", "plural_en", "plural_zh", "icon", "statuses", "dated", "priced")
    return {name: getattr(row, name) for name in names} | {"code_pattern": row.code_pattern}


def _free_place(known: list[OwnObject]) -> int:
    taken = {row.place for row in known}
    free = next((number for number in OWN_TABLES if number not in taken), None)
    if free is None:
        text = _("A company can have at most %(count)d objects of its own.")
        raise Invalid({"": [text % {"count": len(OWN_TABLES)}]})
    return free


def _set_values(row: OwnObject, values: Mapping[str, Any], errors: Errors, *, new: bool) -> None:
    _set_labels(row, values, errors)
    if "icon" in values and values["icon"] not in (None, ""):
        if values["icon"] not in ICONS:
            errors["icon"] = [_("Choose one of the list.")]
        row.icon = str(values["icon"])
    for name in ("dated", "priced"):
        if name in values:
            setattr(row, name, values[name] in (True, "1", "on", "true"))
    if "statuses" in values:
        row.statuses = _statuses(row, values["statuses"], errors)


def _set_labels(row: OwnObject, values: Mapping[str, Any], errors: Errors) -> None:
    names = ("label_en", "label_zh", "plural_en", "plural_zh")
    texts = {name: clean_text({name: getattr(row, name), **values}, name, LABEL, errors) for name in names}
    if not texts["label_en"] and not texts["label_zh"]:
        errors.setdefault("label_en", [_("Give the object a name in at least one language.")])
    row.label_en, row.label_zh = texts["label_en"] or texts["label_zh"], texts["label_zh"]
    row.plural_en = texts["plural_en"] or row.label_en
    row.plural_zh = texts["plural_zh"] or row.label_zh


def _statuses(row: OwnObject, given: Any, errors: Errors) -> list[dict[str, Any]]:
    if given in (None, "", []):
        return []
    wrong: Errors = {}
    made = clean_choices(given, [one["value"] for one in row.statuses], wrong)
    if wrong:
        errors["statuses"] = wrong.get("choices", [])
        return []
    closed = [isinstance(item, Mapping) and item.get("closed") in (True, "1", "on", "true") for item in given]
    return [{**one, "closed": shut} for one, shut in zip(made, closed, strict=True)]


def _refuse_used(row: OwnObject, before: list[dict[str, Any]], errors: Errors) -> None:
    """A status that records have stays: otherwise no column of the board would show them."""
    now = {one["value"] for one in row.statuses}
    records: Any = OWN_TABLES[row.place]._default_manager
    for one in before:
        if one["value"] not in now and records.filter(status=one["value"]).exists():
            text = _("Records have the status “%(name)s”: rename it, or change these records first.")
            errors["statuses"] = [text % {"name": one["label_en"]}]


def _set_names(row: OwnObject, wanted: str, known: list[OwnObject], errors: Errors) -> None:
    taken = {one.name for one in known} | {one.plural for one in known}
    taken |= {kind.name for kind in registry.objects()} | {kind.plural for kind in registry.objects()}
    bare = wanted.removeprefix(PREFIX)
    if wanted and (not NAME.fullmatch(bare) or len(bare) > LONGEST_NAME):
        errors["name"] = [_("Use small Latin letters, digits and single underscores, a letter first.")]
        return
    stem = bare or slug(row.label_en) or "object"
    if wanted and PREFIX + stem in taken:
        errors["name"] = [_("This name is taken.")]
        return
    several = slug(row.plural_en)
    several = several if several and several != stem else f"{stem}s"
    numbers = ["", *(f"_{number}" for number in range(2, 2 * len(OWN_TABLES) + 3))]
    row.name = next(name for end in numbers if (name := f"{PREFIX}{stem}{end}") not in taken)
    taken.add(row.name)
    row.plural = next(name for end in numbers if (name := f"{PREFIX}{several}{end}") not in taken)


def _pattern(wanted: str, name: str, errors: Errors) -> str:
    letters = name.removeprefix(PREFIX).replace("_", "")[:3].upper() or "X"
    pattern = wanted.strip() or f"{letters}-{{seq:5}}"
    try:
        check_pattern(pattern)
    except Invalid as problem:
        errors["code_pattern"] = [text for texts in problem.errors.values() for text in texts]
    return pattern
