"""A record as it was, and the values of one of its fields."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _

from guanxi.core.errors import Invalid
from guanxi.identity.permissions import matchable, require
from guanxi.records.api.calls import Call, answer
from guanxi.records.api.operations import text_parameter
from guanxi.records.api.problems import InvalidAt
from guanxi.records.as_of import field_points, fields_of_kind, moment_of, record_as_of
from guanxi.records.queries import linked_labels
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
    values = _with_labels(call, found.then)
    return answer({**values, **head, "differs": found.differing if found.version else []})


def _with_labels(call: Call, then: Mapping[str, Any]) -> dict[str, Any]:
    """Links as every answer has them, with what they are called now."""
    # What is masked is no key.
    links = {
        name: item
        for name, item in fields_of_kind(call.object_type).items()
        if item.kind == "link" and then.get(name) and matchable(call.actor, call.object_type.name, name)
    }
    ids: dict[str, set[UUID]] = {}
    for name, item in links.items():
        ids.setdefault(item.to, set()).add(UUID(then[name]))
    labels = {key: text for to, keys in ids.items() for key, text in linked_labels(call.actor, to, keys).items()}
    shown = {name: {"id": then[name], "label": str(labels.get(UUID(then[name]), ""))} for name in links}
    return {**then, **shown}


def field_answer(call: Call, name: str) -> HttpResponse:
    """GET /{plural}/{id}/history?field=: the values of one field, oldest first."""
    require(call.actor, call.object_type.name, "view")
    points = field_points(call.actor, call.object_type.name, call.id, name)
    data = [{"at": plain(point.at), "value": point.value, "by": point.who} for point in points]
    return answer({"data": data, "next": None})
