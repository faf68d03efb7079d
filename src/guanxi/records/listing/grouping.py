"""The groups of a list: one query for their names, counts and sums; their records are ordinary lists of one more condition."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, Sum
from django.db.models.functions import TruncMonth
from django.utils import timezone
from django.utils.translation import gettext as _

from guanxi.core.errors import Invalid
from guanxi.core.rates import NoRate, convert
from guanxi.core.ui import formats
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import matchable
from guanxi.records.custom import reachable_fields
from guanxi.records.lists import ListQuery, filtered, link_label_path, link_label_zh, value_column
from guanxi.records.registry import Field, ObjectType
from guanxi.records.values import plain

GROUPABLE = ("choice", "link", "bool", "text", "date", "datetime")
MOST_GROUPS = 200


@dataclass
class Group:
    """Records with one value: what it is called, the condition that finds them, how many, sums by field in the company's currency.

    `unpriced` are records whose currency has no exchange rate: they are counted, but not in the sums.
    """

    key: str
    value: Any
    label: str
    criteria: dict[str, Any]
    count: int = 0
    sums: dict[str, Decimal] = field(default_factory=dict)
    unpriced: int = 0


def groupable_fields(actor: Actor, kind: ObjectType) -> list[Field]:
    """Fields by which the actor may group."""
    known = [*kind.fields, *reachable_fields(kind.name).values()]
    return [
        item for item in known if item.kind in GROUPABLE and item.filterable and matchable(actor, kind.name, item.name)
    ]


def group_field(actor: Actor, kind: ObjectType, name: str) -> Field:
    """The field of this name. Raises `Invalid` for one by which the actor may not group."""
    found = next((item for item in groupable_fields(actor, kind) if item.name == name), None)
    if found is None:
        raise Invalid({"group": [_("There is no field “%(name)s” to group by.") % {"name": name[:60]}]})
    return found


def list_groups(
    actor: Actor, kind: ObjectType, query: ListQuery, name: str, sums: Sequence[Field]
) -> tuple[list[Group], bool]:
    """The groups of a list in the order of their names, those without a value last; the second value says that all are there.

    Of more than MOST_GROUPS the largest are given.
    """
    item = group_field(actor, kind, name)
    queryset, path, labels = _grouped_by(filtered(actor, query).order_by(), item)
    currencies = list(dict.fromkeys(kind.by_name[one.currency].column for one in sums if one.currency))
    totals = {f"sum_{one.name}": Sum(one.column) for one in sums}
    rows = queryset.values(path, *labels, *currencies).annotate(count_=Count("id"), **totals).order_by("-count_", path)
    found: dict[str, Group] = {}
    for row in rows[: MOST_GROUPS * 3 + 1]:
        value = row[path]
        group = found.setdefault(
            str(plain(value) if value not in (None, "") else ""),
            _group(kind, item, value, [row[one] for one in labels]),
        )
        group.count += row["count_"]
        _add(actor, kind, group, row, sums)
    order = {choice.value: at for at, choice in enumerate(_choices(item))}
    listed = sorted(found.values(), key=lambda one: (one.key == "", order.get(one.key, 0), _sortable(one)))
    if len(listed) > MOST_GROUPS:
        kept = {id(one) for one in sorted(listed, key=lambda one: -one.count)[:MOST_GROUPS]}
        return [one for one in listed if id(one) in kept], False
    return listed, True


def _grouped_by(queryset: Any, item: Field) -> tuple[Any, str, list[str]]:
    """The query set, the path of the group's value, and the paths of its label."""
    if item.kind == "link" and not item.custom:
        paths = [path for path in (link_label_zh(item), link_label_path(item)) if path]
        return queryset, f"{item.column}_id", paths
    queryset, path = value_column(queryset, item)
    if item.kind in ("date", "datetime"):
        month = TruncMonth(path) if item.kind == "date" else TruncMonth(path, tzinfo=timezone.get_current_timezone())
        return queryset.annotate(month_=month), "month_", []
    return queryset, path, []


def _group(kind: ObjectType, item: Field, value: Any, labels: Sequence[Any]) -> Group:
    if value in (None, ""):
        return Group("", None, _("Without: %(field)s") % {"field": item.label}, {"field": item.name, "op": "empty"})
    if item.kind in ("date", "datetime"):
        return _month(item, value)
    key = str(plain(value))
    if item.kind == "bool":
        truth = bool(value)
        return Group(key, truth, _("Yes") if truth else _("No"), {"field": item.name, "op": "is", "value": truth})
    label = next((str(one) for one in labels if one), "")
    if item.kind == "choice":
        label = next((str(choice.label) for choice in _choices(item) if choice.value == key), "")
    return Group(key, value, label or key, {"field": item.name, "op": "is", "value": key})


def _month(item: Field, value: Any) -> Group:
    first: date = value.date() if isinstance(value, datetime) else value
    following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    conditions = [
        {"field": item.name, "op": "gte", "value": first.isoformat()},
        {"field": item.name, "op": "lt", "value": following.isoformat()},
    ]
    return Group(first.isoformat(), first, str(formats.month(first)), {"all": conditions})


def _add(actor: Actor, kind: ObjectType, group: Group, row: Mapping[str, Any], sums: Sequence[Field]) -> None:
    missing = False
    for one in sums:
        amount = row[f"sum_{one.name}"]
        if amount is None:
            continue
        currency = str(row[kind.by_name[one.currency].column] or actor.currency) if one.currency else actor.currency
        try:
            home = _at_home(actor, Decimal(amount), currency)
        except NoRate:
            missing = True
            continue
        group.sums[one.name] = group.sums.get(one.name, Decimal(0)) + home
    group.unpriced += row["count_"] if missing else 0


def _at_home(actor: Actor, amount: Decimal, currency: str) -> Decimal:
    if currency == actor.currency:
        return amount
    return convert(amount, currency, actor.currency, timezone.localdate(), company_currency=actor.currency)


def _choices(item: Field) -> Sequence[Any]:
    return item.choices_of() if item.choices_of else item.choices


def _sortable(group: Group) -> tuple[int, Any]:
    """Months in their order, all else by name."""
    return (0, group.key) if isinstance(group.value, date) else (1, group.label.casefold())
