"""Criteria in words: operators, periods and values as chips and sentences show them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from django.utils.translation import gettext as _

from guanxi.identity.actor import Actor
from guanxi.records.criteria import SEGMENT
from guanxi.records.custom import own_field
from guanxi.records.display import Painter, labels_of, object_or_none
from guanxi.records.registry import Field, ObjectType
from guanxi.records.relations import relation_of


@dataclass(frozen=True)
class Chip:
    """One condition in words, and the criteria that remain without it."""

    field: str
    op: str
    value: str
    without: dict[str, Any]


def operator_words() -> dict[str, str]:
    """Operators of criteria in words."""
    return {
        "is": _("is"), "is_not": _("is not"), "in": _("is any of"), "not_in": _("is none of"), "contains": _("contains"),
        "starts": _("starts with"), "gt": _("more than"), "gte": _("at least"), "lt": _("less than"), "lte": _("at most"),
        "between": _("between"), "within": _("within"), "empty": _("is empty"), "not_empty": _("is not empty"),
    }  # fmt: skip


def period_words(period: Any) -> str:
    """A period in words: this month, the last 180 days."""
    named = {
        "today": _("today"), "yesterday": _("yesterday"), "tomorrow": _("tomorrow"), "this_week": _("this week"),
        "last_week": _("last week"), "next_week": _("next week"), "this_month": _("this month"), "last_month": _("last month"),
        "next_month": _("next month"), "this_quarter": _("this quarter"), "last_quarter": _("last quarter"),
        "next_quarter": _("next quarter"), "this_year": _("this year"), "last_year": _("last year"),
    }  # fmt: skip
    if isinstance(period, str):
        return named.get(period, period)
    if not isinstance(period, Mapping):
        return ""
    units = {"days": _("days"), "weeks": _("weeks"), "months": _("months"), "years": _("years")}
    unit = units.get(str(period.get("unit", "days")), "")
    if "last" in period:
        return _("the last %(count)s %(unit)s") % {"count": period["last"], "unit": unit}
    return _("the next %(count)s %(unit)s") % {"count": period.get("next", ""), "unit": unit}


def chips(actor: Actor, kind: ObjectType, criteria: Mapping[str, Any]) -> list[Chip]:
    """The top conditions of criteria as chips; a group is one chip."""
    items = top_conditions(criteria)
    return [_chip(actor, kind, item, joined(items[:at] + items[at + 1 :])) for at, item in enumerate(items)]


def in_words(actor: Actor, kind: ObjectType, criteria: Mapping[str, Any]) -> str:
    """Criteria as one line: City is Stuttgart and (Grade is any of A, B or Value at least ¥500,000)."""
    if not isinstance(criteria, Mapping):
        return ""
    for key, word in (("all", _(" and ")), ("any", _(" or "))):
        if isinstance(criteria.get(key), list):
            return word.join(_bracketed(actor, kind, item) for item in criteria[key] if item)
    if "not" in criteria:
        inner = in_words(actor, kind, criteria["not"])
        return _("not (%(condition)s)") % {"condition": inner} if inner else ""
    if not criteria:
        return ""
    chip = _chip(actor, kind, criteria, {})
    if "related" in criteria:
        condition = f"{chip.op} {chip.value}".strip()
        return _("%(records)s: %(condition)s") % {"records": chip.field, "condition": condition}
    return " ".join(part for part in (chip.field, chip.op, chip.value) if part)


def sentence(actor: Actor, kind: ObjectType, criteria: Mapping[str, Any]) -> str:
    """Criteria as a sentence about the object's records; says so when they narrow nothing."""
    words = in_words(actor, kind, criteria)
    if not words:
        return _("%(records)s: all of them.") % {"records": kind.label_plural}
    return _("%(records)s where %(condition)s.") % {"records": kind.label_plural, "condition": words}


def _bracketed(actor: Actor, kind: ObjectType, node: Any) -> str:
    """A part of a longer line; brackets around what is itself joined."""
    words = in_words(actor, kind, node)
    inner: list[Any] = (
        next((node[key] for key in ("all", "any") if isinstance(node.get(key), list)), []) if words else []
    )
    return f"({words})" if len(inner) > 1 else words


def merged(*many: Mapping[str, Any]) -> dict[str, Any]:
    """Criteria that hold when all of `many` hold, flat."""
    return joined([item for criteria in many for item in top_conditions(criteria)])


