"""Customers with orders, straight into the tables: the models read what is there, however it came."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from guanxi.catalogue.models import Product
from guanxi.core.tenancy import current_tenant_id, tenant_tx
from guanxi.customers.models import Account
from guanxi.identity.actor import Actor
from guanxi.records.changes import create_record
from guanxi.sales.models import Order, OrderLine


def account(actor: Actor, name: str = "华东精密机械有限公司", **values: Any) -> Account:
    """A customer."""
    found: Account = create_record(actor, "account", {"name": name, **values})
    return found


def product(actor: Actor, name: str = "Servo test bench", **values: Any) -> Product:
    """A product."""
    found: Product = create_record(actor, "product", {"name": name, **values})
    return found


def order(
    customer: Account,
    day: str,
    amount: str = "100",
    cost: str | None = "60",
    *,
    item: Product | None = None,
    quantity: str = "1",
    currency: str = "CNY",
    status: str = "completed",
) -> Order:
    """An order of one line; `cost` is that of a piece."""
    with tenant_tx(current_tenant_id()):
        count = Order.objects.count()
        found: Order = Order.objects.create(
            code=f"T-{count + 1}", account=customer, order_date=date.fromisoformat(day), status=status, currency=currency,
            net_total=Decimal(amount), created_at=datetime.now(UTC),
        )  # fmt: skip
        price = Decimal(amount) / Decimal(quantity)
        OrderLine.objects.create(
            order=found, product=item, quantity=Decimal(quantity), list_price=abs(price), net_price=price, amount=Decimal(amount),
            cost=Decimal(cost) if cost is not None else None,
        )  # fmt: skip
    return found
