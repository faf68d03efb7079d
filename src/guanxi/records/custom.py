"""Custom fields: their definitions as registry fields, their values in JSON and slots, and how queries reach them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection, models
from django.db.models import F, Func, OuterRef, Subquery, Value
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import Cast, Coalesce, NullIf
from django.utils.functional import lazy
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from guanxi.core.files import FIELD_MARK
from guanxi.core.money import to_minor
from guanxi.identity.actor import Actor
from guanxi.identity.kept import Kept
from guanxi.identity.models import Membership, Team
from guanxi.identity.permissions import field_access
from guanxi.records import registry
from guanxi.records.addresses import LABELS, PARTS, SORTED, sort_text
from guanxi.records.models import CustomField
from guanxi.records.registry import Choice, Field, ObjectType
from guanxi.records.slots import SlotColumn
from guanxi.records.values import Wrong, clean_value, plain

# Lengths keep the entries of a slot's index below the 2,700 bytes that PostgreSQL permits.
MAX_LENGTH = {"text": 255, "email": 254, "phone": 60, "url": 500}
SEARCHED = ("text", "longtext", "email", "phone", "url", "address", "autocode")
MASKABLE = ("text", "longtext", "email", "phone", "url", "number", "money")
UNSORTED = ("longtext", "multichoice", "link", "file")
# Kinds whose value follows from other fields (records.derived); what they hold is of the kind `result` of their options.
DERIVED = ("formula", "rollup")
# Codes by a pattern of the field's own (records.numbering): to the rest of the engine a text that nobody writes.
NUMBERED = "autocode"
# Files (records.held_files): {"id", "name", "size"} each.
HELD = "file"
MOST_FILES = 20
LARGEST = Decimal(10) ** 14
_PLACES = Decimal("0.0001")
_BLANK: tuple[Any, ...] = (None, "", [])


def custom_fields(object_name: str) -> dict[str, Field]:
    """The tenant's own fields of an object by name, in the tenant's order; labels follow the active language."""
    return dict(_of_all().get(object_name, {}))


def custom_fields_of_all() -> dict[str, dict[str, Field]]:
    """Likewise of every object that has any."""
    return {name: dict(fields) for name, fields in _of_all().items()}


def reachable_fields(object_name: str) -> dict[str, Field]:
    """The same and the parts of addresses ("site.city"): what may be shown, filtered, sorted and grouped by itself."""
    found: dict[str, Field] = {}
    for name, item in _of_all().get(object_name, {}).items():
        found[name] = item
        if item.kind == "address":
            found |= {part.name: part for part in address_parts(item)}
    return found


def own_field(object_name: str, name: str) -> Field | None:
    """One of the tenant's own fields, or a part of one ("site.city"), or None."""
    whole, dot, part = name.partition(".")
    item = _of_all().get(object_name, {}).get(whole)
    return item if item is None or not dot else address_part(item, part)


def address_parts(item: Field) -> list[Field]:
    """The parts of an address as fields that can be read by themselves; they are written with the whole."""
    return [part for name in PARTS if (part := address_part(item, name)) is not None]


def address_part(item: Field, part: str) -> Field | None:
    """One part of an address, or None when the field has no such part."""
    if item.kind != "address" or part not in PARTS:
        return None
    label = _part_label(item.label, LABELS[part])
    return Field(
        f"{item.name}.{part}", label=label, kind="text", custom=True, readonly=True, required=False, within=item.name,
        max_length=PARTS[part],
    )  # fmt: skip


_part_label = lazy(lambda whole, part: f"{whole}: {part}", str)


def numbered_fields(object_name: str) -> list[Field]:
    """The tenant's own fields that give each record a code."""
    return [item for item in _of_all().get(object_name, {}).values() if item.pattern]


def file_fields(object_name: str) -> list[Field]:
    """The tenant's own fields that hold files."""
    return [item for item in _of_all().get(object_name, {}).values() if item.kind == HELD]


def field_key(field_id: UUID) -> str:
    """What a field is known by beside records: the name of its counter (core.codes), the mark of its files (core.files)."""
    return f"{FIELD_MARK}{field_id}"


def own_value(item: Field, custom: Mapping[str, Any]) -> Any:
    """What a record's `custom` holds of a field, or of a part of one."""
    value = custom.get(item.stored_name)
    return value.get(item.part) if item.within and isinstance(value, Mapping) else value


