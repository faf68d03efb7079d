"""Selling more over the API: rules, and what a customer is likely to take next."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from guanxi.analytics.access import require_view
from guanxi.analytics.models import NextProduct, SellingKind
from guanxi.analytics.queries.selling import Told, next_products, product_names, rules, sees_margins, sees_selling
from guanxi.core.errors import Invalid, NotFound
from guanxi.identity.actor import Actor
from guanxi.records.api.settings import offer
from guanxi.records.api.settings.resources import Resource, Row
from guanxi.records.api.settings.shapes import DAY, KEY, WHOLE, one_of, or_null
from guanxi.records.queries import get_record

NUMBER = {"type": "number"}
MOST = 300


def _rule(one: Told) -> Row:
    it = one.rule
    return {
        "id": str(it.id), "given": [str(key) for key in it.given], "product": str(it.product_id), "both": it.both, "left": it.left, "right": it.right,
        "customers": it.customers, "confidence": it.confidence, "lift": it.lift, "as_of": it.as_of.isoformat(),
    }  # fmt: skip


def _rules(actor: Actor, _query: Mapping[str, str]) -> list[Row]:
    require_view(actor)
    names = product_names(actor) if sees_selling(actor) else {}
    return [_rule(one) for one in rules(actor, names, limit=MOST)]


def _one_rule(actor: Actor, key: UUID) -> Row:
    found = next((one for one in _rules(actor, {}) if one["id"] == str(key)), None)
    if found is None:
        raise NotFound(_("It does not exist."))
    return found


offer(
    Resource(
        name="value-rules",
        schema="ValueRule",
        label=gettext_lazy("What is bought together"),
        rows=_rules,
        get=_one_rule,
        read={
            "given": {"type": "array", "items": KEY}, "product": KEY, "both": WHOLE, "left": WHOLE, "right": WHOLE, "customers": WHOLE,
            "confidence": NUMBER, "lift": NUMBER, "as_of": DAY,
        },
        room="analytics",
    )
)  # fmt: skip


def _next(actor: Actor, one: NextProduct) -> Row:
    return {
        "id": str(one.id), "account": str(one.account_id), "product": str(one.product_id), "because": str(one.because_id) if one.because_id else None,
        "kind": one.kind, "days": one.days, "probability": one.probability, "margin": one.margin if sees_margins(actor) else None,
        "as_of": one.as_of.isoformat(),
    }  # fmt: skip


def _next_rows(actor: Actor, query: Mapping[str, str]) -> list[Row]:
    require_view(actor)
    keys: dict[str, Any] = {}
    for name in ("account", "product"):
        try:
            keys[name] = UUID(query[name]) if query.get(name) else None
        except ValueError:
            raise Invalid({name: [_("Give the id of the record.")]}) from None
    if not any(keys.values()):
        raise Invalid({"account": [_("Give the id of the record.")]})
    for name, key in keys.items():
        if key:
            get_record(actor, name, key)
    return [_next(actor, one) for one in next_products(actor, **keys, limit=MOST)]


def _one_next(actor: Actor, key: UUID) -> Row:
    require_view(actor)
    found = NextProduct.objects.filter(id=key).first()
    if found is None:
        raise NotFound(_("It does not exist."))
    get_record(actor, "account", found.account_id)
    get_record(actor, "product", found.product_id)
    return _next(actor, found)


offer(
    Resource(
        name="value-next-products",
        schema="ValueNextProduct",
        label=gettext_lazy("What customers are likely to take next"),
        rows=_next_rows,
        get=_one_next,
        read={
            "account": KEY, "product": KEY, "because": or_null(KEY), "kind": one_of(*SellingKind.values), "days": WHOLE, "probability": NUMBER,
            "margin": or_null(NUMBER), "as_of": DAY,
        },
        filters={
            "account": gettext_lazy("The id of the account (this or the product is required)"),
            "product": gettext_lazy("The id of the product"),
        },
        room="analytics",
    )
)  # fmt: skip
