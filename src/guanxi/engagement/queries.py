"""Reading offers, responses, questionnaires and answers."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID
from zlib import crc32

from django.db.models import Count, Q, Sum
from django.utils import timezone

from guanxi.customers.models import Account, ConsentPurpose
from guanxi.engagement.models import (
    OPEN_RESPONSES,
    TAKEN_UP,
    Answer,
    Offer,
    OfferChannel,
    OfferKind,
    OfferStatus,
    Questionnaire,
    QuestionnaireVersion,
    Response,
)
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import may
from guanxi.records.criteria import compile_q
from guanxi.records.queries import visible_records

ROOM = "engagement"
# What the customer asked for or needs anyway; all else wants consent to marketing.
SERVING = (OfferKind.SERVICE, OfferKind.RENEWAL)


def purpose_of(offer: Offer) -> str:
    """What the customer must have consented to, to be proposed the offer."""
    return str(ConsentPurpose.SERVICE if offer.kind in SERVING else ConsentPurpose.MARKETING)


def channel_label(channel: str) -> str:
    """The channel in the language of the page."""
    return str(dict(OfferChannel.choices).get(channel, channel))


def known_channels() -> list[str]:
    """All channels on which something may be proposed."""
    return list(OfferChannel.values)


def offered_now(actor: Actor, today: date | None = None) -> Any:
    """Offers that may be proposed today, as far as the actor sees them."""
    day = today or timezone.localdate()
    begun = Q(valid_from=None) | Q(valid_from__lte=day)
    going = Q(valid_to=None) | Q(valid_to__gte=day)
    return visible_records(actor, "offer").filter(begun, going, status=OfferStatus.ACTIVE)


def suits(actor: Actor, offer: Offer, account_id: UUID) -> bool:
    """Whether the account meets the offer's criteria; these hold for everybody alike, whatever fields a role sees."""
    if not offer.criteria:
        return True
    judge = Actor.system(actor.tenant_id, currency=actor.currency)
    return bool(compile_q(judge, "account", offer.criteria).apply(Account.objects.filter(id=account_id)).exists())


def in_control(offer: Offer, account_id: UUID) -> bool:
    """Whether the account is never proposed this offer: drawn once by the two keys, so that it stays so for ever."""
    return crc32(offer.id.bytes + account_id.bytes) % 100 < offer.control_percent


def offers_for(actor: Actor, account_id: UUID) -> list[Offer]:
    """What may be proposed to the customer now: suits it, still has room, is not open with it, was not answered within 90 days."""
    if not (may(actor, "offer", "view") and may(actor, "response", "create")):
        return []
    recent = timezone.now() - timedelta(days=90)
    past = Q(state__in=OPEN_RESPONSES) | Q(answered_at__gte=recent)
    taken = Response.objects.filter(past, account_id=account_id, deleted_at=None).values("offer_id")
    offers = offered_now(actor).exclude(id__in=taken).order_by("name", "id")
    full = _full({offer.id: offer.capacity for offer in offers if offer.capacity is not None})
    return [offer for offer in offers if offer.id not in full and suits(actor, offer, account_id)]


def _full(capacities: Mapping[UUID, int]) -> set[UUID]:
    taken = Response.objects.filter(offer_id__in=capacities, state__in=TAKEN_UP, deleted_at=None)
    counts = dict(taken.values_list("offer_id").annotate(count=Count("id")))
    return {key for key, capacity in capacities.items() if counts.get(key, 0) >= capacity}


def accepted_count(offer_id: UUID) -> int:
    """How many accepted the offer."""
    return int(Response.objects.filter(offer_id=offer_id, state__in=TAKEN_UP, deleted_at=None).count())


def responses_of(actor: Actor, account_id: UUID, *, limit: int = 8) -> list[Response]:
    """What was proposed to a customer, what is open first; none of the control group."""
    if not may(actor, "response", "view"):
        return []
    rows = (
        visible_records(actor, "response")
        .filter(account_id=account_id, control=False)
        .select_related("offer", "contact")
    )
    open_first = rows.order_by("-proposed_at", "-id")[: limit * 3]
    return sorted(open_first, key=lambda row: row.state not in OPEN_RESPONSES)[:limit]


def offer_figures(actor: Actor, offer: Offer) -> dict[str, Any]:
    """How an offer does: counts by state, revenue, margin, and the same of the control group."""
    rows = visible_records(actor, "response").filter(offer=offer)
    counts = dict(rows.filter(control=False).values_list("state").annotate(count=Count("id")))
    sums = rows.filter(control=False).aggregate(revenue=Sum("revenue"), margin=Sum("margin"))
    control = rows.filter(control=True)
    return {
        "counts": counts,
        "proposed": sum(counts.values()),
        "taken": sum(counts.get(state, 0) for state in TAKEN_UP),
        "revenue": sums["revenue"],
        "margin": sums["margin"],
        "control": control.count(),
        "control_bought": control.filter(state__in=TAKEN_UP).count(),
    }


def answers_of(actor: Actor, account_id: UUID, *, limit: int = 5) -> list[Answer]:
    """What the customer answered, newest first."""
    if not may(actor, "answer", "view"):
        return []
    rows = visible_records(actor, "answer").filter(account_id=account_id).select_related("questionnaire", "contact")
    return list(rows.order_by("-answered_at", "-id")[:limit])


def latest_version(questionnaire_id: UUID) -> QuestionnaireVersion | None:
    """The questions as they are asked now."""
    found: QuestionnaireVersion | None = (
        QuestionnaireVersion.objects.filter(questionnaire_id=questionnaire_id).order_by("-number").first()
    )
    return found


def open_questionnaires(actor: Actor) -> Sequence[Questionnaire]:
    """Questionnaires that take answers, as far as the actor sees them."""
    if not may(actor, "questionnaire", "view"):
        return []
    return list(visible_records(actor, "questionnaire").filter(status="open").order_by("name", "id")[:50])


def offers_known() -> set[UUID]:
    """Keys of all offers that are not deleted."""
    return set(Offer.objects.filter(deleted_at=None).values_list("id", flat=True))


def customers_for(actor: Actor, offer: Offer) -> Any:
    """Accounts to whom the offer may be proposed now, as far as the actor sees them: see `offers_for`; none when it is full."""
    accounts = visible_records(actor, "account")
    if offer.capacity is not None and accepted_count(offer.id) >= offer.capacity:
        return accounts.none()
    recent = timezone.now() - timedelta(days=90)
    past = Q(state__in=OPEN_RESPONSES) | Q(answered_at__gte=recent) | Q(control=True)
    taken = Response.objects.filter(past, offer=offer, deleted_at=None).values("account_id")
    if offer.criteria:
        judge = Actor.system(actor.tenant_id, currency=actor.currency)
        suited = compile_q(judge, "account", offer.criteria).apply(Account.objects.all())
        accounts = accounts.filter(id__in=suited.values("id"))
    return accounts.exclude(id__in=taken)
