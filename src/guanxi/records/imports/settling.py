"""One chunk of rows becomes records: references, keys, policies, then new ones at once and known ones through the write path."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import DataError, IntegrityError, transaction
from django.utils.translation import gettext as _

from guanxi.core.codes import pass_over
from guanxi.core.errors import Invalid, NotAllowed
from guanxi.identity.permissions import permits_row, require
from guanxi.records.counting import tell_owners
from guanxi.records.demands.obeying import obey_demands_new
from guanxi.records.derived.settling import Touched
from guanxi.records.derived.settling import settle as settle_derived
from guanxi.records.imports.cells import Table
from guanxi.records.imports.fast import insert_new
from guanxi.records.imports.keys import key_values, known_records
from guanxi.records.imports.orders import Order, listed
from guanxi.records.imports.slowly import create_slowly, update_known
from guanxi.records.registry import Field
from guanxi.records.rules.checking import obey_rules
from guanxi.records.search import index_records
from guanxi.records.sharing.matching import rescan
from guanxi.records.values import Wrong

Values = dict[str, list[Any]]


@dataclass
class Counts:
    """What came of rows; those not named here were refused."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: int = 0


@dataclass
class Round:
    """Rows as their keys and references sort them."""

    create: list[int] = field(default_factory=list)
    update: list[tuple[int, UUID]] = field(default_factory=list)
    skip: int = 0
    later: list[int] = field(default_factory=list)


def settle(order: Order, table: Table) -> Counts:
    """Store what can be stored of the rows, in the running transaction; problems of the others stand in the table."""
    counts = Counts()
    _external_links(order, table)
    derived = _derived(order, table)
    keys = key_values(order, table, derived)
    pending = [row for row in range(len(table.rows)) if row not in table.problems]
    while pending:
        part = _sorted(order, table, derived, keys, pending)
        counts.skipped += part.skip
        if part.create:
            counts.created += _create(order, table, derived, part.create)
        if part.update:
            updated, unchanged = update_known(order, table, part.update)
            counts.updated += updated
            counts.unchanged += unchanged
        if len(part.later) == len(pending):
            _unresolved(order, table, part.later)
            break
        pending = part.later
    return counts


def _derived(order: Order, table: Table) -> Values:
    if order.kind.bulk is None:
        return {}
    texts = {
        name: [value or "" for value in values]
        for name, values in table.values.items()
        if name in order.kind.by_name and order.kind.by_name[name].kind in ("text", "longtext", "email", "phone", "url")
    }
    if order.kind.title not in texts:
        texts[order.kind.title] = [""] * len(table.rows)
    return order.kind.bulk.derive(texts, len(table.rows))


def _external_links(order: Order, table: Table) -> None:
    """References to other objects become ids, whole columns at once."""
    for name, texts in table.links.items():
        item = order.cleaner.fields[name]
        table.values[name] = [None] * len(texts)
        if item.to != order.kind.name:
            _resolve(order, table, item, range(len(texts)))


def _resolve(order: Order, table: Table, item: Field, rows: Sequence[int]) -> None:
    texts, by, make = table.links[item.name], order.by[item.name].by, order.by[item.name].make
    order.links.learn(item, {texts[row] for row in rows}, by)
    values = table.values[item.name]
    for row in rows:
        if texts[row] and not (make and row in table.problems):
            try:
                missing = make and not order.links.found(item, texts[row], by)
                key = order.links.make(item, texts[row], by) if missing else order.links.one(item, texts[row], by)
                values[row] = str(key) if item.custom else key
            except Wrong as wrong:
                table.wrong(row, item.name, str(wrong))


def _sorted(order: Order, table: Table, derived: Values, keys: Sequence[Any], pending: Sequence[int]) -> Round:
    part = Round()
    waiting = _own_links(order, table, pending)
    known = known_records(order, table, derived, pending, keys)
    seen: set[Any] = set()
    for row in pending:
        key = keys[row]
        if row in table.problems:
            continue
        if row in waiting or (key != "" and order.policy != "create" and key in seen):
            part.later.append(row)
            continue
        if key != "":
            seen.add(key)
        found = known.get(key, ()) if order.policy != "create" else ()
        if not found:
            part.create.append(row)
        elif order.policy == "skip":
            part.skip += 1
        elif len(found) > 1:
            table.wrong(row, order.key, _("Several records have this value: it does not tell which is meant."))
        else:
            part.update.append((row, found[0]))
    return part


def _own_links(order: Order, table: Table, pending: Sequence[int]) -> set[int]:
    """References to the object itself; rows that name another row of this round wait for it."""
    waiting: set[int] = set()
    for name, texts in table.links.items():
        item = order.cleaner.fields[name]
        if item.to != order.kind.name:
            continue
        by = order.by[name].by
        order.links.learn(item, {texts[row] for row in pending}, by)
        named = {
            str(table.values[one][row]).casefold(): row
            for one in (by or order.kind.title, "code")
            if one in table.values
            for row in pending
        }
        ready = []
        for row in pending:
            text = texts[row]
            if text and not order.links.found(item, text, by) and named.get(text.casefold(), row) != row:
                waiting.add(row)
            else:
                ready.append(row)
        _resolve(order, table, item, ready)
    return waiting


