"""Keeping customers over the API: what is expected, early warnings, measures."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from guanxi.analytics.access import ROOM, require_view
from guanxi.analytics.keeping.expected import Ahead, expected_of, months_ahead, what_came
from guanxi.analytics.keeping.listing import Warned, warnings_of
from guanxi.analytics.keeping.measures import delete_measure, get_measure, measured, measures, save_measure
from guanxi.analytics.models import EventKind, ExpectedEvent, MeasureLevel, Outcome, RetentionMeasure
from guanxi.core.errors import NotFound
from guanxi.customers.models import LifecycleStage
from guanxi.identity.actor import Actor
from guanxi.records.api.settings import offer
from guanxi.records.api.settings.resources import Resource, Row, Values
from guanxi.records.api.settings.shapes import DAY, OBJECT, TEXT, WHOLE, YES_NO, one_of, or_null, words
from guanxi.records.queries import get_record

NUMBER = {"type": "number"}
ROWS = {"type": "array", "items": OBJECT}


def _event(one: ExpectedEvent) -> Row:
    return {
        "kind": one.kind, "expected_on": one.expected_on.isoformat(), "low_on": one.low_on.isoformat() if one.low_on else None,
        "high_on": one.high_on.isoformat() if one.high_on else None, "probability": one.probability, "place": one.place, "times": one.times,
        "revenue": str(one.revenue), "cost": str(one.cost), "outcome": one.outcome, "happened_on": one.happened_on.isoformat() if one.happened_on else None,
        "actual": None if one.actual is None else str(one.actual),
    }  # fmt: skip


def _of_account(key: UUID, ahead: Ahead) -> Row:
    return {
        "id": str(key), "as_of": ahead.as_of.isoformat(), "profit": str(ahead.profit), "events": [_event(one) for one in ahead.events],
        "before": [{"as_of": one.as_of.isoformat()} | _event(one) for one in ahead.before],
    }  # fmt: skip


def _expected(actor: Actor, key: UUID) -> Row:
    require_view(actor)
    account = get_record(actor, "account", key)
    found = expected_of(account.id)
    if found is None:
        raise NotFound(_("Nothing is expected of this customer yet."))
    return _of_account(account.id, found)


def _expected_rows(actor: Actor, query: Mapping[str, str]) -> list[Row]:
    require_view(actor)
    try:
        key = UUID(query.get("account", ""))
    except ValueError:
        return []
    account = get_record(actor, "account", key)
    found = expected_of(account.id)
    return [_of_account(account.id, found)] if found else []


offer(
    Resource(
        name="value-expected",
        schema="ValueExpected",
        label=gettext_lazy("What is expected of a customer"),
        rows=_expected_rows,
        get=_expected,
        read={"as_of": DAY, "profit": TEXT, "events": ROWS, "before": ROWS},
        filters={"account": gettext_lazy("the id of an account")},
        room=ROOM,
    )
)


def _outlook(actor: Actor, _key: Any) -> Row:
    require_view(actor)
    return {
        "id": "outlook", "kinds": list(EventKind.values), "outcomes": list(Outcome.values),
        "months": [
            {"month": one.month.isoformat(), "purchases": one.purchases, "revenue": str(one.revenue), "profit": str(one.profit), "lapses": one.lapses}
            for one in months_ahead(actor)
        ],
        "came": [
            {
                "as_of": one.as_of.isoformat(), "kind": one.kind, "lines": one.lines, "expected": one.expected, "came": one.came, "revenue": str(one.revenue),
                "actual": str(one.actual), "waiting": one.waiting,
            }
            for one in what_came(actor)
        ],
    }  # fmt: skip


offer(
    Resource(
        name="value-outlook",
        schema="ValueOutlook",
        label=gettext_lazy("What is expected of all customers"),
        get=_outlook,
        single=True,
        key_schema=TEXT,
        read={
            "kinds": {"type": "array", "items": TEXT},
            "outcomes": {"type": "array", "items": TEXT},
            "months": ROWS,
            "came": ROWS,
        },
        room=ROOM,
    )
)


def _warning(one: Warned) -> Row:
    return {
        "id": str(one.row.id), "account": str(one.row.account_id), "name": one.account.name, "as_of": one.row.as_of.isoformat(), "churn": one.row.churn,
        "churn_now": one.now, "value": str(one.row.value), "reasons": one.row.reasons, "why": [each.text for each in one.reasons],
        "owner": str(one.row.owner_id) if one.row.owner_id else None, "task": str(one.task.id) if one.task else None,
        "recovered_on": one.row.recovered_on.isoformat() if one.row.recovered_on else None,
    }  # fmt: skip


def _warnings(actor: Actor, query: Mapping[str, str]) -> list[Row]:
    require_view(actor)
    lasting = {"lasting": True, "over": False}.get(query.get("state", ""))
    return [_warning(one) for one in warnings_of(actor, lasting=lasting)]


def _one_warning(actor: Actor, key: UUID) -> Row:
    require_view(actor)
    found = next((one for one in warnings_of(actor) if one.row.id == key), None)
    if found is None:
        raise NotFound(_("It does not exist."))
    return _warning(found)


offer(
    Resource(
        name="value-warnings",
        schema="ValueWarning",
        label=gettext_lazy("Early warnings"),
        rows=_warnings,
        get=_one_warning,
        read={
            "account": TEXT, "name": TEXT, "as_of": DAY, "churn": NUMBER, "churn_now": or_null(NUMBER), "value": TEXT, "reasons": ROWS,
            "why": {"type": "array", "items": TEXT}, "owner": or_null(TEXT), "task": or_null(TEXT), "recovered_on": or_null(DAY),
        },
        filters={"state": gettext_lazy("lasting or over")},
        room=ROOM,
    )
)  # fmt: skip


def _measure(row: RetentionMeasure) -> Row:
    found = measured([row]).get(row.id) if row.offer_id else None
    return {
        "id": str(row.id), "stage": row.stage, "level": row.level, "name_en": row.name_en, "name_zh": row.name_zh, "cost": f"{row.cost:f}", "effect": row.effect,
        "offer_id": str(row.offer_id) if row.offer_id else None, "position": row.position, "active": row.active, "version": row.version,
        "measured": {"effect": found.effect, "low": found.low, "high": found.high, "customers": found.customers} if found else None,
    }  # fmt: skip


def _measures(actor: Actor, _query: Mapping[str, str]) -> list[Row]:
    require_view(actor)
    return [_measure(row) for row in measures() if row.version]


def _make(actor: Actor, values: Values) -> tuple[UUID, Row]:
    return save_measure(actor, values).id, {}


def _change(actor: Actor, key: UUID, values: Values, version: int | None) -> None:
    save_measure(actor, values, key, version=version)


_FACTS: dict[str, Any] = {
    "stage": one_of(*LifecycleStage.values), "level": one_of(*MeasureLevel.values), "name_en": words(120), "name_zh": words(120), "cost": words(20),
    "effect": or_null({"type": "number", "minimum": 0, "maximum": 100}), "offer_id": or_null({"type": "string", "format": "uuid"}),
    "position": {"type": "integer", "minimum": 0, "maximum": 30000}, "active": YES_NO,
}  # fmt: skip
offer(
    Resource(
        name="value-measures",
        schema="ValueMeasure",
        label=gettext_lazy("Retention measures"),
        rows=_measures,
        get=lambda actor, key: _measure(get_measure(actor, key)),
        create=_make,
        update=_change,
        delete=lambda actor, key, version: delete_measure(actor, key),
        read={**_FACTS, "measured": or_null(OBJECT), "version": WHOLE},
        write=_FACTS,
        required=("stage", "level"),
        versioned=True,
        room=ROOM,
    )
)
