"""Every way in which rows point to records of an object: foreign keys, (object, record) pairs, links of the tenant's own fields."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.apps import apps
from django.db import models

from guanxi.core.db.schema import is_tenant_model
from guanxi.core.models import AccessEntry, Change
from guanxi.records import registry
from guanxi.records.custom import custom_fields_of_all
from guanxi.records.merging.rules import taken
from guanxi.records.models import (
    Erasure,
    IdempotencyKey,
    LegalHold,
    MergedRecord,
    OperationItem,
    RecentView,
    SearchEntry,
    TextEntry,
)
from guanxi.records.registry import ObjectType

# What tells of a record as it was, or is found again by itself.
_STAYS = (
    Change,
    AccessEntry,
    Erasure,
    IdempotencyKey,
    SearchEntry,
    TextEntry,
    OperationItem,
    MergedRecord,
    RecentView,
    LegalHold,
)


@dataclass(frozen=True)
class Link:
    """One column that points to records: of a described object (its rows have history and versions), or of a plain table.

    `pair`: the column is the id beside a column `object`. `own`: the name of the tenant's own field, whose values are in
    `custom`, and in the slot `column` if it has one.
    """

    model: type[models.Model]
    column: str
    name: str
    kind: ObjectType | None = None
    pair: bool = False
    own: str = ""

    @property
    def table(self) -> str:
        """The table."""
        return self.model._meta.db_table

    @property
    def key(self) -> str:
        """What the link is called among the parts of a merge."""
        return f"{self.model._meta.label}.{self.own or self.column}"


def links_to(kind: ObjectType) -> Iterator[Link]:
    """All links to records of this object that merging moves by itself; inside the tenant's transaction."""
    skipped = taken()
    for model in apps.get_models():
        if model in _STAYS or model._meta.label in skipped or not is_tenant_model(model):
            continue
        described = registry.of_model(model)
        for field in model._meta.local_fields:
            if field.is_relation and field.related_model is kind.model:
                yield Link(model, str(field.column), field.name, described)
        if {"object", "record_id"} <= {field.name for field in model._meta.local_fields}:
            yield Link(model, "record_id", "record_id", described, pair=True)
    for name, fields in custom_fields_of_all().items():
        described = next((one for one in registry.objects() if one.name == name), None)
        for item in fields.values():
            if described is not None and item.kind == "link" and item.to == kind.name:
                yield Link(described.model, item.slot, item.name, described, own=item.name)
