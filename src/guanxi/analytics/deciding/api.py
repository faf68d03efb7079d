"""Next best actions over the API: those of one customer, what was learnt about offers, and a choice."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from guanxi.analytics.access import require_view
from guanxi.analytics.deciding.ranking import Action, next_actions
from guanxi.analytics.deciding.services import postpone_action, refuse_action
from guanxi.analytics.deciding.worklist import Standing, active_offers, standings
from guanxi.analytics.models import ActionChoice, Choice
from guanxi.core.errors import Invalid, NotFound
from guanxi.identity.actor import Actor
from guanxi.records.api.settings import offer
from guanxi.records.api.settings.resources import Resource, Row, Values
from guanxi.records.api.settings.shapes import DAY, OBJECT, TEXT, WHOLE, YES_NO, moment, one_of, or_null
from guanxi.records.queries import get_record

ROOM = "analytics"
NUMBER = {"type": "number"}
KEY = {"type": "string", "format": "uuid"}


def _key(values: Mapping[str, Any], name: str) -> UUID:
    try:
        return UUID(str(values.get(name, "")))
    except ValueError:
        raise Invalid({name: [_("Give the id of the record.")]}) from None


def _action(account_id: UUID, one: Action) -> Row:
    return {
        "id": f"{one.offer.id}:{one.channel}", "account": str(account_id), "offer": str(one.offer.id), "name": one.offer.name, "channel": one.channel,
        "probability": one.rate, "probability_low": one.low, "probability_high": one.high, "margin": one.margin, "margin_low": one.margin_low,
        "margin_high": one.margin_high, "effect": one.effect, "hour": one.hour, "uplift": one.lift.uplift if one.lift else None, "uplift_low": one.lift.low if one.lift else None,
        "uplift_high": one.lift.high if one.lift else None, "counted": "uplift" if one.lift else "acceptance",
        "reasons": [{"weight": reason.weight, "text": reason.text} for reason in one.reasons],
    }  # fmt: skip


def _actions(actor: Actor, query: Mapping[str, str]) -> list[Row]:
    require_view(actor)
    account = get_record(actor, "account", _key(query, "account"))
    return [_action(account.id, one) for one in next_actions(actor, account.id, limit=10)]


def _none(actor: Actor, _key: Any) -> Row:
    require_view(actor)
    raise NotFound(_("It does not exist."))


FIGURES = {
    "probability": NUMBER, "probability_low": NUMBER, "probability_high": NUMBER, "margin": or_null(NUMBER), "margin_low": or_null(NUMBER),
    "margin_high": or_null(NUMBER), "effect": or_null(NUMBER), "uplift": or_null(NUMBER), "uplift_low": or_null(NUMBER),
    "uplift_high": or_null(NUMBER), "counted": one_of("uplift", "acceptance"), "hour": or_null(WHOLE), "reasons": {"type": "array", "items": OBJECT},
}  # fmt: skip
offer(
    Resource(
        name="value-actions",
        schema="ValueAction",
        label=gettext_lazy("Next best actions of a customer"),
        rows=_actions,
        get=_none,
        key=str,
        read={"account": KEY, "offer": KEY, "name": TEXT, "channel": TEXT, **FIGURES},
        filters={"account": gettext_lazy("The id of the account (required)")},
        room=ROOM,
    )
)


def _standing(one: Standing) -> Row:
    best, effect = one.best, one.effect
    return {
        "id": str(one.offer.id), "name": one.offer.name, "asked": one.asked, "accepted": one.accepted, "customers": one.customers,
        "best_channel": best.channel if best else None, "rate": best.rate if best else None, "rate_low": best.low if best else None,
        "rate_high": best.high if best else None, "effect": effect.effect if effect else None, "effect_low": effect.low if effect else None,
        "effect_high": effect.high if effect else None, "control": effect.control if effect else None,
        "uplift_model": str(one.fit.id) if one.fit else None, "uplift_used": bool(one.fit and one.fit.in_use),
    }  # fmt: skip


def _standings(actor: Actor, _query: Mapping[str, str]) -> list[Row]:
    require_view(actor)
    return [_standing(one) for one in standings(actor, active_offers(actor))]


def _one_standing(actor: Actor, key: UUID) -> Row:
    require_view(actor)
    found = standings(actor, [one for one in active_offers(actor) if one.id == key])
    if not found:
        raise NotFound(_("It does not exist."))
    return _standing(found[0])


offer(
    Resource(
        name="value-offers",
        schema="ValueOffer",
        label=gettext_lazy("What was learnt about active offers"),
        rows=_standings,
        get=_one_standing,
        read={
            "name": TEXT, "asked": WHOLE, "accepted": WHOLE, "customers": WHOLE, "best_channel": or_null(TEXT), "rate": or_null(NUMBER),
            "rate_low": or_null(NUMBER), "rate_high": or_null(NUMBER), "effect": or_null(NUMBER), "effect_low": or_null(NUMBER),
            "effect_high": or_null(NUMBER), "control": or_null(WHOLE), "uplift_model": or_null(KEY), "uplift_used": YES_NO,
        },
        room=ROOM,
    )
)  # fmt: skip


def _choice(one: ActionChoice) -> Row:
    return {
        "id": str(one.id), "account": str(one.account_id), "offer": str(one.offer_id), "channel": one.channel, "choice": one.choice,
        "until": one.until.isoformat(), "at": moment(one.at),
    }  # fmt: skip


def _choices(actor: Actor, query: Mapping[str, str]) -> list[Row]:
    require_view(actor)
    account = get_record(actor, "account", _key(query, "account"))
    return [_choice(one) for one in ActionChoice.objects.filter(account_id=account.id).order_by("-at")[:100]]


def _one_choice(actor: Actor, key: UUID) -> Row:
    require_view(actor)
    found = ActionChoice.objects.filter(id=key).first()
    if found is None:
        raise NotFound(_("It does not exist."))
    get_record(actor, "account", found.account_id)
    return _choice(found)


def _choose(actor: Actor, values: Values) -> tuple[UUID, Row]:
    require_view(actor)
    account_id, offer_id, channel = _key(values, "account"), _key(values, "offer"), str(values.get("channel") or "")
    if values["choice"] == Choice.UNSUITABLE:
        return refuse_action(actor, account_id, offer_id, channel=channel).id, {}
    try:
        until = date.fromisoformat(str(values.get("until")))
    except ValueError:
        raise Invalid({"until": [_("Write the date as 2026-12-31.")]}) from None
    return postpone_action(actor, account_id, offer_id, channel=channel, until=until).id, {}


offer(
    Resource(
        name="value-choices",
        schema="ValueChoice",
        label=gettext_lazy("Actions put off or found unsuitable"),
        rows=_choices,
        get=_one_choice,
        create=_choose,
        read={
            "account": KEY,
            "offer": KEY,
            "channel": TEXT,
            "choice": one_of(*Choice.values),
            "until": DAY,
            "at": or_null(TEXT),
        },
        write={"account": KEY, "offer": KEY, "channel": TEXT, "choice": one_of(*Choice.values), "until": or_null(DAY)},
        creating=("account", "offer", "channel", "choice", "until"),
        required=("account", "offer", "choice"),
        filters={"account": gettext_lazy("The id of the account (required)")},
        room=ROOM,
    )
)
