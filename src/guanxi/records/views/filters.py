"""The filter builder: its dialog, its fields, what the criteria being built would match."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _

from guanxi.core.errors import Invalid, Refused
from guanxi.core.tenancy import tenant_tx
from guanxi.core.ui import formats
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import matchable, may
from guanxi.records import registry
from guanxi.records.criteria import RELATED_OPERATORS, SEGMENT, SEGMENT_OPERATORS, operators_of
from guanxi.records.custom import reachable_fields
from guanxi.records.lists import COUNT_CAP, ListQuery, count_records
from guanxi.records.ports import SEGMENT_CHOICES
from guanxi.records.registry import Field, ObjectType
from guanxi.records.relations import linked_object, relations_of
from guanxi.records.screens import fragment
from guanxi.records.views.base import actor_of, done, object_of
from guanxi.records.views.state import read_state
from guanxi.records.wording import parse_criteria, sentence


def filter_dialog(request: HttpRequest, plural: str) -> HttpResponse:
    """The filter builder for the criteria in force."""
    kind = object_of(request, plural)
    state = read_state(request, kind)
    hidden = {name: value for name, value in state.given.items() if name not in ("filter", "cursor", "back")}
    form = request.GET.get("form", "list")
    context = {
        "kind": kind,
        "fields": builder_fields(actor_of(request), kind),
        "criteria": state.criteria or {"all": []},
        "action": f"/{kind.plural}/{'' if form == 'list' else form}",
        "count_url": f"/{kind.plural}/filter/count",
        "save_url": f"/{kind.plural}/views/new?{state.short()}",
        "segment_url": f"/segments/build/{kind.name}" if _makes_segments(actor_of(request), kind) else None,
        "hidden": hidden,
    }
    return fragment(request, "records/filter.html.jinja", context)


def conditions_dialog(
    request: HttpRequest,
    kind: ObjectType,
    criteria: Mapping[str, Any],
    save: Callable[[dict[str, Any]], object],
    *,
    home: str,
    template: str,
    said: str,
) -> HttpResponse:
    """The filter builder for the criteria that a rule keeps; POST has `save` store them and says `said` on the rule's page `home`."""
    wanted, error = criteria, ""
    if request.method == "POST":
        try:
            wanted = parse_criteria(request.POST.get("filter", ""))
            with tenant_tx(actor_of(request).tenant_id):
                save(wanted)
            return done(request, home, said)
        except Invalid as refused:
            error = refused.message
    context = {
        "kind": kind,
        "fields": builder_fields(actor_of(request), kind),
        "criteria": wanted or {"all": []},
        "action": f"{home}conditions",
        "count_url": f"/{kind.plural}/filter/count",
        "error": error,
    }
    return fragment(request, template, context)


def filter_count(request: HttpRequest, plural: str) -> JsonResponse:
    """How many records the criteria being built would match, in words."""
    kind = object_of(request, plural)
    actor = actor_of(request)
    try:
        query = ListQuery(object=kind.name, criteria=parse_criteria(request.POST.get("filter", "")))
        count, exact = count_records(actor, query)
        total, total_exact = count_records(actor, ListQuery(object=kind.name))
    except Refused as refusal:
        return JsonResponse({"detail": refusal.message, "text": refusal.message})
    shown = formats.capped(count, COUNT_CAP - 1) if exact else "9,999+"
    whole = formats.capped(total, COUNT_CAP - 1) if total_exact else "9,999+"
    text = _("%(count)s of %(total)s records match") % {"count": shown, "total": whole}
    return JsonResponse({"text": text, "words": sentence(actor, kind, query.criteria)})


def filter_fields(request: HttpRequest, plural: str) -> JsonResponse:
    """The fields of an object whose records a condition on related records names."""
    kind = object_of(request, plural)
    return JsonResponse({"fields": builder_fields(actor_of(request), kind)})


def builder_fields(actor: Actor, kind: ObjectType) -> list[dict[str, Any]]:
    """What one may filter by: fields of the object, of the objects it links to, and objects that link to it."""
    own = [builder_field(actor, kind, item, "", "") for item in [*kind.fields, *reachable_fields(kind.name).values()]]
    linked: list[dict[str, Any] | None] = []
    segments = segment_choices(actor)
    own.append(segment_field(segments.get(kind.name), "", ""))
    for item in kind.fields:
        target = linked_object(actor, kind, item)
        if target is None:
            continue
        linked += [builder_field(actor, target, inner, f"{item.name}.", str(item.label)) for inner in target.fields]
        linked.append(segment_field(segments.get(target.name), f"{item.name}.", str(item.label)))
    related = [
        {
            "name": one.name,
            "label": one.label,
            "kind": "related",
            "ops": list(RELATED_OPERATORS),
            "group": _("Related records"),
            "url": f"/{one.kind.plural}/filter/fields",
        }
        for one in relations_of(actor, kind)
    ]
    return [described for described in [*own, *linked, *related] if described]


def _makes_segments(actor: Actor, kind: ObjectType) -> bool:
    """Whether a filter of the object can be kept as a segment, by whoever registered SEGMENT_CHOICES."""
    made = next((one for one in registry.objects() if one.name == "segment"), None)
    return (
        made is not None and kind is not made and made.room not in actor.rooms_off and may(actor, made.name, "create")
    )


def segment_choices(actor: Actor) -> dict[str, Sequence[tuple[str, str]]]:
    """The segments that one may filter by, by object."""
    return {name: choices for offered in SEGMENT_CHOICES for name, choices in offered(actor).items()}


def segment_field(choices: Sequence[tuple[str, str]] | None, prefix: str, group: str) -> dict[str, Any] | None:
    """Being in a segment, where there are any of this object."""
    if not choices:
        return None
    label = _("Segment")
    described = {"name": prefix + SEGMENT, "label": f"{group}: {label}" if group else label, "kind": "choice"}
    return described | {"ops": list(SEGMENT_OPERATORS), "group": group, "choices": [list(pair) for pair in choices]}


def builder_field(actor: Actor, kind: ObjectType, item: Field, prefix: str, group: str) -> dict[str, Any] | None:
    """A field as the filter builder reads it; None when one may not filter by it."""
    ops = operators_of(item.kind)
    if not ops or not item.filterable or not matchable(actor, kind.name, item.name):
        return None
    described: dict[str, Any] = {
        "name": prefix + item.name,
        "label": f"{group}: {item.label}" if group else str(item.label),
        "kind": item.kind,
        "ops": ops,
        "group": group,
    }
    if item.kind in ("choice", "multichoice"):
        choices = item.choices_of() if item.choices_of else item.choices
        described["choices"] = [[choice.value, str(choice.label)] for choice in choices]
    if item.kind == "link":
        described["url"] = f"/lookup/{item.to}/"
        if item.to == "user":
            described["choices"] = [["$me", _("me")]]
        elif item.to == "team":
            described["choices"] = [["$my_team", _("my team")], ["$my_teams", _("my teams")]]
    return described