def parse_criteria(text: str) -> dict[str, Any]:
    """Criteria from the text of an address; what is no JSON object gives one that never compiles, so that an error is told."""
    try:
        parsed = orjson.loads(text) if text else {}
    except orjson.JSONDecodeError:
        return {"malformed": True}
    return parsed if isinstance(parsed, dict) else {"malformed": True}


def resolve_field(kind: ObjectType, name: str) -> tuple[ObjectType, Field, str] | None:
    """The object and field that a dotted name means, and its label ("Account: Industry"); None when unknown."""
    labels: list[str] = []
    own = own_field(kind.name, name)
    if own is not None:
        return kind, own, str(own.label)
    parts = name.split(".")
    for part in parts[:-1]:
        link = kind.by_name.get(part)
        target = object_or_none(link.to) if link else None
        if link is None or target is None:
            return None
        labels.append(str(link.label))
        kind = target
    if parts[-1] == SEGMENT:
        inside = Field(SEGMENT, label=_("Segment"), kind="link", to="segment")
        return kind, inside, ": ".join([*labels, str(inside.label)])
    item = kind.by_name.get(parts[-1])
    return (kind, item, ": ".join([*labels, str(item.label)])) if item else None


def top_conditions(criteria: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The conditions that criteria join by “and”."""
    if not criteria:
        return []
    items = criteria.get("all")
    return list(items) if isinstance(items, list) else [criteria]


def joined(items: list[Mapping[str, Any]]) -> dict[str, Any]:
    """Criteria that hold when all of the conditions hold."""
    if len(items) == 1 and isinstance(items[0], Mapping):
        return dict(items[0])
    # What is malformed stays so: compiling refuses it.
    return {"all": [dict(item) if isinstance(item, Mapping) else item for item in items]} if items else {}


def _chip(actor: Actor, kind: ObjectType, node: Any, without: dict[str, Any]) -> Chip:
    if isinstance(node, Mapping) and "related" in node:
        return _related_chip(actor, kind, node, without)
    if not isinstance(node, Mapping) or "field" not in node:
        return Chip(_group_words(node), "", _count_words(node), without)
    found = resolve_field(kind, str(node["field"]))
    op = str(node.get("op", "is"))
    if found is None:
        return Chip(str(node["field"])[:60], operator_words().get(op, op), "", without)
    owner, item, label = found
    return Chip(label, operator_words().get(op, op), _value_words(actor, owner, item, op, node.get("value")), without)


def _related_chip(actor: Actor, kind: ObjectType, node: Mapping[str, Any], without: dict[str, Any]) -> Chip:
    """A condition on related records: “Opportunities: none where Close date within next 30 days”."""
    relation = relation_of(actor, kind, str(node["related"]))
    words = in_words(actor, relation.kind, node.get("where") or {}) if relation else ""
    label = relation.label if relation else str(node["related"])[:60]
    if node.get("op", "any") == "none":
        return Chip(label, _("none where") if words else _("none at all"), words, without)
    return Chip(label, _("any where") if words else _("at least one"), words, without)


def _group_words(node: Any) -> str:
    if isinstance(node, Mapping) and "any" in node:
        return _("any of")
    return _("none of") if isinstance(node, Mapping) and "not" in node else _("all of")


def _count_words(node: Any) -> str:
    inner: Any = (
        next((node[key] for key in ("any", "all", "not") if key in node), []) if isinstance(node, Mapping) else []
    )
    inner = (
        next((inner[key] for key in ("any", "all") if key in inner), [inner]) if isinstance(inner, Mapping) else inner
    )
    count = len(inner) if isinstance(inner, list) else 1
    return _("%(count)d conditions") % {"count": count}


def _value_words(actor: Actor, kind: ObjectType, item: Field, op: str, value: Any) -> str:
    if op in ("empty", "not_empty"):
        return ""
    if op == "within":
        return period_words(value)
    values = value if isinstance(value, list) else [value]
    words = [_one_word(actor, kind, item, one) for one in values]
    return " – ".join(words) if op == "between" else ", ".join(words)


def _one_word(actor: Actor, kind: ObjectType, item: Field, value: Any) -> str:
    relative = {"$me": _("me"), "$my_team": _("my team"), "$my_teams": _("my teams"), "$today": _("today")}
    if isinstance(value, str) and value in relative:
        return relative[value]
    painter = Painter(actor, kind)
    try:
        if item.kind == "link" and value:
            key = UUID(str(value))
            value = {
                "id": str(key),
                "label": labels_of(actor, kind, [item], {item.name: key}).get((item.name, key)) or "?",
            }
        return painter.text(item, value)
    except (ValueError, ArithmeticError):
        return str(value)[:60]
