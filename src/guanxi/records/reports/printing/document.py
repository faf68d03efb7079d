"""Reports with their figures, chart and table as PDF: one, or a whole dashboard; each says what it counts and when it was read."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from guanxi.core.typesetting import typeset
from guanxi.core.ui import formats
from guanxi.identity.actor import Actor
from guanxi.identity.models import Tenant
from guanxi.records.reports.drawing import drawn, subtotal_words
from guanxi.records.reports.fields import NUMERIC
from guanxi.records.reports.listing import Listing
from guanxi.records.reports.printing.drawing import chart_svg
from guanxi.records.reports.result import Result

TEMPLATE = Path(__file__).resolve().parent / "report.typ"
MOST_ROWS = 500
MOST_COLUMNS = 14
# From so many columns on a sheet lies; one of several reports may be a little narrower for the others' sake.
WIDE_FROM, WIDE_AMONG = 8, 12


@dataclass(frozen=True)
class Part:
    """One report of a document: what came of it, or why there is nothing."""

    name: str
    found: Result | Listing | None = None
    error: str = ""


def report_pdf(actor: Actor, title: str, parts: Sequence[Part], *, about: str = "") -> bytes:
    """The document, in the active language and time zone. Needs the tenant's transaction."""
    pictures: dict[str, bytes] = {}
    told = [_part(actor, part, pictures) for part in parts]
    company = Tenant.objects.values_list("name", flat=True).get(id=actor.tenant_id)
    chinese = formats.is_chinese()
    data = {
        "title": title, "about": about, "company": company, "parts": told, "lang": "zh" if chinese else "en",
        "region": "cn" if chinese else "us", "wide": any(len(part["heads"]) >= (WIDE_FROM if len(told) == 1 else WIDE_AMONG) for part in told),
        "footer": f"{company} · {title} · {formats.moment(timezone.now())}",
    }  # fmt: skip
    return typeset(TEMPLATE, data, pictures)


def _part(actor: Actor, part: Part, pictures: dict[str, bytes]) -> dict[str, Any]:
    told: dict[str, Any] = {
        "name": part.name, "error": part.error, "figures": [], "picture": None, "heads": [], "numbers": [], "rows": [],
        "total": [], "notes": [], "counts": "",
    }  # fmt: skip
    if isinstance(part.found, Result):
        return told | _figures(actor, part.found, pictures)
    if part.found is not None:
        return told | _list(part.found)
    return told


def _figures(actor: Actor, result: Result, pictures: dict[str, bytes]) -> dict[str, Any]:
    shown = drawn(actor, result)
    counts = f"{shown['counts']} · {_('read at %(time)s') % {'time': formats.moment(result.read_at)}}"
    if result.empty:
        return {"counts": counts, "error": _("No record meets the filter in this period.")}
    picture = None
    if shown["chart"]:
        picture = f"chart-{len(pictures)}.svg"
        pictures[picture] = chart_svg(shown["chart"]).encode()
    heads = [*shown["heads"], *shown["columns"]][:MOST_COLUMNS] if result.axes else []
    rows = [[*row["labels"], *(cell.text for cell in row["cells"])][:MOST_COLUMNS] for row in shown["rows"][:MOST_ROWS]]
    blanks = [""] * (len(shown["heads"]) - 1)
    total = [_("Total"), *blanks, *(cell.text for cell in shown["total"])][:MOST_COLUMNS] if heads else []
    left_out = max(0, len(result.rows) - MOST_ROWS)
    notes = [*shown["notes"], *([_("%(count)s further rows are in the export.") % {"count": formats.number(left_out)}] if left_out else [])]  # fmt: skip
    return {
        "figures": [{"label": one["label"], "value": one["value"], "note": one["note"]} for one in shown["figures"][:4]],
        "picture": picture, "heads": heads, "numbers": [at >= len(shown["heads"]) for at in range(len(heads))],
        "rows": rows if heads else [], "total": total, "notes": notes, "counts": counts,
    }  # fmt: skip


def _list(found: Listing) -> dict[str, Any]:
    columns = found.columns[:MOST_COLUMNS]
    counts = f"{found.source.label} · {_('read at %(time)s') % {'time': formats.moment(found.read_at)}}"
    more = _("Only the first %(count)s are shown.") % {"count": formats.number(len(found.rows))}
    return {
        "heads": [one.label for one in columns], "numbers": [one.item.kind in NUMERIC for one in columns],
        "rows": _list_rows(found, len(columns)), "counts": counts, "notes": [more] if found.more else [],
    }  # fmt: skip


def _list_rows(found: Listing, width: int) -> list[list[str]]:
    """The rows, before each group a line with its name and subtotals."""
    rows: list[list[str]] = []
    for at, row in enumerate(found.rows):
        if found.heads and (at == 0 or found.heads[at] != found.heads[at - 1]):
            words = [" · ".join(found.heads[at]), subtotal_words(found, found.keys[at])]
            rows.append([" — ".join(word for word in words if word), *[""] * (width - 1)])
        rows.append(list(row)[:width])
    return rows
