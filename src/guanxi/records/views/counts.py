"""The counts beside the side bar's entries and the views of a list."""

from django.http import HttpRequest, JsonResponse

from guanxi.records.counting import menu_counts, related_counts, view_counts
from guanxi.records.queries import get_record
from guanxi.records.related import related_of
from guanxi.records.screens import request_views
from guanxi.records.views.base import actor_of, object_of, uuids
from guanxi.records.views.state import list_tabs


def counts(request: HttpRequest) -> JsonResponse:
    """{"counts": {key: number}} of the side bar; with `?of=` a collection, those of its views as `view:key` too, or with
    `&record=` those of the tabs of this record as `tab:key`.

    What the actor may not see has no count. `?pipeline=` narrows the views to what a board of it shows.
    """
    actor = actor_of(request)
    saved = request_views(request)
    found = menu_counts(actor, saved)
    plural, record = request.GET.get("of", ""), uuids([request.GET.get("record", "")])
    if plural and record:
        kind = object_of(request, plural)
        key = get_record(actor, kind.name, record[0]).id
        found |= {f"tab:{tab}": count for tab, count in related_counts(actor, key, related_of(actor, kind)).items()}
    elif plural:
        kind = object_of(request, plural)
        tabs = [(tab.key, tab.criteria) for tab in list_tabs(kind, saved)]
        views = view_counts(actor, kind, tabs, pipeline=request.GET.get("pipeline", ""))
        found |= {f"view:{key}": count for key, count in views.items()}
    response = JsonResponse({"counts": found})
    response["Cache-Control"] = "private, no-store"
    return response
