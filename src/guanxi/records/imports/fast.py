"""New records by the ten thousand: COPY into a temporary table, from there into the tables, all in the chunk's transaction.

A temporary table is the session's own: no tenant can read another's, and nothing of it outlives the transaction. What
`change_records` does for one record happens here for all, with the same result (a property test compares both).
"""

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
from django.db import connection, models
from django.utils import timezone

from guanxi.core.db.bulk import left_to_database
from guanxi.core.fields import MoneyField
from guanxi.core.money import minor_text, to_minor
from guanxi.identity.actor import Actor
from guanxi.records.custom import slot_value
from guanxi.records.registry import Field, ObjectType
from guanxi.records.values import plain

MOST_AT_ONCE = 0xFFFFF
BLANK: tuple[Any, ...] = (None, "", [], {}, False)
NULL = "\\N"
_STAGE = "pg_temp.guanxi_stage"
_HISTORY = f"""
INSERT INTO core_change (tenant_id, object, member_id, via, origin, batch_id, record_id, version, action, diff)
SELECT %s, %s, %s::uuid, %s, %s, %s::uuid, id, 1, 'created', diff FROM {_STAGE}
"""


@dataclass(frozen=True)
class Column:
    """One column on its way: its name and type in the database, its texts as COPY reads them, and its part of the history."""

    name: str
    type: str
    texts: Sequence[str]
    parts: Sequence[str] = ()


def new_ids(count: int) -> list[str]:
    """Ids of version 7 that follow each other, a multiple of sixteen apart: whoever needs keys beside them finds room."""
    if count > MOST_AT_ONCE:
        raise ValueError("too many at once")
    moment, chance = f"{time.time_ns() // 1_000_000:012x}", secrets.token_hex(6)
    head = f"{moment[:8]}-{moment[8:]}-7{chance[:3]}-{secrets.choice('89ab')}{chance[3:6]}-{chance[6:12]}"
    return [f"{head}{number:05x}0" for number in range(count)]


def insert_new(
    actor: Actor,
    kind: ObjectType,
    values: Mapping[str, Sequence[Any]],
    derived: Mapping[str, Sequence[Any]],
    own: Mapping[str, Field],
    codes: Sequence[str],
) -> list[UUID]:
    """Store new records with cleaned values by field (None where there is none) and history; returns their ids in order.

    `derived` holds values of further columns, or of fields once more, as they shall be stored. Raises IntegrityError as any insert.
    """
    count = len(codes)
    now = timezone.now()
    base = _base(actor, kind, now)
    ids = new_ids(count)
    first = UUID(ids[0]).int
    columns = [Column("id", "uuid", ids), _code(codes)]
    diff = [_fragment("created_at", now), _fragment("updated_at", now)] if "created_at" in kind.by_name else []
    for item in kind.fields:
        if item.name == "code" or (item.name in ("created_at", "updated_at")) or item.elsewhere:
            continue
        given = derived.get(item.name, values.get(item.name))
        source: Any = kind.model._meta.get_field(item.column)
        if given is None:
            diff.append(_fragment(item.name, getattr(base, source.attname)))
        else:
            columns.append(_field(item, source, given, getattr(base, source.attname)))
    columns += [
        _derived(kind.model._meta.get_field(name), texts) for name, texts in derived.items() if name not in kind.by_name
    ]
    if own:
        columns += _custom(own, values, count)
    columns.append(Column("diff", "jsonb", _diffs(columns, [part for part in diff if part], count)))
    _store(actor, kind, base, columns)
    return [UUID(int=first + 16 * number) for number in range(count)]


def _base(actor: Actor, kind: ObjectType, now: datetime) -> Any:
    """A record with nothing but what every new one has."""
    record: Any = kind.model(tenant_id=actor.tenant_id, version=1, code="")
    record.owner_id, record.team_id = actor.member_id, actor.team_id
    record.created_by_id = record.updated_by_id = actor.member_id
    record.created_at = record.updated_at = now
    return record


def _store(actor: Actor, kind: ObjectType, base: Any, columns: Sequence[Column]) -> None:
    staged = {column.name for column in columns}
    table = kind.model._meta.db_table
    rest: Any = [field for field in kind.model._meta.local_concrete_fields if field.column not in staged]
    rest = [field for field in rest if not left_to_database(base, field)]
    names = [column.name for column in columns if column.name != "diff"]
    defined = ", ".join(f'"{column.name}" {column.type}' for column in columns)
    text = "\n".join(map("\t".join, zip(*(column.texts for column in columns), strict=True)))
    listed = ", ".join(f'"{name}"' for name in names)
    constants = ", ".join(f'"{field.column}"' for field in rest)
    filled = ", ".join(["%s"] * len(rest))
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {_STAGE}")
        cursor.execute(f"CREATE TEMPORARY TABLE {_STAGE} ({defined}) ON COMMIT DROP")
        raw: Any = cursor.cursor
        with connection.wrap_database_errors, raw.copy(f"COPY {_STAGE} FROM STDIN") as copy:
            copy.write(text.encode())
        cursor.execute(
            f'INSERT INTO "{table}" ({listed}, {constants}) SELECT {listed}, {filled} FROM {_STAGE}',
            [field.get_db_prep_save(getattr(base, field.attname), connection) for field in rest],
        )
        about: list[Any] = [actor.tenant_id, kind.name, actor.member_id, actor.via, actor.origin, actor.batch_id]
        cursor.execute(_HISTORY, about)
        cursor.execute(f"DROP TABLE {_STAGE}")


