"""Lines, contact roles and stages as programs read them."""

from collections.abc import Mapping
from typing import Any

from guanxi.identity.actor import Actor
from guanxi.identity.models import Membership
from guanxi.identity.permissions import field_access
from guanxi.records.queries import linked_labels, visible_records
from guanxi.sales.limits import shows_money
from guanxi.sales.models import Opportunity, Order, Quote
from guanxi.sales.pdf import languages_of, render_quote_pdf
from guanxi.sales.services.lines import priced
from guanxi.sales.totals import line_figures

Row = dict[str, Any]
_NAMES = ("name", "name_zh", "sku", "description", "unit", "unit_zh")
_FIGURES = ("quantity", "list_price", "discount_percent", "net_price", "amount", "tax_rate")
OPPORTUNITY_LINE: Mapping[str, str] = {
    "id": "uuid", "position": "integer", "product": "link", "quantity": "number", "list_price": "money",
    "discount_percent": "percent", "amount": "money",
}  # fmt: skip
LINE: Mapping[str, str] = {
    "id": "uuid", "position": "integer", "kind": "text", "product": "link", **dict.fromkeys(_NAMES, "text"), "quantity": "number",
    "list_price": "money", "discount_percent": "percent", "net_price": "money", "amount": "money", "tax_rate": "percent",
    "optional": "bool", "cost": "money", "margin": "money",
}  # fmt: skip
CONTACT_ROLE: Mapping[str, str] = {"contact": "link", "role": "text", "is_primary": "bool"}
MOVE: Mapping[str, str] = {
    "at": "datetime", "from": "link", "to": "link", "by": "link", "probability": "integer", "amount": "money", "days": "number",
}  # fmt: skip


def opportunity_lines(actor: Actor, record: Opportunity) -> list[Row]:
    """The products of an opportunity."""
    rows = list(record.lines.order_by("position"))
    labels = linked_labels(actor, "product", {row.product_id for row in rows})
    names: tuple[str, ...] = ("id", "position", "quantity")
    names += ("list_price", "discount_percent", "amount") if shows_money(actor, "opportunity") else ()
    return [{**{name: getattr(row, name) for name in names}, "product": _link(row.product_id, labels)} for row in rows]


def document_lines(actor: Actor, document: Quote | Order) -> list[Row]:
    """The lines of a quote or order; prices only for who may see the sums, cost and margin for who may see the margin."""
    rows = list(document.lines.order_by("position"))
    labels = linked_labels(actor, "product", {row.product_id for row in rows if row.product_id})
    name = "order" if isinstance(document, Order) else "quote"
    figures = _FIGURES if shows_money(actor, name) else ("quantity",)
    shows_margin = shows_money(actor, name) and field_access(actor, name, "margin") in ("read", "write")
    found = []
    for row in rows:
        line = {key: getattr(row, key) for key in ("id", "position", "kind", *_NAMES, *figures)}
        line |= {"product": _link(row.product_id, labels), "optional": getattr(row, "optional", False)}
        if shows_margin:
            line |= {"cost": row.cost, "margin": line_figures(priced(row), document.currency).margin}
        found.append(line)
    return found


def contact_roles(actor: Actor, record: Opportunity) -> list[Row]:
    """Contacts with their part in the decision; those out of sight stay out of sight."""
    rows = list(record.contacts.order_by("-is_primary", "role", "id"))
    keys = {row.contact_id for row in rows}
    seen = set(visible_records(actor, "contact").filter(id__in=keys).values_list("id", flat=True))
    labels = linked_labels(actor, "contact", seen)
    return [
        {"contact": _link(row.contact_id, labels), "role": row.role, "is_primary": row.is_primary}
        for row in rows
        if row.contact_id in seen
    ]


def stage_moves(actor: Actor, record: Opportunity) -> list[Row]:
    """The moves of an opportunity from stage to stage, newest first."""
    rows = list(record.stage_history.order_by("-at", "-id"))
    stages = {key for row in rows for key in (row.from_stage_id, row.to_stage_id) if key}
    labels = linked_labels(actor, "stage", stages)
    members = dict(Membership.objects.filter(id__in={row.member_id for row in rows}).values_list("id", "name"))
    shows_amount = field_access(actor, "opportunity", "amount") in ("read", "write")
    return [
        {
            "at": row.at,
            "from": _link(row.from_stage_id, labels),
            "to": _link(row.to_stage_id, labels),
            "by": _link(row.member_id, members),
            "probability": row.probability,
            "amount": row.amount if shows_amount else None,
            "days": None if row.seconds is None else round(row.seconds / 86_400, 1),
        }
        for row in rows
    ]


def quote_file(quote: Quote, language: str) -> tuple[str, bytes]:
    """The printed quote and its file name."""
    languages = languages_of(quote, language)
    return f"{quote.number}-v{quote.revision}-{'-'.join(languages)}.pdf", render_quote_pdf(quote, languages)


def _link(key: Any, labels: Mapping[Any, str]) -> Row | None:
    return None if key is None else {"id": str(key), "label": labels.get(key, "")}