def _unresolved(order: Order, table: Table, rows: Sequence[int]) -> None:
    """Rows that wait for each other in a circle."""
    for row in rows:
        name = next((name for name, texts in table.links.items() if texts[row] and table.values[name][row] is None), "")
        table.wrong(
            row,
            name,
            _("There is no record called “%(name)s”.") % {"name": table.links[name][row][:60] if name else ""},
        )


def _create(order: Order, table: Table, derived: Values, rows: list[int]) -> int:
    """New records; returns how many."""
    require(order.actor, order.kind.name, "create")
    good = _complete(order, table, rows)
    if not good:
        return 0
    if order.kind.bulk is not None:
        try:
            with transaction.atomic():
                return _create_at_once(order, table, derived, good)
        except (IntegrityError, DataError, Invalid):
            # One of them contradicts what is stored, or a rule of the company's own: the write path says which.
            pass
    return create_slowly(order, table, good)


def _complete(order: Order, table: Table, rows: Sequence[int]) -> list[int]:
    """Rows that have what a new record needs, of an owner for whom the actor may make records; defaults are filled in."""
    count = len(table.rows)
    for name, default in order.defaults.items():
        values = table.values.setdefault(name, [None] * count)
        for row in rows:
            if values[row] is None:
                values[row] = default
    for item in order.needed:
        values = table.values.get(item.name) or [None] * count
        for row in rows:
            if values[row] is None:
                table.wrong(row, item.name, _("Fill in this field."))
    if order.kind.bulk is not None and order.kind.bulk.check is not None:
        new = set(rows)
        for row, errors in order.kind.bulk.check(table.values, count).items():
            for name, text in errors.items():
                if row in new:
                    table.wrong(row, name, text)
    _check_scope(order, table, rows)
    return [row for row in rows if row not in table.problems]


def _check_scope(order: Order, table: Table, rows: Sequence[int]) -> None:
    actor, count = order.actor, len(table.rows)
    owners, teams = (table.values.get(name) or [None] * count for name in ("owner", "team"))
    permitted: dict[tuple[Any, Any], bool] = {}
    for row in rows:
        pair = (owners[row] or actor.member_id, teams[row] or actor.team_id)
        if pair not in permitted:
            permitted[pair] = permits_row(actor, order.kind.name, "create", owner_id=pair[0], team_id=pair[1])
        if not permitted[pair]:
            table.wrong(row, "", str(NotAllowed(_("Your role does not permit records of this owner or team."))))


def _create_at_once(order: Order, table: Table, derived: Values, rows: list[int]) -> int:
    values = {name: _chosen(column, rows) for name, column in table.values.items()}
    if order.tag and "tags" in order.kind.by_name:
        tags = values.get("tags") or [None] * len(rows)
        values["tags"] = [list(dict.fromkeys([*listed(own), order.tag])) for own in tags]
    given = values.pop("code", None) or [None] * len(rows)
    fresh = iter(order.codes.take(sum(1 for code in given if not code)))
    codes = [code or next(fresh) for code in given]
    values |= {name: pool.take(len(rows)) for name, pool in order.numbers.items()}
    ids = insert_new(
        order.actor,
        order.kind,
        values,
        {name: _chosen(column, rows) for name, column in derived.items()},
        order.own,
        codes,
    )
    if any(given) and not order.dry:
        pass_over(order.kind.name, order.kind.code_pattern, [code for code in given if code])
    settle_derived(Touched(order.kind, set(ids), moved=True))
    obey_rules(order.actor, order.kind, ids)
    obey_demands_new(order.actor, order.kind, ids)
    _beside(order, ids)
    tell_owners(order.actor, set(values.get("owner") or ()))
    return len(ids)


def _beside(order: Order, ids: Sequence[UUID]) -> None:
    """What new records have beside their own row."""
    rescan(order.actor, order.kind, ids)
    bulk = order.kind.bulk
    if bulk is not None and bulk.after is not None:
        bulk.after(ids)
    if order.at_once:
        if bulk is not None and bulk.follow is not None:
            bulk.follow(ids)
        model: Any = order.kind.model
        index_records(order.kind, model.objects.filter(id__in=ids))


def _chosen(column: Sequence[Any], rows: Sequence[int]) -> Sequence[Any]:
    return column if len(rows) == len(column) else [column[row] for row in rows]


def reasons(order: Order, errors: Mapping[str, str]) -> str:
    """What is wrong with a row, in words."""
    parts = []
    known = {**order.kind.by_name, **order.own}
    for name, text in errors.items():
        parts.append(f"{known[name].label}: {text}" if name in known else text)
    return " ".join(parts)
