"""Rows through `change_records`, in batches: what is refused leaves its batch with its reason, and the rest is tried again."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from guanxi.core.errors import Invalid, Refused
from guanxi.identity.permissions import field_access
from guanxi.records.changes import AnyChange, Create, Update, change_records
from guanxi.records.custom import completed
from guanxi.records.imports.cells import Table
from guanxi.records.imports.orders import Order, listed

BATCH = 200
BLANK: tuple[Any, ...] = (None, "", [], {})
Work = list[tuple[int, AnyChange]]


def create_slowly(order: Order, table: Table, rows: Sequence[int]) -> int:
    """New records one batch after the other; returns how many."""
    coded = field_access(order.actor, order.kind.name, "code") == "write" and bool(order.kind.code_pattern)
    codes = iter(order.codes.take(len(rows) if coded else 0))
    work: Work = []
    for row in rows:
        values = {name: column[row] for name, column in table.values.items() if column[row] is not None}
        if coded and not values.get("code"):
            values["code"] = next(codes)
        if "tags" in order.kind.by_name:
            values["tags"] = list(dict.fromkeys([*listed(values.get("tags")), *([order.tag] if order.tag else [])]))
        work.append((row, Create(completed(order.actor, order.kind, order.own, values))))
    return _in_batches(order, table, work)


def update_known(order: Order, table: Table, pairs: Sequence[tuple[int, UUID]]) -> tuple[int, int]:
    """Give known records the values of their rows; returns how many rows were taken, and for how many nothing changed."""
    work: Work = []
    unchanged = 0
    for start in range(0, len(pairs), 2000):
        part = pairs[start : start + 2000]
        model: Any = order.kind.model
        records = {record.id: record for record in model.objects.filter(id__in=[key for _row, key in part])}
        for row, key in part:
            values = _news(order, table, row, records.get(key))
            if values:
                work.append((row, Update(key, values)))
            else:
                unchanged += 1
    return unchanged + _in_batches(order, table, work), unchanged


def _news(order: Order, table: Table, row: int, record: Any) -> dict[str, Any]:
    """What a row says that the record does not have yet; with the policy "fill", only where the record says nothing."""
    news: dict[str, Any] = {}
    for name, column in table.values.items():
        value = column[row]
        if value is None or name in (order.key, "code"):
            continue
        now = _current(order, record, name)
        if isinstance(value, dict):
            value = _joined(now, value, fill=order.policy == "fill")
            if value != now:
                news[name] = value
            continue
        if now != value and (order.policy != "fill" or now in BLANK):
            news[name] = value
    return news


def _joined(now: Any, parts: dict[str, Any], *, fill: bool) -> dict[str, Any]:
    """An address with the parts that a row names; to `fill` only those that it has not."""
    known = now if isinstance(now, dict) else {}
    return {**parts, **known} if fill else {**known, **parts}


def _current(order: Order, record: Any, name: str) -> Any:
    item = order.kind.by_name.get(name)
    if record is None:
        return None
    if item is None:
        return record.custom.get(name)
    return getattr(record, f"{item.column}_id" if item.kind == "link" else item.column)


def _in_batches(order: Order, table: Table, work: Work) -> int:
    return sum(_carry_out(order, table, work[start : start + BATCH]) for start in range(0, len(work), BATCH))


def _carry_out(order: Order, table: Table, work: Work) -> int:
    while work:
        try:
            change_records(order.actor, order.kind.name, [change for _row, change in work], allow=("code",))
            return len(work)
        except Invalid as refusal:
            wrong = _wrong_rows(refusal, len(work))
            if not wrong:
                return _halves(order, table, work, refusal)
            for at, errors in wrong.items():
                for name, texts in errors.items():
                    table.wrong(work[at][0], name, " ".join(texts))
            work = [entry for at, entry in enumerate(work) if at not in wrong]
        except Refused as refusal:
            return _halves(order, table, work, refusal)
    return 0


def _halves(order: Order, table: Table, work: Work, why: Refused) -> int:
    if len(work) == 1:
        table.wrong(work[0][0], "", why.message)
        return 0
    middle = len(work) // 2
    return _carry_out(order, table, work[:middle]) + _carry_out(order, table, work[middle:])


def _wrong_rows(refusal: Invalid, count: int) -> dict[int, Mapping[str, Sequence[str]]]:
    """Messages by place in the batch: with several changes the keys are "place.field"."""
    wrong: dict[int, dict[str, Sequence[str]]] = {}
    for key, texts in refusal.errors.items():
        place, dot, name = key.partition(".")
        if count == 1:
            wrong.setdefault(0, {})[key] = texts
        elif dot and place.isdecimal() and int(place) < count:
            wrong.setdefault(int(place), {})[name] = texts
    return dict(wrong)
