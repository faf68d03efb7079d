"""Amounts in the company's currency after a rate was entered or put right."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from guanxi.core.errors import Invalid
from guanxi.identity.actor import Actor
from guanxi.sales.models import Opportunity, Order, Quote
from guanxi.sales.rules import in_company_currency, weighted

BATCH = 500


def follow_rate(actor: Actor, currency: str) -> int:
    """Reckon the amounts of that currency anew, each at the rate of its own day; returns how many changed.

    An amount without any rate on its day keeps what it was. Versions stay: nobody wrote these columns.
    """
    today = timezone.localdate()
    changed = _follow(actor, Opportunity.objects.filter(currency=currency), "amount", "amount_company", today)
    changed += _follow(actor, Quote.objects.filter(currency=currency), "net_total", "net_company", today)
    return changed + _follow(actor, Order.objects.filter(currency=currency), "net_total", "net_company", today)


def _follow(actor: Actor, rows: "QuerySet[Any, Any]", amount: str, company: str, today: date) -> int:
    changed, batch = 0, []
    for row in rows.order_by("id").iterator(chunk_size=BATCH):
        value = _reckoned(actor, row, getattr(row, amount), today)
        if value is None or value == getattr(row, company):
            continue
        setattr(row, company, value)
        batch.append(row)
        changed += 1
        if len(batch) == BATCH:
            _store(batch, company)
            batch = []
    _store(batch, company)
    return changed


def _reckoned(actor: Actor, row: Any, amount: Decimal | None, today: date) -> Decimal | None:
    try:
        return in_company_currency(actor, amount, row.currency, _day_of(row, today))
    except Invalid:
        return None


def _day_of(row: Any, today: date) -> date:
    if isinstance(row, Opportunity):
        return timezone.localdate(row.closed_at) if row.closed_at else today
    return (row.order_date if isinstance(row, Order) else row.quote_date if isinstance(row, Quote) else None) or today


def _store(batch: list[Any], company: str) -> None:
    if not batch:
        return
    names = [company]
    if isinstance(batch[0], Opportunity):
        names.append("weighted")
        for row in batch:
            row.weighted = weighted(row.amount_company, row.probability or 0)
    type(batch[0])._default_manager.bulk_update(batch, names)
