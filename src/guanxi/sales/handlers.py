"""What the sales room does when something happened elsewhere."""

from django.utils import timezone

from guanxi.core.events import Delivery, Event, on
from guanxi.identity.actor import Actor
from guanxi.identity.events import ExchangeRateChanged
from guanxi.identity.models import Company
from guanxi.records.events import RecordsChanged
from guanxi.sales.events import OpportunityLost, OpportunityReopened, OpportunityWon
from guanxi.sales.services.facts import SENTENCES, file_fact
from guanxi.sales.services.offered import tell_outcome
from guanxi.sales.services.orders import refresh_orders_of
from guanxi.sales.services.rates import follow_rate


@on(RecordsChanged)
def settle_orders(event: RecordsChanged, delivery: Delivery) -> None:
    """An order follows its deliveries and payments into the recycle bin and out of it."""
    if event.object in ("payment", "delivery") and event.action in ("deleted", "restored"):
        actor = Actor.system(delivery.tenant_id, currency=Company.objects.values_list("currency", flat=True)[0])
        refresh_orders_of(actor, event.object, event.ids)


@on(ExchangeRateChanged)
def reckon_amounts(event: ExchangeRateChanged, delivery: Delivery) -> None:
    """Amounts in the company's currency follow a rate that was entered or put right."""
    company = Company.objects.get()
    with timezone.override(company.time_zone):
        follow_rate(Actor.system(delivery.tenant_id, currency=company.currency), event.currency)


@on(OpportunityWon)
def tell_offer_won(event: OpportunityWon, delivery: Delivery) -> None:
    """An accepted offer has led to a sale."""
    tell_outcome(Actor.system(delivery.tenant_id, member_id=delivery.member_id), event.opportunity_id, won=True)


@on(OpportunityLost)
def tell_offer_lost(event: OpportunityLost, delivery: Delivery) -> None:
    """An accepted offer has led nowhere."""
    tell_outcome(Actor.system(delivery.tenant_id, member_id=delivery.member_id), event.opportunity_id, won=False)


@on(OpportunityReopened)
def tell_offer_open(event: OpportunityReopened, delivery: Delivery) -> None:
    """It is open again: what was told of it no longer holds."""
    tell_outcome(Actor.system(delivery.tenant_id, member_id=delivery.member_id), event.opportunity_id, won=False)


def tell_timeline(event: Event, delivery: Delivery) -> None:
    """Facts of sales become lines of the customer's history."""
    file_fact(event, delivery)


for event_type in SENTENCES:
    on(event_type)(tell_timeline)
