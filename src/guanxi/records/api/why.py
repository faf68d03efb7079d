"""Why somebody may or may not see, change or delete a record."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _

from guanxi.core.errors import NotFound
from guanxi.identity.permissions import require
from guanxi.records.api.calls import Call, answer, query
from guanxi.records.api.operations import operation, text_parameter
from guanxi.records.registry import ObjectType
from guanxi.records.why import explain

WHY_PARAMETERS = ("person",)
_TEXT = {"type": "string"}
_REASON = {"type": "object", "properties": {"opens": {"type": "boolean"}, "text": _TEXT}}
_ACTION = {
    "type": "object",
    "properties": {"action": _TEXT, "permitted": {"type": "boolean"}, "reasons": {"type": "array", "items": _REASON}},
}
_FIELD = {"type": "object", "properties": {"field": _TEXT, "access": _TEXT}}
WHY_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "person": _TEXT,
        "role": _TEXT,
        "actions": {"type": "array", "items": _ACTION},
        "fields": {"type": "array", "items": _FIELD},
    },
}


def why_operation(kind: ObjectType) -> dict[str, Any]:
    """Its description in the OpenAPI document."""
    person = text_parameter("person", _("A colleague's key; the caller without it"))
    return operation(
        kind, "why", _("Why somebody may see, change or delete it"), "Why", path=True, query=[person], more=(404,)
    )


def why_call(call: Call) -> HttpResponse:
    """GET /{plural}/{id}/why: for the caller or, with `person`, for a colleague."""
    values = query(call.request, WHY_PARAMETERS)
    require(call.actor, call.object_type.name, "view")
    text = values.get("person", "")
    try:
        person = UUID(text) if text else None
    except ValueError:
        raise NotFound(_("There is no such colleague.")) from None
    found = explain(call.actor, call.object_type.name, call.id, person)
    return answer(
        {
            "person": found.person,
            "role": found.role,
            "actions": [
                {
                    "action": one.action,
                    "permitted": one.permitted,
                    "reasons": [{"opens": reason.opens, "text": reason.text} for reason in one.reasons],
                }
                for one in found.answers
            ],
            "fields": [{"field": label, "access": access} for label, access in found.fields],
        }
    )
