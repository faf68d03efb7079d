"""What the sales room does when something happened elsewhere."""

from guanxi.core.events import Delivery, on
from guanxi.identity.actor import Actor
from guanxi.identity.models import Company
from guanxi.records.events import RecordsChanged
from guanxi.sales.services.orders import refresh_orders_of


@on(RecordsChanged)
def settle_orders(event: RecordsChanged, delivery: Delivery) -> None:
    """An order follows its deliveries and payments into the recycle bin and out of it."""
    if event.object in ("payment", "delivery") and event.action in ("deleted", "restored"):
        actor = Actor.system(delivery.tenant_id, currency=Company.objects.values_list("currency", flat=True)[0])
        refresh_orders_of(actor, event.object, event.ids)
