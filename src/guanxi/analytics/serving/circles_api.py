"""Household, group and referral value of a customer over the API."""

from collections.abc import Mapping
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from guanxi.analytics.access import ROOM, require_view
from guanxi.analytics.queries.circles import Circle, around
from guanxi.core.errors import Invalid
from guanxi.identity.actor import Actor
from guanxi.records.api.settings import offer
from guanxi.records.api.settings.resources import Resource, Row
from guanxi.records.api.settings.shapes import OBJECT, YES_NO, or_null
from guanxi.records.queries import get_record


def _get(actor: Actor, key: UUID) -> Row:
    require_view(actor)
    found = around(actor, get_record(actor, "account", key))
    return {
        "id": str(key), "household": found.household, "cut": found.cut, "group": _circle(found.group), "below": _circle(found.below), "referred": _circle(found.referred),
    }  # fmt: skip


def _circle(one: Circle | None) -> Row | None:
    if one is None:
        return None
    return {
        "account": str(one.id), "name": one.name, "accounts": one.accounts, "with_value": one.valued, "value": str(one.value), "margin_12m": str(one.margin_12m),
    }  # fmt: skip


def _rows(actor: Actor, query: Mapping[str, str]) -> list[Row]:
    require_view(actor)
    try:
        key = UUID(query.get("account") or "")
    except ValueError:
        raise Invalid({"account": [_("Name an account.")]}) from None
    return [_get(actor, key)]


def register_api() -> None:
    """Offer the address; called once when the process starts."""
    offer(
        Resource(
            name="value-circles",
            schema="ValueCircle",
            label=gettext_lazy("Household, group and referral value"),
            rows=_rows,
            get=_get,
            read={"household": YES_NO, "cut": YES_NO, "group": or_null(OBJECT), "below": or_null(OBJECT), "referred": or_null(OBJECT)},
            filters={"account": gettext_lazy("the account")},
            room=ROOM,
        )
    )  # fmt: skip
