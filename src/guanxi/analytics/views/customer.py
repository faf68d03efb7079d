"""How one customer's value came about, in words."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from guanxi.analytics.queries.circles import around
from guanxi.analytics.queries.explaining import explained
from guanxi.analytics.queries.preferences import channels
from guanxi.analytics.queries.selling import next_products, sees_margins, sees_selling
from guanxi.analytics.serving.classes import service_classes
from guanxi.analytics.serving.rhythm import next_contact
from guanxi.analytics.views.base import viewer
from guanxi.core.errors import NotFound
from guanxi.customers.models import ServiceLevel
from guanxi.records.queries import get_record
from guanxi.records.screens import fragment


@require_safe
def how(request: HttpRequest, id: UUID) -> HttpResponse:
    """The calculation behind the value card, figure by figure."""
    actor = viewer(request)
    account = get_record(actor, "account", id)
    found = explained(account.id)
    if found is None:
        raise NotFound(_("No value was computed for this customer yet."))
    service = service_classes().get(found.score.grade)
    context: dict[str, Any] = {
        "account": account, "of": found, "home_currency": actor.currency, "service": service, "levels": dict(ServiceLevel.choices),
        "channel": dict(channels()).get(service.channel, "") if service else "",
        "next_contact": next_contact(service, account.last_contact_at) if service else None, "now": timezone.now(),
        "around": around(actor, account), "next_products": next_products(actor, account=account.id, limit=3) if sees_selling(actor) else [],
        "margins": sees_margins(actor),
    }  # fmt: skip
    return fragment(request, "analytics/_how.html.jinja", context)
