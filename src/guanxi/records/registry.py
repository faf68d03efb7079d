"""The registry: each room's objects.py describes its models once, and every generic screen and API follows.

    register(ObjectType(
        name="account", plural="accounts", room="customers", model=Account,
        label=_("Account"), label_plural=_("Accounts"), icon="building",
        code_pattern="AC-{seq:5}", title="name",
        fields=("name", "kind", Field("annual_revenue", currency="currency"), Field("stage", command=True)),
        list_columns=("name", "kind", "owner", "updated_at"),
        sections=(Section(_("Facts"), ("name", "kind")),),
    ))

A plain string stands for `Field(name)`. Whatever a `Field` leaves open is taken from the model's field: label, kind, choices,
length, whether required, what it links to.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from django.db import models

from guanxi.core.fields import MoneyField
from guanxi.records.object_types import (
    KINDS,
    Board,
    BoardColumn,
    Bulk,
    Check,
    Choice,
    Columns,
    Command,
    Draft,
    Field,
    ObjectType,
    Ready,
    Related,
    Section,
    Text,
    View,
)
from guanxi.records.parts import Trace

__all__ = [
    "BASE_FIELDS",
    "KINDS",
    "Board",
    "BoardColumn",
    "Bulk",
    "Check",
    "Choice",
    "Columns",
    "Command",
    "Draft",
    "Field",
    "ObjectType",
    "Ready",
    "Related",
    "Section",
    "Text",
    "Trace",
    "View",
    "by_plural",
    "complete",
    "find",
    "get",
    "objects",
    "of_model",
    "provide",
    "register",
]
Provider = Callable[[], Mapping[str, ObjectType]]
BASE_FIELDS = ("code", "owner", "team", "tags", "created_at", "updated_at")
_objects: dict[str, ObjectType] = {}
_by_plural: dict[str, ObjectType] = {}
_providers: list[Provider] = []


def register(object_type: ObjectType) -> ObjectType:
    """Complete the description from the model and add it; returns the completed description."""
    done = complete(object_type)
    _objects[done.name] = done
    _by_plural[done.plural] = done
    return done


def complete(object_type: ObjectType) -> ObjectType:
    """The description with what the model says of its fields. Raises `ValueError` for fields that do not exist."""
    declared = [Field(item) if isinstance(item, str) else item for item in object_type.fields]
    known = {item.name for item in declared}
    base = [Field(name, readonly=name in ("created_at", "updated_at", "code")) for name in BASE_FIELDS]
    model_names = {item.name for item in object_type.model._meta.get_fields()}
    declared += [item for item in base if item.name not in known and item.name in model_names]
    completed = tuple(_complete(item, object_type.model) for item in declared)
    done = replace(object_type, fields=completed, by_name={item.name: item for item in completed})
    _check(done)
    return done


def provide(provider: Provider) -> None:
    """Let `provider` name the objects that the running tenant made itself (records.own_objects)."""
    _providers.append(provider)


def _own() -> Mapping[str, ObjectType]:
    return _providers[0]() if _providers else {}


def get(name: str) -> ObjectType:
    """The object of this name, the running tenant's own included. Raises KeyError."""
    found = _objects.get(name)
    return found if found is not None else _own()[name]


def find(name: str) -> ObjectType | None:
    """The object of this name, or None."""
    return _objects.get(name) or _own().get(name)


def by_plural(plural: str) -> ObjectType | None:
    """The object whose collection has this name, or None."""
    found = _by_plural.get(plural)
    return found or next((item for item in _own().values() if item.plural == plural), None)


def objects() -> Iterator[ObjectType]:
    """All registered objects in order of registration (rooms from the ground up), then the running tenant's own."""
    return iter((*_objects.values(), *_own().values()))


def of_model(model: type[models.Model]) -> ObjectType | None:
    """The description of a model, or None."""
    return next((item for item in objects() if item.model is model), None)


def _check(object_type: ObjectType) -> None:
    named = {*object_type.list_columns, *(name for section in object_type.sections for name in section.fields)}
    unknown = named - set(object_type.by_name)
    if unknown:
        raise ValueError(f"{object_type.name}: unknown fields {sorted(unknown)}")


def source_of(model: Any, column: str) -> Any:
    """The model field of a column, also of one of a joined row: `score__value`."""
    *path, last = column.split("__")
    for name in path:
        model = model._meta.get_field(name).related_model
    return model._meta.get_field(last)


def _complete(item: Field, model: type[models.Model]) -> Field:
    column = item.column or item.name
    try:
        source: Any = source_of(model, column)
    except Exception as error:
        raise ValueError(f"{model.__name__} has no field {column!r}") from error
    kind = item.kind or _kind(source)
    choices = item.choices or tuple(Choice(str(value), label) for value, label in (source.choices or ()))
    required = item.required
    if required is None:
        required = not (source.blank or source.null or source.has_default() or source.has_db_default())
    return replace(
        item,
        column=column,
        kind="choice" if choices and kind == "text" else kind,
        label=item.label or source.verbose_name,
        choices=choices,
        required=required,
        to=item.to or _target(source),
        max_length=item.max_length or getattr(source, "max_length", None),
        help=item.help or source.help_text,
    )


def _target(source: Any) -> str:
    if not source.is_relation:
        return ""
    name = source.related_model._meta.model_name
    return str({"membership": "user"}.get(name, name))


_KIND_OF: "tuple[tuple[type[models.Field[Any, Any]], str], ...]" = (
    (MoneyField, "money"),
    (models.EmailField, "email"),
    (models.URLField, "url"),
    (models.ForeignKey, "link"),
    (models.BooleanField, "bool"),
    (models.DateTimeField, "datetime"),
    (models.DateField, "date"),
    (models.DecimalField, "number"),
    (models.FloatField, "number"),
    (models.IntegerField, "integer"),
    (models.JSONField, "json"),
    (models.UUIDField, "uuid"),
    (models.TextField, "longtext"),
)


def _kind(source: Any) -> str:
    for field_type, kind in _KIND_OF:
        if isinstance(source, field_type):
            return kind
    return "tags" if source.__class__.__name__ == "ArrayField" else "text"
