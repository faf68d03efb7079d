"""Search entries: written with every change, read through one ranked query that decides visibility itself."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from django.db import connection
from django.db.models import Q

from guanxi.core.db.statements import send_prepared
from guanxi.core.tenancy import current_tenant_id
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import matchable, scope_of, share_mask
from guanxi.identity.sharing import STORED, inline_rules, rules_for
from guanxi.records import registry
from guanxi.records.addresses import one_line
from guanxi.records.custom import fields_of, searched_fields
from guanxi.records.former import survivors_by_code
from guanxi.records.ngrams import MAX_LENGTH, grams, normalise, query_grams, search_text
from guanxi.records.queries import visible_records
from guanxi.records.registry import Field, ObjectType
from guanxi.records.texts.entries import FILE, FORGET_FIRST, is_long, long_fields, store_texts, texts_of
from guanxi.records.texts.words import needle, query
from guanxi.records.typos import probably_meant, ways_to_look_up

# One statement whatever the number of entries: the rows travel as JSON.
_INSERT = """
INSERT INTO records_searchentry (tenant_id, record_id, field, object, text, norm, grams, owner_id, team_id, share_mask)
SELECT %s, t.* FROM json_to_recordset(%s) AS t(
    record_id uuid, field text, object text, text text, norm text, grams text[], owner_id uuid, team_id uuid, share_mask bigint)
ON CONFLICT (tenant_id, record_id, field) DO UPDATE SET
    text = EXCLUDED.text, norm = EXCLUDED.norm, grams = EXCLUDED.grams,
    owner_id = EXCLUDED.owner_id, team_id = EXCLUDED.team_id, share_mask = EXCLUDED.share_mask, at = now()
"""
_FORGET = """
WITH texts AS (DELETE FROM records_textentry WHERE record_id = ANY(%s)) DELETE FROM records_searchentry WHERE record_id = ANY(%s)
"""
# As many as the functions look at.
MOST = 2000
# Beyond the limit, so that what was opened lately may rise into it.
OPENED_ROOM = 2
_OPENED = """
SELECT s.object, s.record_id, s.field, s.text,
       s.rank + CASE WHEN r.record_id IS NULL THEN 0 WHEN r.starred THEN 12 ELSE 8 END AS raised
