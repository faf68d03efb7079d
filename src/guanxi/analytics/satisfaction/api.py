"""Satisfaction and loyalty over the API."""

from collections.abc import Mapping
from typing import Any

from django.utils import translation
from django.utils.translation import gettext_lazy as _

from guanxi.analytics.models import Market
from guanxi.analytics.satisfaction.markets import FACTORS, competition, delete_market, get_market, markets, save_market
from guanxi.analytics.satisfaction.reading import Curve, satisfaction
from guanxi.engagement.figures import Figure
from guanxi.identity.actor import Actor
from guanxi.records.api.settings import offer
from guanxi.records.api.settings.resources import Resource, Row, Values
from guanxi.records.api.settings.shapes import or_null

_NUMBER = {"type": "number"}
_TEXT = {"type": "string"}
_WHOLE = {"type": "integer"}
_POINTS = {"type": "integer", "minimum": 0, "maximum": 3}
_FIGURE = {
    "type": "object",
    "properties": {"value": or_null(_NUMBER), "half": or_null(_NUMBER), "n": _WHOLE, "before": or_null(_NUMBER)},
}


def _rows(actor: Actor, _query: Mapping[str, str]) -> list[Row]:
    return [_row(one) for one in markets(actor)]


def _row(market: Market) -> Row:
    factors = {name: getattr(market, name) for name in FACTORS}
    return {
        "id": str(market.id),
        "industry": market.industry,
        **factors,
        "competition": competition(market),
        "version": market.version,
    }


def _create(actor: Actor, values: Values) -> tuple[Any, Row]:
    return save_market(actor, values).id, {}


def _satisfaction(actor: Actor, _key: Any) -> Row:
    found = satisfaction(actor, language=translation.get_language() or "en")
    loyalty = found.loyalty
    return {
        "id": str(actor.tenant_id),
        "as_of": found.as_of.isoformat(),
        "measures": {name: _figure(figure, found.before.get(name)) for name, figure in found.measures.items()},
        "attributes": [
            {"key": one.key, "label": one.label, "n": one.n, "perceived": one.perceived, "expected": one.expected, "satisfaction": one.gap, "importance": one.importance}
            for one in found.judged
        ],
        "curves": [_curve(one) for one in found.curves],
        "false_loyalty": [
            {"account": str(one.account), "name": one.name, "industry": one.industry, "competition": one.competition, "score": one.score, "answered_on": one.answered_on.isoformat(), "last_order_on": one.last_order_on.isoformat()}
            for one in found.false_loyal
        ],
        "loyalty": {
            "repeat": loyalty.repeat, "share_of_wallet": loyalty.wallet, "recommendation": loyalty.recommend, "tolerance": loyalty.tolerance,
        },
    }  # fmt: skip


def _figure(figure: Figure, before: Figure | None) -> Row:
    return {"value": figure.value, "half": figure.half, "n": figure.n, "before": before.value if before else None}


def _curve(curve: Curve) -> Row:
    fitted = curve.fitted
    return {
        "industry": curve.industry, "competition": curve.competition, "n": curve.n, "share": curve.share,
        "levels": [{"score": score, "share": share, "n": n} for score, share, n in curve.levels],
        "fitted": {"low": fitted.low, "high": fitted.high, "middle": fitted.middle, "steepness": fitted.steepness} if fitted else None,
    }  # fmt: skip


def register_api() -> None:
    """Offer both addresses; called once when the process starts."""
    offer(
        Resource(
            name="satisfaction-markets",
            schema="SatisfactionMarket",
            label=_("Markets of satisfaction"),
            rows=_rows,
            get=lambda actor, key: _row(get_market(actor, key)),
            read={"industry": _TEXT, **dict.fromkeys(FACTORS, _POINTS), "competition": _TEXT, "version": _WHOLE},
            write={"industry": {"type": "string", "maxLength": 80}, **dict.fromkeys(FACTORS, _POINTS)},
            required=("industry",),
            create=_create,
            update=lambda actor, key, values, version: save_market(actor, values, key, version=version),
            delete=lambda actor, key, version: delete_market(actor, key),
            versioned=True,
            room="analytics",
        )
    )
    offer(
        Resource(
            name="satisfaction",
            schema="Satisfaction",
            label=_("Satisfaction and loyalty"),
            single=True,
            get=_satisfaction,
            read={
                "as_of": {"type": "string", "format": "date"},
                "measures": {"type": "object", "additionalProperties": _FIGURE},
                "attributes": {"type": "array", "items": {"type": "object"}},
                "curves": {"type": "array", "items": {"type": "object"}},
                "false_loyalty": {"type": "array", "items": {"type": "object"}},
                "loyalty": {"type": "object", "additionalProperties": or_null(_NUMBER)},
            },
            room="analytics",
        )
    )
