"""What all customers in sight are worth, and the lists behind the figures, over the API."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from guanxi.analytics.access import ROOM, require_view
from guanxi.analytics.queries.lists import LISTS, SHOWN, listed
from guanxi.analytics.queries.portfolio import Estimate, Portfolio, bucket_months, portfolio, whale, year_of
from guanxi.core.errors import NotFound
from guanxi.identity.actor import Actor
from guanxi.records.api.settings import offer
from guanxi.records.api.settings.resources import Resource, Row
from guanxi.records.api.settings.shapes import DAY, OBJECT, TEXT, WHOLE, or_null

NUMBER = {"type": "number"}
ROWS = {"type": "array", "items": OBJECT}
EVERYWHERE = "all"


def _estimate(of: Estimate) -> dict[str, Any]:
    return {"value": str(of.value), "low": _money(of.low), "high": _money(of.high)}


def _money(amount: Any) -> str | None:
    return None if amount is None else str(amount)


def _found(actor: Actor, region: str) -> Portfolio:
    require_view(actor)
    found = portfolio(actor, "" if region == EVERYWHERE else region)
    if found is None:
        raise NotFound(_("No customer with a value lies here."))
    return found


def _overview(actor: Actor, key: Any) -> Row:
    """The figures of all regions, or of one."""
    region = str(key)
    found = _found(actor, region)
    place = "" if region == EVERYWHERE else region
    curve, months = whale(actor, place), bucket_months(place)
    year = year_of(months)
    return {
        "id": region, "as_of": found.as_of.isoformat(), "before_on": found.before_on.isoformat() if found.before_on else None,
        "customers": found.customers, "active": found.active, "value": _estimate(found.value), "change": found.change,
        "margin_next": _estimate(found.margin_next), "margin_12m": str(found.margin_12m), "cost_to_serve": str(found.cost),
        "at_risk": {"customers": found.at_risk, "value": str(found.value_at_risk)},
        "whale": None if curve is None else {"peak_at": curve.peak_at, "peak": curve.peak, "turn_at": curve.turn_at, "drain": curve.drain, "total": curve.total},
        "retention": year.retention if year else None,
        "months": [
            {"month": one.month.isoformat(), "gained": one.gained, "regained": one.regained, "lost": one.lost, "active": one.active, "margin_lost": str(one.value_lost)}
            for one in months
        ],
    }  # fmt: skip


def _all(actor: Actor, values: Mapping[str, str]) -> list[Row]:
    require_view(actor)
    region = values.get("region") or EVERYWHERE
    return [_overview(actor, region)] if portfolio(actor, "" if region == EVERYWHERE else region) else []


def _list(actor: Actor, key: Any) -> Row:
    """A list with its first customers."""
    one = LISTS.get(str(key))
    if one is None:
        raise NotFound(_("There is no such page."))
    found = _found(actor, EVERYWHERE)
    rows = listed(actor, one, found)
    names = (
        "id",
        "name",
        "scores__value",
        "scores__churn",
        "scores__margin_12m",
        "scores__cost_to_serve",
        "scores__profit_12m",
    )
    return {
        "id": one.key, "name": str(one.label), "about": str(one.about), "as_of": found.as_of.isoformat(), "count": rows.count(),
        "customers": [
            {"id": str(row[0]), "name": row[1], "value": _money(row[2]), "churn": row[3], "margin_12m": _money(row[4]), "cost_to_serve": _money(row[5]), "profit_12m": _money(row[6])}
            for row in rows.values_list(*names)[:SHOWN]
        ],
    }  # fmt: skip


def _lists(actor: Actor, _values: Mapping[str, str]) -> list[Row]:
    require_view(actor)
    return [_list(actor, key) for key in LISTS] if portfolio(actor) else []


offer(
    Resource(
        name="value-overview",
        schema="ValueOverview",
        label=gettext_lazy("Value of all customers"),
        rows=_all,
        get=_overview,
        key=str,
        key_schema=TEXT,
        read={
            "as_of": DAY, "before_on": or_null(DAY), "customers": WHOLE, "active": WHOLE, "value": OBJECT, "change": or_null(NUMBER), "margin_next": OBJECT,
            "margin_12m": TEXT, "cost_to_serve": TEXT, "at_risk": OBJECT, "whale": or_null(OBJECT), "retention": or_null(NUMBER), "months": ROWS,
        },
        filters={"region": gettext_lazy("a region; without it all")},
        room=ROOM,
    )
)  # fmt: skip
offer(
    Resource(
        name="value-lists",
        schema="ValueList",
        label=gettext_lazy("Customers at risk, overlooked, over-served, costing more than they earn"),
        rows=_lists,
        get=_list,
        key=str,
        key_schema=TEXT,
        read={"name": TEXT, "about": TEXT, "as_of": DAY, "count": WHOLE, "customers": ROWS},
        room=ROOM,
    )
)
