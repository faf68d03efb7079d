"""Lines of quotes and orders: from what a form or the API sends to priced rows, and the totals over them.

Each line: {"id"?, "kind": product | section | text, "product"?, "name"?, "name_zh"?, "description"?, "quantity", "list_price"?,
"discount_percent"?, "tax_rate"?, "cost"?, "optional"? (quotes)}. What a product line leaves open comes from the product and the price
book; a line sent with its "id" keeps what it does not send.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from guanxi.catalogue.models import Product
from guanxi.catalogue.queries import in_currency, price_of
from guanxi.core.errors import Invalid
from guanxi.core.ids import new_id
from guanxi.identity.actor import Actor
from guanxi.sales.models import LineKind, Order, OrderLine, Quote, QuoteLine
from guanxi.sales.queries import price_book_for
from guanxi.sales.rules import TOTALS
from guanxi.sales.services.common import key_of, rows_of
from guanxi.sales.services.opportunities import LARGEST, MAX_LINES, decimal_in, products_by_key, refuse_too_large
from guanxi.sales.totals import Figures, Priced, line_figures, sum_lines

Line = Mapping[str, Any]
HUNDRED = Decimal(100)
DocumentLine = QuoteLine | OrderLine
COPIED = (
    "position", "kind", "product_id", "sku", "name", "name_zh", "description", "quantity", "unit", "unit_zh", "list_price",
    "discount_percent", "net_price", "amount", "tax_rate", "cost",
)  # fmt: skip


def new_line(document: Quote | Order, **values: Any) -> DocumentLine:
    """An unsaved line of the document."""
    if isinstance(document, Order):
        return OrderLine(order=document, **values)
    return QuoteLine(quote=document, **values)


def replace_lines(actor: Actor, document: Quote | Order, lines: Sequence[Line]) -> list[Any]:
    """Put `lines` in the place of the document's own; returns the new rows. The caller has locked the document and writes the totals."""
    rows = build_lines(actor, document, lines)
    document.lines.all().delete()
    type(new_line(document)).objects.bulk_create(rows)
    return rows


def build_lines(actor: Actor, document: Quote | Order, lines: Sequence[Line]) -> list[Any]:
    """Unsaved rows for `lines`, priced. Also what a preview before saving is made from."""
    lines = rows_of(lines, "lines")
    if len(lines) > MAX_LINES:
        raise Invalid({"lines": [_("Use at most %(count)d lines.") % {"count": MAX_LINES}]})
    kept = {row.id: row for row in document.lines.all()}
    products = products_by_key(
        actor, [_with_product(line, kept.get(key_of(line.get("id")) or new_id())) for line in lines]
    )
    return [
        _line(actor, document, position, line, products[position], kept.get(key_of(line.get("id")) or new_id()))
        for position, line in enumerate(lines)
    ]


def _with_product(line: Line, kept: DocumentLine | None) -> Line:
    """A line that does not name its product means the one it has."""
    return line if line.get("product") or kept is None else {"product": kept.product_id}


def _line(
    actor: Actor, document: Quote | Order, position: int, line: Line, product: Product | None, kept: DocumentLine | None
) -> Any:
    kind = str(line.get("kind") or (kept.kind if kept else LineKind.PRODUCT))
    if kind not in LineKind.values:
        raise Invalid({f"lines.{position}.kind": [_("There is no such kind of line.")]})
    row = new_line(document, id=kept.id if kept else new_id(), tenant_id=actor.tenant_id, position=position, kind=kind)
    if isinstance(row, QuoteLine):
        row.optional = bool(line.get("optional", getattr(kept, "optional", False)))
    _words(row, position, line, product, kept)
    if kind == LineKind.PRODUCT:
        _price(actor, document, row, line, product, kept)
    return row


def _words(row: DocumentLine, position: int, line: Line, product: Product | None, kept: DocumentLine | None) -> None:
    same = kept is not None and (product is None or kept.product_id == product.id)
    source: Any = kept if same else product
    row.product_id = product.id if product else (kept.product_id if kept else None)
    row.sku = source.sku if source else ""
    for name, limit in (("name", 300), ("name_zh", 300), ("description", 5000)):
        given = line.get(name)
        setattr(
            row,
            name,
            _text(given, f"lines.{position}.{name}", limit) if given is not None else getattr(source, name, ""),
        )
    if same and kept is not None:
        row.unit, row.unit_zh = kept.unit, kept.unit_zh
    elif product is not None and product.unit is not None:
        row.unit, row.unit_zh = product.unit.name, product.unit.name_zh
    if row.product_id is None and not (row.name or row.name_zh or row.description):
        raise Invalid({f"lines.{position}.name": [_("Choose a product or write a text.")]})


