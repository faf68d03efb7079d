"""Search results as the palette shows them: grouped by object, the match marked, commands for the best hit last."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any
from uuid import UUID

from markupsafe import Markup, escape

from guanxi.identity.actor import Actor
from guanxi.records import registry
from guanxi.records.lists import read_rows, shown_fields
from guanxi.records.ngrams import normalise, pinyin
from guanxi.records.queries import visible_records
from guanxi.records.registry import ObjectType
from guanxi.records.search import Hit, search


@dataclass(frozen=True)
class Found:
    """One result: marked title, what stands beside it, its address."""

    id: UUID
    title: Markup
    name: str
    note: str
    right: str
    url: str


@dataclass(frozen=True)
class Group:
    """Results of one object."""

    kind: ObjectType
    items: list[Found] = field(default_factory=list)


@dataclass(frozen=True)
class Results:
    """All groups in order of their best hit, how many records in all, and the milliseconds it took."""

    groups: list[Group]
    count: int
    milliseconds: int


def find(actor: Actor, text: str, *, limit: int = 24, objects: Sequence[str] | None = None) -> Results:
    """Records the actor may see whose searchable fields contain `text`."""
    started = perf_counter()
    hits = search(actor, text, limit=limit, objects=objects)
    by_object: dict[str, list[Hit]] = {}
    for hit in hits:
        by_object.setdefault(hit.object, []).append(hit)
    groups = [_group(actor, registry.get(name), found, text) for name, found in by_object.items()]
    shown = [group for group in groups if group.items]
    return Results(shown, sum(len(group.items) for group in shown), round((perf_counter() - started) * 1000))


def mark(text: str, query: str) -> Markup:
    """`text` with the part that matches `query` marked: literally, or by its pinyin in full or initials."""
    start, length = _position(text, query)
    if length == 0:
        return escape(text)
    return Markup("{}<mark>{}</mark>{}").format(text[:start], text[start : start + length], text[start + length :])


def _position(text: str, query: str) -> tuple[int, int]:
    norm = normalise(query)
    at = text.casefold().find(norm)
    if at >= 0:
        return at, len(norm)
    han = [index for index, char in enumerate(text) if "\u3400" <= char <= "\u9fff"]
    syllables = [pinyin(text[index])[0] for index in han]
    for begin in range(len(han)):
        initials, full = "", ""
        for end in range(begin, len(han)):
            initials += syllables[end][:1]
            full += syllables[end]
            if norm in (initials, full) or full.startswith(norm):
                return han[begin], han[end] - han[begin] + 1
    return 0, 0


def _group(actor: Actor, kind: ObjectType, hits: Sequence[Hit], text: str) -> Group:
    names = [kind.title, "code", *kind.subtitle]
    fields = shown_fields(actor, kind, [name for name in dict.fromkeys(names) if name in kind.by_name])
    queryset = visible_records(actor, kind.name).filter(id__in=[hit.id for hit in hits])
    rows = {row["id"]: row for row in read_rows(actor, kind, fields, queryset)}
    return Group(kind, [_found(kind, hit, rows[str(hit.id)], text) for hit in hits if str(hit.id) in rows])


def _found(kind: ObjectType, hit: Hit, row: dict[str, Any], text: str) -> Found:
    title = str(row.get(kind.title) or row.get("code") or "")
    beside = [_shown(row.get(name)) for name in kind.subtitle if name != "code"]
    if hit.field not in (kind.title, "code") and hit.text != title:
        beside.insert(0, hit.text)
    note = " · ".join(part for part in beside if part)
    return Found(hit.id, mark(title, text), title, note, str(row.get("code") or ""), f"/{kind.plural}/{hit.id}/")


def _shown(value: Any) -> str:
    return str(value["label"] if isinstance(value, dict) else value or "")
