"""Orders, deliveries, payment plans and payments."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from guanxi.records.parts import Part
from guanxi.records.registry import Choice, Command, Field, ObjectType, Related, Section, View, register
from guanxi.sales.described.totals import TOTAL_FIELDS
from guanxi.sales.models import (
    Delivery,
    DeliveryStatus,
    Order,
    OrderStatus,
    Payment,
    PaymentMethod,
    PaymentPlan,
    PaymentPlanStatus,
)
from guanxi.sales.pages import order_context
from guanxi.sales.reading import LINE, document_lines
from guanxi.sales.rules import (
    ORDER_COMMANDS,
    TOTALS,
    currency_fixed_with_lines,
    currency_known,
    order_editable,
    prepare_order,
)
from guanxi.sales.services import (
    cancel_order,
    close_order,
    confirm_order,
    deliver_order,
    hold_order,
    plan_delivery,
    plan_payments,
    record_payment,
    resume_order,
    save_order_lines,
)
from guanxi.sales.services.orders import RUNNING

ROOM = "sales"
TONES = {
    "draft": "grey", "confirmed": "indigo", "to_deliver": "amber", "to_bill": "teal", "completed": "jade", "on_hold": "amber",
    "closed": "grey", "cancelled": "grey",
}  # fmt: skip
STATUSES = tuple(Choice(str(value), label, TONES[str(value)]) for value, label in OrderStatus.choices)
PLAN_TONES = {"paid": "jade", "overdue": "rose", "partly_paid": "amber"}
PLAN_STATUSES = tuple(
    Choice(str(value), label, PLAN_TONES.get(str(value), "grey")) for value, label in PaymentPlanStatus.choices
)
DELIVERY_TONES = {"delivered": "jade", "shipped": "teal", "planned": "indigo"}
DELIVERIES = tuple(
    Choice(str(value), label, DELIVERY_TONES.get(str(value), "grey")) for value, label in DeliveryStatus.choices
)
METHODS = tuple(Choice(str(value), label) for value, label in PaymentMethod.choices)
CARRIER = (
    Field("carrier", _("Carrier"), kind="text", required=False, max_length=120),
    Field("tracking", _("Tracking number"), kind="text", required=False, max_length=120),
    Field("partial", _("More will follow"), kind="bool", required=False),
)


def is_running(order: Order) -> bool:
    """Confirmed and not finished."""
    return order.status in RUNNING


register(
    ObjectType(
        name="order",
        plural="orders",
        room=ROOM,
        model=Order,
        label=_("Order"),
        label_plural=_("Orders"),
        icon="package",
        code_pattern="SO-{yyyy}{mm}-{seq:4}",
        title="code",
        subtitle=("name", "account"),
        fields=(
            Field("name", search=True),
            Field("code", search=True, readonly=True),
            "account",
            "contact",
            "opportunity",
            "currency",
            "order_date",
            "delivery_date",
            Field("customer_reference", search=True),
            "payment_terms",
            "delivery_terms",
            "description",
            Field("status", choices=STATUSES, command=True),
            *TOTAL_FIELDS,
            Field("paid_total", command=True, currency="currency"),
            *(Field(name, command=True) for name in ORDER_COMMANDS if name not in (*TOTALS, "status", "paid_total")),
        ),
        list_columns=(
            "code",
            "name",
            "account",
            "status",
            "total",
            "payment_state",
            "delivery_state",
            "order_date",
            "owner",
        ),
        default_sort="-created_at",
        sections=(
            Section(
                _("Order"),
                ("name", "status", "account", "contact", "opportunity", "quote", "customer_reference", "owner", "team"),
            ),
            Section(
                _("Totals"),
                ("currency", *TOTALS),
            ),
            Section(_("Delivery"), ("order_date", "delivery_date", "delivery_terms", "delivery_state")),
            Section(_("Payment"), ("payment_terms", "paid_total", "payment_state", "invoicing_state")),
            Section(
                _("History"), ("confirmed_at", "completed_at", "cancelled_at", "cancel_note", "description", "tags")
            ),
        ),
        views=(
            View(
                "open",
                _("Open orders"),
                {"field": "status", "op": "in", "value": ["draft", "confirmed", "to_deliver", "to_bill", "on_hold"]},
                "-created_at",
            ),
            View(
                "deliver",
                _("To deliver"),
                {"field": "status", "op": "in", "value": ["confirmed", "to_deliver"]},
                "delivery_date",
            ),
            View("bill", _("To bill"), {"field": "status", "op": "is", "value": "to_bill"}, "order_date"),
            View("all", _("All orders"), {}, "-created_at"),
        ),
        related=(
            Related("delivery", "order", _("Deliveries")),
            Related("payment_plan", "order", _("Payment plan")),
            Related("payment", "order", _("Payments")),
        ),
        parts=(Part("lines", _("Lines"), LINE, document_lines),),
        commands=(
            Command(
                "confirm",
                _("Confirm"),
                confirm_order,
                when=lambda order: order.status == "draft",
                icon="check",
                tone="primary",
            ),
            Command(
                "plan-delivery",
                _("Plan delivery"),
                plan_delivery,
                params=(Field("planned_on", _("Planned for"), kind="date", required=False), *CARRIER),
                when=lambda order: is_running(order) and order.delivery_state != "delivered",
                icon="calendar-event",
            ),
            Command(
                "deliver",
                pgettext_lazy("delivery", "Delivered"),
                deliver_order,
                params=(Field("delivered_on", _("Delivered on"), kind="date", required=False), *CARRIER),
                when=lambda order: is_running(order) and order.delivery_state != "delivered",
                icon="truck",
            ),
            Command(
                "pay",
                _("Record payment"),
                record_payment,
                params=(
                    Field("amount", _("Amount"), kind="money", required=False),
                    Field("received_on", _("Received on"), kind="date", required=False),
                    Field("method", _("Method"), kind="choice", choices=METHODS, required=False),
                    Field("reference", _("Reference"), kind="text", required=False, max_length=120),
                    Field("plan", _("Payment plan"), kind="link", to="payment_plan", required=False),
                ),
                when=lambda order: is_running(order) and order.payment_state != "paid",
                icon="coin",
            ),
            Command(
                "plan-payments",
                _("Plan payments"),
                plan_payments,
                params=(Field("instalments", _("Instalments"), kind="json", required=True),),
                when=lambda order: order.status == "draft" or is_running(order),
                icon="calendar-dollar",
            ),
            Command(
                "lines",
                _("Set lines"),
                save_order_lines,
                params=(Field("lines", _("Lines"), kind="json", required=True),),
                when=lambda order: order.status == "draft",
                icon="list",
            ),
            Command("hold", _("Put on hold"), hold_order, when=is_running, icon="player-pause"),
            Command(
                "resume", _("Resume"), resume_order, when=lambda order: order.status == "on_hold", icon="player-play"
            ),
            Command(
                "close",
                _("Close"),
                close_order,
                when=lambda order: is_running(order) or order.status == "on_hold",
                icon="archive",
            ),
            Command(
                "cancel",
                _("Cancel order"),
                cancel_order,
                params=(Field("note", _("Why cancelled"), kind="longtext", required=False),),
                when=lambda order: order.status in ("draft", "confirmed", "to_deliver", "on_hold"),
                icon="ban",
                tone="rose",
            ),
        ),
        checks=(currency_known, order_editable, currency_fixed_with_lines),
        prepare=prepare_order,
        menu_group="sales",
        account="account",
        detail_template="sales/order.html.jinja",
        detail_context=order_context,
    )
)

register(
    ObjectType(
        name="delivery",
        plural="deliveries",
        room=ROOM,
        model=Delivery,
        label=_("Delivery"),
        label_plural=_("Deliveries"),
        icon="truck",
        code_pattern="DN-{yyyy}{mm}-{seq:4}",
        title="code",
        fields=(
            Field("order", command=True),
            Field("status", choices=DELIVERIES, command=True),
            Field("planned_on", command=True),
            Field("delivered_on", command=True),
            "carrier",
            Field("tracking", search=True),
            Field("completes", command=True),
            "note",
        ),
        list_columns=("code", "order", "status", "planned_on", "delivered_on", "carrier", "tracking"),
        sections=(
            Section(
                _("Delivery"),
                ("order", "status", "planned_on", "delivered_on", "carrier", "tracking", "completes", "note"),
            ),
        ),
        creatable=False,
        in_menu=False,
    )
)

register(
    ObjectType(
        name="payment_plan",
        plural="payment-plans",
        room=ROOM,
        model=PaymentPlan,
        label=_("Payment plan"),
        label_plural=_("Payment plans"),
        icon="calendar-dollar",
        code_pattern="PP-{yyyy}{mm}-{seq:4}",
        fields=(
            Field("order", command=True),
            "name",
            "due_on",
            Field("amount", command=True, currency="currency"),
            Field("currency", command=True),
            Field("paid_amount", command=True, currency="currency"),
            Field("status", choices=PLAN_STATUSES, command=True),
        ),
        list_columns=("name", "order", "due_on", "amount", "paid_amount", "status"),
        default_sort="due_on",
        sections=(Section(_("Payment plan"), ("order", "name", "due_on", "amount", "paid_amount", "status")),),
        views=(
            View("overdue", _("Overdue"), {"field": "status", "op": "is", "value": "overdue"}, "due_on"),
            View(
                "open",
                pgettext_lazy("category", "Open"),
                {"field": "status", "op": "in", "value": ["pending", "partly_paid", "overdue"]},
                "due_on",
            ),
        ),
        creatable=False,
        in_menu=False,
    )
)

register(
    ObjectType(
        name="payment",
        plural="payments",
        room=ROOM,
        model=Payment,
        label=_("Payment"),
        label_plural=_("Payments"),
        icon="coin",
        code_pattern="PM-{yyyy}{mm}-{seq:4}",
        title="code",
        fields=(
            Field("order", command=True),
            Field("plan", to="payment_plan", command=True),
            Field("amount", command=True, currency="currency"),
            Field("currency", command=True),
            Field("received_on", command=True),
            Field("method", command=True),
            Field("reference", search=True),
            "note",
        ),
        list_columns=("code", "order", "amount", "received_on", "method", "reference"),
        default_sort="-received_on",
        sections=(Section(_("Payment"), ("order", "plan", "amount", "received_on", "method", "reference", "note")),),
        creatable=False,
        in_menu=False,
    )
)
