"""Objects that a tenant invented: their definitions, and the tables that wait for their records.

A definition takes one of a fixed number of tables, so that an object is there from the first second without a change of the
database; within a table a tenant has the records of one object only, hence everything generic works on them as they are.
"""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from guanxi.core.fields import MoneyField
from guanxi.core.models import TenantModel
from guanxi.records.models.base import Record

TABLES = 16


class OwnObject(TenantModel):
    """An object of the tenant's own. `place` is the number of its table, `statuses` make its board, `dated` its calendar.

    A removed object (`deleted_at`) keeps its name, its table and its records until it is purged.
    """

    name = models.SlugField(max_length=60)
    plural = models.SlugField(max_length=60)
    label_en = models.CharField(max_length=120)
    label_zh = models.CharField(max_length=120, blank=True)
    plural_en = models.CharField(max_length=120)
    plural_zh = models.CharField(max_length=120, blank=True)
    icon = models.CharField(max_length=40, default="box")
    place = models.SmallIntegerField()
    statuses = models.JSONField(default=list)
    dated = models.BooleanField(default=False)
    priced = models.BooleanField(default=False)
    code_pattern = models.CharField(max_length=60)
    version = models.IntegerField(default=1)
    removed_in = models.BigIntegerField(null=True)
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant_id", "name"], name="records_ownobject_name"),
            models.UniqueConstraint(fields=["tenant_id", "plural"], name="records_ownobject_plural"),
            models.UniqueConstraint(fields=["tenant_id", "place"], name="records_ownobject_place"),
        ]


class OwnRecord(Record):
    """What records of invented objects have beside the fields that the tenant adds; each table of the pool is one such model."""

    name = models.CharField(_("Name"), max_length=255)
    status = models.CharField(_("Status"), max_length=60, blank=True, default="")
    starts_at = models.DateTimeField(_("Begins"), null=True, blank=True)
    ends_at = models.DateTimeField(_("Ends"), null=True, blank=True)
    amount = MoneyField(_("Amount"), null=True, blank=True)

    class Meta(Record.Meta):
        abstract = True
        indexes = [
            *Record.Meta.indexes,
            models.Index(fields=["tenant_id", "name", "id"], name="%(class)s_name"),
            models.Index(fields=["tenant_id", "status", "id"], name="%(class)s_status"),
            models.Index(fields=["tenant_id", "starts_at", "id"], name="%(class)s_starts"),
        ]


def _table(number: int) -> type[OwnRecord]:
    meta: Any = type("Meta", (OwnRecord.Meta,), {"abstract": False})
    return type(f"Own{number:02}", (OwnRecord,), {"__module__": __name__, "Meta": meta, "__doc__": OwnRecord.__doc__})


OWN_TABLES: dict[int, type[OwnRecord]] = {number: _table(number) for number in range(1, TABLES + 1)}
globals().update({model.__name__: model for model in OWN_TABLES.values()})
