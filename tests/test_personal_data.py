"""The contract of the port `personal_data`: no table of any room is forgotten when a person asks what is kept, or to be erased."""

from collections import Counter
from typing import Any

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import models

from guanxi.core.models import Change
from guanxi.records import registry
from guanxi.records.models import Record, SearchEntry, TextEntry
from guanxi.records.privacy.declaring import OF_EVERY_RECORD, Table, subjects, tables

# The history and what the search finds are dealt with by the engine itself.
BY_THE_ENGINE = {Change, SearchEntry, TextEntry}
TEXTS = (models.CharField, models.TextField, models.JSONField, ArrayField, models.DateField, models.BinaryField)


def rooms_models() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if model.__module__.startswith("guanxi.")]


def may_tell(column: Any) -> bool:
    """Whether a column can hold words of or about a person; keys, numbers and moments are told by what they belong to."""
    return isinstance(column, TEXTS) and not isinstance(column, models.DateTimeField)


def test_every_table_is_declared_once() -> None:
    declared = Counter(table.model for table in tables())
    missing = [m._meta.label for m in rooms_models() if m not in declared and m not in BY_THE_ENGINE]
    assert missing == [], "Say in the room's personal.py what the table holds about persons."
    assert [model for model, count in declared.items() if count > 1] == []


def test_every_column_is_declared_personal_or_not() -> None:
    forgotten, unknown = [], []
    for table in tables():
        columns = {column.name: column for column in table.model._meta.local_fields}
        forgotten += [
            f"{table.model._meta.label}.{name}"
            for name, column in columns.items()
            if may_tell(column) and name not in table.declared
        ]
        unknown += [
            f"{table.model._meta.label}.{name}" for name in table.declared - set(columns) if not is_base(table, name)
        ]
        unknown += [
            f"{table.model._meta.label}.{name}"
            for name in (*table.also, *table.tells, *table.address)
            if name not in columns
        ]
    assert forgotten == [], "Declare the column in the room's personal.py: personal, and what becomes of it, or plain."
    assert unknown == []


def is_base(table: Table, name: str) -> bool:
    return issubclass(table.model, Record) and name in OF_EVERY_RECORD


def test_every_link_to_a_person_leads_back() -> None:
    """A row that names a person by a key is found by it, unless nothing in it tells of anybody."""
    persons = {registry.get(name).model for name in subjects()}
    lost = []
    for table in tables():
        paths = {path.removesuffix("_id").split("__")[0] for path in (*table.about, *table.touches)}
        tells = bool(table.columns) or table.goes
        for column in table.model._meta.local_fields:
            leads = column.is_relation and column.related_model in persons
            by_key = column.name == "record_id" and tells
            if (leads or by_key) and tells and column.name.removesuffix("_id") not in paths:
                lost.append(f"{table.model._meta.label}.{column.name}")
    assert lost == [], "Name the link in `about` or `touches`."


def test_nothing_is_both_personal_and_plain() -> None:
    assert [t.model._meta.label for t in tables() if set(t.columns) & set(t.plain)] == []
