"""How the rows of a list are drawn: its groups, colours, and the dialogs that choose them."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from guanxi.core.errors import Invalid
from guanxi.core.ui import formats
from guanxi.identity.actor import Actor
from guanxi.records.listing import DENSITIES, TONES, clean_options, groupable_fields, list_groups, row_tones
from guanxi.records.registry import Field
from guanxi.records.screens import fragment
from guanxi.records.views.base import actor_of, object_of
from guanxi.records.views.filters import builder_fields
from guanxi.records.views.state import NONE, ListState, read_state
from guanxi.records.wording import in_words, parse_criteria


def grouped(actor: Actor, state: ListState, sums: Sequence[Field]) -> tuple[list[dict[str, Any]], bool]:
    """The groups of a list as its template draws them. Raises `Invalid`."""
    groups, complete = list_groups(actor, state.kind, state.query(actor), state.options.group, sums)
    return [
        {
            "label": group.label,
            "count": group.count,
            "sums": {
                name: formats.money(total, actor.currency, home=actor.currency) for name, total in group.sums.items()
            },
            "unpriced": group.unpriced,
            "url": state.url(**{"part": "group", "in": orjson.dumps(group.criteria).decode()}),
            "open": at == 0,
        }
        for at, group in enumerate(groups)
    ], complete


def tones_of(actor: Actor, state: ListState, rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The colours of the rows of a page."""
    return row_tones(actor, state.kind, [row["id"] for row in rows], state.options.colours, deleted=state.deleted)


def rows_dialog(request: HttpRequest, plural: str) -> HttpResponse:
    """How the rows are drawn: grouped by what, how wide, in which colours."""
    kind = object_of(request, plural)
    actor = actor_of(request)
    state = read_state(request, kind)
    rules = list(state.options.plain()["colours"])
    context = {
        "kind": kind,
        "group": state.options.group,
        "groups": [(item.name, str(item.label)) for item in groupable_fields(actor, kind)],
        "density": state.options.density,
        "densities": list(zip(DENSITIES, (_("Wide"), _("Normal"), _("Compact")), strict=True)),
        "colours": [
            {
                "tone": one["tone"],
                "words": in_words(actor, kind, one["criteria"]) or _("all of them"),
                "remove_url": state.url(colours=[other for place, other in enumerate(rules) if place != at]),
            }
            for at, one in enumerate(rules)
        ],
        "colour_url": state.url(form="rows/colour"),
        "hidden": {key: text for key, text in state.given.items() if key not in ("group", "density", "cursor", "back")},
    }
    return fragment(request, "records/rows.html.jinja", context)


def apply_rows(request: HttpRequest, plural: str) -> HttpResponse:
    """Go to the list, drawn as chosen."""
    kind = object_of(request, plural)
    state = read_state(request, kind)
    group, density = request.GET.get("group", ""), request.GET.get("density", "")
    saved = state.tab.options
    return _go(request, state.url(
        group=group or (NONE if saved.group else None), density=density or (NONE if saved.density else None)
    ))  # fmt: skip


def colour_dialog(request: HttpRequest, plural: str) -> HttpResponse:
    """The filter builder for one more colour; POST adds it to the address of the list."""
    kind = object_of(request, plural)
    actor = actor_of(request)
    state = read_state(request, kind)
    if request.method == "POST":
        rule = {"criteria": parse_criteria(request.POST.get("filter", "")), "tone": request.POST.get("tone", "")}
        colours = [*state.options.plain()["colours"], rule]
        try:
            clean_options(actor, kind, {"colours": colours})
            return _go(request, state.url(colours=colours))
        except Invalid as refusal:
            return _colour(request, state, rule["criteria"], refusal.message)
    return _colour(request, state, {"all": []}, "")


def _colour(request: HttpRequest, state: ListState, criteria: Any, error: str) -> HttpResponse:
    kind = state.kind
    words = (_("Indigo"), _("Green"), _("Amber"), _("Red"), _("Teal"), _("Grey"))
    context = {
        "kind": kind,
        "fields": builder_fields(actor_of(request), kind),
        "criteria": criteria,
        "action": state.url(form="rows/colour"),
        "tones": list(zip(TONES, words, strict=True)),
        "error": error,
    }
    return fragment(request, "records/colour.html.jinja", context, status=422 if error else 200)


def _go(request: HttpRequest, url: str) -> HttpResponse:
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    return HttpResponse(status=302, headers={"Location": url})
