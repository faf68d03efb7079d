"""The quote editor: lines saved as they are typed, product search, preview, PDF, sending."""

from base64 import b64encode
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from guanxi.core.errors import Conflict, Invalid, NotFound, Stale
from guanxi.core.ui.formats import money
from guanxi.identity.actor import Actor
from guanxi.records.queries import get_record, visible_records
from guanxi.records.screens import fragment
from guanxi.records.search import search
from guanxi.records.views.base import actor_of, done, version_of
from guanxi.sales.limits import limits_of
from guanxi.sales.models import LineKind, Quote
from guanxi.sales.pages import editor_context, quote_steps
from guanxi.sales.pdf import LANGUAGES, file_name, languages_of, render_quote_pages, render_quote_pdf
from guanxi.sales.queries import language_now
from guanxi.sales.services import create_quote, save_quote_lines, send_quote
from guanxi.sales.services.sending import cover_letter
from guanxi.sales.views.common import open_room

HITS = 8
INPUTS = ("quantity", "list_price", "discount_percent")
Line = dict[str, Any]


def _quote(request: HttpRequest, id: UUID, action: str = "view") -> Quote:
    open_room(request)
    quote: Quote = get_record(actor_of(request), "quote", id, action)
    return quote


@require_POST
def make_quote(request: HttpRequest, id: UUID) -> HttpResponse:
    """A quote from an opportunity."""
    open_room(request)
    quote = create_quote(actor_of(request), opportunity=id)
    return done(request, f"/quotes/{quote.id}/", _("Quote %(number)s made.") % {"number": quote.number})


@require_POST
def save_lines(request: HttpRequest, id: UUID) -> HttpResponse:
    """Save the lines as the form holds them; answers the editor with new figures."""
    quote = _quote(request, id)
    return _save(request, quote, sent_lines(quote, request.POST))


@require_POST
def add_line(request: HttpRequest, id: UUID) -> HttpResponse:
    """One more line: the chosen product or the best hit for the text; as optional; or a section."""
    quote = _quote(request, id)
    kept: list[Line] = [{"id": row.id} for row in quote.lines.order_by("position")]
    text = request.POST.get("q", "").strip()[:300].replace("\x00", "")
    how = request.POST.get("how", "")
    if how == "section":
        return _save(request, quote, [*kept, {"kind": LineKind.SECTION, "name": text or _("Section")}], added=True)
    product = request.POST.get("product") or next((str(row.id) for row in find_products(actor_of(request), text)), "")
    if not product:
        return _editor(request, quote, errors={"": [_("No product is called like this.")]}, status=422)
    return _save(request, quote, [*kept, {"product": product, "optional": how == "optional"}], added=True)


@require_POST
def lower_discounts(request: HttpRequest, id: UUID) -> HttpResponse:
    """Bring every discount down to the actor's own limit."""
    quote = _quote(request, id)
    limit = limits_of(actor_of(request)).discount
    lines = [
        {"id": row.id, "discount_percent": min(row.discount_percent, limit)} for row in quote.lines.order_by("position")
    ]
    return _save(request, quote, lines)


def sent_lines(quote: Quote, post: Any) -> list[Line]:
    """The lines of the form, in its order: inputs are called quantity:<line>, list_price:<line> and so on."""
    stored = {str(row.id): row for row in quote.lines.all()}
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


def _save(request: HttpRequest, quote: Quote, lines: list[Line], *, added: bool = False) -> HttpResponse:
    try:
        saved = save_quote_lines(actor_of(request), quote.id, lines, version=version_of(request.POST.get("version")))
    except Invalid as refusal:
        return _editor(request, quote, errors=refusal.errors, status=422)
    except Stale as refusal:
        return _editor(request, quote, errors={"": [refusal.message]}, status=409)
    except Conflict as refusal:
        return _editor(request, quote, errors={"": [refusal.message]}, status=409)
    return _editor(request, saved, added=added)


def _editor(
    request: HttpRequest,
    quote: Quote,
    *,
    errors: Mapping[str, list[str]] | None = None,
    added: bool = False,
    status: int = 200,
) -> HttpResponse:
    context = editor_context(actor_of(request), quote, typed=request.POST, errors=errors)
    more = {"steps": quote_steps(quote), "added": added, "parts": True}
    saved = {"HX-Trigger": "gx:quote"} if status == 200 else {}
    return fragment(request, "sales/_quote_editor.html.jinja", {**context, **more}, status=status, headers=saved)


