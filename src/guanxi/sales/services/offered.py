"""What sales makes of an offer that a customer accepted, and how it tells what became of it."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from guanxi.core.tenancy import tenant_tx
from guanxi.engagement.ports import Accepted, Made
from guanxi.engagement.services import record_outcome
from guanxi.identity.actor import Actor
from guanxi.records.changes import create_record
from guanxi.sales.models import Opportunity, OpportunityLine
from guanxi.sales.services.opportunities import set_lines
from guanxi.sales.services.quotes import create_quote

# The type of the opportunity by the kind of the offer; all else is existing business.
TYPES = {"cross_sell": "cross_sell", "up_sell": "upsell", "add_on": "cross_sell", "renewal": "renewal"}


def open_accepted(actor: Actor, accepted: Accepted) -> Made:
    """An opportunity with the offered product and discount."""
    with tenant_tx(actor.tenant_id):
        opportunity = _opportunity(actor, accepted)
        return Made("opportunity", opportunity.id, opportunity.id)


def quote_accepted(actor: Actor, accepted: Accepted) -> Made:
    """The same with a quote at once; the opportunity tells the outcome."""
    with tenant_tx(actor.tenant_id):
        opportunity = _opportunity(actor, accepted)
        return Made("quote", create_quote(actor, opportunity=opportunity.id).id, opportunity.id)


def _opportunity(actor: Actor, accepted: Accepted) -> Opportunity:
    values: dict[str, Any] = {
        "name": accepted.name[:200],
        "account": accepted.account_id,
        "contact": accepted.contact_id,
        "type": TYPES.get(accepted.kind, "existing"),
        "amount": accepted.price,
        "currency": accepted.currency,
        "source": "existing_customer",
    }
    given = {name: value for name, value in values.items() if value not in (None, "")}
    opportunity: Opportunity = create_record(actor, "opportunity", given)
    if accepted.product_id is not None:
        line = {"product": accepted.product_id, "quantity": 1, "discount_percent": accepted.discount_percent or 0}
        priced = line | ({"list_price": accepted.price} if accepted.price is not None else {})
        opportunity = set_lines(actor, opportunity.id, [priced])
    return opportunity


def tell_outcome(actor: Actor, opportunity_id: UUID, *, won: bool) -> None:
    """The opportunity was decided: the response that led to it gets its revenue and, where all costs are known, margin."""
    found = Opportunity.objects.filter(id=opportunity_id).first()
    if found is None:
        return
    margin = _margin(found) if won else None
    record_outcome(actor, found.id, won=won, revenue=found.amount, margin=margin, currency=found.currency)


def _margin(opportunity: Opportunity) -> Decimal | None:
    lines = list(OpportunityLine.objects.filter(opportunity=opportunity).select_related("product"))
    costs = [line.product.cost for line in lines]
    if not lines or any(cost is None for cost in costs):
        return None
    spent = sum((line.quantity * cost for line, cost in zip(lines, costs, strict=True)), Decimal(0))
    return sum((line.amount for line in lines), Decimal(0)) - spent
