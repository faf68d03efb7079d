"""Pages of records: filtered by criteria, sorted, a page after a key (keyset), never by counting rows off."""

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, F, Func, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from guanxi.core.errors import Invalid
from guanxi.core.ui.formats import is_chinese
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import field_access, matchable
from guanxi.records import registry
from guanxi.records.criteria import compile_q
from guanxi.records.custom import (
    alias_of,
    custom_fields,
    label_alias,
    own_field,
    own_value,
    reachable_fields,
    stored_in,
    with_link_labels,
)
from guanxi.records.queries import visible_records
from guanxi.records.registry import Field, ObjectType, source_of
from guanxi.records.sharing.estimate import sees_few
from guanxi.records.values import masked, plain

COUNT_CAP = 10_000
MAX_LIMIT = 200


@dataclass(frozen=True, kw_only=True)
class ListQuery:
    """What to list. `sort` is a field name, "-" before it for descending. `cursor` comes from the page before.

    `ids` narrows the list to records found otherwise, e.g. by searching.
    """

    object: str
    criteria: Mapping[str, Any] = field(default_factory=dict)
    sort: str = ""
    fields: Sequence[str] = ()
    cursor: str = ""
    limit: int = 50
    deleted: bool = False
    ids: Sequence[UUID] | None = None


@dataclass(frozen=True)
class Page:
    """Rows as dictionaries: field → plain value; links as {"id", "label"}; `next` is the cursor or None."""

    rows: list[dict[str, Any]]
    next: str | None


def list_records(actor: Actor, query: ListQuery) -> Page:
    """One page of records the actor may see. Raises `Invalid` for unknown fields or a bad cursor.

    Records without a value in the sort field come last, ordered by key: they are a second query, asked only when the records
    with a value do not fill the page, so that both use an index.
    """
    kind = registry.get(query.object)
    limit = max(1, min(query.limit, MAX_LIMIT))
    sort_field, descending = sort_of(actor, kind, query.sort or kind.default_sort)
    shown = shown_fields(actor, kind, query.fields)
    queryset, sort_path = order_column(filtered(actor, query), sort_field)
    position = read_cursor(query.cursor, sort_field, descending) if query.cursor else None
    select = ("id", "version", sort_path, *columns_of(shown))
    values: list[Any] = []
    for part in list_parts(queryset, kind, sort_field, sort_path, descending, position):
        page = first_rows(actor, query, kind, sort_field, part, limit + 1 - len(values))
        values += with_link_labels(page, shown, chinese=is_chinese()).values_list(*select)
        if len(values) > limit:
            break
    rows = rows_shown(actor, kind, shown, values[:limit], offset=3)
    last = values[limit - 1] if len(values) > limit else None
    return Page(rows, write_cursor(last[2], last[0], sort_field, descending) if last else None)


def list_parts(
    queryset: Any, kind: ObjectType, item: Field, path: str, descending: bool, position: tuple[Any, UUID] | None
) -> Iterator[Any]:
    """The query sets of a list in their order: records with a value in the sort field, then those without."""
    tie = "-id" if descending else "id"
    nullable = _nullable(kind, item)
    if position is None or position[0] is not None:
        valued = queryset.filter(**{f"{path}__isnull": False}) if nullable else queryset
        if position is not None:
            valued = valued.filter(_after(path, descending, position[0], position[1]))
        yield valued.order_by(f"-{path}" if descending else path, tie)
    if nullable:
        empty = queryset.filter(**{f"{path}__isnull": True})
        if position is not None and position[0] is None:
            empty = empty.filter(**{"id__lt" if descending else "id__gt": position[1]})
        yield empty.order_by(tie)


def first_rows(actor: Actor, query: ListQuery, kind: ObjectType, item: Field, part: Any, count: int) -> Any:
    """The first `count` records of a part of a list, as a query set in the same order.

    Where the keys of all visible records are gathered first, they are also cut first: labels of linked records are then read
    for one page and not for everything that is seen. They are an array: joined as a subquery, after all links of a
    statement with many, the planner would still link everything first.
    """
    if query.ids is not None or not sees_few(actor, query.object):
        return part[:count]
    among = Func(
        F("pk"), ArraySubquery(part.values("pk")[:count]), template="%(expressions)s)", arg_joiner=" = ANY(", output_field=BooleanField()
    )  # fmt: skip
    page, _path = order_column(kind.model.objects.filter(among), item)  # type: ignore[attr-defined]
    return page.order_by(*part.query.order_by)


