"""The rows of a list. Fifty rows of a dozen cells are the larger part of a page, hence drawn in Python and not by macros."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.utils.translation import gettext as _
from markupsafe import Markup, escape

from guanxi.core.ui.drawing import initials, soft_tone
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import field_access
from guanxi.records.display import Painter, Shown, record_url
from guanxi.records.registry import Field, ObjectType
from guanxi.records.views.state import ListState


@dataclass(slots=True)
class Row:
    """A record in a list, drawn by naming it in a template: `{{ row }}`."""

    id: Any
    name: str
    url: str
    markup: str

    def __html__(self) -> str:
        """The row of the table."""
        return self.markup


@dataclass(frozen=True, slots=True)
class _Column:
    item: Field
    show: Callable[[Any, Mapping[str, Any]], Shown]
    title: bool
    editable: bool


def draw_rows(
    actor: Actor,
    state: ListState,
    fields: Sequence[Field],
    found: Sequence[Mapping[str, Any]],
    tones: Mapping[str, str] | None = None,
) -> list[Row]:
    """The rows of the list `state` for records as records.lists gives them, `fields` being its columns; `tones` by id."""
    painter, kind = Painter(actor, state.kind), state.kind
    columns = [
        _Column(
            item, painter.column(item), item.name == kind.title, not state.deleted and _is_editable(actor, kind, item)
        )
        for item in fields
    ]
    short = quote(state.short(), safe="")
    title, shape = kind.by_name[kind.title], "person" if kind.icon.startswith("user") else "company"
    select, nameless = _("Select %(name)s"), _("(no name)")
    rows = []
    for row in found:
        value = row.get(kind.title)
        name = painter.text(title, value, row) if value else nameless
        address = record_url(kind, row["id"])
        url = "" if state.deleted else f"{address}?in={short}" if short else address
        base = f"/{kind.plural}/{row['id']}"
        head = _head(row, url, base, escape(select % {"name": name}), (tones or {}).get(str(row["id"]), ""))
        first = _name_cell(name, url, shape)
        cells = [first if column.title else _cell(column, row, base) for column in columns]
        rows.append(Row(row["id"], name, url, f"{head}{''.join(cells)}</tr>"))
    return rows


def _head(row: Mapping[str, Any], url: str, base: str, select: Markup, tone: str) -> str:
    key = row["id"]
    links = f' data-url="{escape(url)}" data-preview-url="{base}/preview"' if url else ""
    css = f' class="toned toned-{escape(tone)}"' if tone else ""
    return (
        f'<tr{css} data-id="{key}"{links} data-version="{row["version"]}"><td class="check-cell"><label>'
        f'<input type="checkbox" name="id" value="{key}" aria-label="{select}"></label></td>'
    )


def _name_cell(name: str, url: str, shape: str) -> str:
    safe = escape(name)
    short = initials(name)
    avatar = f'<span class="avatar avatar-{shape} soft-{soft_tone(name)}" aria-hidden="true">{escape(short)}</span>'
    inner = (
        f'<a class="name clip" href="{escape(url)}" title="{safe}">{safe}</a>'
        if url
        else f'<span class="clip">{safe}</span>'
    )
    return f'<td class="primary"><span class="cell">{avatar}{inner}</span></td>'


def _cell(column: _Column, row: Mapping[str, Any], base: str) -> str:
    name = column.item.name
    shown = column.show(row[name], row)
    css = f"clip{' num' if shown.numeric else ''}{' minor' if shown.empty else ''}"
    edit = f' data-edit="{base}/cell/{name}"' if column.editable else ""
    return f'<td class="{css}"{edit}>{shown.__html__()}</td>'


def _is_editable(actor: Actor, kind: ObjectType, item: Field) -> bool:
    return item.writable and item.kind != "json" and field_access(actor, kind.name, item.name) == "write"