def _read() -> Mapping[str, Mapping[str, Field]]:
    found: dict[str, dict[str, Field]] = {}
    for row in CustomField.objects.filter(deleted_at=None).order_by("object", "position", "name"):
        found.setdefault(row.object, {})[row.name] = as_field(row)
    return found


_of_all: Kept[Mapping[str, Mapping[str, Field]]] = Kept(_read, {})


def searched_fields() -> dict[str, list[str]]:
    """Names of the tenant's own fields that the search looks into, by object."""
    found = {name: [item.name for item in fields.values() if item.search] for name, fields in _of_all().items()}
    return {name: names for name, names in found.items() if names}


def as_field(row: CustomField) -> Field:
    """A definition as the registry describes fields."""
    options = row.options
    kind = options.get("result", "number") if row.kind in DERIVED else "text" if row.kind == NUMBERED else row.kind
    choices = tuple(
        Choice(
            item["value"], worded(item.get("label_en") or item["value"], item.get("label_zh")), item.get("tone", "grey")
        )
        for item in options.get("choices", ())
    )
    return Field(
        row.name,
        label=worded(row.label_en, row.label_zh),
        kind=kind,
        readonly=row.kind in (*DERIVED, NUMBERED),
        to=options.get("to", ""),
        required=bool(options.get("required")),
        choices=choices,
        sortable=kind not in UNSORTED,
        search=row.kind in SEARCHED,
        maskable=kind in MASKABLE,
        max_length=MAX_LENGTH.get(kind),
        max_value=(MOST_FILES if options.get("several") else 1) if kind == HELD else None,
        help=worded(options.get("help_en", ""), options.get("help_zh", "")),
        slot=row.slot,
        custom=True,
        default=options.get("default"),
        pattern=options.get("pattern", ""),
        key=field_key(row.id),
    )


def _in_language(english: str, chinese: str) -> str:
    return chinese if chinese and (get_language() or "").startswith("zh") else english or chinese


_lazily = lazy(_in_language, str)


def worded(english: str, chinese: str | None) -> Any:
    """A text that the tenant gave in one or both languages, in the language that is active when it is drawn."""
    return _lazily(english or "", chinese or "")


def clean_custom(field: Field, value: Any) -> Any:
    """A custom field's value in the form that JSONB stores. Raises `Wrong`."""
    cleaned = clean_value(field, value)
    if field.kind == "number" and isinstance(cleaned, Decimal):
        if abs(cleaned) >= LARGEST:
            raise Wrong(_("The number is too large."))
        cleaned = cleaned.quantize(_PLACES)
    try:
        return plain(cleaned)
    except OverflowError:
        raise Wrong(_("A date and time such as 2026-11-19 16:20 are expected.")) from None


def typed(field: Field, value: Any) -> Any:
    """A stored JSON value as the type that criteria compare: the opposite of `plain`."""
    if field.kind == "address":
        return sort_text(value)
    if value in _BLANK or not isinstance(value, str | int | float) or isinstance(value, bool):
        return value
    read = _TYPES.get(field.kind)
    return read(value) if read else value


_TYPES: Mapping[str, Callable[[Any], Any]] = {
    "number": lambda value: Decimal(str(value)),
    "money": lambda value: Decimal(str(value)),
    "percent": lambda value: Decimal(str(value)),
    "date": lambda value: date.fromisoformat(str(value)),
    "datetime": lambda value: datetime.fromisoformat(str(value)),
    "link": lambda value: UUID(str(value)),
}


def completed(actor: Actor, kind: ObjectType, own: Mapping[str, Field], values: Mapping[str, Any]) -> dict[str, Any]:
    """`values` of a new record with the defaults of fields that are not named, and nothing for required ones without default.

    For the doors through which people and programs make records (forms, API, uploads); commands are not asked.
    """
    filled = dict(values)
    for item in own.values():
        if item.name in filled or field_access(actor, kind.name, item.name) != "write":
            continue
        if item.default not in _BLANK:
            filled[item.name] = item.default
        elif item.required:
            filled[item.name] = None
    return filled


def fields_of(kind: ObjectType, records: Iterable[Any]) -> dict[str, Field]:
    """The tenant's own fields of which the records have, or may have had, values; otherwise nothing is read."""
    return custom_fields(kind.name) if any(record.custom or record.version > 1 for record in records) else {}


