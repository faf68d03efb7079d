"""Orders with lines, deliveries, payment plans and payments."""

from decimal import Decimal

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from guanxi.core.fields import MoneyField
from guanxi.core.models import TenantModel
from guanxi.records.models import Record
from guanxi.sales.models.opportunity import Opportunity
from guanxi.sales.models.quote import PricedLine, Quote, Totals

POSITIVE = (MinValueValidator(Decimal("0.0001")),)


class OrderStatus(models.TextChoices):
    """Where an order stands."""

    DRAFT = "draft", pgettext_lazy("order status", "Draft")
    CONFIRMED = "confirmed", pgettext_lazy("order status", "Confirmed")
    TO_DELIVER = "to_deliver", pgettext_lazy("order status", "To deliver")
    TO_BILL = "to_bill", pgettext_lazy("order status", "To bill")
    COMPLETED = "completed", pgettext_lazy("order status", "Completed")
    ON_HOLD = "on_hold", pgettext_lazy("order status", "On hold")
    CLOSED = "closed", pgettext_lazy("order status", "Closed")
    CANCELLED = "cancelled", pgettext_lazy("order status", "Cancelled")


class DeliveryState(models.TextChoices):
    """How much of an order is delivered."""

    NONE = "none", pgettext_lazy("delivery", "Not delivered")
    PARTLY = "partly", pgettext_lazy("delivery", "Partly delivered")
    DELIVERED = "delivered", pgettext_lazy("delivery", "Delivered")


class PaymentState(models.TextChoices):
    """How much of an order is paid."""

    PENDING = "pending", pgettext_lazy("payment", "Pending")
    PARTLY = "partly_paid", pgettext_lazy("payment", "Partly paid")
    PAID = "paid", pgettext_lazy("payment", "Paid")


class InvoicingState(models.TextChoices):
    """How much of an order is invoiced; separate from its status."""

    NONE = "none", pgettext_lazy("invoicing", "Not invoiced")
    PARTLY = "partly", pgettext_lazy("invoicing", "Partly invoiced")
    INVOICED = "invoiced", pgettext_lazy("invoicing", "Invoiced")


class Order(Totals, Record):
    """What a customer has ordered."""

    books = models.Q(confirmed_at__isnull=False) | ~models.Q(status__in=(OrderStatus.DRAFT, OrderStatus.CANCELLED))

    name = models.CharField(_("Subject"), max_length=200, blank=True)
    status = models.CharField(_("Status"), max_length=10, choices=OrderStatus.choices, default=OrderStatus.DRAFT)
    held_status = models.CharField(max_length=10, choices=OrderStatus.choices, blank=True, editable=False)
    account = models.ForeignKey(
        "customers.Account", on_delete=models.PROTECT, related_name="+", verbose_name=_("Account")
    )
    contact = models.ForeignKey(
        "customers.Contact",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("Contact"),
    )
    opportunity = models.ForeignKey(
        Opportunity, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("Opportunity")
    )
    quote = models.ForeignKey(
        Quote, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("Quote")
    )
    order_date = models.DateField(_("Order date"), null=True, blank=True)
    delivery_date = models.DateField(_("Delivery date"), null=True, blank=True)
    customer_reference = models.CharField(_("Customer's order number"), max_length=80, blank=True)
    payment_terms = models.CharField(_("Payment"), max_length=300, blank=True)
    delivery_terms = models.CharField(_("Delivery"), max_length=300, blank=True)
    delivery_state = models.CharField(
        pgettext_lazy("delivery", "Delivered"), max_length=10, choices=DeliveryState.choices, default=DeliveryState.NONE
    )
    payment_state = models.CharField(
        _("Paid"), max_length=12, choices=PaymentState.choices, default=PaymentState.PENDING
    )
    invoicing_state = models.CharField(
        _("Invoiced"), max_length=10, choices=InvoicingState.choices, default=InvoicingState.NONE
    )
    paid_total = MoneyField(_("Paid amount"), default=Decimal(0))
    confirmed_at = models.DateTimeField(_("Confirmed"), null=True, blank=True)
    completed_at = models.DateTimeField(_("Completed"), null=True, blank=True)
    cancelled_at = models.DateTimeField(_("Cancelled"), null=True, blank=True)
    cancel_note = models.TextField(_("Why cancelled"), blank=True)
    description = models.TextField(_("Notes"), blank=True)

    class Meta(Record.Meta):
        verbose_name = _("Order")
        indexes = [
            *Record.Meta.indexes,
            models.Index(fields=["tenant_id", "order_date", "id"], name="sales_order_date"),
            models.Index(fields=["tenant_id", "status", "id"], name="sales_order_status"),
        ]


