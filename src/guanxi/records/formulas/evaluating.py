"""The value of a checked formula for one record, in Python: for rules on what is not saved yet, and for the preview."""

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from guanxi.records import registry
from guanxi.records.custom import own_value, typed
from guanxi.records.formulas.checking import Const, Formula, Op, Ref, Typed
from guanxi.records.formulas.functions import Setting
from guanxi.records.registry import Field

LARGEST = Decimal(10) ** 14
_PLACES = Decimal("0.0001")
LONGEST = 255


def evaluate(formula: Formula, record: Any, setting: Setting) -> Any:
    """The value: Decimal, str, date, datetime, bool or None. Related records are read as they are needed."""
    return _value(formula.node, record, setting)


def stored(formula: Formula, record: Any, setting: Setting) -> Any:
    """The value as a field of its own would hold it: numbers of four places below 10^14, texts of 255 signs."""
    return fit(evaluate(formula, record, setting))


def fit(value: Any) -> Any:
    """A value as a field can hold it, or None."""
    if isinstance(value, Decimal):
        short = value.quantize(_PLACES, rounding=ROUND_HALF_UP) if abs(value) < LARGEST else LARGEST
        return short if abs(short) < LARGEST else None
    if isinstance(value, str):
        return value[:LONGEST]
    return value.replace(microsecond=0) if isinstance(value, datetime) else value


def _value(node: Typed, record: Any, setting: Setting) -> Any:
    if isinstance(node, Const):
        return node.value
    if isinstance(node, Ref):
        return _read(node, record)
    assert isinstance(node, Op)
    values = [_value(one, record, setting) for one in node.given]
    return node.meaning.python(*values, setting) if node.meaning.setting else node.meaning.python(*values)


def _read(ref: Ref, record: Any) -> Any:
    for _kind, link in ref.links:
        record = follow(link, record)
    value = None
    if record is not None:
        item = ref.field
        value = typed(item, own_value(item, record.custom)) if item.custom else getattr(record, item.column)
    return plain_value(ref, value)


def follow(link: Field, record: Any) -> Any:
    """The record that a link names, or None."""
    if record is None:
        return None
    if not link.custom:
        return getattr(record, link.column)
    key = record.custom.get(link.name)
    if not key:
        return None
    target: Any = registry.get(link.to).model
    return target.objects.filter(id=key).first()


def plain_value(ref: Ref, value: Any) -> Any:
    """A column's value as formulas know it."""
    if ref.type == "bool":
        return bool(value)
    if ref.type == "list":
        return list(value or [])
    if value in (None, ""):
        return None
    if ref.type == "number":
        return Decimal(format(value, ".15g")) if isinstance(value, float) else Decimal(value)
    if ref.type == "text":
        return str(value)
    if ref.type == "date" and isinstance(value, datetime | str):
        return date.fromisoformat(str(value)[:10])
    return datetime.fromisoformat(value) if isinstance(value, str) and ref.type == "moment" else value
