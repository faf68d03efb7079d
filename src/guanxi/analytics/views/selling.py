"""Selling more: what is bought together, and who is likely to take what next."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from guanxi.analytics.models import SellingKind
from guanxi.analytics.queries.selling import (
    latest_fit,
    next_products,
    pairs_of,
    product_names,
    rules,
    sees_margins,
    sees_selling,
    way_words,
)
from guanxi.analytics.views.base import Tab, offer_tab, value_page, viewer
from guanxi.records.queries import get_record
from guanxi.records.screens import fragment

offer_tab(Tab("selling", gettext_lazy("Selling more"), "/value/selling", 45, sees_selling))
MOST_BESIDE, LEAST_BESIDE = 5, 3
TONES = {"cross_sell": "indigo", "up_sell": "jade", "add_on": "teal"}


@require_safe
def selling(request: HttpRequest) -> HttpResponse:
    """`?product=` what goes with one product and who is likely to take it; `?kind=` cross_sell, up_sell, add_on."""
    actor = viewer(request)
    names = product_names(actor) if sees_selling(actor) else {}
    chosen, kind = _key(request.GET.get("product", "")), request.GET.get("kind", "")
    chosen = chosen if chosen in names else None
    kind = kind if kind in SellingKind.values else ""
    fit = latest_fit()
    context = {
        "fit": fit,
        "tested": fit.evaluation.get("next_product") if fit else None,
        "ways": way_words(),
        "names": sorted(names.items(), key=lambda pair: pair[1]),
        "chosen": chosen,
        "chosen_name": names.get(chosen, "") if chosen else "",
        "kind": kind,
        "kinds": SellingKind.choices,
        "tones": TONES,
        "rules": rules(actor, names, about=chosen),
        "pairs": pairs_of(actor, chosen) if chosen else [],
        "rows": next_products(actor, product=chosen, kind=kind) if names else [],
        "margins": sees_margins(actor),
    }
    return value_page(request, "analytics/selling.html.jinja", "selling", context)


@require_safe
def bought_together(request: HttpRequest, id: UUID) -> HttpResponse:
    """What the same customers have beside a product, as chips in its head; nothing where nothing was learnt."""
    actor = viewer(request)
    product = get_record(actor, "product", id)
    often = [one for one in pairs_of(actor, product.id, limit=MOST_BESIDE) if one.both >= LEAST_BESIDE]
    context = {"pairs": often, "product_id": product.id}
    return fragment(request, "analytics/_bought_together.html.jinja", context)


def _key(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
