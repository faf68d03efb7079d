"""What belongs to a record: its lines and other rows, and the documents made of it."""

from urllib.parse import quote

from django.http import HttpResponse
from django.utils.translation import gettext as _

from guanxi.core.errors import NotAllowed
from guanxi.identity.permissions import matchable, require
from guanxi.records.api.calls import Call, answer, query
from guanxi.records.api.problems import InvalidAt
from guanxi.records.parts import Document, Part
from guanxi.records.queries import get_record
from guanxi.records.values import plain


def part_call(call: Call, part: Part) -> HttpResponse:
    """GET /{plural}/{id}/{part}: all rows in their order."""
    query(call.request, ())
    require(call.actor, call.object_type.name, "view")
    record = get_record(call.actor, call.object_type.name, call.id)
    data = [{name: plain(value) for name, value in row.items()} for row in part.rows(call.actor, record)]
    return answer({"data": data, "next": None})


def document_call(call: Call, document: Document) -> HttpResponse:
    """GET /{plural}/{id}/{document}: the file, in the language asked for or else the record's own."""
    values = query(call.request, ("lang",))
    require(call.actor, call.object_type.name, "view")
    record = get_record(call.actor, call.object_type.name, call.id)
    if not all(matchable(call.actor, call.object_type.name, name) for name in document.needs):
        raise NotAllowed(_("The document tells what your role does not show."))
    language = values.get("lang", "")
    if language and language not in document.languages:
        known = ", ".join(document.languages)
        raise InvalidAt({"": [_("“lang” is one of: %(known)s.") % {"known": known}]})
    name, content = document.make(record, language)
    response = HttpResponse(content, content_type=document.content_type)
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
