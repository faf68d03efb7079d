"""Proposing offers, their conditions, and what the customer's page shows of this room."""

from functools import partial
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from guanxi.core.errors import Conflict, Invalid
from guanxi.customers.queries import people_of
from guanxi.engagement.models import OPEN_RESPONSES, Offer, OfferChannel
from guanxi.engagement.pages import language_now
from guanxi.engagement.queries import answers_of, offers_for, open_questionnaires, responses_of
from guanxi.engagement.services import propose_offer
from guanxi.engagement.views.common import account_of, messages_of, open_room
from guanxi.identity.permissions import may, require
from guanxi.records import registry
from guanxi.records.changes import update_record
from guanxi.records.queries import get_record, shown_label
from guanxi.records.screens import fragment
from guanxi.records.views.base import actor_of, done, uuids, version_of
from guanxi.records.views.filters import builder_fields
from guanxi.records.wording import parse_criteria

FIELDS = ("offer", "channel", "contact")


def propose(request: HttpRequest) -> HttpResponse:
    """The dialog with the offers that suit the customer of `?account=`; POST proposes one."""
    open_room(request)
    actor, account = actor_of(request), account_of(request)
    require(actor, "response", "create")
    errors: dict[str, list[str]] = {}
    loose: list[str] = []
    if request.method == "POST":
        try:
            response = propose_offer(
                actor,
                next(iter(uuids([request.POST.get("offer", "")])), None),
                account=account.id,
                contact=request.POST.get("contact") or None,
                channel=request.POST.get("channel", ""),
                subject=request.POST.get("subject", "")[:300],
                body=request.POST.get("body", ""),
            )
            said = _("“%(name)s” proposed.") if not response.control else _("Noted: this customer belongs to the control group of “%(name)s”, so it was not proposed.")  # fmt: skip
            return done(request, f"/accounts/{account.id}/", said % {"name": response.offer.name_in(language_now())})
        except (Invalid, Conflict) as refusal:
            errors, loose = messages_of(refusal, FIELDS)
    people = people_of(actor, account.id) if may(actor, "contact", "view") else []
    context = {
        "account": account,
        "offers": [(str(offer.id), shown_label(actor, offer)) for offer in offers_for(actor, account.id)],
        "channels": list(OfferChannel.choices),
        "contacts": [(str(row.contact_id), row.contact.name) for row in people],
        "values": request.POST if request.method == "POST" else request.GET,
        "errors": errors,
        "form_errors": loose,
    }
    return fragment(request, "engagement/propose.html.jinja", context, status=422 if errors else 200)


def criteria(request: HttpRequest, id: UUID) -> HttpResponse:
    """The filter builder with the conditions of an offer; POST saves them."""
    open_room(request)
    actor, kind = actor_of(request), registry.get("account")
    require(actor, "offer", "edit")
    offer: Offer = get_record(actor, "offer", id, "edit")
    wanted, error = offer.criteria, ""
    if request.method == "POST":
        wanted = parse_criteria(request.POST.get("filter", ""))
        try:
            update_record(actor, "offer", id, {"criteria": wanted}, version=version_of(request.POST.get("version")))
            return done(request, f"/offers/{id}/", _("Conditions saved."))
        except Invalid as refusal:
            error = refusal.message
    context = {
        "kind": kind,
        "offer": offer,
        "fields": builder_fields(actor, kind),
        "criteria": wanted or {"all": []},
        "error": error,
    }
    return fragment(request, "engagement/criteria.html.jinja", context, status=422 if error else 200)


@require_safe
def of_customer(request: HttpRequest, id: UUID) -> HttpResponse:
    """Offers, responses and answers of an account, for its page."""
    open_room(request)
    actor = actor_of(request)
    account = get_record(actor, "account", id)
    responses = responses_of(actor, account.id)
    context = {
        "account_id": account.id,
        "label": partial(shown_label, actor),
        "offers": offers_for(actor, account.id),
        "responses": responses,
        "open_ids": {row.id for row in responses if row.state in OPEN_RESPONSES},
        "answers": answers_of(actor, account.id),
        "questionnaires": open_questionnaires(actor) if may(actor, "answer", "create") else [],
        "may_propose": may(actor, "response", "create"),
        "may_answer": may(actor, "response", "edit"),
    }
    return fragment(request, "engagement/_of_customer.html.jinja", context)
