"""What the rules of an object say to a form while it is filled in."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse

from guanxi.identity.actor import Actor
from guanxi.records.demands.duplicates import likely_same
from guanxi.records.demands.reading import demands_of
from guanxi.records.demands.states import drafted, has_rules, messages_of, states_of
from guanxi.records.forms import editable_fields, read_form
from guanxi.records.inputs import FormSection
from guanxi.records.queries import get_record
from guanxi.records.registry import ObjectType
from guanxi.records.similar import MOST, Similar, similar_records
from guanxi.records.views.base import actor_of, object_of, uuids


def field_states(request: HttpRequest, plural: str) -> HttpResponse:
    """Which fields of the form as it stands (POST; `?id=` of a stored record) are required, read-only and hidden, and what the rules say."""
    kind = object_of(request, plural, "edit" if request.GET.get("id") else "create")
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    actor = actor_of(request)
    keys = uuids([request.GET.get("id", "")])
    record = get_record(actor, kind.name, keys[0], "edit") if keys else None
    values = read_form(kind, request.POST, editable_fields(actor, kind))
    return JsonResponse(told(actor, kind, values, record, messages=True))


def told(
    actor: Actor, kind: ObjectType, values: Mapping[str, Any], record: Any, *, messages: bool = False
) -> dict[str, Any]:
    """The states of a form, as the page's script reads them."""
    draft = drafted(actor, kind, values, record)
    states = states_of(actor, kind, draft, record)
    return {
        "required": sorted(states.required),
        "read_only": sorted(states.read_only),
        "hidden": sorted(states.hidden),
        "messages": messages_of(kind, draft) if messages else {},
    }


def without_idle(actor: Actor, kind: ObjectType, values: dict[str, Any], record: Any = None) -> dict[str, Any]:
    """The values of a form without those of fields that rules hide or lock: a form does not write what it does not show."""
    if not demands_of(kind.name).rules:
        return values
    idle = states_of(actor, kind, drafted(actor, kind, values, record), record).idle
    return {name: value for name, value in values.items() if name not in idle}


def mark_states(
    request: HttpRequest, kind: ObjectType, sections: Sequence[FormSection], values: Mapping[str, Any], record: Any
) -> dict[str, Any]:
    """Give the inputs of a form the states that hold when it opens; what the template needs so that they follow what is typed."""
    if not has_rules(kind):
        return {"states": None}
    found = told(actor_of(request), kind, values, record)
    for section in sections:
        for made in section.inputs:
            made.watched = True
            made.hidden = made.name in found["hidden"]
            made.required = made.required or made.name in found["required"]
    suffix = f"?id={record.id}" if record is not None else ""
    return {"states": orjson.dumps(found).decode(), "states_url": f"/{kind.plural}/states{suffix}"}


def all_similar(actor: Actor, kind: ObjectType, values: Mapping[str, Any]) -> list[Similar]:
    """Records that may be the one being entered: those that the object knows how to find, and those of the company's own rules."""
    found = {one.id: one for one in similar_records(actor, kind, values)}
    if demands_of(kind.name).likenesses:
        for one in likely_same(actor, kind, drafted(actor, kind, values)):
            found.setdefault(one.id, one)
    return list(found.values())[:MOST]


def similar_names(kind: ObjectType) -> list[str]:
    """The fields of a form by which likely duplicates are found."""
    ruled = (match.field for rule in demands_of(kind.name).likenesses for match in rule.matches)
    return list(dict.fromkeys([*(kind.similar_fields if kind.similar else ()), *ruled]))
