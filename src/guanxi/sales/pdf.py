"""The printed quote: a PDF in Chinese, English or both, with the glyphs in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import orjson
import typst
from babel.numbers import get_currency_precision
from django.utils.translation import gettext as _
from django.utils.translation import override, pgettext

from guanxi.core.files import open_file
from guanxi.core.typesetting import font_paths
from guanxi.core.ui.formats import day, number
from guanxi.identity.models import Company, Membership, Tenant
from guanxi.sales.models import LineKind, Quote, QuoteLine, QuoteStatus
from guanxi.sales.services.lines import figures_of
from guanxi.sales.totals import Figures
from guanxi.sales.words import renminbi_words

TEMPLATE = Path(__file__).resolve().parent / "documents" / "quote.typ"
CATALOGUE = {"zh": "zh-hans", "en": "en"}
LANGUAGES: dict[str, tuple[str, ...]] = {"zh": ("zh",), "en": ("en",), "both": ("zh", "en")}
UNBINDING = (QuoteStatus.DRAFT, QuoteStatus.IN_REVIEW, QuoteStatus.REJECTED)
PREVIEW_PPI = 110.0


@dataclass(frozen=True)
class Printer:
    """What every text of one document depends on: its languages (the first leads) and its currency."""

    languages: tuple[str, ...]
    currency: str

    @property
    def first(self) -> str:
        """The leading language's catalogue."""
        return CATALOGUE[self.languages[0]]

    def amount(self, value: Decimal, decimals: int | None = None) -> str:
        """An amount with the currency's digits, more only where the value has them."""
        digits = get_currency_precision(self.currency)
        own = max(-int(value.normalize().as_tuple().exponent), 0) if value else 0
        return number(value, decimals if decimals is not None else max(digits, min(own, 4)))

    def said(self, text: str, *, context: str = "quote document") -> list[str]:
        """A word in each language of the document."""
        found = []
        for language in self.languages:
            with override(CATALOGUE[language]):
                found.append(pgettext(context, text))
        return list(dict.fromkeys(found))

    def pair(self, text: str) -> dict[str, str]:
        """The word in the leading language and, on bilingual documents, the other one."""
        words = [*self.said(text), ""]
        return {"main": words[0], "second": words[1]}

    def line(self, text: str) -> str:
        """The word in all languages, on one line."""
        return " / ".join(self.said(text))


def languages_of(quote: Quote, asked: str = "") -> tuple[str, ...]:
    """("zh",), ("en",) or ("zh", "en"): what was asked for, else what the quote says."""
    return LANGUAGES.get(asked) or LANGUAGES[quote.document_language]


def render_quote_pdf(quote: Quote, languages: Sequence[str] = ("zh",)) -> bytes:
    """The quote as PDF; `languages` is ("zh",), ("en",) or both, the first leading. Needs the tenant's transaction."""
    return _compile(quote, languages, "pdf")[0]


def render_quote_pages(quote: Quote, languages: Sequence[str] = ("zh",)) -> list[bytes]:
    """The pages of the PDF as PNG, for the preview on screen."""
    return _compile(quote, languages, "png")


def _compile(quote: Quote, languages: Sequence[str], form: Literal["pdf", "png"]) -> list[bytes]:
    with TemporaryDirectory(prefix="guanxi-quote-") as folder:
        root = Path(folder)
        (root / "quote.typ").write_bytes(TEMPLATE.read_bytes())
        data = quote_data(quote, tuple(languages)) | {"logo": _logo(root)}
        made = typst.compile(
            str(root / "quote.typ"),
            root=str(root),
            font_paths=font_paths(),
            ignore_system_fonts=True,
            format=form,
            ppi=PREVIEW_PPI,
            sys_inputs={"data": orjson.dumps(data).decode()},
        )
    return [bytes(page) for page in made] if isinstance(made, list) else [bytes(made)]


def _logo(root: Path) -> str | None:
    """The company's logo beside the template, or None to draw a seal with its first character."""
    company = Company.objects.select_related("logo").get()
    kinds = {"image/png": "png", "image/jpeg": "jpg", "image/svg+xml": "svg", "image/gif": "gif", "image/webp": "webp"}
    kind = kinds.get(company.logo.content_type) if company.logo else None
    if company.logo is None or kind is None:
        return None
    with open_file(company.logo) as source:
        (root / f"logo.{kind}").write_bytes(source.read())
    return f"logo.{kind}"


