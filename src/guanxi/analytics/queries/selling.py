"""What sells with what, as far as the actor sees products and customers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import F
from django.utils.translation import gettext as _

from guanxi.analytics.models import ModelFit, NextProduct, ProductPair, ProductRule, Purpose
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import matchable, may
from guanxi.records.queries import visible_records

WAYS = ("model", "popularity", "similarity", "confidence")


@dataclass(frozen=True)
class Told:
    """A rule with the names of its products."""

    rule: ProductRule
    given: Sequence[str]
    then: str


def sees_selling(actor: Actor) -> bool:
    """Whether the actor sees products at all."""
    return may(actor, "product", "view")


def sees_margins(actor: Actor) -> bool:
    """Whether the actor sees what customers bring."""
    return matchable(actor, "account", "margin_next")


def way_words() -> dict[str, str]:
    """The ways of ranking, in words."""
    return {
        "model": _("Model of the next product"), "popularity": _("Popularity"), "similarity": _("Like what they have"),
        "confidence": _("Surest rule"),
    }  # fmt: skip


def product_names(actor: Actor) -> dict[UUID, str]:
    """Names of the products that the actor sees."""
    return dict(visible_records(actor, "product").values_list("id", "name"))


def rules(actor: Actor, names: dict[UUID, str], *, about: UUID | None = None, limit: int = 40) -> list[Told]:
    """Rules whose products the actor sees, the most telling first; `about` only those in which the product has a part."""
    found = []
    for rule in sorted(ProductRule.objects.all(), key=lambda one: (-(one.lift - 1) * one.both, str(one.id))):
        parts = {*rule.given, rule.product_id}
        if parts <= names.keys() and (about is None or about in parts):
            found.append(Told(rule, [names[key] for key in rule.given], names[rule.product_id]))
    return found[:limit]


def pairs_of(actor: Actor, product_id: UUID, *, limit: int = 8) -> list[ProductPair]:
    """Products that the same customers have."""
    seen = visible_records(actor, "product").values("id")
    rows = ProductPair.objects.filter(product_id=product_id, other_id__in=seen, both__gt=0)
    return list(rows.select_related("other").order_by("-score", "id")[:limit])


def next_products(
    actor: Actor, *, account: UUID | None = None, product: UUID | None = None, kind: str = "", limit: int = 40
) -> list[NextProduct]:
    """What customers of the actor are likely to take next, most margin first (where it sees margins, else the likeliest)."""
    accounts, products = (visible_records(actor, name).values("id") for name in ("account", "product"))
    rows = NextProduct.objects.filter(account_id__in=accounts, product_id__in=products)
    rows = rows.filter(account_id=account) if account else rows
    rows = rows.filter(product_id=product) if product else rows
    rows = rows.filter(kind=kind) if kind else rows
    worth: Any = F("probability") * F("margin") if sees_margins(actor) else F("probability")
    rows = rows.annotate(worth=worth).select_related("account", "product", "because")
    return list(rows.order_by("-worth", "id")[:limit])


def latest_fit() -> ModelFit | None:
    """The last model of the next product."""
    found: ModelFit | None = ModelFit.objects.filter(purpose=Purpose.NEXT_PRODUCT).order_by("-as_of", "-at").first()
    return found