def write_slots(kind: ObjectType, records: Iterable[Any], own: Mapping[str, Field]) -> None:
    """Repeat the values of the `own` fields that have a slot in their typed columns; one statement per record."""
    # A record that never had a value of the tenant's own fields has empty slots already.
    filled = [record for record in records if record.custom or record.version > 1]
    fields = [item for item in own.values() if item.slot]
    if not fields or not filled:
        return
    columns = ", ".join(f"{item.slot} = %s" for item in fields)
    rows = [[*(slot_value(item, record.custom.get(item.name)) for item in fields), record.id] for record in filled]
    with connection.cursor() as cursor:
        cursor.executemany(f'UPDATE "{kind.model._meta.db_table}" SET {columns} WHERE id = %s', rows)


def slot_value(item: Field, value: Any) -> Any:
    """A custom value in the type of its slot: numbers and money in ten-thousandths, dates at midnight UTC."""
    if value in _BLANK:
        return None
    if item.kind == "address":
        return sort_text(value)
    if item.slot.startswith("sn"):
        if item.kind == "bool":
            return int(value)
        return int(value) if item.kind == "integer" else to_minor(Decimal(str(value)))
    if item.slot.startswith("sd"):
        return datetime.fromisoformat(f"{value}T00:00:00Z" if item.kind == "date" else value)
    if item.slot.startswith("su"):
        return UUID(str(value))
    return str(value)


def stored_in(item: Field) -> Any:
    """The expression by which queries reach a custom field: its slot, or its JSON value in the field's type."""
    if item.slot:
        return SlotColumn(item.slot)
    if item.kind in ("multichoice", HELD):
        return KeyTransform(item.name, "custom")
    if item.kind == "address":
        return address_text_of(item, "custom")
    if item.within:
        return KeyTextTransform(item.part, KeyTransform(item.within, "custom"))
    text = KeyTextTransform(item.name, "custom")
    output = _OUTPUT.get(item.kind)
    return Cast(text, output()) if output else text


_OUTPUT: Mapping[str, Callable[[], "models.Field[Any, Any]"]] = {
    "number": lambda: models.DecimalField(max_digits=24, decimal_places=4),
    "money": lambda: models.DecimalField(max_digits=24, decimal_places=4),
    "percent": lambda: models.DecimalField(max_digits=24, decimal_places=4),
    "integer": models.BigIntegerField,
    "bool": models.BooleanField,
    "date": models.DateField,
    "datetime": models.DateTimeField,
    "link": models.UUIDField,
}


def address_text_of(item: Field, column: str) -> Any:
    """An address without a slot as it is compared: `addresses.sort_text` in SQL."""
    parts = [
        NullIf(KeyTextTransform(part, KeyTransform(item.name, column)), Value(""), output_field=models.TextField())
        for part in SORTED
    ]
    joined = Func(Value(", "), *parts, function="concat_ws", output_field=models.TextField())
    return NullIf(joined, Value(""), output_field=models.TextField())


def alias_of(item: Field) -> str:
    """The name under which a query knows a custom field."""
    # No name of a field has a capital letter.
    return f"own_{item.name.replace('.', '_P_')}"


def label_alias(item: Field) -> str:
    """The name under which a query knows the label of a custom link."""
    return f"own_label_{item.name}"


def with_link_labels(queryset: Any, shown: Sequence[Field], *, chinese: bool) -> Any:
    """The query set with the labels of the custom links among `shown`, read in the same statement."""
    links = [item for item in shown if item.custom and item.kind == "link"]
    labels = {label_alias(item): _label_of(item, chinese) for item in links}
    return queryset.annotate(**labels) if labels else queryset


def _label_of(item: Field, chinese: bool) -> Any:
    key = Cast(KeyTextTransform(item.name, OuterRef("custom")), models.UUIDField())
    if item.to in ("user", "team"):
        rows: Any = Membership.objects if item.to == "user" else Team.objects
        return Subquery(rows.filter(id=key).values("name")[:1], output_field=models.TextField())
    target = registry.find(item.to)
    if target is None:
        return Value("", output_field=models.TextField())
    title = target.by_name[target.title].column
    label: Any = F(title)
    if chinese and target.title_zh:
        label = Coalesce(NullIf(F(target.title_zh), Value("")), F(title))
    rows = target.model.objects.filter(id=key).annotate(shown_label=label)  # type: ignore[attr-defined]
    return Subquery(rows.values("shown_label")[:1], output_field=models.TextField())
