"""The forecast of sales, what people expect, and plans over the API."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from guanxi.analytics.forecast import reading
from guanxi.analytics.forecast.saying import (
    DIMENSIONS,
    change_plan,
    delete_plan,
    get_plan,
    goals_from_plan,
    plan_from_forecast,
    say_expected,
)
from guanxi.analytics.models import ForecastPoint, Judgement, Plan
from guanxi.core.errors import Invalid, NotFound
from guanxi.identity.actor import Actor
from guanxi.records.api.settings import offer
from guanxi.records.api.settings.resources import Action, Resource, Row, Values
from guanxi.records.api.settings.shapes import DAY, KEY, MOMENT, TEXT, WHOLE, key_in, moment, one_of, or_null, words

NUMBER = {"type": "number"}
MOST = 500


def _rows(actor: Actor, query: Mapping[str, str]) -> list[Row]:
    dimension = query.get("dimension") or "all"
    if dimension not in DIMENSIONS:
        raise Invalid({"dimension": [_("Choose one of the list.")]})
    _kpi, seen = reading.opened(actor)
    return [row for line in reading.lines(actor, seen, dimension) for row in reading.as_row(line, dimension)]


def _get(actor: Actor, key: UUID) -> Row:
    point = ForecastPoint.objects.filter(id=key).first()
    rows = _rows(actor, {"dimension": point.dimension}) if point else []
    found = next((row for row in rows if row["id"] == str(key)), None)
    if found is None:
        raise NotFound(_("It does not exist."))
    return found


_POINT = {
    "dimension": one_of(*DIMENSIONS), "member": TEXT, "label": TEXT, "since": DAY, "as_of": DAY, "mean": NUMBER, "low": NUMBER, "high": NUMBER, "base": NUMBER,
    "last_year": or_null(NUMBER), "method": or_null(TEXT), "mase": or_null(NUMBER), "naive_mase": or_null(NUMBER), "coverage": or_null(NUMBER),
}  # fmt: skip
offer(
    Resource(
        name="sales-forecasts",
        schema="SalesForecast",
        label=gettext_lazy("Sales forecast"),
        rows=_rows,
        get=_get,
        read=_POINT,
        filters={"dimension": gettext_lazy("all (default), family, region or owner")},
        room="analytics",
    )
)


def _judgement(one: Judgement) -> Row:
    return {
        "id": str(one.id), "member": str(one.member_id), "since": one.since.isoformat(), "amount": one.amount, "note": one.note, "said_at": moment(one.said_at),
    }  # fmt: skip


def _judgements(actor: Actor) -> list[Judgement]:
    _kpi, seen = reading.opened(actor)
    rows = Judgement.objects.order_by("-said_at", "-id")
    return list((rows if seen.whole else rows.filter(member_id__in=seen.people))[:MOST])


def _one_judgement(actor: Actor, key: UUID) -> Row:
    found = next((one for one in _judgements(actor) if one.id == key), None)
    if found is None:
        raise NotFound(_("It does not exist."))
    return _judgement(found)


def _say(actor: Actor, values: Values) -> tuple[UUID, Row]:
    since = _day(values, "since")
    return say_expected(
        actor, since, values["amount"], values.get("note") or "", member=key_in(values, "member")
    ).id, {}


def _day(values: Mapping[str, Any], name: str) -> date:
    try:
        return date.fromisoformat(values[name])
    except ValueError:
        raise Invalid({name: [_("Write the date as 2026-12-31.")]}) from None


_SAID = {"since": DAY, "amount": NUMBER, "note": words(300), "member": or_null(KEY)}
offer(
    Resource(
        name="sales-judgements",
        schema="SalesJudgement",
        label=gettext_lazy("What people expect to sell"),
        rows=lambda actor, _query: [_judgement(one) for one in _judgements(actor)],
        get=_one_judgement,
        read={**_SAID, "member": KEY, "note": TEXT, "said_at": MOMENT},
        write=_SAID,
        required=("since", "amount"),
        create=_say,
        room="analytics",
    )
)


def _plan(actor: Actor, key: UUID) -> Row:
    plan = get_plan(actor, key)
    cells = [
        {"member": cell.member, "since": cell.since.isoformat(), "amount": cell.amount}
        for cell in plan.cells.order_by("member", "since")
    ]
    return {**_plan_head(plan), "cells": cells}


def _plan_head(plan: Plan) -> Row:
    return {
        "id": str(plan.id), "name": plan.name, "dimension": plan.dimension, "first": plan.first.isoformat(), "after": plan.after.isoformat(),
        "owner": str(plan.owner_id) if plan.owner_id else None, "version": plan.version,
    }  # fmt: skip


def _plans(actor: Actor, _query: Mapping[str, str]) -> list[Row]:
    if not reading.opened(actor)[1].whole:
        return []
    return [{**_plan_head(plan), "cells": []} for plan in Plan.objects.order_by("-created_at")[:MOST]]


def _make_plan(actor: Actor, values: Values) -> tuple[UUID, Row]:
    dimension = values.get("dimension") or "all"
    return plan_from_forecast(actor, values["name"], dimension, _day(values, "first"), _day(values, "after")).id, {}


def _change_plan(actor: Actor, key: UUID, values: Values, version: int | None) -> None:
    cells = values.get("cells") or []
    amounts = {(str(cell["member"]), _day(cell, "since")): cell["amount"] for cell in cells}
    change_plan(actor, key, amounts, name=values.get("name"), version=version)


_CELLS = {
    "type": "array",
    "maxItems": 20_000,
    "items": {
        "type": "object",
        "properties": {"member": TEXT, "since": DAY, "amount": NUMBER},
        "required": ["member", "since", "amount"],
        "additionalProperties": False,
    },
}
offer(
    Resource(
        name="sales-plans",
        schema="SalesPlan",
        label=gettext_lazy("Sales plans"),
        rows=_plans,
        get=_plan,
        read={"name": TEXT, "dimension": one_of(*DIMENSIONS), "first": DAY, "after": DAY, "owner": or_null(KEY), "cells": _CELLS, "version": WHOLE},
        write={"name": words(120), "dimension": one_of(*DIMENSIONS), "first": DAY, "after": DAY, "cells": _CELLS},
        creating=("dimension", "first", "after"),
        required=("name", "first", "after"),
        create=_make_plan,
        update=_change_plan,
        delete=delete_plan,
        actions={"make-goals": Action(gettext_lazy("Make goals for revenue of the plan"), lambda actor, key, _version: goals_from_plan(actor, key))},
        versioned=True,
        room="analytics",
    )
)  # fmt: skip
