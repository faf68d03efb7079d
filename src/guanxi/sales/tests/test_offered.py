"""What sales makes of an accepted offer: an opportunity or a quote, whose end is the outcome."""

from decimal import Decimal
from typing import Any

import pytest

from guanxi.engagement.services import accept_response, propose_offer
from guanxi.engagement.tests.conftest import account, admin, any_hour, contact, other_tenant, rep, tenant
from guanxi.engagement.tests.factories import deliver, make_offer
from guanxi.identity.actor import Actor
from guanxi.records.changes import create_record
from guanxi.sales.models import Opportunity, Quote, Reason
from guanxi.sales.services import lose_opportunity, reopen_opportunity, win_opportunity
from guanxi.sales.services.pipelines import set_up_tenant

__all__ = ["account", "admin", "any_hour", "contact", "other_tenant", "rep", "tenant"]


@pytest.fixture
def ready(admin: Actor) -> None:
    """Pipelines and reasons of the company."""
    if not Reason.objects.exists():
        set_up_tenant(admin, language="en")


def test_accepting_makes_an_opportunity_whose_end_is_the_outcome(
    admin: Actor, rep: Actor, account: Any, ready: None
) -> None:
    unit = create_record(admin, "unit", {"name": "piece"})
    product = create_record(admin, "product", {"name": "Probe", "list_price": "900", "cost": "500", "unit": unit.id})
    offer = make_offer(
        admin, kind="up_sell", leads_to="opportunity", product=product.id, price="800", discount_percent="10"
    )
    response = accept_response(rep, propose_offer(rep, offer.id, account=account.id, channel="visit").id)
    deal = Opportunity.objects.get(id=response.deal_id)
    assert (response.made_object, response.made_id) == ("opportunity", deal.id)
    assert (deal.type, deal.account_id, deal.owner_id, deal.amount) == (
        "upsell",
        account.id,
        rep.member_id,
        Decimal(720),
    )
    reason = Reason.objects.filter(kind="won").first()
    win_opportunity(rep, deal.id, reason=reason)
    deliver(admin)
    response.refresh_from_db()
    assert (response.state, response.revenue, response.margin) == ("converted", Decimal(720), Decimal(220))
    deliver(admin)
    reopen_opportunity(rep, deal.id)
    deliver(admin)
    response.refresh_from_db()
    assert (response.state, response.revenue, response.margin) == ("accepted", None, None)
    lose_opportunity(rep, deal.id, reason=Reason.objects.filter(kind="lost").first())
    deliver(admin)
    response.refresh_from_db()
    assert response.state == "accepted"


def test_accepting_makes_a_quote(admin: Actor, rep: Actor, account: Any, ready: None) -> None:
    offer = make_offer(admin, leads_to="quote", price="800")
    response = accept_response(rep, propose_offer(rep, offer.id, account=account.id, channel="visit").id)
    quote = Quote.objects.get()
    assert (response.made_object, response.made_id, response.deal_id) == ("quote", quote.id, quote.opportunity_id)
