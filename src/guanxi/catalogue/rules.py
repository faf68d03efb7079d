"""What holds for the records of the catalogue, and what is derived from them."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from guanxi.catalogue.models import PriceBook, PriceBookEntry, Product, Tax
from guanxi.core.money import CURRENCIES
from guanxi.records.registry import Draft
from guanxi.science.names import sort_form

Messages = Mapping[str, list[str]] | None


def default_currency(draft: Draft) -> None:
    """An empty currency becomes the company's."""
    draft.record.currency = (draft.record.currency or draft.actor.currency).upper()


def prepare_product(draft: Draft) -> None:
    """Currency, sort name and the default tax of a new product."""
    default_currency(draft)
    product: Product = draft.record
    product.name_sort = sort_form(product.name)
    if draft.before is None and product.tax_id is None and "tax" not in draft.changed:
        product.tax = Tax.objects.filter(is_default=True, is_active=True, deleted_at=None).first()


def known_currency(draft: Draft) -> Messages:
    """The currency is one of ISO 4217."""
    if draft.record.currency not in CURRENCIES:
        return {"currency": [_("This is not a currency code of ISO 4217.")]}
    return None


def dates_in_order(draft: Draft) -> Messages:
    """A validity does not end before it begins."""
    record: Any = draft.record
    if record.valid_from and record.valid_to and record.valid_to < record.valid_from:
        return {"valid_to": [_("The end lies before the beginning.")]}
    return None


def unique_sku(draft: Draft) -> Messages:
    """No two products share a product code."""
    product: Product = draft.record
    if not product.sku or (draft.before is not None and "sku" not in draft.changed):
        return None
    others = Product.objects.filter(sku=product.sku, deleted_at=None).exclude(id=product.id)
    return {"sku": [_("Another product has this code.")]} if others.exists() else None


def family_without_circle(draft: Draft) -> Messages:
    """A family does not stand above itself."""
    above, seen = draft.record.parent, {draft.record.id}
    while above is not None:
        if above.id in seen:
            return {"parent": [_("A family cannot stand above itself.")]}
        seen.add(above.id)
        above = above.parent
    return None


def no_double_entry(draft: Draft) -> Messages:
    """One price per product, quantity and beginning within a price book."""
    entry: PriceBookEntry = draft.record
    same = PriceBookEntry.objects.filter(
        price_book_id=entry.price_book_id,
        product_id=entry.product_id,
        min_quantity=entry.min_quantity,
        valid_from=entry.valid_from,
        deleted_at=None,
    ).exclude(id=entry.id)
    return {"min_quantity": [_("There is a price for this quantity and time already.")]} if same.exists() else None


def one_default_book(draft: Draft) -> Messages:
    """At most one price book of a currency is the default."""
    book: PriceBook = draft.record
    if not book.is_default:
        return None
    others = PriceBook.objects.filter(is_default=True, currency=book.currency, deleted_at=None).exclude(id=book.id)
    return {"is_default": [_("Another price book of this currency is the default.")]} if others.exists() else None
