"""The return of the CRM over the API: the calculation with its inputs, the four questions, what came; adoption, trainings, strengths and weaknesses."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy

from guanxi.analytics.access import ROOM
from guanxi.analytics.models import SwotEntry, SwotKind
from guanxi.analytics.models.returns import SwotState, Training
from guanxi.analytics.roi.adoption import WEEKS, Crew, Person, adoption
from guanxi.analytics.roi.answering import four_questions
from guanxi.analytics.roi.calculating import Calculation, calculate
from guanxi.analytics.roi.cases import case_of, save_case
from guanxi.analytics.roi.inputs import INPUTS
from guanxi.analytics.roi.measuring import base_period, measured
from guanxi.analytics.roi.sheet import delete_entry, entry_of, save_entry, sheet
from guanxi.analytics.roi.tracking import Tracking, track
from guanxi.analytics.roi.trainings import add_training, delete_training, training_of, trainings
from guanxi.identity.actor import Actor
from guanxi.records.api.settings import offer
from guanxi.records.api.settings.resources import Resource, Row, Values
from guanxi.records.api.settings.shapes import DAY, KEY, OBJECT, TEXT, WHOLE, YES_NO, one_of, or_null, words
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
        key_schema=TEXT,
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


def _person(one: Person) -> Row:
    return {
        "member": str(one.id), "name": one.name, "team": one.team, "weeks": one.weeks, "by_week": one.spark, "made": one.made, "edited": one.edited,
        "activities": one.logged, "fields_filled_percent": one.filled, "imports": one.imports, "trainings": len(one.trainings),
    }  # fmt: skip


def _team(one: Crew) -> Row:
    return {
        "name": one.name, "people": len(one.people), "weeks_percent": one.share, "made_per_week": one.mean("made"), "edited_per_week": one.mean("edited"),
        "activities_per_week": one.mean("logged"), "fields_filled_percent": one.filled, "trained_percent": one.trained,
    }  # fmt: skip


def _adoption(actor: Actor, _key: Any) -> Row:
    found = adoption(actor)
    return {
        "id": "value-adoption", "weeks": WEEKS, "from": found.first.isoformat(), "active_percent": found.active, "whole": _team(found.whole),
        "teams": [_team(one) for one in found.teams], "people": [_person(one) for one in found.whole.people],
    }  # fmt: skip


def _training(one: Training) -> Row:
    return {
        "id": str(one.id),
        "member": str(one.member_id),
        "name": one.member.name,
        "title": one.title,
        "done_on": one.done_on.isoformat(),
    }


def _train(actor: Actor, values: Values) -> tuple[UUID, Row]:
    return add_training(actor, {**values, "members": [values["member"]]})[0].id, {}


def _lines(actor: Actor, _query: Mapping[str, str]) -> list[Row]:
    return [
        {
            "id": str(line.entry.id) if line.entry else None, "kind": line.kind, "text": line.text, "state": line.state,
            "signal": line.signal.key if line.signal else (line.entry.signal if line.entry else "") or None,
            "why": line.signal.why if line.signal else None, "faded": line.faded, "version": line.entry.version if line.entry else 0,
        }
        for line in sheet(actor)
    ]  # fmt: skip


def _line(actor: Actor, key: UUID) -> Row:
    entry_of(actor, key)
    found = next((row for row in _lines(actor, {}) if row["id"] == str(key)), None)
    return found or _silent(entry_of(actor, key))


def _silent(row: SwotEntry) -> Row:
    """A decision about a proposal that the figures do not make now."""
    return {
        "id": str(row.id), "kind": row.kind, "text": row.text, "state": row.state, "signal": row.signal or None, "why": None, "faded": True, "version": row.version,
    }  # fmt: skip


offer(
    Resource(
        name="value-adoption",
        schema="ValueAdoption",
        label=gettext_lazy("Adoption of the CRM"),
        get=_adoption,
        single=True,
        key_schema=TEXT,
        read={"weeks": WHOLE, "from": DAY, "active_percent": {"type": "array", "items": NUMBER}, "whole": OBJECT, "teams": ROWS, "people": ROWS},
        room=ROOM,
    )
)  # fmt: skip
offer(
    Resource(
        name="trainings",
        schema="Training",
        label=gettext_lazy("Trainings"),
        rows=lambda actor, _query: [_training(one) for one in trainings(actor)],
        get=lambda actor, key: _training(training_of(actor, key)),
        read={"member": KEY, "name": TEXT, "title": TEXT, "done_on": DAY},
        write={"member": KEY, "title": words(120), "done_on": DAY},
        creating=("member", "title", "done_on"),
        required=("member", "title", "done_on"),
        create=_train,
        delete=delete_training,
        room=ROOM,
    )
)
offer(
    Resource(
        name="swot-lines",
        schema="SwotLine",
        label=gettext_lazy("Strengths, weaknesses, opportunities, threats"),
        rows=_lines,
        get=_line,
        read={
            "kind": one_of(*SwotKind.values), "text": TEXT, "state": one_of(*SwotState.values), "signal": or_null(TEXT), "why": or_null(TEXT), "faded": YES_NO,
            "version": WHOLE,
        },
        write={"kind": one_of(*SwotKind.values), "text": words(300), "state": one_of(*SwotState.values), "signal": words(40)},
        creating=("signal",),
        required=("kind",),
        create=lambda actor, values: (save_entry(actor, values).id, {}),
        update=lambda actor, key, values, version: save_entry(actor, values, key, version=version),
        delete=delete_entry,
        versioned=True,
        room=ROOM,
    )
)  # fmt: skip