def _nullable(kind: ObjectType, item: Field) -> bool:
    return item.custom or bool(source_of(kind.model, item.sort or item.column).null)


def read_rows(actor: Actor, kind: ObjectType, shown: Sequence[Field], queryset: Any) -> list[dict[str, Any]]:
    """The rows of a query set as lists show them: id, version and the fields `shown`."""
    queryset = with_link_labels(queryset, shown, chinese=is_chinese())
    values = queryset.values_list("id", "version", *columns_of(shown))
    return rows_shown(actor, kind, shown, values, offset=2)


def ordered_ids(actor: Actor, query: ListQuery, *, cap: int = 1000) -> list[UUID]:
    """Ids of the first `cap` records of a list in its order: the way from one record to the next."""
    kind = registry.get(query.object)
    item, descending = sort_of(actor, kind, query.sort or kind.default_sort)
    queryset, path = order_column(filtered(actor, query), item)
    ids: list[UUID] = []
    for part in list_parts(queryset, kind, item, path, descending, None):
        ids += part.values_list("id", flat=True)[: cap - len(ids)]
        if len(ids) >= cap:
            break
    return ids


def filtered(actor: Actor, query: ListQuery) -> "QuerySet[Any, Any]":
    """The query set behind a list: visible, filtered, neither sorted nor cut."""
    few = query.ids is None and sees_few(actor, query.object)
    queryset = visible_records(actor, query.object, deleted=query.deleted, few=few)
    if query.ids is not None:
        queryset = queryset.filter(id__in=query.ids)
    return compile_q(actor, query.object, query.criteria).apply(queryset)  # type: ignore[no-any-return]


def count_records(actor: Actor, query: ListQuery, *, cap: int = COUNT_CAP) -> tuple[int, bool]:
    """How many records match, counted up to `cap`; the second value says whether the figure is exact."""
    inner = filtered(actor, query).order_by().values("id")[: cap + 1]
    count = inner.count()
    return min(count, cap), count <= cap


def shown_fields(actor: Actor, kind: ObjectType, names: Sequence[str]) -> list[Field]:
    """The fields to show: those named, or all; hidden ones left out. Raises `Invalid` for an unknown name."""
    custom = reachable_fields(kind.name) if any(name not in kind.by_name for name in names) else {}
    if not names:
        custom = custom_fields(kind.name)
    wanted = list(names) or [*kind.by_name, *custom]
    unknown = [name for name in wanted if name not in kind.by_name and name not in custom]
    if unknown:
        raise Invalid({"fields": [_("There is no field “%(name)s”.") % {"name": unknown[0][:60]}]})
    described = [kind.by_name.get(name) or custom[name] for name in wanted]
    return [item for item in described if field_access(actor, kind.name, item.name) != "hidden"]


def link_label_path(item: Field) -> str:
    """The ORM path of a link's label, or "" when the target is not described."""
    if item.to in ("user", "team"):
        return f"{item.column}__name"
    target = registry.find(item.to)
    if target is not None:
        return f"{item.column}__{target.by_name[target.title].column}"
    return ""


def link_label_zh(item: Field) -> str:
    """The ORM path of a link's Chinese label, when the reader is Chinese and the target has one; else ""."""
    if item.to in ("user", "team") or not is_chinese():
        return ""
    target = registry.find(item.to)
    return f"{item.column}__{target.title_zh}" if target and target.title_zh else ""


def columns_of(shown: Sequence[Field]) -> list[str]:
    columns: list[str] = []
    for item in shown:
        if item.custom:
            columns += ["custom", *([label_alias(item)] if item.kind == "link" else [])]
        elif item.kind == "link":
            label = link_label_path(item)
            chinese = link_label_zh(item)
            columns += [f"{item.column}_id", label or f"{item.column}_id", *([chinese] if chinese else [])]
        else:
            columns.append(item.column)
    return list(dict.fromkeys(columns))


def rows_shown(
    actor: Actor, kind: ObjectType, shown: Sequence[Field], rows: Sequence[Sequence[Any]], *, offset: int
) -> list[dict[str, Any]]:
    """The rows as lists show them; the columns of `shown` begin at `offset`, after id and version."""
    place = {name: offset + index for index, name in enumerate(columns_of(shown))}
    readers = [(item.name, _reader(actor, kind, item, place)) for item in shown]
    answers = []
    for row in rows:
        answer: dict[str, Any] = {"id": str(row[0]), "version": row[1]}
        for name, read in readers:
            answer[name] = read(row)
        answers.append(answer)
    return answers


