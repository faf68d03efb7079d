"""Fields of the tenant's own on records that are made later than they are filled in, or from others."""

from collections.abc import Mapping
from typing import Any

from guanxi.core.errors import Invalid
from guanxi.identity.actor import Actor
from guanxi.records import registry
from guanxi.records.cleaning import clean_changes
from guanxi.records.custom import custom_fields


def clean_own(actor: Actor, object_name: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Own values as they will be stored. Raises `Invalid`, as saving the record itself would."""
    kind = registry.get(object_name)
    return clean_changes(actor, kind, [values], frozenset(), creating=False)[0] if values else {}


def still_valid(actor: Actor, object_name: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Of own values stored earlier those that their definitions would still take: no link to a deleted record, no lost choice."""
    known = custom_fields(object_name) if values else {}
    kept = {name: value for name, value in values.items() if name in known}
    try:
        return clean_own(actor, object_name, kept)
    except Invalid as refused:
        return clean_own(actor, object_name, {name: kept[name] for name in kept.keys() - refused.errors.keys()})
