"""Values as people read them: what a list, a detail screen, the history and a file of records show for a field."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from markupsafe import Markup, escape

from guanxi.core.ui import formats
from guanxi.core.ui.drawing import icon
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import field_access
from guanxi.records import registry
from guanxi.records.addresses import address_lines, one_line
from guanxi.records.custom import own_value
from guanxi.records.models import record_label
from guanxi.records.queries import linked_labels
from guanxi.records.registry import Choice, Field, ObjectType

NUMERIC = ("integer", "number", "percent", "money")
HREF = {"email": "mailto:", "phone": "tel:"}
LONGEST = 400


@dataclass(slots=True)
class Shown:
    """A value ready to draw. `form` picks the drawing: text, link, dot, tags, grade, money, flag, long, masked.

    A template draws it by naming it: `{{ shown }}` in the space of a cell, `{{ shown.whole }}` in full. A list draws some
    five hundred values, hence in Python and not by macros.
    """

    form: str = "text"
    text: str = ""
    title: str = ""
    tone: str = ""
    href: str = ""
    items: tuple[str, ...] = ()
    empty: bool = False
    numeric: bool = False

    def __html__(self) -> str:
        """As in a cell: one line."""
        return _drawn(self, False)

    @property
    def whole(self) -> Markup:
        """As on a record's page: every line, every tag."""
        return Markup(_drawn(self, True))


def _drawn(shown: Shown, whole: bool) -> str:
    if shown.empty:
        return '<span class="ink-3">–</span>'
    draw = _MARKUP.get(shown.form)
    return draw(shown, whole) if draw else f"<span{_tooltip(shown)}>{escape(shown.text)}</span>"


def _tooltip(shown: Shown) -> str:
    return f' title="{escape(shown.title)}"' if shown.title else ""


def _link_markup(shown: Shown, whole: bool) -> str:
    if not shown.href:
        return f"<span{_tooltip(shown)}>{escape(shown.text)}</span>"
    outside = ' rel="noopener noreferrer" target="_blank"' if shown.href.startswith("http") else ""
    return f'<a href="{escape(shown.href)}"{_tooltip(shown)}{outside}>{escape(shown.text)}</a>'


def _grade_markup(shown: Shown, whole: bool) -> str:
    letter = escape(shown.text)
    return f'<span class="grade grade-{letter.lower()}"{_tooltip(shown)}>{letter}</span>'


def _dot_markup(shown: Shown, whole: bool) -> str:
    tone = escape(shown.tone or "grey")
    return (
        f'<span class="dotted"><span class="dot dot-{tone}" aria-hidden="true"></span>'
        f"<span>{escape(shown.text)}</span></span>"
    )


def _tags_markup(shown: Shown, whole: bool) -> str:
    limit = 20 if whole else 3
    tags = [
        f'<span class="tag tag-grey"><span class="clip">{escape(text)}</span></span>' for text in shown.items[:limit]
    ]
    rest = shown.items[limit:]
    if rest:
        tags.append(f'<span class="tag tag-outline" title="{escape(", ".join(rest))}">+{len(rest)}</span>')
    return f'<span class="tags">{"".join(tags)}</span>'


def _flag_markup(shown: Shown, whole: bool) -> str:
    if shown.tone == "yes":
        return icon("check", 15, shown.text) + (f" {escape(shown.text)}" if whole else "")
    return f'<span class="ink-3">{escape(shown.text) if whole else "–"}</span>'


def _long_markup(shown: Shown, whole: bool) -> str:
    if whole:
        return f'<span class="pre-line">{escape(shown.text)}</span>'
    return f"<span{_tooltip(shown)}>{escape(shown.text)}</span>"


def _place_markup(shown: Shown, whole: bool) -> str:
    return _long_markup(shown, True) if whole else f"<span{_tooltip(shown)}>{escape(shown.title)}</span>"


def _files_markup(shown: Shown, whole: bool) -> str:
    links = []
    for one in shown.items:
        key, _slash, name = one.partition("/")
        links.append(
            f'<a href="/files/{escape(key)}/" title="{escape(name)}">{icon("paperclip", 14)}{escape(name)}</a>'
        )
    return f'<span class="{"held-files" if whole else "clip"}">{(" " if whole else ", ").join(links)}</span>'


_MARKUP = {
    "files": _files_markup,
    "place": _place_markup,
    "link": _link_markup,
    "grade": _grade_markup,
    "dot": _dot_markup,
    "tags": _tags_markup,
    "flag": _flag_markup,
    "long": _long_markup,
}
NOTHING = Shown(empty=True)


