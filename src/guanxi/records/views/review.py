"""The review of duplicates: start a search, see how certain its pairs are, choose from where on to look, decide on each."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from guanxi.core.errors import Conflict, Invalid, NotFound
from guanxi.identity.actor import Actor
from guanxi.records.display import record_url
from guanxi.records.models import DuplicateSearch
from guanxi.records.queries import shown_label
from guanxi.records.registry import ObjectType
from guanxi.records.review import (
    STATES,
    Doubt,
    decide,
    decided_counts,
    last_search,
    list_pairs,
    score_counts,
    set_least,
    start_search,
    under_way,
)
from guanxi.records.review.deciding import BINS, LEAST
from guanxi.records.screens import fragment, page
from guanxi.records.views.base import actor_of, done, object_of, uuids
from guanxi.records.views.details import Facts

SHOWN = 6
CHOICES = (50, 60, 70, 80, 90, 95, 99)


@require_http_methods(["GET", "HEAD", "POST"])
def review(request: HttpRequest, plural: str) -> HttpResponse:
    """The pairs to decide on; POST begins a search."""
    kind = object_of(request, plural, "edit")
    actor = actor_of(request)
    here = f"/{kind.plural}/duplicates/"
    if request.method == "POST":
        try:
            start_search(actor, kind.name)
        except Conflict as refusal:
            return done(request, here, refusal.message)
        return done(request, here, _("All records are being compared; you may go on working."))
    search = last_search(kind.name)
    state = request.GET.get("state", "open")
    state = state if state in STATES else "open"
    least = (search.least if search else LEAST) if state == "open" else LEAST
    after = next(iter(uuids([request.GET.get("after", "")])), None)
    doubts, following = list_pairs(actor, kind.name, least=least, state=state, after=after)
    context = {
        "page_title": _("Duplicates: %(what)s") % {"what": kind.label_plural},
        "breadcrumbs": [{"label": str(kind.label_plural), "url": f"/{kind.plural}/"}],
        "kind": kind,
        "here": here,
        "search": search,
        "active": under_way(search),
        "state": state,
        "least": round(least * 100),
        "choices": CHOICES,
        "doubts": [_doubt(actor, kind, one) for one in doubts],
        "next_url": f"{here}?state={state}&after={following}" if following else None,
        **_chart(actor, kind, search),
    }
    if request.headers.get("HX-Request"):
        # When the search is over, the whole page has something new to show.
        headers = {} if context["active"] else {"HX-Refresh": "true"}
        return fragment(request, "records/_review_state.html.jinja", context, headers=headers)
    return page(request, "records/review.html.jinja", context)


@require_POST
def threshold(request: HttpRequest, plural: str) -> HttpResponse:
    """From which probability on pairs are shown."""
    kind = object_of(request, plural, "edit")
    text = request.POST.get("least", "")
    if not (text.isascii() and text.isdecimal()) or len(text) > 3:
        raise Invalid({"least": [_("Give a share from 50 to 100 percent.")]})
    set_least(actor_of(request), kind.name, int(text) / 100)
    return done(request, f"/{kind.plural}/duplicates/")


@require_POST
def decision(request: HttpRequest, plural: str, pair: UUID) -> HttpResponse:
    """Same, different, later, or open again. Same leads on to the page where both are merged."""
    kind = object_of(request, plural, "edit")
    wanted = request.POST.get("state", "")
    decided = decide(actor_of(request), pair, wanted)
    if decided.object != kind.name:
        raise NotFound(_("There is no such pair."))
    if wanted == "same":
        return done(request, f"/{kind.plural}/merge?id={decided.left_id}&id={decided.right_id}")
    return done(request, f"/{kind.plural}/duplicates/")


def _doubt(actor: Actor, kind: ObjectType, one: Doubt) -> dict[str, Any]:
    left, right = Facts(actor, kind, one.left), Facts(actor, kind, one.right)
    names = dict.fromkeys(name for name, _role in kind.compared if name in kind.by_name)
    lines = [
        {"label": a["label"], "left": a["shown"].whole, "right": b["shown"].whole, "same": _equal(one, kind, a["name"])}
        for a, b in ((left.one(name), right.one(name)) for name in names if name != kind.title)
        if not a["hidden"] and not (a["shown"].empty and b["shown"].empty)
    ]
    return {
        "id": one.id,
        "score": one.score,
        "left": {"name": shown_label(actor, one.left), "code": one.left.code, "url": record_url(kind, one.left.id)},
        "right": {"name": shown_label(actor, one.right), "code": one.right.code, "url": record_url(kind, one.right.id)},
        "lines": lines[:SHOWN],
    }


def _equal(one: Doubt, kind: ObjectType, name: str) -> bool:
    column = kind.by_name[name].column
    value = getattr(one.left, column)
    return value not in (None, "") and value == getattr(one.right, column)


def _chart(actor: Actor, kind: ObjectType, search: DuplicateSearch | None) -> dict[str, Any]:
    """How many pairs lie where, by what was decided."""
    if search is None:
        return {"chart": None, "counts": {}}
    counts = score_counts(actor, kind.name)
    step = (1 - LEAST) / BINS
    categories = [
        f"{round((LEAST + at * step) * 100)}–{round((LEAST + (at + 1) * step) * 100)} %" for at in range(BINS)
    ]
    words = {"open": _("To decide"), "later": _("Later"), "same": _("The same"), "different": _("Different")}
    tones = {"open": "plum", "later": "grey", "same": "jade", "different": "rose"}
    chart = {
        "kind": "stacked",
        "categories": categories,
        "category_label": _("Probability"),
        "unit": "number",
        "series": [
            {"name": words[state], "values": counts[state], "tone": tones[state], "estimated": state == "open"}
            for state in ("same", "different", "later", "open")
        ],
    }
    found = decided_counts(actor, kind.name)
    tabs = [
        {
            "label": words[state],
            "url": f"/{kind.plural}/duplicates/?state={state}",
            "key": state,
            "count": found.get(state, 0),
        }
        for state in ("open", *STATES)
    ]
    return {"chart": chart, "state_tabs": tabs}
