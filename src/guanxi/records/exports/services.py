"""An export: how many rows, whether the role's day still has room for them, the bytes page by page, and the note of it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from django.db import models
from django.db.models import Sum
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from guanxi.core.audit import log_access
from guanxi.core.errors import Invalid, NotFound, TooMany
from guanxi.core.models import AccessEntry
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.models import Membership
from guanxi.identity.permissions import require
from guanxi.records import registry
from guanxi.records.display import Painter, Shown
from guanxi.records.exports.formats import (
    CALENDAR_FOOT,
    CALENDAR_HEAD,
    FORMATS,
    MOST_IN_WORKBOOK,
    Format,
    calendar_entries,
    csv_lines,
    json_lines,
    vcards,
    workbook,
)
from guanxi.records.lists import MAX_LIMIT, ListQuery, filtered, list_records, shown_fields
from guanxi.records.registry import Field, ObjectType

DAY = timedelta(hours=24)


@dataclass(frozen=True)
class Export:
    """A list on its way into a file. Made by `begin_export`, which has checked and noted it."""

    actor: Actor
    kind: ObjectType
    form: Format
    query: ListQuery
    fields: tuple[Field, ...]
    names: tuple[str, ...]
    count: int

    @property
    def file_name(self) -> str:
        """accounts-20261122.csv"""
        return f"{self.kind.plural}-{timezone.localdate():%Y%m%d}.{self.form.ending}"


def begin_export(actor: Actor, query: ListQuery, *, form: str = "csv") -> Export:
    """Check the right and the quota, and note who exports what. Raises `NotAllowed`, `NotFound`, `Invalid`, `TooMany`."""
    kind = registry.get(query.object)
    require(actor, kind.name, "export")
    found = FORMATS.get(form)
    if found is None or not found.fits(kind):
        raise NotFound(_("There is no such form of export."))
    wanted = [name for name in found.reads if name in kind.by_name] if found.reads else list(query.fields)
    fields = tuple(shown_fields(actor, kind, wanted))
    extra = [item.currency for item in fields if item.kind == "money" and item.currency]
    names = tuple(dict.fromkeys([*(item.name for item in fields), *extra]))
    count = filtered(actor, query).count()
    if form == "xlsx" and count > MOST_IN_WORKBOOK:
        raise Invalid(
            {"": [_("A workbook holds at most %(count)s rows: export CSV.") % {"count": f"{MOST_IN_WORKBOOK:,}"}]}
        )
    _check_quota(actor, count)
    log_access(
        "export", member_id=actor.member_id, origin=actor.origin, object_name=kind.name,
        detail={"count": count, "format": form, "columns": list(names), "criteria": query.criteria},
    )  # fmt: skip
    return Export(actor, kind, found, replace(query, fields=names, limit=MAX_LIMIT, cursor=""), fields, names, count)


def note_export(actor: Actor, object_name: str, count: int, form: str, detail: dict[str, Any]) -> None:
    """Check right and quota of `count` rows of another kind (figures of a report) and note who exports them."""
    require(actor, object_name, "export")
    _check_quota(actor, count)
    log_access(
        "export", member_id=actor.member_id, origin=actor.origin, object_name=object_name,
        detail={"count": count, "format": form, **detail},
    )  # fmt: skip


def _check_quota(actor: Actor, count: int) -> None:
    """So many rows in 24 hours as the role permits; administrators have no limit."""
    if actor.is_admin or actor.member_id is None:
        return
    most = Membership.objects.filter(id=actor.member_id).values_list("role__export_rows", flat=True).first() or 0
    if not most:
        return
    since = AccessEntry.objects.filter(action="export", member_id=actor.member_id, at__gt=timezone.now() - DAY)
    rows = since.annotate(rows=Cast(KeyTextTransform("count", "detail"), models.IntegerField()))
    taken = rows.aggregate(sum=Sum("rows"))["sum"] or 0
    if taken + count > most:
        text = _("Your role exports at most %(most)s rows in 24 hours; %(left)s are left.")
        values = {"most": f"{most:,}", "left": f"{max(0, most - taken):,}"}
        raise TooMany(text % values, retry_after=int(DAY.total_seconds()))


def export_bytes(export: Export) -> Iterator[bytes]:
    """The file, page by page; each page is read in a transaction of its own, so that no length is too great."""
    form = export.form.key
    if form == "xlsx":
        yield from workbook([str(item.label) for item in export.fields], _pages(export, _cells))
        return
    if form == "csv":
        yield b"\xef\xbb\xbf" + csv_lines([[_label(export, item) for item in export.fields]])
    if form == "ics":
        yield CALENDAR_HEAD
    write = {
        "csv": lambda rows: csv_lines(_cells(export, rows)),
        "jsonl": lambda rows: json_lines(rows, export.names),
        "vcard": vcards,
        "ics": lambda rows: calendar_entries(export.kind, rows),
    }[form]
    yield from _pages(export, lambda _export, rows: write(rows))
    if form == "ics":
        yield CALENDAR_FOOT


def _pages(export: Export, make: Any) -> Iterator[Any]:
    """What `make` does of each page, in the language and the time zone of the reader."""
    query: ListQuery | None = export.query
    while query is not None:
        with tenant_tx(export.actor.tenant_id), _spoken(export.actor):
            found = list_records(export.actor, query)
            made = make(export, found.rows)
        query = replace(query, cursor=found.next) if found.next else None
        yield made


class _spoken:
    """The reader's language and time zone, and back: between two pages the thread serves others."""

    def __init__(self, actor: Actor) -> None:
        self._both = (translation.override(actor.language), timezone.override(actor.time_zone))

    def __enter__(self) -> None:
        for one in self._both:
            one.__enter__()

    def __exit__(self, *error: Any) -> None:
        for one in reversed(self._both):
            one.__exit__(*error)


def _label(export: Export, item: Field) -> str:
    with _spoken(export.actor):
        return str(item.label)


def _cells(export: Export, rows: list[dict[str, Any]]) -> list[list[str]]:
    painter = Painter(export.actor, export.kind)
    return [[_plain(painter.show(item, row[item.name], row), row[item.name]) for item in export.fields] for row in rows]


def _plain(shown: Shown, value: Any) -> str:
    """What a cell of a file holds: figures and days without decoration, everything else as people read it."""
    if shown.empty:
        return ""
    if shown.form == "files":
        return shown.text
    if shown.items:
        return ", ".join(shown.items)
    if shown.form == "place":
        return shown.title
    exact = shown.numeric or (shown.form == "text" and isinstance(value, str) and value[:4].isdigit() and shown.title)
    return str(value) if exact else shown.text
