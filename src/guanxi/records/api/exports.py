"""GET /{plural}/export: a whole list as a file, with the rights, the quota and the note of the screen."""

from itertools import chain

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from guanxi.core.errors import Invalid
from guanxi.identity.permissions import require
from guanxi.records.api.calls import Call, query
from guanxi.records.api.problems import InvalidAt
from guanxi.records.api.reading import criteria_in
from guanxi.records.api.representation import field_names
from guanxi.records.exports.services import begin_export, export_bytes
from guanxi.records.lists import MAX_LIMIT, ListQuery
from guanxi.records.search import find_ids

EXPORT_PARAMETERS = ("format", "filter", "sort", "fields", "q")


def export_call(call: Call) -> HttpResponseBase:
    """The records that the filter finds, in the form asked for; pages are read while the file is sent."""
    values = query(call.request, EXPORT_PARAMETERS)
    kind = call.object_type
    require(call.actor, kind.name, "export")
    text = values.get("q", "").strip()
    first = ("code",) if "code" in kind.by_name else ()
    wanted = ListQuery(
        object=kind.name,
        criteria=criteria_in(values.get("filter", "")),
        sort=values.get("sort", ""),
        fields=field_names(kind, values.get("fields", "")) or [*dict.fromkeys((*first, *kind.list_columns))],
        ids=find_ids(call.actor, kind, text) if text else None,
        limit=MAX_LIMIT,
    )
    try:
        made = begin_export(call.actor, wanted, form=values.get("format", "csv"))
    except Invalid as error:
        raise InvalidAt({"": [f"{name}: {text}" for name, texts in error.errors.items() for text in texts]}) from error
    pieces = export_bytes(made)
    if made.count <= MAX_LIMIT:
        response: HttpResponseBase = HttpResponse(b"".join(pieces), content_type=made.form.content_type)
    else:
        # What is wrong with the list shows before the answer begins.
        response = StreamingHttpResponse(chain([next(pieces)], pieces), content_type=made.form.content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{made.file_name}"'
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
