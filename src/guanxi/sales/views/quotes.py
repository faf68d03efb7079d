"""The page of a quote beside its lines: making, preview, PDF, sending, comparing versions."""

from base64 import b64encode
from collections.abc import Mapping
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from guanxi.core.errors import Conflict, Invalid, NotFound, Stale
from guanxi.records.queries import get_record
from guanxi.records.screens import fragment, page
from guanxi.records.views.base import actor_of, done, version_of
from guanxi.sales.comparing import compare_quotes
from guanxi.sales.limits import require_money
from guanxi.sales.models import Quote
from guanxi.sales.pdf import LANGUAGES, UNBINDING, file_name, languages_of, render_quote_pages, render_quote_pdf
from guanxi.sales.queries import versions_of
from guanxi.sales.services import create_order_from_quote, create_quote, revise_quote, send_quote
from guanxi.sales.services.sending import cover_letter
from guanxi.sales.views.common import open_room


def _priced(request: HttpRequest, id: UUID) -> Quote:
    """The quote for what prints its prices."""
    quote = _quote(request, id)
    require_money(actor_of(request), "quote")
    return quote


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


# Versions


@require_GET
def compare(request: HttpRequest, id: UUID) -> HttpResponse:
    """This version against another of the same number: `?with=`, by default the one before."""
    quote, actor = _priced(request, id), actor_of(request)
    others = [row for row in versions_of(actor, quote) if row.id != quote.id]
    asked = request.GET.get("with", "")
    earlier = [row for row in others if row.revision < quote.revision] or others
    old = next((row for row in others if str(row.id) == asked), None) if asked else next(iter(earlier), None)
    if old is None:
        raise NotFound(_("There is no other version of this quote."))
    context = {
        "page_title": quote.number,
        "comparison": compare_quotes(actor, old, quote),
        "old": old,
        "new": quote,
        "versions": others,
    }
    return page(request, "sales/quote_compare.html.jinja", context)


@require_POST
def revise(request: HttpRequest, id: UUID) -> HttpResponse:
    """A new version, and its page."""
    _quote(request, id, "edit")
    new = revise_quote(actor_of(request), id, version=version_of(request.POST.get("version")))
    return done(request, f"/quotes/{new.id}/", _("Version %(number)s made.") % {"number": new.revision})


@require_POST
def make_order(request: HttpRequest, id: UUID) -> HttpResponse:
    """The order of an accepted quote, and its page."""
    _quote(request, id, "edit")
    order = create_order_from_quote(actor_of(request), id, version=version_of(request.POST.get("version")))
    return done(request, f"/orders/{order.id}/", _("Order %(code)s made.") % {"code": order.code})


# Document


def preview_language(request: HttpRequest, quote: Quote) -> str:
    """The language of the preview: as chosen on the page, else the quote's."""
    asked = request.GET.get("lang") or request.POST.get("lang") or ""
    return asked if asked in LANGUAGES else quote.document_language


@require_GET
def preview(request: HttpRequest, id: UUID) -> HttpResponse:
    """The printed pages as pictures."""
    quote = _priced(request, id)
    language = preview_language(request, quote)
    pages = [b64encode(page).decode() for page in render_quote_pages(quote, LANGUAGES[language])]
    return fragment(
        request,
        "sales/_quote_preview.html.jinja",
        {"quote": quote, "pages": pages, "preview_language": language, "unbinding": quote.status in UNBINDING},
    )


@require_GET
def pdf(request: HttpRequest, id: UUID) -> HttpResponse:
    """The quote as PDF; `?lang=` zh, en or both."""
    quote = _priced(request, id)
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
    quote = _priced(request, id)
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