class OrderLine(PricedLine, TenantModel):
    """A line of an order."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")

    class Meta:
        indexes = [models.Index(fields=["tenant_id", "order", "position"], name="sales_orderline_position")]


class DeliveryStatus(models.TextChoices):
    """Where a delivery stands."""

    PLANNED = "planned", pgettext_lazy("delivery", "Planned")
    SHIPPED = "shipped", pgettext_lazy("delivery", "Shipped")
    DELIVERED = "delivered", pgettext_lazy("delivery", "Delivered")
    CANCELLED = "cancelled", pgettext_lazy("delivery", "Cancelled")


class Delivery(Record):
    """One delivery on an order; `completes` says that nothing is left to deliver after it."""

    books = models.Q(status=DeliveryStatus.DELIVERED)

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="deliveries", verbose_name=_("Order"))
    status = models.CharField(
        _("Status"), max_length=10, choices=DeliveryStatus.choices, default=DeliveryStatus.PLANNED
    )
    planned_on = models.DateField(_("Planned for"), null=True, blank=True)
    delivered_on = models.DateField(_("Delivered on"), null=True, blank=True)
    carrier = models.CharField(_("Carrier"), max_length=120, blank=True)
    tracking = models.CharField(_("Tracking number"), max_length=120, blank=True)
    completes = models.BooleanField(_("Completes the order"), default=True)
    note = models.TextField(_("Note"), blank=True)

    class Meta(Record.Meta):
        verbose_name = _("Delivery")


class PaymentPlanStatus(models.TextChoices):
    """Where an instalment stands."""

    PENDING = "pending", pgettext_lazy("payment", "Pending")
    PARTLY = "partly_paid", pgettext_lazy("payment", "Partly paid")
    PAID = "paid", pgettext_lazy("payment", "Paid")
    OVERDUE = "overdue", pgettext_lazy("payment", "Overdue")


class PaymentPlan(Record):
    """One instalment of an order: how much is due when, and how much of it came."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="payment_plans", verbose_name=_("Order"))
    name = models.CharField(_("Name"), max_length=120)
    due_on = models.DateField(_("Due on"), null=True, blank=True)
    amount = MoneyField(_("Amount"), validators=POSITIVE)
    currency = models.CharField(_("Currency"), max_length=3, blank=True)
    paid_amount = MoneyField(_("Paid amount"), default=Decimal(0))
    status = models.CharField(
        _("Status"), max_length=12, choices=PaymentPlanStatus.choices, default=PaymentPlanStatus.PENDING
    )

    class Meta(Record.Meta):
        verbose_name = _("Payment plan")
        indexes = [
            *Record.Meta.indexes,
            models.Index(fields=["tenant_id", "status", "due_on"], name="sales_paymentplan_due"),
        ]


class PaymentMethod(models.TextChoices):
    """How money came."""

    TRANSFER = "transfer", _("Bank transfer")
    CARD = "card", _("Card")
    CASH = "cash", _("Cash")
    CHEQUE = "cheque", _("Cheque")
    WECHAT = "wechat", _("WeChat Pay")
    ALIPAY = "alipay", _("Alipay")
    DRAFT = "draft", _("Bank draft")
    OTHER = "other", _("Other")


class Payment(Record):
    """Money received on an order."""

    books = models.Q(amount__isnull=False)

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="payments", verbose_name=_("Order"))
    plan = models.ForeignKey(
        PaymentPlan, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("Payment plan")
    )
    amount = MoneyField(_("Amount"), validators=POSITIVE)
    currency = models.CharField(_("Currency"), max_length=3, blank=True)
    received_on = models.DateField(_("Received on"))
    method = models.CharField(_("Method"), max_length=10, choices=PaymentMethod.choices, default=PaymentMethod.TRANSFER)
    reference = models.CharField(_("Reference"), max_length=120, blank=True)
    note = models.TextField(_("Note"), blank=True)

    class Meta(Record.Meta):
        verbose_name = _("Payment")