class Painter:
    """Draws the values of one object's rows for one actor; choices that the tenant defines are read once."""

    def __init__(self, actor: Actor, kind: ObjectType) -> None:
        self.actor = actor
        self.kind = kind
        self._choices: dict[str, dict[str, Choice]] = {}

    def choices(self, item: Field) -> dict[str, Choice]:
        """Choices of a field by value."""
        if item.name not in self._choices:
            found = item.choices_of() if item.choices_of else item.choices
            self._choices[item.name] = {choice.value: choice for choice in found}
        return self._choices[item.name]

    def show(self, item: Field, value: Any, row: Mapping[str, Any]) -> Shown:
        """How `value`, plain as records.lists gives it, looks; `row` holds the currency beside an amount."""
        return self.column(item)(value, row)

    def column(self, item: Field) -> Callable[[Any, Mapping[str, Any]], Shown]:
        """`show` of one field, for many rows: what does not depend on the row is settled once."""
        nothing = Shown(empty=True, numeric=item.kind in NUMERIC)
        draw = _DRAW.get(item.kind, _text)
        if field_access(self.actor, self.kind.name, item.name) == "masked":
            draw = _masked

        def shown(value: Any, row: Mapping[str, Any]) -> Shown:
            return nothing if value is None or value == "" or value == [] else draw(self, item, value, row)

        return shown

    def text(self, item: Field, value: Any, row: Mapping[str, Any] | None = None) -> str:
        """The value as plain text, for history, files and tooltips."""
        shown = self.show(item, value, row or {})
        if shown.form == "files":
            return shown.text
        return ", ".join(shown.items) if shown.items else shown.title or shown.text


def currency_of(actor: Actor, item: Field, row: Mapping[str, Any]) -> str:
    """The currency of an amount: that of its row, or the company's."""
    return str(row.get(item.currency) or actor.currency)


def record_url(kind: ObjectType, key: Any) -> str:
    """The address of a record's page."""
    return kind.detail_url.format(id=key) if kind.detail_url else f"/{kind.plural}/{key}/"


def link_url(to: str, key: Any) -> str:
    """The address of a linked record's page, or "" when it has none."""
    target = object_or_none(to)
    return record_url(target, key) if target else ""


def object_or_none(name: str) -> ObjectType | None:
    """The described object of this name, or None."""
    return registry.find(name)


def plain_row(
    kind: ObjectType, fields: Sequence[Field], record: Any, labels: Mapping[tuple[str, Any], str]
) -> dict[str, Any]:
    """A record's columns as lists give them, with links as {"id", "label"} from `labels` (field name, id)."""
    row: dict[str, Any] = {}
    for item in fields:
        if item.kind == "link":
            key = link_of(item, record)
            row[item.name] = {"id": str(key), "label": labels.get((item.name, key), "")} if key else None
        elif item.custom:
            row[item.name] = own_value(item, record.custom)
        else:
            row[item.name] = getattr(record, item.column)
    return row


def link_of(item: Field, record: Any) -> UUID | None:
    """The key that a link of a record holds."""
    key = record.custom.get(item.name) if item.custom else getattr(record, f"{item.column}_id")
    return _uuid(key) if key else None


def links_of(fields: Iterable[Field], record: Any) -> dict[str, Any]:
    """The keys that the links among `fields` hold, by field."""
    return {item.name: link_of(item, record) for item in fields if item.kind == "link"}


def labels_of(
    actor: Actor, kind: ObjectType, fields: Sequence[Field], values: Mapping[str, Any]
) -> dict[tuple[str, Any], str]:
    """Labels of the links among `values` (field name → id), one query per object linked to."""
    wanted: dict[str, set[UUID]] = {}
    for item in fields:
        if item.kind == "link" and values.get(item.name):
            wanted.setdefault(_source(kind, item), set()).add(_uuid(values[item.name]))
    found = {to: _labels(actor, kind, fields, to, ids) for to, ids in wanted.items()}
    labels: dict[tuple[str, Any], str] = {}
    for item in fields:
        if item.kind == "link" and values.get(item.name):
            key = _uuid(values[item.name])
            labels[(item.name, key)] = found[_source(kind, item)].get(key, "")
    return labels


def _source(kind: ObjectType, item: Field) -> str:
    known = item.to in ("user", "team") or object_or_none(item.to) is not None
    return item.to if known else f"field:{item.name}"


def _labels(actor: Actor, kind: ObjectType, fields: Sequence[Field], to: str, ids: set[UUID]) -> dict[UUID, str]:
    if not to.startswith("field:"):
        return linked_labels(actor, to, ids)
    item = next(field for field in fields if field.name == to.removeprefix("field:"))
    related: Any = kind.model._meta.get_field(item.column).related_model
    return {
        row.id: record_label(row) if hasattr(row, "name") else str(row) for row in related.objects.filter(id__in=ids)
    }


def _uuid(value: Any) -> UUID:
    return value if isinstance(value, UUID) else UUID(str(value))


def _clip(text: str) -> str:
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"


def _title(text: str) -> str:
    return text if len(text) > 30 else ""


