"""A record that follows another: the next of a repeated task, one occurrence taken out of a series."""

from collections.abc import Mapping
from typing import Any

from guanxi.activity.services.own import still_valid
from guanxi.identity.actor import Actor
from guanxi.records.changes import create_record


def create_copy(actor: Actor, object_name: str, values: Mapping[str, Any], *, of: Any) -> Any:
    """A new record with `values`, and with the tags and the tenant's own fields of the record `of`."""
    kept = still_valid(actor, object_name, of.custom)
    return create_record(actor, object_name, {**values, "tags": list(of.tags), **kept})
