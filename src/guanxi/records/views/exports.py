"""A list as a file: CSV that spreadsheet programs read, in the columns and the order of the screen."""

import csv
from collections.abc import Iterator
from dataclasses import replace
from io import StringIO
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from guanxi.core.audit import log_access
from guanxi.identity.actor import Actor
from guanxi.records.display import Painter, Shown
from guanxi.records.imports.safety import safe_cell
from guanxi.records.lists import MAX_LIMIT, ListQuery, list_records, shown_fields
from guanxi.records.views.base import actor_of, object_of
from guanxi.records.views.state import read_state

MOST = 20_000


def export(request: HttpRequest, plural: str) -> HttpResponse:
    """The whole filter as UTF-8 CSV with a byte-order mark; who exported what is written down."""
    kind = object_of(request, plural, "export")
    actor = actor_of(request)
    state = read_state(request, kind)
    fields = shown_fields(actor, kind, ["code", *(name for name in state.columns if name != "code")])
    extra = [item.currency for item in fields if item.kind == "money" and item.currency]
    names = tuple(dict.fromkeys([*(item.name for item in fields), *extra]))
    painter = Painter(actor, kind)
    text = StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([str(item.label) for item in fields])
    count = 0
    query = replace(state.query(actor, names, MAX_LIMIT), cursor="")
    for row in _rows(actor, query):
        writer.writerow([safe_cell(_plain(painter.show(item, row[item.name], row), row[item.name])) for item in fields])
        count += 1
    log_access(
        "export", member_id=actor.member_id, origin=actor.origin, object_name=kind.name,
        detail={"count": count, "columns": list(names), "criteria": state.criteria},
    )  # fmt: skip
    name = f"{kind.plural}-{timezone.localdate():%Y%m%d}.csv"
    answer = HttpResponse(b"\xef\xbb\xbf" + text.getvalue().encode(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _rows(actor: Actor, query: ListQuery) -> Iterator[dict[str, Any]]:
    sent = 0
    while sent < MOST:
        found = list_records(actor, query)
        yield from found.rows
        sent += len(found.rows)
        if found.next is None:
            return
        query = replace(query, cursor=found.next)


def _plain(shown: Shown, value: Any) -> str:
    """What a cell of a file holds: figures and days without decoration, everything else as people read it."""
    if shown.empty:
        return ""
    if shown.items:
        return ", ".join(shown.items)
    exact = shown.numeric or (shown.form == "text" and isinstance(value, str) and value[:4].isdigit() and shown.title)
    return str(value) if exact else shown.text
