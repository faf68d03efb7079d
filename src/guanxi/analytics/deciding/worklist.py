"""Whom to talk to next: over all active offers the customers who bring most, and how the offers do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import F, OuterRef, Subquery
from django.utils import timezone

from guanxi.analytics.deciding.ranking import CHANNELS, Action, Learnt, action_of, learnt, lifts_of, moves, worth_of
from guanxi.analytics.models import ActionChoice, CustomerUplift, ModelFit, OfferEffect, OfferRate
from guanxi.analytics.queries.models import uplift_fits
from guanxi.engagement.queries import channel_label, customers_for, in_control, offered_now
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import matchable, may

MOST_OFFERS = 30
EACH = 12


@dataclass(frozen=True)
class Standing:
    """How an offer does: asked and accepted on all channels, its best channel, its effect; for how many customers of the actor it is; the model of whom
    asking changes."""

    offer: Any
    asked: int
    accepted: int
    best: OfferRate | None
    effect: OfferEffect | None
    customers: int
    fit: ModelFit | None = None

    @property
    def best_label(self) -> str:
        """The best channel in the language of the page."""
        return channel_label(self.best.channel) if self.best else ""


@dataclass(frozen=True)
class Proposal:
    """A customer and what to propose."""

    account: Any
    action: Action


def active_offers(actor: Actor) -> list[Any]:
    """Offers that may be proposed today; none for a role that proposes nothing."""
    if not (may(actor, "offer", "view") and may(actor, "account", "view")):
        return []
    return list(offered_now(actor).order_by("name", "id")[:MOST_OFFERS])


def standings(actor: Actor, offers: Sequence[Any]) -> list[Standing]:
    """How active offers do; one query an offer beside four."""
    known, fits = learnt(one.id for one in offers), uplift_fits([one.id for one in offers])
    return [_standing(actor, offer, known, fits.get(offer.id)) for offer in offers]


def _standing(actor: Actor, offer: Any, known: Learnt, fit: ModelFit | None) -> Standing:
    rows = [row for row in known.rates.values() if row.offer_id == offer.id and not row.grade]
    return Standing(
        offer,
        sum(row.asked for row in rows),
        sum(row.accepted for row in rows),
        max(rows, key=lambda row: row.rate, default=None),
        known.effects.get(offer.id),
        customers_for(actor, offer).count(),
        fit,
    )


def proposals(actor: Actor, offers: Sequence[Any], *, limit: int = 40) -> list[Proposal]:
    """The best action of each of the customers who bring most, best first. Consent is asked when one is opened, not here."""
    known, today = learnt(one.id for one in offers), timezone.localdate()
    graded = matchable(actor, "account", "grade")
    chosen = [(offer, account) for offer in offers for account in _likeliest(actor, offer, today)]
    lifts = lifts_of((account.id for _offer, account in chosen), (one.id for one in offers))
    best: dict[Any, Proposal] = {}
    for offer, account in chosen:
        lift = lifts.get((account.id, offer.id))
        if in_control(offer, account.id) or not moves(lift):
            continue
        grade = (account.score_grade or "") if graded else ""
        channel = known.best_channel(offer.id, offer.channels or CHANNELS, grade, worth_of(actor, offer, known))
        found = Proposal(account, action_of(actor, offer, channel, grade, known, lift=lift))
        if account.id not in best or _worth(found) > _worth(best[account.id]):
            best[account.id] = found
    return sorted(best.values(), key=_worth, reverse=True)[:limit]


def _likeliest(actor: Actor, offer: Any, today: date) -> Any:
    """Customers for an offer: those whom asking changes most, where that is known, then those who will bring most."""
    put_off = ActionChoice.objects.filter(offer_id=offer.id, until__gt=today).values("account_id")
    lift = CustomerUplift.objects.filter(offer_id=offer.id, account_id=OuterRef("id")).values("uplift")
    rows = customers_for(actor, offer).exclude(id__in=put_off)
    rows = rows.annotate(score_grade=F("scores__grade"), uplift=Subquery(lift))
    margin = F("scores__margin_next").desc(nulls_last=True)
    return rows.order_by(F("uplift").desc(nulls_last=True), margin, "id")[:EACH]


def _worth(one: Proposal) -> tuple[float, float, str]:
    return (one.action.margin or 0.0, one.action.rate, str(one.account.id))
