"""Offers for one customer, best first by expected margin: P(accepts) × margin × share that asking makes − cost of the contact.

P comes from the rates that the last run learnt (offer × channel × grade); the share that asking makes is the measured effect over the rate where the
offer has a control group, else 1. Where a model of the offer tells apart whom asking changes, better than chance, the customer's own uplift stands for
both, and who would not buy for being asked is not proposed it; less the price of a place on the channel where the newest plan of the optimiser has filled it. What the gate refuses (consent, frequency, quiet hours) is not proposed.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from guanxi.activity.queries import contact_moments
from guanxi.activity.services import may_contact
from guanxi.analytics.models import ActionChoice, CustomerUplift, OfferEffect, OfferRate
from guanxi.analytics.optimising.reading import Prices, prices_now
from guanxi.core.ui import formats
from guanxi.customers.models import ConsentChannel
from guanxi.customers.queries import score_of
from guanxi.engagement.queries import channel_label, in_control, offers_for, purpose_of
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import matchable

UNTRIED = (0.1, 0.01, 0.3)
"""Rate and interval before the first run."""
CHANNELS = ("phone", "mail", "wechat", "sms", "visit", "letter", "meeting", "web")
MONTHS = 24
LEAST_MEETINGS = 3


@dataclass(frozen=True)
class Reason:
    """Why, or why not: in words, with a weight from −1 (against) to 1."""

    weight: float
    text: str


@dataclass(frozen=True)
class Action:
    """An offer on a channel. Money in the company's currency, None where the role does not see an offer's margin or none is known.

    `effect` is how many more of a hundred buy because they are asked, None without a control group. `lift`: the same of this customer, where that is
    known better than by chance; the margin then comes from it. `hour`: when the customer is usually reached.
    """

    offer: Any
    channel: str
    rate: float
    low: float
    high: float
    margin: float | None
    margin_low: float | None
    margin_high: float | None
    effect: float | None
    hour: int | None
    reasons: Sequence[Reason] = field(default_factory=tuple)
    lift: CustomerUplift | None = None

    @property
    def channel_label(self) -> str:
        """The channel in the language of the page."""
        return channel_label(self.channel)


@dataclass(frozen=True)
class Learnt:
    """What the last run learnt about offers."""

    rates: Mapping[tuple[UUID | None, str, str], OfferRate]
    effects: Mapping[UUID, OfferEffect]
    prices: Prices = field(default_factory=Prices)

    def rate(self, offer_id: UUID, channel: str, grade: str) -> tuple[float, float, float, OfferRate | None]:
        """P(accepts) with its interval, and the row it comes from."""
        for key in ((offer_id, channel, grade), (offer_id, channel, ""), (None, "", "")):
            if found := self.rates.get(key):
                return found.rate, found.low, found.high, found
        return *UNTRIED, None

    def best_channel(self, offer_id: UUID, channels: Iterable[str], grade: str, worth: float | None = None) -> str:
        """The channel on which the offer brings most after the price of its places; without a `worth` of accepting, is accepted most often."""
        if worth is None:
            return max(channels, key=lambda channel: self.rate(offer_id, channel, grade)[0])
        return max(channels, key=lambda one: self.rate(offer_id, one, grade)[0] * worth - self.prices.of.get(one, 0.0))

    def due_to_asking(self, offer_id: UUID) -> float:
        """The share of acceptances that would not have come by themselves; 1 where nothing is measured."""
        effect = self.effects.get(offer_id)
        if effect is None or not effect.proposed_bought:
            return 1.0
        return float(min(1.0, max(0.0, effect.effect) / (effect.proposed_bought / effect.proposed)))


def learnt(offer_ids: Iterable[UUID] | None = None) -> Learnt:
    """Rates and effects of some offers, or of all, and the prices of channels that hold today; three queries."""
    rates, effects = OfferRate.objects.all(), OfferEffect.objects.all()
    if offer_ids is not None:
        wanted = list(offer_ids)
        rates, effects = (
            rates.filter(offer_id__in=wanted) | rates.filter(offer=None),
            effects.filter(offer_id__in=wanted),
        )
    return Learnt(
        {(row.offer_id, row.channel, row.grade): row for row in rates},
        {row.offer_id: row for row in effects},
        prices_now(),
    )


def lifts_of(account_ids: Iterable[UUID], offer_ids: Iterable[UUID]) -> dict[tuple[UUID, UUID], CustomerUplift]:
    """Of some customers by account and offer what asking changes, where that is told better than by chance; one query."""
    rows = CustomerUplift.objects.filter(account_id__in=list(account_ids), offer_id__in=list(offer_ids))
    return {(row.account_id, row.offer_id): row for row in rows}


def next_actions(actor: Actor, account_id: UUID, *, limit: int = 3) -> list[Action]:
    """What to propose to a customer, best first; nothing that was put off, found unsuitable, or that the gate refuses."""
    put_off = ActionChoice.objects.filter(account_id=account_id, until__gt=timezone.localdate())
    hidden = set(put_off.values_list("offer_id", flat=True))
    offers = [one for one in offers_for(actor, account_id) if one.id not in hidden and not in_control(one, account_id)]
    if not offers:
        return []
    lifts = lifts_of([account_id], [one.id for one in offers])
    offers = [one for one in offers if moves(lifts.get((account_id, one.id)))]
    known, score = learnt(one.id for one in offers), score_of(account_id)
    grade = score.grade if score is not None and matchable(actor, "account", "grade") else ""
    hours = _hours(actor, account_id)
    refused: dict[tuple[str, str], str] = {}
    found = []
    for offer in offers:
        open_channels = [
            channel
            for channel in (offer.channels or CHANNELS)
            if not _refusal(actor, account_id, channel, offer, refused)
        ]
        if open_channels:
            best = known.best_channel(offer.id, open_channels, grade, worth_of(actor, offer, known))
            lift = lifts.get((account_id, offer.id))
            found.append(action_of(actor, offer, best, grade, known, hours, lift))
    return sorted(found, key=lambda one: (-(one.margin or 0.0), -one.rate, one.offer.name))[:limit]


def moves(lift: CustomerUplift | None) -> bool:
    """Whether asking makes the customer likelier to buy, or nothing else is known."""
    return lift is None or lift.uplift > 0


def action_of(
    actor: Actor, offer: Any, channel: str, grade: str, known: Learnt, hours: Mapping[str, int] | None = None, lift: CustomerUplift | None = None
) -> Action:  # fmt: skip
    """The action with its figures and reasons."""
    rate, low, high, row = known.rate(offer.id, channel, grade)
    effect, part = known.effects.get(offer.id), known.due_to_asking(offer.id)
    margin, cost = _money(actor, offer)
    price = known.prices.of.get(channel, 0.0)
    shares = (lift.uplift, lift.low, lift.high) if lift else (rate * part, low * part, high * part)
    usual, least, most = (None if margin is None else share * margin - cost - price for share in shares)
    hour = (hours or {}).get(channel)
    return Action(
        offer, channel, rate, low, high, usual, least, most, effect=effect.effect if effect else None, hour=hour,
        reasons=(*_reasons(offer, channel, grade, known, row, hour, lift), *_scarce(actor, known, channel, margin)), lift=lift,
    )  # fmt: skip


def worth_of(actor: Actor, offer: Any, known: Learnt) -> float | None:
    """What it brings when the offer is accepted because of asking; None where the actor does not see it."""
    margin, _cost = _money(actor, offer)
    return None if margin is None else margin * known.due_to_asking(offer.id)


def _scarce(actor: Actor, known: Learnt, channel: str, margin: float | None) -> Iterable[Reason]:
    """The price of a place on a channel that the applied plan fills: what the place would bring with another customer."""
    price, plan = known.prices.of.get(channel), known.prices.plan
    if price and plan is not None and margin is not None:
        told = {"price": formats.money_short(round(price), actor.currency, home=actor.currency), "plan": plan.name}
        text = _("Places on this channel are scarce: elsewhere one brings %(price)s (plan “%(plan)s”)") % told
        yield Reason(-min(1.0, price / margin) if margin > 0 else -1.0, text)


def _money(actor: Actor, offer: Any) -> tuple[float | None, float]:
    """Margin and cost of a contact in the company's currency; offers in another currency are not converted and have no expected margin."""
    if not matchable(actor, "offer", "margin") or offer.margin is None or offer.currency not in ("", actor.currency):
        return None, 0.0
    return float(offer.margin), float(offer.contact_cost or 0)


