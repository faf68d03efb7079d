"""The counts beside the side bar's entries and the views of a list."""

from django.http import HttpRequest, JsonResponse

from guanxi.records.counting import menu_counts, view_counts
from guanxi.records.screens import request_views
from guanxi.records.views.base import actor_of, object_of
from guanxi.records.views.state import list_tabs


def counts(request: HttpRequest) -> JsonResponse:
    """{"counts": {key: number}} of the side bar; with `?of=` a collection, those of its views as `view:key` too.

    What the actor may not see has no count. `?pipeline=` narrows the views to what a board of it shows.
    """
    actor = actor_of(request)
    saved = request_views(request)
    found = menu_counts(actor, saved)
    plural = request.GET.get("of", "")
    if plural:
        kind = object_of(request, plural)
        tabs = [(tab.key, tab.criteria) for tab in list_tabs(kind, saved)]
        views = view_counts(actor, kind, tabs, pipeline=request.GET.get("pipeline", ""))
        found |= {f"view:{key}": count for key, count in views.items()}
    response = JsonResponse({"counts": found})
    response["Cache-Control"] = "private, no-store"
    return response
