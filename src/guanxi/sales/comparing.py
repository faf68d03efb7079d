"""What changed from one version of a quote to the next: line by line, in the sums, in the conditions."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from guanxi.core.ui.formats import day, money, number, percent
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import field_access
from guanxi.sales.models import LineKind, Quote
from guanxi.sales.queries import language_now
from guanxi.sales.rules import TOTALS

CONDITIONS = (
    "name", "contact", "price_book", "valid_until", "document_language", "payment_terms", "delivery_terms", "warranty", "terms",
)  # fmt: skip
FIGURES = ("quantity", "list_price", "discount_percent", "net_price", "amount")
MOST_WORDS = 2


@dataclass(frozen=True)
class Value:
    """One value before and after, as people read them; `difference` with its sign where there is one."""

    label: str
    before: str
    after: str
    difference: str = ""

    @property
    def changed(self) -> bool:
        """Whether it reads otherwise now."""
        return self.before != self.after


@dataclass(frozen=True)
class LineChange:
    """A line in both versions; `state` is added, removed, changed or same. `cells` follow FIGURES."""

    state: str
    kind: str
    name: str
    cells: tuple[Value, ...]
    note: str = ""


@dataclass(frozen=True)
class Comparison:
    """All that differs: every line, sums that the reader may see, conditions that changed."""

    old: Quote
    new: Quote
    lines: list[LineChange]
    totals: list[Value]
    conditions: list[Value]

    @property
    def same(self) -> bool:
        """Whether the versions say the same."""
        rest = (*self.totals, *self.conditions)
        return all(line.state == "same" for line in self.lines) and not any(value.changed for value in rest)


def compare_quotes(actor: Actor, old: Quote, new: Quote) -> Comparison:
    """Compare two versions, both visible to the actor. Fields hidden from the actor's role are left out."""
    lines = [_line_change(before, after) for before, after in _pairs(_lines(old), _lines(new))]
    totals = [_total(name, old, new) for name in TOTALS if _readable(actor, name)]
    conditions = [_condition(name, old, new) for name in CONDITIONS if _readable(actor, name)]
    return Comparison(old, new, lines, totals, [value for value in conditions if value.changed])


def change_words(old: Sequence[Any], new: Sequence[Any]) -> str:
    """The main differences between the lines of two versions, in a few words."""
    words = []
    for before, after in _pairs(old, new):
        name = _name(after or before)
        if before is None:
            words.append(_("%(name)s added") % {"name": name})
        elif after is None:
            words.append(_("%(name)s removed") % {"name": name})
        elif before.discount_percent != after.discount_percent:
            words.append(f"{name} {number(before.discount_percent)} → {_per_cent(after.discount_percent)}")
        elif before.quantity != after.quantity:
            words.append(
                f"{name} {number(before.quantity)} → {number(after.quantity)} {after.unit_in(language_now())}".strip()
            )
        elif before.list_price != after.list_price:
            words.append(f"{name} {number(before.list_price)} → {number(after.list_price)}")
    more = len(words) - MOST_WORDS
    if more > 0:
        words = [*words[:MOST_WORDS], _("%(count)d more") % {"count": more}]
    return _(", ").join(words)


def _lines(quote: Quote) -> list[Any]:
    return list(quote.lines.order_by("position"))


def _readable(actor: Actor, name: str) -> bool:
    return field_access(actor, "quote", name) in ("read", "write")


def _pairs(old: Iterable[Any], new: Iterable[Any]) -> list[tuple[Any, Any]]:
    """Lines of the same product, or of the same words, belong together in their order; new order first, then what is gone."""
    waiting: dict[Any, list[Any]] = defaultdict(list)
    for row in old:
        waiting[_same(row)].append(row)
    pairs = [(waiting[_same(row)].pop(0) if waiting[_same(row)] else None, row) for row in new]
    return pairs + [(row, None) for rows in waiting.values() for row in rows]


def _same(row: Any) -> Any:
    return row.product_id or (row.kind, row.name, row.name_zh)


def _line_change(before: Any, after: Any) -> LineChange:
    row = after or before
    cells = tuple(_cell(name, before, after) for name in FIGURES) if row.kind == LineKind.PRODUCT else ()
    note = _note(before, after) if before and after else ""
    state = "added" if before is None else "removed" if after is None else "same"
    if state == "same" and (note or any(cell.changed for cell in cells)):
        state = "changed"
    return LineChange(state, row.kind, _name(row), cells, note)


def _note(before: Any, after: Any) -> str:
    """What changed beside the figures."""
    words = []
    if before.optional != after.optional:
        words.append(_("now optional") if after.optional else _("no longer optional"))
    if (before.name, before.name_zh, before.description) != (after.name, after.name_zh, after.description):
        words.append(_("other text"))
    if before.tax_rate != after.tax_rate:
        words.append(
            _("tax %(before)s → %(after)s") % {"before": percent(before.tax_rate), "after": percent(after.tax_rate)}
        )
    return _(", ").join(words)


def _name(row: Any) -> str:
    return str(row.name_in(language_now()) or row.description)


def _cell(name: str, before: Any, after: Any) -> Value:
    show: Callable[[Any], str] = _per_cent if name == "discount_percent" else number
    values = [show(getattr(row, name)) if row is not None else "" for row in (before, after)]
    return Value("", values[0], values[1])


def _total(name: str, old: Quote, new: Quote) -> Value:
    label = _label(name)
    before, after = getattr(old, name), getattr(new, name)
    if name == "margin_percent":
        points = _signed(after - before, lambda value: number(value, 1)) if None not in (before, after) else ""
        return Value(label, percent(before, 1), percent(after, 1), points)
    comparable = old.currency == new.currency and None not in (before, after)
    difference = _signed(after - before, lambda value: money(value, new.currency)) if comparable else ""
    return Value(label, money(before, old.currency), money(after, new.currency), difference)


def _signed(value: Decimal, show: Callable[[Decimal], str]) -> str:
    return "" if not value else ("+" if value > 0 else "") + show(value)


def _condition(name: str, old: Quote, new: Quote) -> Value:
    return Value(_label(name), _text(name, old), _text(name, new))


def _text(name: str, quote: Quote) -> str:
    value = getattr(quote, name)
    if name == "document_language":
        return str(quote.get_document_language_display())
    if name == "valid_until":
        return day(value) if value else "–"
    return str(value or "–")


def _per_cent(value: Decimal) -> str:
    return f"{number(value)} %"


def _label(name: str) -> str:
    column: Any = Quote._meta.get_field(name)
    return str(column.verbose_name)
