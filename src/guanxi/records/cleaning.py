"""From the values that a caller gives to values that columns take: names, permission, form, existing links."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from guanxi.core.errors import Invalid
from guanxi.identity.actor import Actor
from guanxi.identity.models import Membership, Team
from guanxi.identity.permissions import field_access
from guanxi.records import registry
from guanxi.records.custom import clean_custom, custom_fields, typed
from guanxi.records.held_files import describe_files
from guanxi.records.queries import visible_records
from guanxi.records.registry import Field, ObjectType
from guanxi.records.values import Wrong, clean_value

Errors = dict[str, list[str]]


def clean_changes(
    actor: Actor,
    kind: ObjectType,
    many: Sequence[Mapping[str, Any]],
    allow: frozenset[str],
    *,
    creating: bool,
) -> list[dict[str, Any]]:
    """Cleaned values of each change. Raises `Invalid` with every message at once."""
    errors: Errors = {}
    cleaned: list[dict[str, Any]] = []
    own = custom_fields(kind.name) if any(name not in kind.by_name for values in many for name in values) else {}
    for position, values in enumerate(many):
        prefix = f"{position}." if len(many) > 1 else ""
        cleaned.append(_clean_one(actor, kind, own, values, allow, errors, prefix, creating))
    _check_links(actor, kind, own, cleaned, errors)
    for (place, name), text in describe_files(own, cleaned).items():
        errors.setdefault((f"{place}." if len(many) > 1 else "") + name, []).append(text)
    if errors:
        raise Invalid(errors)
    return cleaned


def apply_values(kind: ObjectType, record: Any, values: Mapping[str, Any]) -> None:
    """Put cleaned values on the model instance; custom fields into `custom`, which has no key for what is empty."""
    for name, value in values.items():
        item = kind.by_name.get(name)
        if item is None:
            kept = {key: old for key, old in record.custom.items() if key != name}
            record.custom = kept if value in (None, "", []) else {**kept, name: value}
        else:
            setattr(record, f"{item.column}_id" if item.kind == "link" else item.column, value)


def _clean_one(
    actor: Actor,
    kind: ObjectType,
    own: Mapping[str, Field],
    values: Mapping[str, Any],
    allow: frozenset[str],
    errors: Errors,
    prefix: str,
    creating: bool,
) -> dict[str, Any]:
    cleaned: dict[str, Any] = {}
    for name, value in values.items():
        item = kind.by_name.get(name) or own.get(name)
        message = _refusal(actor, kind, item, name, allow)
        if message or item is None:
            errors.setdefault(prefix + name, []).append(message)
            continue
        try:
            cleaned[name] = _clean_item(kind, item, value)
        except Wrong as wrong:
            errors.setdefault(prefix + name, []).append(str(wrong))
    if creating:
        for item in kind.fields:
            if item.required and item.writable and item.name not in values:
                errors.setdefault(prefix + item.name, []).append(_("Fill in this field."))
    return cleaned


def _clean_item(kind: ObjectType, item: Field, value: Any) -> Any:
    if item.custom:
        return clean_custom(item, value)
    return clean_value(item, value, source=kind.model._meta.get_field(item.column))  # type: ignore[arg-type]


def _refusal(actor: Actor, kind: ObjectType, item: Field | None, name: str, allow: frozenset[str]) -> str:
    access = field_access(actor, kind.name, name)
    if item is None or access == "hidden":
        return _("There is no such field.")
    if access != "write":
        return _("You may not change this field.")
    if not item.writable and name not in allow:
        return _("This field is changed by its own command only.")
    return ""


def _check_links(
    actor: Actor, kind: ObjectType, own: Mapping[str, Field], cleaned: list[dict[str, Any]], errors: Errors
) -> None:
    """Every link names a living record of this tenant that the actor may see; one query per field."""
    for item in (*kind.fields, *own.values()):
        if item.kind != "link":
            continue
        wanted = {typed(item, values[item.name]) for values in cleaned if values.get(item.name)}
        if not wanted:
            continue
        wanted -= {actor.member_id, actor.team_id} if item.to in ("user", "team") else set()
        missing = wanted - _existing(actor, kind, item, wanted) if wanted else set()
        for position, values in enumerate(cleaned):
            if typed(item, values.get(item.name)) in missing:
                prefix = f"{position}." if len(cleaned) > 1 else ""
                errors.setdefault(prefix + item.name, []).append(_("No such record."))


def _existing(actor: Actor, kind: ObjectType, item: Field, wanted: set[Any]) -> set[UUID]:
    if item.to == "user":
        queryset = Membership.objects.filter(is_active=True)
    elif item.to == "team":
        queryset = Team.objects.all()
    elif any(known.name == item.to for known in registry.objects()):
        queryset = visible_records(actor, item.to)
    else:
        related: Any = kind.model._meta.get_field(item.column).related_model
        queryset = related.objects.all()
    return set(queryset.filter(id__in=wanted).values_list("id", flat=True))
