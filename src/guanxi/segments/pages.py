"""What the page of a segment shows beside the generic facts."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

import orjson
from django.http import HttpRequest
from django.utils.translation import gettext as _

from guanxi.core.errors import Invalid
from guanxi.core.ui import formats
from guanxi.identity.actor import Actor
from guanxi.records import registry
from guanxi.records.display import Painter, record_url
from guanxi.records.lists import COUNT_CAP, ListQuery, count_records, list_records, shown_fields
from guanxi.records.registry import ObjectType
from guanxi.records.wording import sentence
from guanxi.segments.models import Kept, Segment, SegmentSize, SegmentState
from guanxi.segments.queries import members_criteria, moves_part, sees_whole, sizes_of, usable

SHOWN = 10
MOVES = 12


def segment_context(actor: Actor, segment: Segment, request: HttpRequest) -> dict[str, Any]:
    """Criteria in words, size and its course, members, who came and went; as far as the actor may see the records."""
    kind = registry.find(segment.object)
    base: dict[str, Any] = {"segment": segment, "by_hand": segment.kept == Kept.HAND, "source": kind, "usable": False}
    if kind is None or not usable(actor, segment):
        return base
    whole = sees_whole(actor, segment)
    state = SegmentState.objects.filter(segment=segment).first()
    query = ListQuery(object=kind.name, criteria=members_criteria(segment.id))
    count, exact = count_records(actor, query)
    shown: dict[str, Any] = {
        "usable": True,
        "words": "" if segment.kept == Kept.HAND else sentence(actor, kind, segment.criteria),
        "count": formats.capped(count, COUNT_CAP - 1) if exact else "9,999+",
        "list_url": members_url(segment),
        "members": members_table(actor, kind, query),
        "counted_at": state.counted_at if state else None,
        "count_error": state.error if state else "",
        "moves": [{**row, "url": record_url(kind, row["id"])} for row in moves_part(actor, segment, most=MOVES)],
    }
    base.update(shown)
    sizes = sizes_of(segment) if whole else []
    if len(sizes) > 1:
        base["size_chart"] = size_chart(sizes)
    return base


def members_url(segment: Segment) -> str:
    """The ordinary list of the segment's records, filtered by it."""
    kind = registry.get(segment.object)
    return f"/{kind.plural}/?{urlencode({'filter': orjson.dumps(members_criteria(segment.id)).decode()})}"


def members_table(actor: Actor, kind: ObjectType, query: ListQuery) -> dict[str, Any]:
    """The first members, as the table of related records draws them."""
    fields = shown_fields(actor, kind, (kind.list_columns or (kind.title,))[:6])
    needed = [item.name for item in fields] + [kind.title]
    needed += [item.currency for item in fields if item.kind == "money" and item.currency]
    names = tuple(dict.fromkeys(needed))
    try:
        found = list_records(
            actor, ListQuery(object=kind.name, criteria=query.criteria, fields=names, limit=SHOWN)
        ).rows
    except Invalid:
        found = []
    painter, title = Painter(actor, kind), kind.by_name[kind.title]
    return {
        "columns": [{"key": one.name, "label": str(one.label), "num": painter.show(one, None, {}).numeric} for one in fields],
        "rows": [
            {
                "id": row["id"],
                "name": painter.text(title, row.get(kind.title)) if row.get(kind.title) else _("(no name)"),
                "url": record_url(kind, row["id"]),
                "cells": [{"name": one.name, "shown": painter.show(one, row[one.name], row)} for one in fields],
            }
            for row in found
        ],
    }  # fmt: skip


def size_chart(sizes: Sequence[SegmentSize]) -> dict[str, Any]:
    """Size by day as a line."""
    return {
        "kind": "area",
        "unit": "number",
        "category_label": _("Day"),
        "categories": [formats.day_short(row.day) for row in sizes],
        "series": [{"name": _("Size"), "values": [row.size for row in sizes]}],
    }