FROM ({found}) AS s LEFT JOIN records_recentview r ON r.member_id = %s AND r.object = s.object AND r.record_id = s.record_id
ORDER BY raised DESC, s.place LIMIT %s
"""
_TEXTS = "SELECT *, row_number() OVER () AS place FROM records_search_texts(%s::tsquery, %s, %s, %s, %s::uuid[], %s::uuid[], %s::uuid[], %s, %s)"
_CODE = re.compile(r"(?=.*[A-Za-z])(?=.*\d)[\w./-]{3,40}")
FOUND = 500
# Before the key of the document in which something was found, in place of a field.
FILE_MARK = "file:"
_PHONETIC_KINDS = ("text", "longtext", "address")


@dataclass(frozen=True)
class Hit:
    """A record found: where (field and its text) and how well."""

    object: str
    id: UUID
    field: str
    text: str
    rank: float


def index_records(kind: ObjectType, records: Iterable[Any], own: Mapping[str, Field] | None = None) -> None:
    """Bring the search entries of records up to date; fields that became empty lose theirs.

    `own` are the tenant's own fields as `fields_of` gives them; without it they are read here.
    """
    many = list(records)
    fields = [item for item in kind.fields if item.search or item.name == "code"]
    own = fields_of(kind, many) if own is None else own
    fields += [item for item in own.values() if item.search]
    rows: list[dict[str, Any]] = []
    stale: list[tuple[UUID, str]] = []
    for record in many:
        for item in fields:
            text = _text_of(item, record)
            if text:
                rows.append(_entry(kind, record, item, text))
            elif record.version > 1:
                stale.append((record.id, item.name))
    texts, short = texts_of(kind, many, [*long_fields(kind), *own.values()])
    before = [current_tenant_id(), orjson.dumps(short).decode()] if short else []
    first = FORGET_FIRST if short else ""
    if rows:
        send_prepared(first + _INSERT, [*before, current_tenant_id(), orjson.dumps(rows).decode()])
    elif short:
        send_prepared(f"{first} SELECT 1", before)
    if stale:
        with connection.cursor() as cursor:
            cursor.executemany("DELETE FROM records_searchentry WHERE record_id = %s AND field = %s", stale)
    store_texts(texts)


def _text_of(item: Field, record: Any) -> str:
    value = record.custom.get(item.name) if item.custom else getattr(record, item.column)
    return one_line(value) if isinstance(value, dict) else str(value or "")


def _entry(kind: ObjectType, record: Any, item: Field, text: str) -> dict[str, Any]:
    norm = search_text(text, phonetic=item.kind in _PHONETIC_KINDS)
    return {
        "record_id": record.id,
        "field": item.name,
        "object": kind.name,
        "text": text[:MAX_LENGTH],
        "norm": norm,
        "grams": sorted(grams(norm)),
        "owner_id": record.owner_id,
        "team_id": record.team_id,
        "share_mask": record.share_mask,
    }


def found_by_text(item: Field) -> bool:
    """Whether the search finds records by this field."""
    return item.search or is_long(item)


def forget(ids: Sequence[UUID]) -> None:
    """Remove all entries of the records."""
    with connection.cursor() as cursor:
        cursor.execute(_FORGET, [list(ids), list(ids)])


def search(
    actor: Actor, text: str, *, objects: Sequence[str] | None = None, limit: int = 50, texts: bool = False
) -> list[Hit]:
    """Records whose searchable fields contain `text` (any script, pinyin, digits of a phone), best first.

    With `texts`, also those whose long texts and documents have all its words; such a hit brings the passage, and the field
    `file:` and the file's key if it is a document. Only objects, rows and fields that the actor may see take part in the match itself.
    """
    norm = _query_text(text)
    wanted = query_grams(norm)
    if not wanted:
        return []
    scopes = _scopes(actor, objects)
    looked_up = {name for name in scopes if scopes[name]["scope"] not in ("all", "none") and inline_rules(actor, name)}
    for name in looked_up:
        scopes[name]["scope"] = "all"
    hits = _ask(actor, scopes, [(norm, sorted(wanted))], MOST if looked_up else limit, words=text if texts else "")
    if not hits and (ways := ways_to_look_up(norm)):
        hits = [hit for hit in _ask(actor, scopes, ways, MOST) if probably_meant(norm, hit.text)]
    return _merged_away(actor, text.strip(), objects) + _visible(actor, looked_up, hits)[:limit]


def _ask(
    actor: Actor, scopes: Mapping[str, Any], ways: Sequence[tuple[str, list[str]]], limit: int, *, words: str = ""
) -> list[Hit]:
    """One statement: what the indexes find in any of the ways, best first, what the actor opened lately or gave a star raised."""
    grants = [rule.grant_id for name in scopes for rule in rules_for(actor, name) if rule.state == STORED]
    visible = [
        orjson.dumps(scopes).decode(), actor.member_id, list(actor.team_ids), list(actor.below_team_ids),
        [*actor.principals, *grants], share_mask(actor.principals), limit * OPENED_ROOM,
    ]  # fmt: skip
    one = "SELECT *, row_number() OVER () AS place FROM records_search(%s, %s, %s, %s, %s::uuid[], %s::uuid[], %s::uuid[], %s, %s)"
    asked = query(words)
    parts = [one] * len(ways) + [_TEXTS] * bool(asked)
    given = [value for norm, wanted in ways for value in (norm, wanted, *visible)]
    given += [asked, needle(words), *visible] if asked else []
    with connection.cursor() as cursor:
        cursor.execute(_OPENED.format(found=" UNION ALL ".join(parts)), [*given, actor.member_id, limit])
        found: dict[UUID, Hit] = {}
        for row in cursor.fetchall():
            found.setdefault(row[1], Hit(*row))
        return list(found.values())


def _visible(actor: Actor, looked_up: set[str], hits: list[Hit]) -> list[Hit]:
    """Hits without those that no rule looked up in the records opens: the index does not know these rules."""
    for name in looked_up:
        keys = [hit.id for hit in hits if hit.object == name]
        seen = set(visible_records(actor, name).filter(id__in=keys).values_list("id", flat=True)) if keys else set()
        hits = [hit for hit in hits if hit.object != name or hit.id in seen]
    return hits


def find_ids(actor: Actor, kind: ObjectType, text: str, *, limit: int = FOUND) -> list[UUID]:
    """Records of one object that contain `text`, best first. Small lists of settings have no entries: their titles are read."""
    if any(item.search for item in kind.fields) or searched_fields().get(kind.name):
        return list(dict.fromkeys(hit.id for hit in search(actor, text, objects=[kind.name], limit=limit, texts=True)))
    title = kind.by_name[kind.title]
    hits = [hit.id for hit in search(actor, text, objects=[kind.name], limit=limit)] if "code" in kind.by_name else []
    if matchable(actor, kind.name, title.name) and title.kind in ("text", "longtext"):
        chinese = Q(**{f"{kind.title_zh}__icontains": text}) if kind.title_zh else Q()
        named = Q(**{f"{title.column}__icontains": text}) | chinese
        found = visible_records(actor, kind.name).filter(named).order_by(title.column, "id")
        hits += list(found.values_list("id", flat=True)[:limit])
    return list(dict.fromkeys(hits))


def _merged_away(actor: Actor, text: str, objects: Sequence[str] | None) -> list[Hit]:
    """The code of a record that was merged leads to the one it became a part of."""
    if not _CODE.fullmatch(text):
        return []
    return [Hit(name, key, "code", code, 95.0) for name, key, code in survivors_by_code(actor, text, objects)]


def _query_text(text: str) -> str:
    """The normalised query; what looks like a telephone number is reduced to its digits, as entries are."""
    norm = normalise(text)
    digits = re.sub(r"\D", "", norm)
    return digits if len(digits) >= 4 and re.fullmatch(r"[\d\s()+./-]+", norm) else norm


def _scopes(actor: Actor, objects: Sequence[str] | None) -> dict[str, Any]:
    scopes = {}
    own = searched_fields()
    for kind in registry.objects():
        if (objects is not None and kind.name not in objects) or kind.room in actor.rooms_off:
            continue
        fields = [item.name for item in kind.fields if item.search or item.name == "code" or is_long(item)] + own.get(
            kind.name, []
        )
        scopes[kind.name] = {
            "scope": scope_of(actor, kind.name, "view"),
            "fields": [*(name for name in fields if matchable(actor, kind.name, name)), FILE],
        }
    return scopes
