"""Daily housekeeping of the sales room, per tenant."""

from guanxi.core.jobs import every
from guanxi.core.tenancy import current_tenant_id
from guanxi.identity.actor import Actor
from guanxi.identity.models import Company
from guanxi.sales.services import expire_due_quotes, mark_overdue


def _system() -> Actor:
    company = Company.objects.get()
    return Actor.system(current_tenant_id(), currency=company.currency, time_zone=company.time_zone)


@every("7 * * * *", name="sales.expire_quotes")
def expire_quotes() -> None:
    """Quotes whose validity has ended are Expired."""
    expire_due_quotes(_system())


@every("12 * * * *", name="sales.mark_overdue")
def mark_overdue_plans() -> None:
    """Instalments whose day has passed are Overdue."""
    mark_overdue(_system())
