"""Search results as the palette shows them: grouped by object, the match marked, commands for the best hit last."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from markupsafe import Markup, escape

from guanxi.core.models import StoredFile
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import field_access
from guanxi.records import registry
from guanxi.records.custom import custom_fields
from guanxi.records.display import Painter
from guanxi.records.lists import read_rows, shown_fields
from guanxi.records.ngrams import normalise, syllables
from guanxi.records.queries import visible_records
from guanxi.records.registry import Field, ObjectType
from guanxi.records.search import FILE_MARK, Hit, search
from guanxi.records.texts.words import HAN, SPACE, WORD
from guanxi.science.names import readings

# How much of a long text is shown, and how much of it before the word found.
PASSAGE, BEFORE = 110, 36


@dataclass(frozen=True)
class Found:
    """One result: marked title and how it is said, what stands beside it, its address."""

    id: UUID
    title: Markup
    name: str
    spoken: Markup
    note: Markup
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


def find(actor: Actor, text: str, *, limit: int = 24, objects: Sequence[str] | None = None, only: str = "") -> Results:
    """Records the actor may see whose searchable fields contain `text`; with `only`, where that field does."""
    started = perf_counter()
    hits = [hit for hit in search(actor, text, limit=limit, objects=objects, texts=True) if only in ("", hit.field)]
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
    han = [index for index, char in enumerate(text) if _is_han(char)]
    sounds = [[said[0] for said in readings(text[index])] for index in han]
    for begin in range(len(han)):
        count = _said_as(norm, sounds[begin:])
        if count:
            return han[begin], han[begin + count - 1] - han[begin] + 1
    return 0, 0


def _said_as(norm: str, sounds: Sequence[Sequence[str]]) -> int:
    """How many of the characters with these readings `norm` spells, in full or by initials; 0 when it does not."""
    ways = {("", "")}
    for count, each in enumerate(sounds, 1):
        ways = {(initials + sound[:1], full + sound) for initials, full in ways for sound in each}
        if any(norm == initials or full.startswith(norm) for initials, full in ways):
            return count
        ways = {(initials, full) for initials, full in ways if norm.startswith((initials, full))}
        if not ways:
            break
    return 0


def spoken(text: str, query: str) -> Markup:
    """How the part of `text` that `query` matches by its pinyin is said, the letters typed marked; empty for other matches."""
    start, length = _position(text, query)
    part, norm = text[start : start + length], normalise(query)
    if not part or norm in normalise(text) or not all(_is_han(char) for char in part):
        return Markup("")
    said = syllables(part, norm if len(norm) == len(part) else "")
    if norm == "".join(normalise(word[0]) for word in said):
        words = [Markup("<mark>{}</mark>{}").format(word[:1], word[1:]) for word in said]
        return Markup(" ").join(words)
    return Markup("<mark>{}</mark>").format(" ".join(said))


def _is_han(char: str) -> bool:
    return "\u3400" <= char <= "\u9fff"


def _group(actor: Actor, kind: ObjectType, hits: Sequence[Hit], text: str) -> Group:
    amount = _amount(actor, kind)
    names = [kind.title, "code", *kind.subtitle, "owner", *((amount.name, amount.currency) if amount else ())]
    fields = shown_fields(actor, kind, [name for name in dict.fromkeys(names) if name in kind.by_name])
    queryset = visible_records(actor, kind.name).filter(id__in=[hit.id for hit in hits])
    rows = {row["id"]: row for row in read_rows(actor, kind, fields, queryset)}
    painter, labels = Painter(actor, kind), _labels(kind, hits)
    found = [hit for hit in hits if str(hit.id) in rows]
    return Group(
        kind, [_found(painter, amount, hit, rows[str(hit.id)], text, labels.get(hit.field, "")) for hit in found]
    )


def _labels(kind: ObjectType, hits: Sequence[Hit]) -> dict[str, str]:
    """What each field is called in which something was found; a document by its name."""
    own = custom_fields(kind.name) if any(hit.field not in kind.by_name for hit in hits) else {}
    names = {name: str(item.label) for name, item in {**own, **kind.by_name}.items()}
    files = {hit.field: UUID(hit.field.removeprefix(FILE_MARK)) for hit in hits if hit.field.startswith(FILE_MARK)}
    if files:
        called = dict(StoredFile.objects.filter(id__in=files.values()).values_list("id", "name"))
        names |= {field: called.get(key, "") for field, key in files.items()}
    return names


def _amount(actor: Actor, kind: ObjectType) -> Field | None:
    """The amount that a list of the object shows, as far as the actor may read it."""
    named = [kind.by_name[name] for name in kind.list_columns if kind.by_name[name].kind == "money"]
    return next((item for item in named if field_access(actor, kind.name, item.name) in ("read", "write")), None)


def passage(text: str, query: str, label: str = "") -> Markup:
    """The part of a long text around the first word found, every word found marked; behind the name of the field that it is from."""
    words = sorted({*HAN.findall(query), *WORD.findall(query)}, key=len, reverse=True)
    wanted = re.compile("|".join(map(re.escape, words)) or "$^", re.IGNORECASE)
    bare = SPACE.sub(" ", text).strip()
    first = wanted.search(bare)
    start = max(0, (first.start() if first else 0) - BEFORE)
    part = bare[start : start + PASSAGE]
    pieces, at = [], 0
    for match in wanted.finditer(part):
        pieces += [escape(part[at : match.start()]), Markup("<mark>{}</mark>").format(match[0])]
        at = match.end()
    dots = ("…" if start else "", "…" if start + PASSAGE < len(bare) else "")
    shown = Markup("").join([escape(dots[0]), *pieces, escape(part[at:]), escape(dots[1])])
    return Markup("<b>{}</b> {}").format(label, shown) if label else shown


def _found(painter: Painter, amount: Field | None, hit: Hit, row: dict[str, Any], text: str, label: str) -> Found:
    kind = painter.kind
    title = str(row.get(kind.title) or row.get("code") or "")
    long = len(title) > PASSAGE or hit.field.startswith(FILE_MARK) or len(hit.text) > PASSAGE
    beside = [mark(shown, text) for name in kind.subtitle if name != "code" and (shown := _shown(row.get(name)))]
    if hit.field not in (kind.title, "code") and hit.text != title:
        beside.insert(
            0, passage(hit.text, text, label) if long or is_long_field(kind, hit.field) else mark(hit.text, text)
        )
    elif long:
        beside.insert(0, passage(hit.text, text))
    title = title if len(title) <= PASSAGE else title.strip().split("\n", 1)[0][:PASSAGE] + "…"
    note = Markup(" · ").join(dict.fromkeys(beside))
    return Found(
        id=hit.id,
        title=mark(title, text),
        name=title,
        spoken=spoken(title, text),
        note=note,
        right=" · ".join(part for part in _right(painter, amount, row, title) if part),
        url=f"/{kind.plural}/{hit.id}/",
    )


def is_long_field(kind: ObjectType, name: str) -> bool:
    """Whether a field holds texts of many words."""
    return name in kind.by_name and kind.by_name[name].kind == "longtext"


def _right(painter: Painter, amount: Field | None, row: dict[str, Any], title: str) -> list[str]:
    """What stands at the end of a result: its code, its amount, whether it is one's own."""
    code = str(row.get("code") or "")
    owner = row.get("owner") or {}
    return [
        code if code != title else "",
        painter.text(amount, row[amount.name], row) if amount and row.get(amount.name) else "",
        _("mine") if owner.get("id") == str(painter.actor.member_id) else "",
    ]


def _shown(value: Any) -> str:
    return str(value["label"] if isinstance(value, dict) else value or "")
