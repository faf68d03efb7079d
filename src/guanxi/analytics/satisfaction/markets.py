"""The settings of markets: read, changed, and what they say about competition."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from guanxi.analytics.access import require_manage, require_view
from guanxi.analytics.models import Market
from guanxi.core.errors import Conflict, Invalid, NotFound, Stale
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.audit import note_access

FACTORS = ("law", "switching", "technology", "rewards")
MOST = 3
# From so many points on, of twelve, customers stay whether content or not.
WEAK, MEDIUM = 7, 4


def competition(market: Market | None) -> str:
    """strong, medium or weak: the more holds customers back, the weaker the competition is."""
    held = sum(getattr(market, name) for name in FACTORS) if market else 0
    return "weak" if held >= WEAK else "medium" if held >= MEDIUM else "strong"


def markets(actor: Actor) -> list[Market]:
    """All markets, the one for the rest first."""
    require_view(actor)
    return list(Market.objects.order_by("industry", "id"))


def market_of(rows: list[Market], industry: str) -> Market | None:
    """The market of an industry, else the one for the rest, else None."""
    by_name = {row.industry: row for row in rows}
    return by_name.get(industry) or by_name.get("")


def get_market(actor: Actor, key: UUID) -> Market:
    """One market. Raises `NotFound`."""
    require_view(actor)
    found: Market | None = Market.objects.filter(id=key).first()
    if found is None:
        raise NotFound(_("There is no such market."))
    return found


def save_market(
    actor: Actor, values: Mapping[str, Any], key: UUID | None = None, *, version: int | None = None
) -> Market:
    """Make or change a market. Raises `Invalid`, `Conflict` when the industry has one already, `NotFound`, `Stale`."""
    require_manage(actor)
    with tenant_tx(actor.tenant_id):
        row = _locked(key) if key else Market(tenant_id=actor.tenant_id)
        if key and version is not None and version != row.version:
            raise Stale(_("Somebody saved this record while you were editing."), version=row.version, current={})
        _take(row, values, new=key is None)
        row.version += 1 if key else 0
        try:
            with transaction.atomic():
                row.save(force_insert=key is None)
        except IntegrityError as error:
            raise Conflict(_("This industry is a market already.")) from error
        note_access(actor, "market.saved", object_name="market", record_id=row.id, detail={"industry": row.industry})
        return row


def delete_market(actor: Actor, key: UUID) -> None:
    """The industry belongs to the rest again. Raises `NotFound`."""
    require_manage(actor)
    with tenant_tx(actor.tenant_id):
        row = _locked(key)
        row.delete()
        note_access(actor, "market.deleted", object_name="market", record_id=key, detail={"industry": row.industry})


def _locked(key: UUID) -> Market:
    found: Market | None = Market.objects.select_for_update().filter(id=key).first()
    if found is None:
        raise NotFound(_("There is no such market."))
    return found


def _take(row: Market, values: Mapping[str, Any], *, new: bool) -> None:
    errors: dict[str, list[str]] = {}
    industry = values.get("industry", row.industry)
    if not isinstance(industry, str) or len(industry) > 80 or "\x00" in industry:
        errors["industry"] = [_("Name an industry as accounts have it.")]
    elif new or "industry" in values:
        row.industry = industry.strip()
    for name in FACTORS:
        if name not in values:
            continue
        try:
            points = int(str(values[name]))
        except ValueError:
            points = -1
        if not 0 <= points <= MOST or isinstance(values[name], bool):
            errors[name] = [_("Choose 0 to 3.")]
        else:
            setattr(row, name, points)
    if errors:
        raise Invalid(errors)
