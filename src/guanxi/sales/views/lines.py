"""Lines of quotes and orders, edited in place: saved as they are typed, products found by name, code or pinyin."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from guanxi.core.errors import Conflict, Invalid, Stale
from guanxi.core.ui.formats import money
from guanxi.identity.actor import Actor
from guanxi.records.queries import get_record, visible_records
from guanxi.records.screens import fragment
from guanxi.records.search import search
from guanxi.records.views.base import actor_of, version_of
from guanxi.sales.limits import limits_of
from guanxi.sales.models import LineKind, Order, Quote
from guanxi.sales.pages import editor_context, quote_steps, readable
from guanxi.sales.queries import language_now
from guanxi.sales.services import save_order_lines, save_quote_lines
from guanxi.sales.views.common import open_room

HITS = 8
INPUTS = ("quantity", "list_price", "discount_percent")
SLASH = "/"
Line = dict[str, Any]
Document = Quote | Order
SAVE: Mapping[str, Any] = {"quote": save_quote_lines, "order": save_order_lines}


def open_document(request: HttpRequest, kind: str, id: UUID) -> Document:
    """The quote or order, as far as the actor may see it."""
    open_room(request)
    document: Document = get_record(actor_of(request), kind, id)
    return document


@require_POST
def save_lines(request: HttpRequest, id: UUID, kind: str) -> HttpResponse:
    """Save the lines as the form holds them; answers the editor with new figures."""
    document = open_document(request, kind, id)
    return _save(request, document, sent_lines(document, request.POST))


@require_POST
def add_line(request: HttpRequest, id: UUID, kind: str) -> HttpResponse:
    """One more line: the chosen product or the best hit for the text; as optional; or a section, which "/" begins too."""
    document = open_document(request, kind, id)
    kept: list[Line] = [{"id": row.id} for row in document.lines.order_by("position")]
    text = request.POST.get("q", "").strip()[:300].replace("\x00", "")
    how = request.POST.get("how", "")
    if text.startswith(SLASH):
        how, text = "section", text.lstrip(SLASH).strip()
    if how == "section":
        return _save(request, document, [*kept, {"kind": LineKind.SECTION, "name": text or _("Section")}], added=True)
    product = request.POST.get("product") or next((str(row.id) for row in find_products(actor_of(request), text)), "")
    if not product:
        return _editor(request, document, errors={"": [_("No product is called like this.")]}, status=422)
    return _save(request, document, [*kept, {"product": product, "optional": how == "optional"}], added=True)


@require_POST
def lower_discounts(request: HttpRequest, id: UUID, kind: str) -> HttpResponse:
    """Bring every discount down to the actor's own limit."""
    document = open_document(request, kind, id)
    limit = limits_of(actor_of(request)).discount
    lines = [
        {"id": row.id, "discount_percent": min(row.discount_percent, limit)}
        for row in document.lines.order_by("position")
    ]
    return _save(request, document, lines)


def sent_lines(document: Document, post: Any) -> list[Line]:
    """The lines of the form, in its order: inputs are called quantity:<line>, list_price:<line> and so on."""
    stored = {str(row.id): row for row in document.lines.all()}
    lines = []
    for key in dict.fromkeys(post.getlist("line")):
        row = stored.get(key)
        if row is None:
            continue
        line: Line = {"id": row.id, "optional": post.get(f"optional:{key}") == "1"}
        if row.kind != LineKind.PRODUCT:
            line["name"] = post.get(f"name:{key}", row.name)
        for name in INPUTS if row.kind == LineKind.PRODUCT else ():
            value = post.get(f"{name}:{key}")
            if value is not None and not (name == "list_price" and _same(value, row.list_price)):
                line[name] = value
        lines.append(line)
    return lines


def _same(text: str, value: Decimal) -> bool:
    """An untouched price is left to the price book, which may have another one for another quantity."""
    try:
        return Decimal(text.strip().replace(",", "")) == value
    except InvalidOperation:
        return False


def _save(request: HttpRequest, document: Document, lines: list[Line], *, added: bool = False) -> HttpResponse:
    try:
        save = SAVE[document._meta.model_name or ""]
        saved = save(actor_of(request), document.id, lines, version=version_of(request.POST.get("version")))
    except Invalid as refusal:
        return _editor(request, document, errors=refusal.errors, status=422)
    except Stale as refusal:
        return _editor(request, document, errors={"": [refusal.message]}, status=409)
    except Conflict as refusal:
        return _editor(request, document, errors={"": [refusal.message]}, status=409)
    return _editor(request, saved, added=added)


def _editor(
    request: HttpRequest,
    document: Document,
    *,
    errors: Mapping[str, list[str]] | None = None,
    added: bool = False,
    status: int = 200,
) -> HttpResponse:
    context = editor_context(actor_of(request), document, typed=request.POST, errors=errors)
    more = {"steps": quote_steps(document) if isinstance(document, Quote) else [], "added": added, "parts": True}
    saved = {"HX-Trigger": "gx:lines-saved"} if status == 200 else {}
    return fragment(request, "sales/_lines_editor.html.jinja", {**context, **more}, status=status, headers=saved)


# Products


@require_GET
def product_hits(request: HttpRequest, id: UUID, kind: str) -> HttpResponse:
    """Products for the text typed so far, with what one costs in this quote."""
    document = open_document(request, kind, id)
    text = request.GET.get("q", "").strip()[:100].replace("\x00", "")
    language = language_now()
    hits = [
        {
            "id": str(row.id),
            "name": row.name_in(language),
            "note": " · ".join(part for part in (row.sku, row.lead_time) if part),
            "price": money(row.list_price, row.currency, home=document.currency)
            if readable(actor_of(request), "product", "list_price")
            else "",
        }
        for row in (find_products(actor_of(request), text) if text else [])
    ]
    return fragment(request, "sales/_product_hits.html.jinja", {"hits": hits, "text": text})


def find_products(actor: Actor, text: str) -> list[Any]:
    """Active products by any part of name, code or pinyin, best first."""
    hits = search(actor, text, objects=["product"], limit=4 * HITS) if text else []
    order = {key: at for at, key in enumerate(dict.fromkeys(hit.id for hit in hits))}
    rows = visible_records(actor, "product").filter(id__in=list(order), is_active=True)
    return sorted(rows, key=lambda row: order[row.id])[:HITS]
