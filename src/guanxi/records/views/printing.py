"""A list on paper: what it shows, on as many sheets as it needs."""

from dataclasses import replace

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from guanxi.core.errors import Invalid
from guanxi.identity.permissions import may
from guanxi.records.lists import list_records, shown_fields
from guanxi.records.screens import page
from guanxi.records.views.base import actor_of, object_of
from guanxi.records.views.drawing import tones_of
from guanxi.records.views.lists import list_heads, needed_fields
from guanxi.records.views.rows import draw_rows
from guanxi.records.views.state import read_state
from guanxi.records.wording import sentence

AT_A_TIME = 200
# Who may export gets more on paper too; what is longer belongs into a file.
MOST = 1_000


@require_safe
def print_list(request: HttpRequest, plural: str) -> HttpResponse:
    """The rows of a list without the workspace around them."""
    kind = object_of(request, plural)
    actor = actor_of(request)
    state = read_state(request, kind)
    fields = shown_fields(actor, kind, state.columns)
    query = replace(state.query(actor, needed_fields(kind, fields), AT_A_TIME), cursor="")
    most = MOST if may(actor, kind.name, "export") else AT_A_TIME
    found = list_records(actor, query)
    rows = list(found.rows)
    while found.next and len(rows) < most:
        found = list_records(actor, replace(query, cursor=found.next))
        rows += found.rows
    try:
        words = sentence(actor, kind, state.criteria)
    except Invalid:
        words = ""
    context = {
        "page_title": str(kind.label_plural),
        "view": state.tab.label,
        "kind": kind,
        "words": words,
        "columns": list_heads(actor, state, fields),
        "rows": draw_rows(actor, state, fields, rows, tones_of(actor, state, rows)),
        "more": bool(found.next),
        "back_url": state.url(),
    }
    return page(request, "records/print.html.jinja", context)
