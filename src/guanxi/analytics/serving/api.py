"""Service by value over the API."""

from typing import Any

from django.utils.translation import gettext_lazy

from guanxi.analytics.access import ROOM, require_view
from guanxi.analytics.serving.classes import class_of, save_class
from guanxi.analytics.serving.due import MOST, Served, due, plan_contacts, served
from guanxi.customers.models import ServiceLevel
from guanxi.identity.actor import Actor
from guanxi.records.api.settings import offer
from guanxi.records.api.settings.resources import Action, Resource, Row
from guanxi.records.api.settings.shapes import TEXT, WHOLE, one_of, words

NUMBER = {"type": "number"}


def _rows(actor: Actor) -> list[Row]:
    require_view(actor)
    return [_row(one) for one in served(actor)]


def _row(one: Served) -> Row:
    row = one.of
    return {
        "id": row.grade, "level": row.level, "promise": row.promise, "channel": row.channel, "visit_days": row.visit_days, "discount_limit": row.discount_limit,
        "cost_share": row.cost_share, "customers": one.customers, "value": str(one.value), "margin_12m": str(one.margin), "cost_to_serve": str(one.cost), "due": one.due,
        "served_above_value": one.too_dear, "version": row.version,
    }  # fmt: skip


def _get(actor: Actor, key: Any) -> Row:
    class_of(actor, str(key))
    return next(row for row in _rows(actor) if row["id"] == str(key))


def _plan(actor: Actor, key: Any, _version: int | None) -> int:
    require_view(actor)
    return plan_contacts(
        actor, list(due(actor, grade=class_of(actor, str(key)).grade).values_list("id", flat=True)[:MOST])
    )


_RULES = {
    "level": one_of(*ServiceLevel.values), "promise": words(200), "channel": words(12), "visit_days": WHOLE, "discount_limit": NUMBER, "cost_share": NUMBER,
}  # fmt: skip


def register_api() -> None:
    """Offer the address; called once when the process starts."""
    offer(
        Resource(
            name="service-classes",
            schema="ServiceClass",
            label=gettext_lazy("Service by value"),
            rows=lambda actor, _query: _rows(actor),
            get=_get,
            key=str,
            key_schema=TEXT,
            read={**_RULES, "customers": WHOLE, "value": TEXT, "margin_12m": TEXT, "cost_to_serve": TEXT, "due": WHOLE, "served_above_value": WHOLE, "version": WHOLE},
            write=_RULES,
            update=lambda actor, key, values, version: save_class(actor, str(key), values, version=version),
            actions={"plan-contacts": Action(gettext_lazy("Plan a task for each customer of the class who is due"), _plan)},
            versioned=True,
            room=ROOM,
        )
    )  # fmt: skip
