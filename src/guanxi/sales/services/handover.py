"""From an opportunity to what follows it: what a quote or an order takes along."""

from typing import Any

from django.utils.translation import gettext as _

from guanxi.core.errors import Conflict, Invalid
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.records.changes import create_record
from guanxi.records.queries import get_record
from guanxi.sales.models import Category, Opportunity, Order, OrderLine
from guanxi.sales.rules import ORDER_COMMANDS
from guanxi.sales.services.common import check_version, key_of, put
from guanxi.sales.services.lines import build_lines, totals_of


def head_of(source: Opportunity) -> dict[str, Any]:
    """Account, contact, currency and subject as field values. Raises `Invalid` without an account."""
    if source.account_id is None:
        raise Invalid({"account": [_("The opportunity needs an account first.")]})
    return {
        "opportunity": source.id,
        "account": source.account_id,
        "contact": source.contact_id,
        "currency": source.currency,
        "name": source.name,
    }


def lines_of(source: Opportunity) -> list[dict[str, Any]]:
    """Its products as lines for a quote or order."""
    names = ("quantity", "discount_percent", "list_price")
    return [
        {"product": row.product_id, **{name: getattr(row, name) for name in names}}
        for row in source.lines.order_by("position")
    ]


def create_order_from_opportunity(actor: Actor, opportunity_id: Any, *, version: int | None = None) -> Order:
    """An order draft without a quote, with the opportunity's products. A lost opportunity gives none (`Conflict`)."""
    with tenant_tx(actor.tenant_id):
        source: Opportunity = get_record(actor, "opportunity", key_of(opportunity_id))  # type: ignore[arg-type]
        check_version(source, version)
        if source.category == Category.LOST:
            raise Conflict(_("The opportunity is lost. Reopen it first."))
        values = {**head_of(source), "owner": source.owner_id or actor.member_id, "team": source.team_id}
        order: Order = create_record(actor, "order", values)
        rows = build_lines(actor, order, lines_of(source))
        OrderLine.objects.bulk_create(rows)
        return put(actor, "order", order, totals_of(rows, order.currency), ORDER_COMMANDS) if rows else order
