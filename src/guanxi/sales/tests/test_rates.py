"""A rate that is put right reaches the sums in the company's currency."""

from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

from guanxi.core.models import OutboxEvent
from guanxi.core.outbox import deliver_due
from guanxi.core.rates import set_rate
from guanxi.identity.actor import Actor
from guanxi.identity.services import delete_rate, save_rate
from guanxi.sales.models import Opportunity
from guanxi.sales.tests.factories import opportunity


def deliver_all() -> None:
    # Within one transaction the clock of the database stands still.
    OutboxEvent.objects.filter(done_at=None).update(due_at=timezone.now() - timedelta(hours=1))
    while deliver_due(100):
        pass


def test_amounts_follow_a_corrected_rate_each_at_its_own_day(actor: Actor) -> None:
    today = timezone.localdate()
    rate = set_rate("USD", today - timedelta(days=90), Decimal("7"))
    deal = opportunity(actor, amount="100", currency="USD")
    version, probability = deal.version, deal.probability
    assert deal.amount_company == Decimal("700")
    values = {"currency": "USD", "day": (today - timedelta(days=90)).isoformat(), "rate": "7.5"}
    save_rate(actor, values=values, rate_id=rate.id)
    deliver_all()
    deal = Opportunity.objects.get(id=deal.id)
    assert (deal.amount_company, deal.weighted) == (Decimal("750"), Decimal(750) * (probability or 0) / 100)
    assert deal.version == version
    save_rate(actor, values={"currency": "USD", "day": today.isoformat(), "rate": "8"})
    deliver_all()
    assert Opportunity.objects.get(id=deal.id).amount_company == Decimal("800")
    Opportunity.objects.filter(id=deal.id).update(closed_at=timezone.now() - timedelta(days=30))
    save_rate(actor, values={"currency": "USD", "day": (today + timedelta(days=1)).isoformat(), "rate": "9"})
    deliver_all()
    assert Opportunity.objects.get(id=deal.id).amount_company == Decimal("750")


def test_without_any_rate_left_amounts_stay(actor: Actor) -> None:
    rate = set_rate("USD", timezone.localdate(), Decimal("7"))
    deal = opportunity(actor, amount="100", currency="USD")
    delete_rate(actor, rate_id=rate.id)
    deliver_all()
    assert Opportunity.objects.get(id=deal.id).amount_company == Decimal("700")
