"""Plans of the optimiser over the API: their limits, what they would bring, who gets what."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from guanxi.analytics.models import AllocationGoal, AllocationPlan, AllocationState, AllocationStep
from guanxi.analytics.optimising import saving
from guanxi.analytics.optimising.applying import enqueue_proposals
from guanxi.analytics.optimising.jobs import enqueue_allocation
from guanxi.analytics.optimising.reading import plans, shown
from guanxi.core.errors import Invalid, NotFound
from guanxi.engagement.queries import known_channels
from guanxi.identity.actor import Actor
from guanxi.records.api.calls import Call, answer, query
from guanxi.records.api.settings import offer
from guanxi.records.api.settings.resources import Action, Resource, Row, Values
from guanxi.records.api.settings.shapes import DAY, KEY, OBJECT, TEXT, WHOLE, key_in, moment, one_of, or_null, words

ROOM = "analytics"
NUMBER = {"type": "number"}
PAGE = 500
_OFFER = {
    "type": "object",
    "properties": {"offer": KEY, "minimum": WHOLE, "maximum": or_null(WHOLE)},
    "required": ["offer"],
    "additionalProperties": False,
}
_CHANNEL = {
    "type": "object",
    "properties": {"channel": TEXT, "capacity": or_null(WHOLE), "cost": or_null(NUMBER)},
    "required": ["channel"],
    "additionalProperties": False,
}
_WRITE = {
    "name": words(120), "goal": one_of(*AllocationGoal.values), "hurdle": NUMBER, "budget": or_null(NUMBER), "first": DAY, "last": DAY,
    "segment": or_null(KEY), "offers": {"type": "array", "items": _OFFER}, "channels": {"type": "array", "items": _CHANNEL},
}  # fmt: skip


def _row(actor: Actor, one: AllocationPlan) -> Row:
    seen = shown(actor, one)
    return {
        "id": str(one.id), "name": one.name, "goal": one.goal, "hurdle": one.hurdle, "budget": None if one.budget is None else float(one.budget),
        "first": one.first.isoformat(), "last": one.last.isoformat(), "segment": str(one.segment_id) if one.segment_id else None,
        "offers": one.offers, "channels": one.channels, "state": one.state, "problem": seen.problem, "result": one.result or None,
        "steps": dict(seen.steps), "computed_at": moment(one.computed_at), "applied_at": moment(one.applied_at), "version": one.version,
    }  # fmt: skip


def _rows(actor: Actor, _query: Mapping[str, str]) -> list[Row]:
    saving.require_plans(actor)
    return [_row(actor, one) for one in plans()]


def _get(actor: Actor, key: UUID) -> Row:
    return _row(actor, saving.get_plan(actor, key))


def _given(values: Values) -> dict[str, Any]:
    return {**values, "segment": key_in(values, "segment")} if "segment" in values else dict(values)


def _compute(actor: Actor, key: UUID, version: int | None) -> None:
    saving.ask_to_compute(actor, key, version)
    enqueue_allocation(key)


def _apply(actor: Actor, key: UUID, version: int | None) -> None:
    saving.apply_plan(actor, key, version)
    if actor.member_id:
        enqueue_proposals(key, actor.member_id)


offer(
    Resource(
        name="value-plans",
        schema="ValuePlan",
        label=gettext_lazy("Plans of the optimiser"),
        rows=_rows,
        get=_get,
        read=_WRITE | {
            "name": TEXT, "state": one_of(*AllocationState.values), "problem": TEXT, "result": or_null(OBJECT), "steps": OBJECT,
            "computed_at": or_null(TEXT), "applied_at": or_null(TEXT), "version": WHOLE,
        },
        write=_WRITE,
        required=("name", "first", "last", "offers", "channels"),
        create=lambda actor, values: (saving.save_plan(actor, _given(values)).id, {}),
        update=lambda actor, key, values, version: saving.save_plan(actor, _given(values), key, version=version),
        delete=saving.delete_plan,
        actions={
            "compute": Action(gettext_lazy("Compute the plan; ask for it again until its state is computed"), _compute),
            "apply": Action(gettext_lazy("Apply the plan: mails leave, tasks are made, its prices count"), _apply),
            "end": Action(gettext_lazy("End the plan"), saving.end_plan),
        },
        versioned=True,
        room=ROOM,
    )
)  # fmt: skip


def _allocated(call: Call) -> HttpResponse:
    values = query(call.request, ("plan", "offer", "channel", "cursor"))
    try:
        keys = {name: UUID(values[name]) for name in ("plan", "offer", "cursor") if values.get(name)}
    except ValueError:
        raise Invalid({"plan": [_("Give the id of the record.")]}) from None
    if "plan" not in keys:
        raise Invalid({"plan": [_("Give the id of the record.")]})
    channel = values.get("channel", "")
    if channel and channel not in known_channels():
        raise Invalid({"channel": [_("Choose one of the list.")]})
    rows = saving.rows_of(call.actor, saving.get_plan(call.actor, keys["plan"]), keys.get("offer"), channel)
    rows = rows.filter(id__gt=keys["cursor"]) if "cursor" in keys else rows
    found = list(rows.order_by("id")[: PAGE + 1])
    following = str(found[PAGE - 1].id) if len(found) > PAGE else None
    return answer({"data": [_allocated_row(one) for one in found[:PAGE]], "next": following})


def _allocated_row(one: Any) -> Row:
    return {
        "id": str(one.id), "plan": str(one.plan_id), "account": str(one.account_id), "offer": str(one.offer_id), "channel": one.channel,
        "probability": one.probability, "margin": one.margin, "cost": one.cost, "step": one.step, "note": one.note,
    }  # fmt: skip


def _none(actor: Actor, _key: UUID) -> Row:
    saving.require_plans(actor)
    raise NotFound(_("It does not exist."))


offer(
    Resource(
        name="value-plan-customers",
        schema="ValuePlanCustomer",
        label=gettext_lazy("Who gets what by a plan of the optimiser"),
        list_call=_allocated,
        get=_none,
        read={
            "plan": KEY, "account": KEY, "offer": KEY, "channel": TEXT, "probability": NUMBER, "margin": NUMBER, "cost": NUMBER,
            "step": one_of(*AllocationStep.values), "note": TEXT,
        },
        filters={
            "plan": gettext_lazy("The id of the plan (required)"), "offer": gettext_lazy("Only those who get this offer"),
            "channel": gettext_lazy("Only contacts on this channel"), "cursor": gettext_lazy("The answer goes on behind this row"),
        },
        room=ROOM,
    )
)  # fmt: skip