def _text(value: Any, field: str, limit: int) -> str:
    text = str(value).replace("\r\n", "\n").strip()
    if "\x00" in text:
        raise Invalid({field: [_("The text contains characters that cannot be stored.")]})
    if len(text) > limit:
        raise Invalid({field: [_("Use at most %(count)d characters.") % {"count": limit}]})
    return text


def _price(
    actor: Actor,
    document: Quote | Order,
    row: DocumentLine,
    line: Line,
    product: Product | None,
    kept: DocumentLine | None,
) -> None:
    field = f"lines.{row.position}."
    same = kept is not None and kept.product_id == row.product_id
    number = _Reader(line, field, kept if same else None)
    row.quantity = number.read("quantity", Decimal(1))
    row.discount_percent = number.read("discount_percent", Decimal(0), top=HUNDRED)
    row.tax_rate = number.read("tax_rate", product.tax.rate if product and product.tax else Decimal(0), top=HUNDRED)
    unchanged = same and kept is not None and kept.quantity == row.quantity
    if line.get("list_price") not in (None, ""):
        row.list_price = decimal_in(line["list_price"], field + "list_price")
    elif kept is not None and (unchanged or (same and product is None)):
        row.list_price = kept.list_price
    else:
        row.list_price = _book_price(actor, document, row, product)
    row.cost = _cost(actor, document, line, field, product, kept if same else None)
    refuse_too_large(row.quantity * max(row.list_price, row.cost or row.list_price), field + "quantity")
    figures = line_figures(priced(row), document.currency)
    row.net_price, row.amount = figures.net_price, figures.amount


class _Reader:
    """Reads numbers of a line: what is sent, else what the line had, else the default."""

    def __init__(self, line: Line, field: str, kept: DocumentLine | None) -> None:
        self.line, self.field, self.kept = line, field, kept

    def read(self, name: str, default: Decimal, *, top: Decimal = LARGEST) -> Decimal:
        """The number called `name`."""
        value = self.line.get(name)
        if value is None or value == "":
            return getattr(self.kept, name) if self.kept else default
        return decimal_in(value, self.field + name, top=top)


def _book_price(actor: Actor, document: Quote | Order, row: DocumentLine, product: Product | None) -> Decimal:
    if product is None:
        return Decimal(0)
    day = (document.order_date if isinstance(document, Order) else document.quote_date) or timezone.localdate()
    if isinstance(document, Order):
        book = price_book_for(document.account, document.currency, day)
    else:
        book = document.price_book if document.price_book_id else None
    return price_of(product, row.quantity, book, day, currency=document.currency, company_currency=actor.currency)


def _cost(
    actor: Actor, document: Quote | Order, line: Line, field: str, product: Product | None, kept: DocumentLine | None
) -> Decimal | None:
    if line.get("cost") not in (None, ""):
        return decimal_in(line["cost"], field + "cost")
    if kept is not None:
        return kept.cost
    if product is None or product.cost is None:
        return None
    return in_currency(product.cost, product.currency, document.currency, timezone.localdate(), actor.currency)


def priced(row: Any) -> Priced:
    """A stored line as the arithmetic wants it; words count nothing."""
    if row.kind != LineKind.PRODUCT:
        return Priced(Decimal(0), Decimal(0), cost=Decimal(0))
    return Priced(
        quantity=row.quantity,
        list_price=row.list_price,
        discount_percent=row.discount_percent,
        tax_rate=row.tax_rate,
        cost=row.cost,
        optional=getattr(row, "optional", False),
    )


def figures_of(rows: Iterable[Any], currency: str) -> Figures:
    """The sums over stored or unsaved lines."""
    return sum_lines((priced(row) for row in rows if row.kind == LineKind.PRODUCT), currency)


def totals_of(rows: Iterable[Any], currency: str) -> dict[str, Any]:
    """The totals as field values of a quote or order."""
    figures = figures_of(rows, currency)
    return {name: getattr(figures, name) for name in TOTALS}


def highest_discount(rows: Iterable[Any]) -> Decimal:
    """The largest discount on a priced line, in per cent."""
    return max((row.discount_percent for row in rows if row.kind == LineKind.PRODUCT), default=Decimal(0))


def copied_lines(source: Iterable[Any], model: type[Any], *, tenant_id: UUID, **link: Any) -> list[Any]:
    """Unsaved copies of lines under another document."""
    extra = ("optional",) if model is QuoteLine else ()
    return [
        model(tenant_id=tenant_id, **link, **{name: getattr(row, name) for name in (*COPIED, *extra)}) for row in source
    ]