def quote_data(quote: Quote, languages: tuple[str, ...]) -> dict[str, Any]:
    """Every text on the document, in the order of the template."""
    printer = Printer(languages, quote.currency)
    lines = list(QuoteLine.objects.filter(quote=quote).order_by("position"))
    company = Company.objects.get()
    name = Tenant.objects.values_list("name", flat=True).get(id=quote.tenant_id)
    figures = figures_of(lines, quote.currency)
    with override(printer.first):
        return {
            "title": f"{quote.number} v{quote.revision}",
            "watermark": " ".join(printer.said("DRAFT")) if quote.status in UNBINDING else "",
            "seal": name[:1],
            "seller": {
                "name": name,
                "line": " · ".join(part for part in (one_line(company.address), company.phone) if part),
            },
            "heading": printer.pair("QUOTATION"),
            "buyer": _buyer(quote),
            "facts": _facts(quote, printer),
            "subject": quote.name,
            "words": _words(printer),
            "lines": _lines(lines, printer),
            "conditions": _conditions(quote, printer),
            "totals": _totals(figures, printer),
            "total": [printer.line("Total incl. tax"), f"{_symbol(quote.currency)}{printer.amount(figures.total)}"],
            "in_words": _in_words(figures.total, printer),
            "terms": [line.strip() for line in quote.terms.splitlines() if line.strip()],
            "terms_heading": printer.line("Terms and conditions"),
            "footer": " · ".join(part for part in (name, company.website) if part),
        }


def one_line(text: str) -> str:
    """Lines of an address on one line."""
    return " ".join(text.split())


def _buyer(quote: Quote) -> dict[str, Any]:
    account, contact = quote.account, quote.contact
    person = " · ".join(part for part in ((contact.name, contact.job_title) if contact else ()) if part)
    parts = (account.country, account.region, account.city, account.street)
    ordered = parts[1:] if any("\u4e00" <= mark <= "\u9fff" for mark in account.street + account.city) else parts[:0:-1]
    address = ("" if ordered == parts[1:] else ", ").join(part for part in ordered if part)
    return {"name": account.legal_name or account.name, "lines": [line for line in (person, address) if line]}


def _facts(quote: Quote, printer: Printer) -> list[list[str]]:
    owner = Membership.objects.filter(id=quote.owner_id).values_list("name", flat=True).first() or ""
    version = " / ".join(text % {"number": quote.revision} for text in printer.said("version %(number)s"))
    facts = [
        [printer.line("No."), f"{quote.number} {version}"],
        [printer.line("Date"), day(quote.quote_date, language=printer.first)],
        [printer.line("Valid until"), day(quote.valid_until, language=printer.first)],
        [printer.line("Currency"), quote.currency],
    ]
    return [*facts, [printer.line("Contact person"), owner]] if owner else facts


def _words(printer: Printer) -> dict[str, Any]:
    heads = {
        "number": "#",
        "product": "Product",
        "quantity": "Quantity",
        "price": "Unit price",
        "discount": "Disc.",
        "amount": "Amount",
    }
    lines = {"to": "To", "optional": "optional", "seller_signs": "For the seller", "buyer_signs": "For the buyer"}
    return {key: printer.pair(text) for key, text in heads.items()} | {
        key: printer.line(text) for key, text in lines.items()
    }


def _lines(rows: Sequence[QuoteLine], printer: Printer) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    count = 0
    for row in rows:
        names = list(dict.fromkeys(row.name_in(CATALOGUE[language]) for language in printer.languages))
        if row.kind != LineKind.PRODUCT:
            made.append({"kind": row.kind, "name": " / ".join(names) or row.description})
            continue
        count += 1
        made.append(
            {
                "kind": row.kind,
                "number": str(count),
                "name": names[0],
                "second": " · ".join(part for part in (*names[1:], row.sku) if part),
                "description": row.description,
                "quantity": f"{number(row.quantity)} {_unit(row, printer)}".strip(),
                "price": printer.amount(row.list_price),
                "discount": f"{number(row.discount_percent)} %" if row.discount_percent else "–",
                "amount": printer.amount(row.amount),
                "optional": row.optional,
            }
        )
    return made


def _unit(row: QuoteLine, printer: Printer) -> str:
    return "/".join(dict.fromkeys(row.unit_in(CATALOGUE[language]) for language in printer.languages))


def _conditions(quote: Quote, printer: Printer) -> list[str]:
    stated = (("Payment", quote.payment_terms), ("Delivery", quote.delivery_terms), ("Warranty", quote.warranty))
    colon = "：" if printer.first.startswith("zh") else ": "
    return [f"{printer.line(word)}{colon}{text}" for word, text in stated if text]


def _totals(figures: Figures, printer: Printer) -> list[list[str]]:
    rows = []
    if figures.discount_total:
        rows.append([printer.line("List total"), printer.amount(figures.list_total)])
        rows.append([printer.line("Discount"), printer.amount(-figures.discount_total)])
    rows.append([printer.line("Net total"), printer.amount(figures.net_total)])
    for group in figures.groups:
        label = " / ".join(text % {"rate": number(group.rate)} for text in printer.said("VAT %(rate)s %%"))
        rows.append([label, printer.amount(group.tax)])
    return rows


def _in_words(total: Decimal, printer: Printer) -> str:
    if printer.currency != "CNY" or "zh" not in printer.languages:
        return ""
    return f"大写：{renminbi_words(total)}"


def _symbol(currency: str) -> str:
    return {"CNY": "¥", "EUR": "€", "USD": "$", "GBP": "£"}.get(currency, f"{currency} ")


def file_name(quote: Quote, languages: Sequence[str]) -> str:
    """What the attachment is called."""
    word = _("Quote")
    return f"{word}-{quote.number}-v{quote.revision}-{'-'.join(languages)}.pdf"