def _text(painter: Painter, item: Field, value: Any, row: Mapping[str, Any]) -> Shown:
    return Shown(text=_clip(str(value)), title=_title(str(value)))


def _masked(painter: Painter, item: Field, value: Any, row: Mapping[str, Any]) -> Shown:
    return Shown("masked", str(value))


def _link(painter: Painter, item: Field, value: Any, row: Mapping[str, Any]) -> Shown:
    label = value["label"] if isinstance(value, Mapping) else str(value)
    key = value["id"] if isinstance(value, Mapping) else value
    return Shown("link", label, _title(label), href=link_url(item.to, key))


def _choice(painter: Painter, item: Field, value: Any, row: Mapping[str, Any]) -> Shown:
    choices = painter.choices(item)
    choice = choices.get(str(value), Choice(str(value), str(value)))
    if item.name == "grade":
        letter = str(choice.label)
        return Shown("grade", letter, _("Grade %(letter)s") % {"letter": letter})
    toned = any(other.tone != "grey" for other in choices.values())
    tone = str(value) if item.name == "lifecycle_stage" else choice.tone
    return Shown("dot" if toned else "text", str(choice.label), tone=tone)


def _many(painter: Painter, item: Field, value: Any, row: Mapping[str, Any]) -> Shown:
    choices = painter.choices(item)
    return Shown("tags", items=tuple(str(choices[one].label) if one in choices else str(one) for one in value))


def _money(painter: Painter, item: Field, value: Any, row: Mapping[str, Any]) -> Shown:
    text = formats.money(Decimal(str(value)), currency_of(painter.actor, item, row), home=painter.actor.currency)
    return Shown("money", text, numeric=True)


def _number(painter: Painter, item: Field, value: Any, row: Mapping[str, Any]) -> Shown:
    amount = Decimal(str(value))
    if item.kind == "percent":
        decimals = 0 if amount == amount.to_integral_value() else 1
        return Shown(text=formats.percent(amount, decimals), numeric=True)
    # Years are no quantities: no grouping.
    year = item.name in ("founded", "year") or item.name.endswith("_year")
    return Shown(text=str(value) if year else formats.number(amount), numeric=True)


def _date(painter: Painter, item: Field, value: Any, row: Mapping[str, Any]) -> Shown:
    day = value if isinstance(value, date) else date.fromisoformat(str(value)[:10])
    return Shown(text=formats.day_short(day), title=formats.day_long(day))


def _datetime(painter: Painter, item: Field, value: Any, row: Mapping[str, Any]) -> Shown:
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    text = formats.day_relative(moment)
    clock = formats.clock(moment)
    # Whole days begin at midnight and end a minute before it.
    whole = not item.clock or clock in ("00:00", "23:59")
    return Shown(text=text if whole else f"{text} {clock}", title=formats.moment(moment))


def _bool(painter: Painter, item: Field, value: Any, row: Mapping[str, Any]) -> Shown:
    return Shown("flag", _("Yes") if value else _("No"), tone="yes" if value else "")


def _tags(painter: Painter, item: Field, value: Any, row: Mapping[str, Any]) -> Shown:
    return Shown("tags", items=tuple(str(one) for one in value))


def _address(painter: Painter, item: Field, value: Any, row: Mapping[str, Any]) -> Shown:
    text = str(value)
    if item.kind == "url":
        target = text if "://" in text else f"https://{text}"
        return Shown("link", text.removeprefix("https://").removeprefix("http://").rstrip("/"), text, href=target)
    return Shown("link", text, _title(text), href=HREF[item.kind] + text.replace(" ", ""))


def _long(painter: Painter, item: Field, value: Any, row: Mapping[str, Any]) -> Shown:
    return Shown("long", str(value), str(value)[:LONGEST])


def _place(painter: Painter, item: Field, value: Any, row: Mapping[str, Any]) -> Shown:
    if not isinstance(value, Mapping):
        return Shown(text=str(value))
    return Shown("place", "\n".join(address_lines(value)), one_line(value))


def _held(painter: Painter, item: Field, value: Any, row: Mapping[str, Any]) -> Shown:
    files = [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []
    return Shown("files", ", ".join(str(one.get("name", "")) for one in files), items=tuple(
        f"{one.get('id')}/{one.get('name', '')}" for one in files
    ))  # fmt: skip


def _json(painter: Painter, item: Field, value: Any, row: Mapping[str, Any]) -> Shown:
    return Shown(text=_("{count} entries").format(count=len(value)) if isinstance(value, list | dict) else str(value))


_DRAW = {
    "link": _link, "choice": _choice, "multichoice": _many, "money": _money, "integer": _number, "number": _number,
    "percent": _number, "date": _date, "datetime": _datetime, "bool": _bool, "tags": _tags, "url": _address,
    "email": _address, "phone": _address, "longtext": _long, "json": _json, "address": _place, "file": _held,
}  # fmt: skip
