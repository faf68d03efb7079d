"""The return of the CRM over the API: the calculation with its inputs, the four questions, what came."""

from typing import Any

from django.utils.translation import gettext_lazy

from guanxi.analytics.access import ROOM
from guanxi.analytics.roi.answering import four_questions
from guanxi.analytics.roi.calculating import Calculation, calculate
from guanxi.analytics.roi.cases import case_of, save_case
from guanxi.analytics.roi.inputs import INPUTS
from guanxi.analytics.roi.measuring import base_period, measured
from guanxi.analytics.roi.tracking import Tracking, track
from guanxi.identity.actor import Actor
from guanxi.records.api.settings import offer
from guanxi.records.api.settings.resources import Resource, Row, Values
from guanxi.records.api.settings.shapes import DAY, OBJECT, WHOLE, or_null
from guanxi.science.returns import Course

NUMBER = {"type": "number"}
ROWS = {"type": "array", "items": OBJECT}


def _course(one: Course) -> Row:
    return {
        "net_present_value": one.npv,
        "pay_back_months": one.pay_back,
        "return": one.gain,
        "cumulated": [float(value) for value in one.cumulated],
    }


def _calculated(of: Calculation) -> Row:
    return {
        "inputs": {key: {"value": value, "given": key in of.given} for key, value in of.values.items()},
        "result": {**_course(of.course), "enough": of.enough, "recovered_sales": of.sales, "recovered_profit": of.profit},
        "scenarios": [{"key": one.key, "label": one.label, "about": one.about, **_course(one.course)} for one in of.scenarios],
        "sensitivity": [
            {"assumption": one.name, "low": one.low, "high": one.high, "net_present_value_low": one.npv_low, "net_present_value_high": one.npv_high}
            for one in of.swings
        ],
    }  # fmt: skip


def _tracked(found: Tracking) -> Row:
    return {
        "months": [month.isoformat() for month in found.months], "margin_more": found.margin_more, "cost": found.cost,
        "measures": [
            {"key": one.key, "label": one.label, "unit": one.unit, "base": one.base, "claim": one.claim, "came": one.came, "reached_percent": one.reached}
            for one in found.tracks
        ],
    }  # fmt: skip


def _get(actor: Actor, _key: Any) -> Row:
    case = case_of(actor)
    base = measured(actor, *base_period(case.started_on))
    of = calculate(case, base)
    found = track(case.started_on, of)
    return {
        "id": "value-return", "started_on": case.started_on.isoformat() if case.started_on else None, "base_from": base.first.isoformat(), "base_until": base.after.isoformat(),
        **_calculated(of),
        "answers": [
            {"key": one.key, "question": one.question, "value": one.value, "unit": one.unit, "how": one.how, "also": one.also}
            for one in four_questions(actor, base, of.values["margin_rate"] or None)
        ],
        "tracking": _tracked(found) if found else None, "version": case.version,
    }  # fmt: skip


def _change(actor: Actor, _key: Any, values: Values, version: int | None) -> None:
    save_case(actor, values, version=version)


offer(
    Resource(
        name="value-return",
        schema="ValueReturn",
        label=gettext_lazy("Return of the CRM"),
        get=_get,
        single=True,
        read={
            "started_on": or_null(DAY), "base_from": DAY, "base_until": DAY, "inputs": OBJECT, "result": OBJECT, "scenarios": ROWS, "sensitivity": ROWS, "answers": ROWS,
            "tracking": or_null(OBJECT), "version": WHOLE,
        },
        write={**{key: or_null(NUMBER) for key in INPUTS}, "started_on": or_null(DAY)},
        update=_change,
        versioned=True,
        room=ROOM,
    )
)  # fmt: skip
