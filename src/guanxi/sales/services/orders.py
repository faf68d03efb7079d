"""Commands of orders: from the accepted quote to delivery and payment."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from guanxi.core.errors import Conflict, Invalid
from guanxi.core.events import publish
from guanxi.core.money import MAX_AMOUNT, round_to_currency
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.records.changes import Create, Delete, change_records, create_record
from guanxi.sales.events import OrderCancelled, OrderConfirmed, OrderCreated, OrderDelivered, OrderPaid
from guanxi.sales.models import (
    Delivery,
    DeliveryState,
    DeliveryStatus,
    LineKind,
    Order,
    OrderLine,
    OrderStatus,
    Payment,
    PaymentMethod,
    PaymentPlan,
    PaymentPlanStatus,
    PaymentState,
    Quote,
    QuoteStatus,
)
from guanxi.sales.rules import ORDER_COMMANDS, QUOTE_COMMANDS
from guanxi.sales.services.common import as_date, check_version, elevated, key_of, locked, put, require_status, rows_of
from guanxi.sales.services.lines import copied_lines, totals_of
from guanxi.sales.services.opportunities import decimal_in
from guanxi.sales.services.order_lines import require_permitted_discount

S = OrderStatus
RUNNING = (S.CONFIRMED, S.TO_DELIVER, S.TO_BILL)
PLAN_COMMANDS = ("paid_amount", "status")
DELIVERY_COMMANDS = ("order", "status", "planned_on", "delivered_on", "completes")
PAYMENT_COMMANDS = ("order", "plan", "amount", "currency", "received_on", "method")


def create_order_from_quote(actor: Actor, quote_id: Any, *, version: int | None = None) -> Order:
    """An order draft with the quote's lines, without the optional ones; the quote is then Ordered."""
    with tenant_tx(actor.tenant_id):
        quote: Quote = locked(actor, "quote", quote_id)
        check_version(quote, version)
        require_status(quote, (QuoteStatus.ACCEPTED,), _("Only an accepted quote becomes an order."))
        source = [row for row in quote.lines.order_by("position") if not row.optional]
        values = {
            "name": quote.name,
            "account": quote.account_id,
            "contact": quote.contact_id,
            "opportunity": quote.opportunity_id,
            "quote": quote.id,
            "currency": quote.currency,
            "payment_terms": quote.payment_terms,
            "delivery_terms": quote.delivery_terms,
            "owner": quote.owner_id or actor.member_id,
            "team": quote.team_id,
            **totals_of(source, quote.currency),
        }
        order: Order = create_record(actor, "order", values, allow=ORDER_COMMANDS)
        OrderLine.objects.bulk_create(copied_lines(source, OrderLine, tenant_id=actor.tenant_id, order=order))
        put(actor, "quote", quote, {"status": QuoteStatus.ORDERED}, QUOTE_COMMANDS)
        publish(
            OrderCreated(order_id=order.id, quote_id=quote.id, account_id=order.account_id), member_id=actor.member_id
        )
        return order


def _taken(actor: Actor, record_id: Any, version: int | None) -> Order:
    order: Order = locked(actor, "order", record_id)
    check_version(order, version)
    return order


def _put(actor: Actor, order: Order, values: Mapping[str, Any]) -> Order:
    return put(actor, "order", order, values, ORDER_COMMANDS)


def confirm_order(actor: Actor, record_id: Any, *, version: int | None = None) -> Order:
    """The order is binding from now on."""
    with tenant_tx(actor.tenant_id):
        order = _taken(actor, record_id, version)
        require_status(order, (S.DRAFT,), _("Only a draft can be confirmed."))
        if not order.lines.filter(kind=LineKind.PRODUCT).exists():
            raise Conflict(_("The order has no lines yet."))
        require_permitted_discount(actor, order)
        order = _put(actor, order, {"status": S.CONFIRMED, "confirmed_at": timezone.now()})
        publish(OrderConfirmed(order_id=order.id, account_id=order.account_id), member_id=actor.member_id)
        return order


def hold_order(actor: Actor, record_id: Any, *, version: int | None = None) -> Order:
    """Stop work on a running order for now."""
    with tenant_tx(actor.tenant_id):
        order = _taken(actor, record_id, version)
        require_status(order, RUNNING, _("Only a running order can be put on hold."))
        return _put(actor, order, {"status": S.ON_HOLD})


