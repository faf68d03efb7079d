"""A list as a file, in the columns and the order of the screen."""

from itertools import chain

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from guanxi.records.exports.services import begin_export, export_bytes
from guanxi.records.lists import MAX_LIMIT
from guanxi.records.views.base import actor_of, object_of
from guanxi.records.views.state import read_state


def export(request: HttpRequest, plural: str) -> HttpResponseBase:
    """The whole filter as CSV, XLSX, JSON lines, vCard or iCalendar; who exported what is written down."""
    kind = object_of(request, plural, "export")
    actor = actor_of(request)
    state = read_state(request, kind)
    columns = tuple(dict.fromkeys(["code", *state.columns] if "code" in kind.by_name else state.columns))
    made = begin_export(actor, state.query(actor, columns, MAX_LIMIT), form=request.GET.get("format", "csv"))
    pieces = export_bytes(made)
    if made.count <= MAX_LIMIT:
        answer: HttpResponseBase = HttpResponse(b"".join(pieces), content_type=made.form.content_type)
    else:
        # What is wrong with the list shows before the answer begins.
        answer = StreamingHttpResponse(chain([next(pieces)], pieces), content_type=made.form.content_type)
    answer.headers["Content-Disposition"] = f'attachment; filename="{made.file_name}"'
    return answer