def _reader(actor: Actor, kind: ObjectType, item: Field, place: Mapping[str, int]) -> Callable[[Sequence[Any]], Any]:
    """How one field is read from a fetched row."""
    show = _masked if field_access(actor, kind.name, item.name) == "masked" else _as_it_is
    if item.custom:
        column = place["custom"]
        if item.kind == "link":
            beside = place[label_alias(item)]
            return lambda row: link_value(row[column].get(item.name), row[beside])
        return lambda row: show(plain(own_value(item, row[column])))
    if item.kind != "link":
        column = place[item.column]
        return lambda row: show(plain(row[column]))
    key = place[f"{item.column}_id"]
    label = place.get(link_label_path(item), key)
    chinese = place.get(link_label_zh(item), label)
    return lambda row: link_value(row[key], row[chinese] or row[label])


def link_value(key: Any, label: Any) -> dict[str, str] | None:
    """A link as rows hold it, or None."""
    return {"id": str(key), "label": str(label or "")} if key else None


def _as_it_is(value: Any) -> Any:
    return value


def _masked(value: Any) -> Any:
    return masked(value) if value else value


def sort_of(actor: Actor, kind: ObjectType, sort: str) -> tuple[Field, bool]:
    """The field and direction of a sort text such as "-updated_at". Raises `Invalid` for what the actor may not sort by."""
    name = sort.removeprefix("-")
    item = kind.by_name.get(name) or own_field(kind.name, name)
    if item is None or not item.sortable or not matchable(actor, kind.name, name) or item.kind in ("json", "tags"):
        raise Invalid({"sort": [_("There is no field “%(name)s” to sort by.") % {"name": name[:60]}]})
    return item, sort.startswith("-")


def order_column(queryset: Any, item: Field) -> tuple[Any, str]:
    """The query set with what sorting needs, and the path to sort by."""
    queryset, path = value_column(queryset, item)
    return queryset, item.sort or path


def value_column(queryset: Any, item: Field) -> tuple[Any, str]:
    """The query set with what reading the field needs, and the path of its value; of a link that of its label."""
    if item.custom:
        return queryset.annotate(**{alias_of(item): stored_in(item)}), alias_of(item)
    if item.kind == "link":
        return queryset, link_label_path(item) or f"{item.column}_id"
    return queryset, item.column


def _after(path: str, descending: bool, value: Any, key: UUID) -> Q:
    """Records behind a position. The first, redundant bound lets an index on the sort column begin there."""
    bound, beyond, tie = ("lte", "lt", "id__lt") if descending else ("gte", "gt", "id__gt")
    return Q(**{f"{path}__{bound}": value}) & (Q(**{f"{path}__{beyond}": value}) | Q(**{tie: key}))


def write_cursor(value: Any, key: UUID, item: Field, descending: bool) -> str:
    """The text that leads on behind a record: its value in the sort field and its key."""
    content = [item.name, descending, plain(value), isinstance(value, datetime), str(key)]
    return base64.urlsafe_b64encode(orjson.dumps(content)).decode().rstrip("=")


def read_cursor(text: str, item: Field, descending: bool) -> tuple[Any, UUID]:
    """Value and key that a cursor names. Raises `Invalid` when it is of another list."""
    try:
        name, down, value, is_time, key = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if name != item.name or down != descending or "\x00" in str(value):
            raise ValueError
        return datetime.fromisoformat(value) if is_time and value else value, UUID(key)
    except (ValueError, TypeError) as error:
        raise Invalid({"cursor": [_("The cursor does not belong to this list.")]}) from error


def sum_records(actor: Actor, query: ListQuery, name: str) -> Any:
    """The sum of a money or number field over the whole filter; `Invalid` when the actor may not read the field."""
    kind = registry.get(query.object)
    if name not in kind.by_name or not matchable(actor, kind.name, name):
        raise Invalid({"fields": [_("There is no field “%(name)s”.") % {"name": name[:60]}]})
    return filtered(actor, query).order_by().aggregate(total=Sum(kind.by_name[name].column))["total"]