# Products


@require_GET
def product_hits(request: HttpRequest, id: UUID) -> HttpResponse:
    """Products for the text typed so far, with what one costs in this quote."""
    quote = _quote(request, id)
    text = request.GET.get("q", "").strip()[:100].replace("\x00", "")
    language = language_now()
    hits = [
        {
            "id": str(row.id),
            "name": row.name_in(language),
            "note": " · ".join(part for part in (row.sku, row.lead_time) if part),
            "price": money(row.list_price, row.currency, home=quote.currency),
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


# Document


def preview_language(request: HttpRequest, quote: Quote) -> str:
    """The language of the preview: as chosen on the page, else the quote's."""
    asked = request.GET.get("lang") or request.POST.get("lang") or ""
    return asked if asked in LANGUAGES else quote.document_language


@require_GET
def preview(request: HttpRequest, id: UUID) -> HttpResponse:
    """The printed pages as pictures."""
    quote = _quote(request, id)
    language = preview_language(request, quote)
    pages = [b64encode(page).decode() for page in render_quote_pages(quote, LANGUAGES[language])]
    return fragment(
        request, "sales/_quote_preview.html.jinja", {"quote": quote, "pages": pages, "preview_language": language}
    )


@require_GET
def pdf(request: HttpRequest, id: UUID) -> HttpResponse:
    """The quote as PDF; `?lang=` zh, en or both."""
    quote = _quote(request, id)
    languages = languages_of(quote, request.GET.get("lang", ""))
    response = HttpResponse(render_quote_pdf(quote, languages), content_type="application/pdf")
    response.headers["Content-Disposition"] = (
        f'inline; filename="{quote.number}-v{quote.revision}-{"-".join(languages)}.pdf"'
    )
    response.headers["Cache-Control"] = "private, no-store"
    return response


@require_GET
def page_png(request: HttpRequest, id: UUID, number: int) -> HttpResponse:
    """One printed page as PNG."""
    quote = _quote(request, id)
    pages = render_quote_pages(quote, languages_of(quote, request.GET.get("lang", "")))
    if not 1 <= number <= len(pages):
        raise NotFound(_("The document has no such page."))
    return HttpResponse(pages[number - 1], content_type="image/png", headers={"Cache-Control": "private, no-store"})


def send(request: HttpRequest, id: UUID) -> HttpResponse:
    """The dialog that sends the quote: address, subject, letter and language, filled from the template."""
    quote = _quote(request, id, "edit")
    if request.method != "POST":
        return _send_form(request, quote, _letter(request, quote), {})
    typed = {name: request.POST.get(name, "") for name in ("to", "subject", "body", "language")}
    try:
        send_quote(
            actor_of(request),
            id,
            version=version_of(request.POST.get("version")),
            by_mail=request.POST.get("by_mail") == "1",
            **typed,
        )
    except Invalid as refusal:
        return _send_form(request, quote, typed, refusal.errors, 422)
    except (Conflict, Stale) as refusal:
        return _send_form(request, quote, typed, {"": [refusal.message]}, 409)
    return done(request, f"/quotes/{id}/", _("Quote %(number)s sent.") % {"number": quote.number})


def _letter(request: HttpRequest, quote: Quote) -> dict[str, str]:
    letter = cover_letter(actor_of(request), quote)
    to = quote.contact.email if quote.contact and quote.contact.email else quote.account.email
    return {"to": to, "subject": letter.subject, "body": letter.body, "language": quote.document_language}


def _send_form(
    request: HttpRequest, quote: Quote, values: Mapping[str, str], errors: Mapping[str, list[str]], status: int = 200
) -> HttpResponse:
    known = {"to", "subject", "body", "language"}
    context = {
        "quote": quote,
        "values": values,
        "errors": errors,
        "form_errors": [text for name, texts in errors.items() if name not in known for text in texts],
        "languages": Quote.document_language.field.choices,
        "by_mail": request.method != "POST" or request.POST.get("by_mail") == "1",
        "attachment": file_name(quote, languages_of(quote, values.get("language", ""))),
    }
    return fragment(request, "sales/quote_send.html.jinja", context, status=status)
