"""The lead pool and the conversion of a lead."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from guanxi.core.errors import Conflict, Invalid, Stale
from guanxi.identity.permissions import may, require
from guanxi.records.queries import get_record
from guanxi.records.screens import fragment, page
from guanxi.records.views.base import actor_of, done, version_of
from guanxi.sales.models import Lead
from guanxi.sales.queries import pipelines, pool_leads
from guanxi.sales.services import claim_lead, convert_lead, lead_duplicates, similar_leads
from guanxi.sales.views.common import open_room

PER_PAGE = 50
OPPORTUNITY = ("name", "amount", "close_date", "pipeline", "next_step")


def pool_page(request: HttpRequest) -> HttpResponse:
    """Leads without owner that may be claimed, the best score first."""
    open_room(request)
    actor = actor_of(request)
    require(actor, "lead", "view")
    shown = Paginator(pool_leads(actor), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page_title": _("Lead pool"),
        "leads": shown,
        "count": shown.paginator.count,
        "may_claim": may(actor, "lead", "edit"),
    }
    return page(request, "sales/lead_pool.html.jinja", context)


@require_POST
def claim(request: HttpRequest, id: UUID) -> HttpResponse:
    """Take a lead out of the pool."""
    open_room(request)
    lead = claim_lead(actor_of(request), id)
    return done(request, f"/leads/{lead.id}/", _("%(name)s is yours now.") % {"name": lead.name})


def convert(request: HttpRequest, id: UUID) -> HttpResponse:
    """The dialog of the conversion: which account, which contact, which opportunity."""
    open_room(request)
    actor = actor_of(request)
    lead: Lead = get_record(actor, "lead", id, "edit")
    if request.method != "POST":
        return _form(request, lead, {"with_opportunity": "1"}, {})
    typed = request.POST.dict()
    try:
        made = convert_lead(
            actor,
            id,
            version=version_of(typed.get("version")),
            account=typed.get("account") or None,
            contact=typed.get("contact") or None,
            opportunity=typed.get("with_opportunity") == "1",
            opportunity_values={
                name: typed[f"opportunity_{name}"] for name in OPPORTUNITY if typed.get(f"opportunity_{name}")
            },
            ignore_duplicates=typed.get("decided") == "1",
        )
    except Invalid as refusal:
        return _form(request, lead, typed, refusal.errors, 422)
    except (Conflict, Stale) as refusal:
        return _form(request, lead, typed, {"": [refusal.message]}, 409)
    target = f"/opportunities/{made.opportunity.id}/" if made.opportunity else f"/accounts/{made.account.id}/"
    return done(request, target, _("%(name)s converted.") % {"name": lead.name})


def _form(
    request: HttpRequest, lead: Lead, values: Mapping[str, Any], errors: Mapping[str, list[str]], status: int = 200
) -> HttpResponse:
    actor = actor_of(request)
    found = lead_duplicates(actor, lead)
    context = {
        "lead": lead,
        "values": values,
        "errors": errors,
        "form_errors": [text for name, texts in errors.items() if name not in OPPORTUNITY for text in texts],
        "accounts": [item for item in found if item.object == "account"],
        "contacts": [item for item in found if item.object == "contact"],
        "others": similar_leads(actor, lead),
        "pipelines": [(str(row.id), row.name) for row in pipelines()],
        "may_sell": may(actor, "opportunity", "create"),
        "words": {
            "email": _("same e-mail"),
            "phone": _("same phone"),
            "wechat": _("same WeChat"),
            "name": _("same name"),
        },
    }
    return fragment(request, "sales/lead_convert.html.jinja", context, status=status)