def resume_order(actor: Actor, record_id: Any, *, version: int | None = None) -> Order:
    """Go on where the order was held."""
    with tenant_tx(actor.tenant_id):
        order = _taken(actor, record_id, version)
        require_status(order, (S.ON_HOLD,), _("The order is not on hold."))
        order.status = S.CONFIRMED
        return _put(actor, locked(actor, "order", order.id), progress(order))


def close_order(actor: Actor, record_id: Any, *, version: int | None = None) -> Order:
    """Finish an order although something is open, by agreement with the customer."""
    with tenant_tx(actor.tenant_id):
        order = _taken(actor, record_id, version)
        require_status(order, (*RUNNING, S.ON_HOLD, S.COMPLETED), _("Only a running order can be closed."))
        return _put(actor, order, {"status": S.CLOSED, "completed_at": order.completed_at or timezone.now()})


def cancel_order(actor: Actor, record_id: Any, *, version: int | None = None, note: str = "") -> Order:
    """Cancel an order of which nothing was delivered or paid."""
    with tenant_tx(actor.tenant_id):
        order = _taken(actor, record_id, version)
        require_status(
            order, (S.DRAFT, S.CONFIRMED, S.TO_DELIVER, S.ON_HOLD), _("This order cannot be cancelled any more.")
        )
        if order.delivery_state != DeliveryState.NONE or order.paid_total:
            raise Conflict(_("Something was delivered or paid already. Close the order instead."))
        order = _put(actor, order, {"status": S.CANCELLED, "cancelled_at": timezone.now(), "cancel_note": note})
        publish(OrderCancelled(order_id=order.id), member_id=actor.member_id)
        return order


def progress(order: Order) -> dict[str, Any]:
    """Status, delivery and payment of an order from its deliveries and payments, as field values."""
    deliveries = Delivery.objects.filter(order=order, deleted_at=None).exclude(status=DeliveryStatus.CANCELLED)
    delivered = [row for row in deliveries if row.status == DeliveryStatus.DELIVERED]
    complete = any(row.completes for row in delivered)
    paid = Payment.objects.filter(order=order, deleted_at=None).aggregate(sum=Sum("amount"))["sum"] or Decimal(0)
    values: dict[str, Any] = {
        "paid_total": paid,
        "delivery_state": DeliveryState.DELIVERED
        if complete
        else DeliveryState.PARTLY
        if delivered
        else DeliveryState.NONE,
        "payment_state": PaymentState.PAID
        if paid >= order.total
        else PaymentState.PARTLY
        if paid
        else PaymentState.PENDING,
    }
    if order.status not in (*RUNNING, S.COMPLETED):
        return values
    status = _status(complete, paid >= order.total, bool(deliveries))
    ended = (order.completed_at or timezone.now()) if status == S.COMPLETED else None
    return values | {"status": status, "completed_at": ended}


def _status(complete: bool, paid: bool, started: bool) -> OrderStatus:
    if complete:
        return S.COMPLETED if paid else S.TO_BILL
    return S.TO_DELIVER if started else S.CONFIRMED


def refresh_order(actor: Actor, order_id: UUID) -> Order:
    """Recompute an order after one of its deliveries or payments came, changed or went. Harmless when repeated."""
    with tenant_tx(actor.tenant_id):
        order: Order = locked(actor, "order", order_id)
        settle_plans(actor, order)
        return _put(actor, order, progress(order))


def refresh_orders_of(actor: Actor, object_name: str, ids: Sequence[UUID]) -> None:
    """Recompute the orders of these deliveries or payments, in the order of their keys."""
    model = {"payment": Payment, "delivery": Delivery}[object_name]
    with tenant_tx(actor.tenant_id):
        for order_id in sorted(set(model.objects.filter(id__in=ids).values_list("order_id", flat=True))):
            refresh_order(actor, order_id)


# Deliveries


def plan_delivery(
    actor: Actor,
    record_id: Any,
    *,
    version: int | None = None,
    planned_on: date | str | None = None,
    carrier: str = "",
    tracking: str = "",
    partial: bool = False,
) -> Order:
    """A delivery to come; the order is then To deliver. With `partial` more will follow it. Returns the order."""
    values = {
        "status": DeliveryStatus.PLANNED,
        "planned_on": planned_on,
        "carrier": carrier,
        "tracking": tracking,
        "completes": not partial,
    }
    return _add_delivery(actor, record_id, version, values)


