"""A record as it was, and the values of one of its fields."""

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _

from guanxi.core.errors import Invalid
from guanxi.identity.permissions import require
from guanxi.records.api.calls import Call, answer
from guanxi.records.api.operations import text_parameter
from guanxi.records.api.problems import InvalidAt
from guanxi.records.as_of import field_points, moment_of, record_as_of
from guanxi.records.values import plain


def as_of_parameter() -> dict[str, Any]:
    """`as_of` in the OpenAPI document."""
    return text_parameter("as_of", _("The record as it was: 2026-12-31 (at the end of the day) or 2026-12-31T16:20"))


def field_parameter() -> dict[str, Any]:
    """`field` of a history in the OpenAPI document."""
    return text_parameter("field", _("The values of this field, oldest first, instead of all changes"))


def as_of_answer(call: Call, text: str) -> HttpResponse:
    """GET /{plural}/{id}?as_of=: the values then; `version` 0 when the record was not there yet."""
    try:
        at = moment_of(call.actor, text)
    except Invalid as error:
        raise InvalidAt({"": [f"as_of: {error.message}"]}) from error
    found = record_as_of(call.actor, call.object_type.name, call.id, at)
    head = {"id": str(call.id), "as_of": plain(found.at), "version": found.version, "deleted": found.deleted}
    return answer({**found.then, **head, "differs": found.differing if found.version else []})


def field_answer(call: Call, name: str) -> HttpResponse:
    """GET /{plural}/{id}/history?field=: the values of one field, oldest first."""
    require(call.actor, call.object_type.name, "view")
    points = field_points(call.actor, call.object_type.name, call.id, name)
    data = [{"at": plain(point.at), "value": point.value, "by": point.who} for point in points]
    return answer({"data": data, "next": None})