def _code(codes: Sequence[str]) -> Column:
    texts, harmless = _escaped_all(codes)
    if harmless:
        return Column("code", "text", texts, [f'"code":[null,"{code}"]' if code else "" for code in codes])
    return Column("code", "text", texts, [_fragment("code", code) for code in codes])


def _field(item: Field, source: Any, values: Sequence[Any], default: Any) -> Column:
    """A field's column; where there is no value the record has the default."""
    kind = source.db_type(connection)
    if item.kind in ("text", "longtext", "email", "phone", "url") and not source.null:
        texts = [default if value is None else value for value in values]
        stored, harmless = _escaped_all(texts)
        if harmless:
            parts = [f'"{item.name}":[null,"{text}"]' if text else "" for text in texts]
        else:
            parts = [_fragment(item.name, text) for text in texts]
        return Column(source.column, kind, stored, parts)
    if isinstance(source, MoneyField) and source.null and default is None:
        return _money(item, source, values)
    write = _writer(source)
    known: dict[Any, tuple[str, str]] = {}
    pairs = []
    for value in values:
        key = tuple(value) if isinstance(value, list) else value
        found = known.get(key)
        if found is None:
            stored_value = default if value is None else value
            text = NULL if stored_value is None else write(stored_value)
            found = known[key] = (text, _fragment(item.name, stored_value))
        pairs.append(found)
    return Column(source.column, kind, [pair[0] for pair in pairs], [pair[1] for pair in pairs])


def _money(item: Field, source: Any, values: Sequence[Decimal | None]) -> Column:
    """Amounts hardly ever repeat: they are written out without remembering them."""
    minors = [None if value is None else to_minor(value) for value in values]
    parts = [f'"{item.name}":[null,"{minor_text(minor)}"]' if minor else "" for minor in minors]
    texts = [NULL if minor is None else str(minor) for minor in minors]
    return Column(source.column, source.db_type(connection), texts, parts)


def _derived(source: Any, values: Sequence[Any]) -> Column:
    name, kind = source.column, source.db_type(connection)
    if isinstance(source, models.CharField | models.TextField) and None not in values:
        return Column(name, kind, _escaped_all(values)[0])
    write = _writer(source)
    return Column(name, kind, [NULL if value is None else write(value) for value in values])


def _writer(source: Any) -> Callable[[Any], str]:
    if isinstance(source, MoneyField):
        return lambda value: str(to_minor(Decimal(value)))
    if source.__class__.__name__ == "ArrayField":
        return lambda value: _escaped(_array(value))
    if isinstance(source, models.BooleanField):
        return lambda value: "t" if value else "f"
    if isinstance(source, models.JSONField):
        return lambda value: _escaped(orjson.dumps(value).decode())
    return lambda value: _escaped(value.isoformat() if isinstance(value, date | datetime) else str(value))


def _array(values: Sequence[str]) -> str:
    quoted = ('"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' for value in values)
    return "{" + ",".join(quoted) + "}"


def _custom(own: Mapping[str, Field], values: Mapping[str, Sequence[Any]], count: int) -> list[Column]:
    """The tenant's own fields: one JSON document a row, and the typed columns of those that have one."""
    filled = {name: values[name] for name in own if name in values}
    documents = []
    rows = zip(*filled.values(), strict=True) if filled else iter([()] * count)
    for row in rows:
        document = {name: value for name, value in zip(filled, row, strict=True) if value not in (None, "", [])}
        documents.append(document)
    parts = [",".join(filter(None, (_fragment(name, value) for name, value in one.items()))) for one in documents]
    columns = [Column("custom", "jsonb", [_escaped(orjson.dumps(one).decode()) for one in documents], parts)]
    types = {"st": "text", "sn": "bigint", "sd": "timestamptz", "su": "uuid"}
    for name, item in own.items():
        if item.slot and name in filled:
            stored = [slot_value(item, value) for value in filled[name]]
            texts = [
                NULL if value is None else _escaped(value.isoformat() if isinstance(value, datetime) else str(value))
                for value in stored
            ]
            columns.append(Column(item.slot, types[item.slot[:2]], texts))
    return columns


def _diffs(columns: Sequence[Column], constant: Sequence[str], count: int) -> list[str]:
    head = ",".join(constant)
    parts: list[Sequence[str]] = [column.parts for column in columns if column.parts]
    if head:
        parts.insert(0, [head] * count)
    joined = (",".join(filter(None, row)) for row in zip(*parts, strict=True)) if parts else iter([""] * count)
    whole = [f"{{{text}}}" for text in joined]
    return list(_escaped_all(whole)[0])


def _fragment(name: str, value: Any) -> str:
    """A field's part of the history of a new record; nothing for what is empty."""
    if value in BLANK:
        return ""
    return f'"{name}":[null,{orjson.dumps(plain(value)).decode()}]'


def _escaped_all(texts: Sequence[str]) -> tuple[Sequence[str], bool]:
    """A column as the text form of COPY reads it, and whether nothing in it needs another form in JSON either.

    Looking through all of it at once costs a tenth of looking at each text."""
    whole = "".join(texts)
    if whole.isprintable() and "\\" not in whole:
        return texts, '"' not in whole
    return [_escaped(text) for text in texts], False


def _escaped(text: str) -> str:
    """As the text form of COPY reads it."""
    if "\\" in text:
        text = text.replace("\\", "\\\\")
    if text.isprintable():
        return text
    return text.replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r")