def deliver_order(
    actor: Actor,
    record_id: Any,
    *,
    version: int | None = None,
    delivered_on: date | str | None = None,
    carrier: str = "",
    tracking: str = "",
    partial: bool = False,
) -> Order:
    """Something was delivered; unless `partial`, nothing is left. A planned delivery is taken first. Returns the order."""
    day = as_date(delivered_on, "delivered_on") if delivered_on else timezone.localdate()
    if day > timezone.localdate():
        raise Invalid({"delivered_on": [_("This day is still to come.")]})
    values = {"status": DeliveryStatus.DELIVERED, "delivered_on": day, "completes": not partial}
    words = {name: text for name, text in (("carrier", carrier), ("tracking", tracking)) if text}
    with tenant_tx(actor.tenant_id):
        order = _add_delivery(actor, record_id, version, {**values, **words})
        event = OrderDelivered(order_id=order.id, complete=order.delivery_state == DeliveryState.DELIVERED)
        publish(event, member_id=actor.member_id)
        return order


def _add_delivery(actor: Actor, record_id: Any, version: int | None, values: Mapping[str, Any]) -> Order:
    with tenant_tx(actor.tenant_id):
        order = _taken(actor, record_id, version)
        require_status(order, RUNNING, _("Confirm the order first; a held or finished order is not delivered."))
        if order.delivery_state == DeliveryState.DELIVERED:
            raise Conflict(_("Everything is delivered already."))
        planned = _planned(order) if values["status"] == DeliveryStatus.DELIVERED else None
        if planned is not None:
            put(elevated(actor), "delivery", planned, values, DELIVERY_COMMANDS)
        else:
            link = {"order": order.id, "owner": order.owner_id, "team": order.team_id}
            create_record(elevated(actor), "delivery", {**link, **values}, allow=DELIVERY_COMMANDS)
        return _put(actor, order, progress(order))


def _planned(order: Order) -> Delivery | None:
    waiting = (DeliveryStatus.PLANNED, DeliveryStatus.SHIPPED)
    found: Delivery | None = (
        order.deliveries.filter(status__in=waiting, deleted_at=None).order_by("planned_on", "id").first()
    )
    return found


# Payments


def plan_payments(
    actor: Actor, record_id: Any, instalments: Sequence[Mapping[str, Any]], *, version: int | None = None
) -> list[PaymentPlan]:
    """Replace the payment plan: each {"name", "due_on"?, "percent" or "amount"}. The sum must be the order's total.

    The last instalment given in per cent takes the rounding difference. Refused once money was received.
    """
    with tenant_tx(actor.tenant_id):
        order = _taken(actor, record_id, version)
        require_status(order, (S.DRAFT, *RUNNING), _("A finished order keeps its payment plan."))
        if order.paid_total:
            raise Conflict(_("Money was received already; the payment plan stays."))
        rows = _instalments(order, rows_of(instalments, "instalments"))
        old = PaymentPlan.objects.filter(order=order, deleted_at=None).values_list("id", flat=True)
        change_records(elevated(actor), "payment_plan", [Delete(key) for key in old])
        link = {"order": order.id, "currency": order.currency, "owner": order.owner_id, "team": order.team_id}
        changes = [Create({**link, **row}) for row in rows]
        try:
            return change_records(elevated(actor), "payment_plan", changes, allow=("order", "amount", "currency"))
        except Invalid as refused:
            raise Invalid({_of_instalment(name): list(texts) for name, texts in refused.errors.items()}) from refused


def _of_instalment(name: str) -> str:
    """The write path says "2.due_on", of a single record "due_on"."""
    position, _dot, field = name.rpartition(".")
    return f"instalments.{position or 0}.{field}"


