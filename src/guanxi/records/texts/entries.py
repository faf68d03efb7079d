"""Entries of long texts: written with every change of a record, in the transaction of the change."""

from collections.abc import Iterable, Sequence
from typing import Any

import orjson

from guanxi.core.db.statements import send_prepared
from guanxi.core.tenancy import current_tenant_id
from guanxi.records.ngrams import MAX_LENGTH
from guanxi.records.registry import Field, ObjectType
from guanxi.records.texts.words import LONGEST, words

# The field under which the text of a file stands.
FILE = "$file"
_INSERT = """
INSERT INTO records_textentry (tenant_id, record_id, field, object, body, words, owner_id, team_id, share_mask)
SELECT %s, t.record_id, t.field, t.object, t.body, array_to_tsvector(t.words), t.owner_id, t.team_id, t.share_mask
FROM json_to_recordset(%s) AS t(
    record_id uuid, field text, object text, body text, words text[], owner_id uuid, team_id uuid, share_mask bigint)
ON CONFLICT (tenant_id, record_id, field) DO UPDATE SET
    body = EXCLUDED.body, words = EXCLUDED.words,
    owner_id = EXCLUDED.owner_id, team_id = EXCLUDED.team_id, share_mask = EXCLUDED.share_mask, at = now()
"""
# In front of a statement that is sent anyway: texts that became short or empty cost none of their own.
FORGET_FIRST = """
WITH texts_gone AS (DELETE FROM records_textentry WHERE tenant_id = %s AND (record_id, field) IN (
    SELECT t.record_id, t.field FROM json_to_recordset(%s) AS t(record_id uuid, field text)))
"""


def is_long(item: Field) -> bool:
    """Whether the words of a field may be too many for the n-grams of the ordinary entries."""
    return item.kind == "longtext"


def texts_of(
    kind: ObjectType, records: Iterable[Any], fields: Sequence[Field]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The entries of the long texts of records, and which entries there may be no more. What the n-grams hold whole needs none."""
    long = [item for item in fields if is_long(item)]
    rows: list[dict[str, Any]] = []
    stale: list[dict[str, Any]] = []
    for record in records if long else ():
        silent = kind.echoes is not None and kind.echoes(record)
        for item in long:
            text = (
                ""
                if silent
                else str((record.custom.get(item.name) if item.custom else getattr(record, item.column)) or "")
            )
            if text and (len(text) > MAX_LENGTH or not (item.search or item.custom)):
                rows.append(_entry(kind, record, item, text))
            elif record.version > 1:
                stale.append({"record_id": record.id, "field": item.name})
    return rows, stale


def store_texts(rows: list[dict[str, Any]]) -> None:
    """Write entries of long texts, new ones or changed ones."""
    if rows:
        send_prepared(_INSERT, [current_tenant_id(), orjson.dumps(rows).decode()])


def _entry(kind: ObjectType, record: Any, item: Field, text: str) -> dict[str, Any]:
    return {
        "record_id": record.id,
        "field": item.name,
        "object": kind.name,
        "body": text[:LONGEST],
        "words": words(text),
        "owner_id": record.owner_id,
        "team_id": record.team_id,
        "share_mask": record.share_mask,
    }


def long_fields(kind: ObjectType) -> list[Field]:
    """The fields of an object that have entries of long texts."""
    return [item for item in kind.fields if is_long(item)]
