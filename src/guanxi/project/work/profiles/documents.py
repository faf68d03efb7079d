"""Orders of a table of lines: what the rows of one key say becomes lines and totals."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from guanxi.core.db.bulk import insert_rows
from guanxi.core.money import MAX_AMOUNT, QUANTUM
from guanxi.project.work.profiles.profile import File
from guanxi.project.work.profiles.reader import filled
from guanxi.project.work.profiles.rows import Row
from guanxi.project.work.profiles.run import Run
from guanxi.records.values import Wrong
from guanxi.sales.models import OrderLine
from guanxi.sales.services.lines import priced, totals_of
from guanxi.sales.totals import line_figures

LONGEST_NAME = 300


def lines_of(run: Run, file: File, row: Row, currency: str) -> list[OrderLine]:
    """Unsaved lines of a document; rows that cannot be one are refused."""
    found: list[OrderLine] = []
    for part in row.parts:
        try:
            found.append(_line(run, file, part, len(found), currency))
        except Wrong as wrong:
            run.ledger.refuse(file.file, part.line, str(wrong))
    return found


def totals(lines: Sequence[OrderLine], currency: str) -> dict[str, Any]:
    """The totals of a document as field values; what is not known is left out."""
    return {name: value for name, value in totals_of(lines, currency).items() if value is not None}


def store(pairs: Sequence[tuple[Any, Sequence[OrderLine]]], *, anew: bool = False) -> None:
    """Lines of stored orders; `anew` in the place of those that are there."""
    if anew:
        OrderLine.objects.filter(order_id__in=[order.id for order, _lines in pairs]).delete()
    for order, lines in pairs:
        for line in lines:
            line.order_id = order.id
    insert_rows(OrderLine, [line for _order, lines in pairs for line in lines], read_back=False)


def _line(run: Run, file: File, part: Row, position: int, currency: str) -> OrderLine:
    texts = {name: filled(origin, part) for name, origin in file.lines.items()}
    line = OrderLine(position=position, product_id=_product(run, file, texts.get("product", "")))
    line.name = texts.get("name", "")[:LONGEST_NAME]
    if not line.name and line.product_id is None:
        raise Wrong("The line has neither a product nor a name.")
    line.quantity = _number("quantity", texts.get("quantity", "") or "1")
    line.list_price = _price(texts, line.quantity)
    line.cost = _number("cost", texts["cost"]) if texts.get("cost") else None
    figures = line_figures(priced(line), currency)
    line.net_price = figures.net_price
    line.amount = _number("amount", texts["amount"]) if texts.get("amount") else figures.amount
    return line


def _product(run: Run, file: File, text: str) -> UUID | None:
    if not text:
        return None
    origin = file.lines["product"]
    found = run.keys.find_living(run.actor, "product", text, origin.by)
    if found is None:
        raise Wrong(f"There is no product “{text}”.")
    return found


def _price(texts: dict[str, str], quantity: Decimal) -> Decimal:
    if texts.get("price"):
        return _number("price", texts["price"])
    amount = _number("amount", texts.get("amount", "") or "0")
    return (amount / quantity).quantize(QUANTUM, ROUND_HALF_UP) if quantity else Decimal(0)


def _number(name: str, text: str) -> Decimal:
    try:
        found = Decimal(text.replace(",", "")).quantize(QUANTUM, ROUND_HALF_UP)
    except InvalidOperation:
        raise Wrong(f"{name}: “{text}” is no number.") from None
    if abs(found) > MAX_AMOUNT:
        raise Wrong(f"{name}: “{text}” is too large.")
    return found