def _instalments(order: Order, instalments: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    rows, left = [], order.total
    for position, item in enumerate(instalments):
        field = f"instalments.{position}."
        last = position == len(instalments) - 1
        if item.get("amount") not in (None, ""):
            amount = round_to_currency(decimal_in(item["amount"], field + "amount", top=MAX_AMOUNT), order.currency)
        else:
            percent = decimal_in(item.get("percent", 0), field + "percent", top=Decimal(100))
            exact = order.total * percent / 100
            amount = left if last and abs(left - exact) < 1 else round_to_currency(exact, order.currency)
        if amount <= 0:
            given = "percent" if item.get("amount") in (None, "") else "amount"
            raise Invalid({field + given: [_("Enter a share above 0.")]})
        left -= amount
        rows.append({"name": str(item.get("name") or position + 1), "due_on": item.get("due_on"), "amount": amount})
    if left:
        raise Invalid({"instalments": [_("The instalments do not add up to the order's total.")]})
    return rows


def record_payment(
    actor: Actor,
    record_id: Any,
    *,
    version: int | None = None,
    amount: Decimal | str | None = None,
    received_on: date | str | None = None,
    method: str = PaymentMethod.TRANSFER,
    reference: str = "",
    plan: Any = None,
) -> Order:
    """Money came in: by default all that is open. It settles the instalment `plan`, else the oldest open ones. Returns the order."""
    with tenant_tx(actor.tenant_id):
        order = _taken(actor, record_id, version)
        require_status(order, RUNNING, _("Payments belong to confirmed orders."))
        open_amount = order.total - order.paid_total
        paid = open_amount if amount in (None, "") else decimal_in(amount, "amount", top=MAX_AMOUNT)
        paid = round_to_currency(paid, order.currency)
        if not 0 < paid <= open_amount:
            raise Invalid({"amount": [_("The amount must lie between 0 and what is open.")]})
        day = as_date(received_on, "received_on") if received_on else timezone.localdate()
        if day > timezone.localdate():
            raise Invalid({"received_on": [_("This day is still to come.")]})
        values = {
            "order": order.id, "plan": key_of(plan), "amount": paid, "currency": order.currency, "received_on": day, "method": method,
            "reference": reference, "owner": order.owner_id, "team": order.team_id,
        }  # fmt: skip
        create_record(elevated(actor), "payment", values, allow=PAYMENT_COMMANDS)
        settle_plans(actor, order)
        order = _put(actor, order, progress(order))
        complete = order.payment_state == PaymentState.PAID
        publish(
            OrderPaid(order_id=order.id, amount=paid, currency=order.currency, complete=complete),
            member_id=actor.member_id,
        )
        return order


def settle_plans(actor: Actor, order: Order) -> None:
    """Spread what was received over the instalments: first what names one, the rest on the oldest."""
    plans = list(PaymentPlan.objects.filter(order=order, deleted_at=None).order_by("due_on", "id"))
    payments = Payment.objects.filter(order=order, deleted_at=None).order_by("received_on", "id")
    paid = {plan.id: Decimal(0) for plan in plans}
    free = Decimal(0)
    for payment in payments:
        if payment.plan_id in paid:
            paid[payment.plan_id] += payment.amount
        else:
            free += payment.amount
    for plan in plans:
        over = max(paid[plan.id] - plan.amount, Decimal(0))
        paid[plan.id] -= over
        free += over
    for plan in plans:
        part = min(plan.amount - paid[plan.id], free)
        paid[plan.id] += part
        free -= part
        put(
            elevated(actor),
            "payment_plan",
            plan,
            {"paid_amount": paid[plan.id], "status": plan_status(plan, paid[plan.id])},
            PLAN_COMMANDS,
        )


def plan_status(plan: PaymentPlan, paid: Decimal) -> PaymentPlanStatus:
    """Paid, overdue, partly paid or pending, in this order."""
    if paid >= plan.amount:
        return PaymentPlanStatus.PAID
    if plan.due_on and plan.due_on < timezone.localdate():
        return PaymentPlanStatus.OVERDUE
    return PaymentPlanStatus.PARTLY if paid else PaymentPlanStatus.PENDING


def mark_overdue(actor: Actor) -> int:
    """Mark instalments whose day has passed; returns how many. Harmless when repeated."""
    with tenant_tx(actor.tenant_id):
        late = PaymentPlan.objects.filter(
            status__in=(PaymentPlanStatus.PENDING, PaymentPlanStatus.PARTLY),
            due_on__lt=timezone.localdate(),
            deleted_at=None,
            order__status__in=RUNNING,
        )
        rows = list(late.select_for_update(of=("self",)))
        for plan in rows:
            put(actor, "payment_plan", plan, {"status": PaymentPlanStatus.OVERDUE}, PLAN_COMMANDS)
        return len(rows)