def _refusal(actor: Actor, account_id: UUID, channel: str, offer: Any, known: dict[tuple[str, str], str]) -> str:
    """Why the gate would not let this through; each channel and purpose is asked once."""
    if channel not in ConsentChannel.values:
        return ""
    purpose = purpose_of(offer)
    if (channel, purpose) not in known:
        known[(channel, purpose)] = may_contact(actor, account_id=account_id, channel=channel, purpose=purpose)
    return known[(channel, purpose)]


def _hours(actor: Actor, account_id: UUID) -> dict[str, int]:
    """By channel the hour at which most talks with the customer began within two years, in the actor's zone."""
    since, zone = timezone.now() - timedelta(days=30 * MONTHS), ZoneInfo(actor.time_zone)
    counts: dict[str, Counter[int]] = {}
    for channel, at in contact_moments(actor, account_id, since=since):
        counts.setdefault(channel, Counter())[at.astimezone(zone).hour] += 1
    return {
        channel: min(found, key=lambda hour: (-found[hour], hour))
        for channel, found in counts.items()
        if found.total() >= LEAST_MEETINGS
    }


def _reasons(
    offer: Any, channel: str, grade: str, known: Learnt, row: OfferRate | None, hour: int | None, lift: CustomerUplift | None
) -> Iterable[Reason]:  # fmt: skip
    whole = known.rates.get((None, "", ""))
    said = channel_label(channel)
    if row is not None and row.offer_id is not None and row.asked:
        counts = {"accepted": formats.number(row.accepted), "asked": formats.number(row.asked), "channel": said}
        of_all = known.rates.get((offer.id, channel, ""))
        usual = whole.accepted / whole.asked if whole and whole.asked else 0.1
        if row.grade and of_all is not None:
            text = _("%(accepted)s of %(asked)s customers of grade %(grade)s accepted it (%(channel)s)") % {
                **counts,
                "grade": grade,
            }
        else:
            text = _("%(accepted)s of %(asked)s customers accepted it (%(channel)s)") % counts
        yield Reason(_weight(row.rate, usual), text)
    else:
        yield Reason(0.0, _("Nobody was asked yet: the rate is that of new offers"))
    yield from _changed(known.effects.get(offer.id), lift)
    if offer.criteria:
        yield Reason(0.3, _("The customer meets the conditions of the offer"))
    if hour is not None:
        yield Reason(0.2, _("Usually reached at %(from)s to %(to)s") % {"from": f"{hour}:00", "to": f"{hour + 1}:00"})
    if offer.valid_to is not None:
        days = (offer.valid_to - timezone.localdate()).days
        if days <= 14:
            yield Reason(0.2, ngettext("Ends in %(count)s day", "Ends in %(count)s days", days) % {"count": days})


def _changed(effect: OfferEffect | None, lift: CustomerUplift | None) -> Iterable[Reason]:
    """What asking changes, of this customer or of all, and which of the two the margin comes from."""
    if lift is not None:
        told = {"more": formats.percent(lift.uplift * 100, 0, sign=True)}
        text = _("Asking this customer changes the chance to buy by %(more)s: this counts, not how many accept") % told
        yield Reason(max(0.1, min(1.0, lift.uplift * 2)), text)
        return
    if effect is None:
        return
    share = {"more": formats.percent(effect.effect * 100, 0), "control": formats.number(effect.control)}
    if effect.low > 0:
        text = _("Asking makes %(more)s of customers buy who else would not (control group of %(control)s)")
        yield Reason(0.8, text % share)
    else:
        yield Reason(-0.5, _("No effect of asking is certain yet (control group of %(control)s)") % share)
    yield Reason(0.0, _("Whom asking changes cannot be told apart yet: how many accept counts"))


def _weight(rate: float, usual: float) -> float:
    """How much a rate speaks for an offer: 1 at twice the usual rate, −1 at none."""
    return max(-1.0, min(1.0, rate / usual - 1)) if usual > 0 else 0.0
