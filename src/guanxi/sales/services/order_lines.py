"""Lines of orders: edited in place while the order is a draft; the payment plan follows the total."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from guanxi.core.errors import Conflict
from guanxi.core.money import round_to_currency
from guanxi.core.tenancy import tenant_tx
from guanxi.core.ui.formats import number
from guanxi.identity.actor import Actor
from guanxi.records.changes import AnyChange, Delete, Update, change_records
from guanxi.sales.limits import limits_of
from guanxi.sales.models import Order, OrderStatus, PaymentPlan
from guanxi.sales.rules import ORDER_COMMANDS
from guanxi.sales.services.common import check_version, elevated, locked, put, require_status
from guanxi.sales.services.lines import Line, highest_discount, replace_lines, totals_of


def save_order_lines(actor: Actor, record_id: Any, lines: Sequence[Line], *, version: int | None = None) -> Order:
    """Replace the lines of a draft (see `lines`) and its totals. Raises `Invalid` ("lines.2.quantity"), `Conflict`, `Stale`."""
    with tenant_tx(actor.tenant_id):
        order: Order = locked(actor, "order", record_id)
        check_version(order, version)
        require_status(order, (OrderStatus.DRAFT,), _("The order is confirmed: its lines stay."))
        before = order.total
        rows = replace_lines(actor, order, lines)
        order = put(actor, "order", order, totals_of(rows, order.currency), ORDER_COMMANDS)
        _follow_total(actor, order, before)
        return order


def _follow_total(actor: Actor, order: Order, before: Decimal) -> None:
    """Instalments keep their share of the total, the last takes the rounding; without a total there is nothing to pay in parts."""
    plans = list(PaymentPlan.objects.filter(order=order, deleted_at=None).order_by("due_on", "id"))
    if not plans or order.total == before:
        return
    shares = [round_to_currency(plan.amount * order.total / before, order.currency) for plan in plans]
    shares[-1] = order.total - sum(shares[:-1], Decimal(0))
    kept = all(share > 0 for share in shares)
    changes: list[AnyChange] = [
        Update(plan.id, {"amount": share}) if kept else Delete(plan.id)
        for plan, share in zip(plans, shares, strict=True)
    ]
    change_records(elevated(actor), "payment_plan", changes, allow=("amount",))


def require_permitted_discount(actor: Actor, order: Order) -> None:
    """Raise `Conflict` for a discount that neither the actor may give nor the accepted quote contains."""
    highest = highest_discount(order.lines.all())
    limit = limits_of(actor).discount
    agreed = highest_discount(order.quote.lines.all()) if order.quote else Decimal(0)
    if highest > max(limit, agreed):
        words = {"discount": number(highest), "limit": number(limit)}
        raise Conflict(
            _(
                "A discount of %(discount)s %% is above your limit of %(limit)s %%. Somebody with a higher one has to confirm."
            )
            % words
        )
