"""Retention over the API: the year, what a point more is worth, the identity of revenue, cohorts."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from guanxi.analytics.access import ROOM, require_view
from guanxi.analytics.queries.portfolio import bucket_months, year_of
from guanxi.analytics.queries.preferences import preferences
from guanxi.analytics.queries.retention import cohorts, worth_of_retention
from guanxi.core.errors import NotFound
from guanxi.identity.actor import Actor
from guanxi.records.api.settings import offer
from guanxi.records.api.settings.resources import Resource, Row
from guanxi.records.api.settings.shapes import DAY, OBJECT, WHOLE, or_null

NUMBER = {"type": "number"}


def _retention(actor: Actor, _key: Any) -> Row:
    require_view(actor)
    months = bucket_months()
    year = year_of(months)
    if year is None:
        raise NotFound(_("No run has counted the customers yet."))
    worth = worth_of_retention(actor, year, preferences().discount_rate)
    found = cohorts()
    return {
        "id": "retention", "as_of": months[-1].as_of.isoformat(), "limit_days": months[-1].limit_days, "retention": year.retention,
        "start": year.start, "gained": year.gained, "regained": year.regained, "lost": year.lost, "end": year.end,
        "effects": [{"points": one.points, "margin": one.margin, "value": one.value} for one in worth.effects] if worth else [],
        "identity": {"expected": worth.identity, "came": float(worth.came), "usage": worth.usage} if worth else None,
        "cohorts": [
            {"born_on": day.isoformat(), "customers": size, "shares": shares}
            for day, size, shares in zip(found.born, found.sizes, found.shares, strict=True)
        ],
    }  # fmt: skip


offer(
    Resource(
        name="value-retention",
        schema="ValueRetention",
        label=gettext_lazy("Retention"),
        get=_retention,
        single=True,
        read={
            "as_of": DAY, "limit_days": WHOLE, "retention": or_null(NUMBER), "start": WHOLE, "gained": WHOLE, "regained": WHOLE, "lost": WHOLE, "end": WHOLE,
            "effects": {"type": "array", "items": OBJECT}, "identity": or_null(OBJECT), "cohorts": {"type": "array", "items": OBJECT},
        },
        room=ROOM,
    )
)  # fmt: skip
