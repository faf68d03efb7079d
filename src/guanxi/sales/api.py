"""Rules of sales over the API."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from guanxi.core.errors import Invalid
from guanxi.identity.actor import Actor
from guanxi.identity.models import Company
from guanxi.identity.permissions import require_admin
from guanxi.records.api.problems import InvalidAt, pointer
from guanxi.records.api.settings import offer
from guanxi.records.api.settings.resources import Resource, Row, Values
from guanxi.records.api.settings.shapes import or_null
from guanxi.sales.limits import role_limits, sales_rules
from guanxi.sales.services.rules import change_sales_rules

_GIVEN = {"anyOf": [{"type": "string", "maxLength": 12}, {"type": "number", "minimum": 0, "maximum": 100}]}
_SHARE = {"type": "string"}


def _rules(actor: Actor, _key: Any) -> Row:
    """The rules; what the company has not set is null, and `defaults` hold."""
    require_admin(actor)
    rules, roles = sales_rules(), role_limits()
    return {
        "id": str(Company.objects.values_list("id", flat=True).get()),
        "discounts": {one.key: rules.get("discounts", {}).get(one.key) for one in roles},
        "defaults": {one.key: str(one.default) for one in roles},
        "margin_floor": rules.get("margin_floor"),
        "margin_goal": rules.get("margin_goal"),
    }


def _change(actor: Actor, _key: Any, values: Values, _version: int | None) -> None:
    given = {name: value for name, value in values.items() if name != "discounts" or value is not None}
    try:
        change_sales_rules(actor, values=given)
    except Invalid as refusal:
        raise InvalidAt({pointer(*name.split(".", 1)): texts for name, texts in refusal.errors.items()}) from refusal


offer(
    Resource(
        name="sales-rules",
        schema="SalesRules",
        label=_("Discounts and margins"),
        single=True,
        get=_rules,
        read={
            "discounts": {"type": "object", "additionalProperties": or_null(_SHARE)},
            "defaults": {"type": "object", "additionalProperties": _SHARE},
            "margin_floor": or_null(_SHARE),
            "margin_goal": or_null(_SHARE),
        },
        write={
            "discounts": {"type": "object", "additionalProperties": {"anyOf": [*_GIVEN["anyOf"], {"type": "null"}]}},
            "margin_floor": {"anyOf": [*_GIVEN["anyOf"], {"type": "null"}]},
            "margin_goal": {"anyOf": [*_GIVEN["anyOf"], {"type": "null"}]},
        },
        update=_change,
        room="sales",
    )
)
