"""The next best action: on the customer's page, and over all customers."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from guanxi.analytics.access import require_view
from guanxi.analytics.deciding.ranking import next_actions
from guanxi.analytics.deciding.services import postpone_action, refuse_action, take_action
from guanxi.analytics.deciding.worklist import active_offers, proposals, standings
from guanxi.analytics.models.offers import EFFECT_DAYS
from guanxi.analytics.views.base import Tab, offer_tab, value_page, viewer
from guanxi.core.errors import Invalid, Refused
from guanxi.engagement.queries import ROOM as OFFERS
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import may
from guanxi.records.queries import get_record
from guanxi.records.screens import fragment
from guanxi.records.views.base import actor_of, done


def _proposes(actor: Actor) -> bool:
    return OFFERS not in actor.rooms_off and may(actor, "offer", "view")


offer_tab(Tab("actions", gettext_lazy("Next best action"), "/value/actions", 40, _proposes))


@require_safe
def actions(request: HttpRequest) -> HttpResponse:
    """How offers do, and whom to talk to next."""
    actor = viewer(request)
    offers = active_offers(actor) if _proposes(actor) else []
    context = {
        "standings": standings(actor, offers),
        "proposals": proposals(actor, offers),
        "said": get_language() or "en",
        "effect_days": EFFECT_DAYS,
    }
    return value_page(request, "analytics/actions.html.jinja", "actions", context)


@require_http_methods(["GET", "HEAD", "POST"])
def of_customer(request: HttpRequest, id: UUID) -> HttpResponse:
    """The block of a customer's page; POST says what to do with an action."""
    actor = actor_of(request)
    require_view(actor)
    get_record(actor, "account", id)
    if request.method == "POST":
        return _decide(request, actor, id)
    found = next_actions(actor, id) if _proposes(actor) and may(actor, "response", "create") else []
    return _block(request, id, found)


def _block(request: HttpRequest, id: UUID, found: list[Any], error: str = "") -> HttpResponse:
    tomorrow = timezone.localdate() + timedelta(days=1)
    context = {
        "actions": found,
        "account_id": id,
        "said": get_language() or "en",
        "error": error,
        "tomorrow": tomorrow.isoformat(),
        "home_currency": actor_of(request).currency,
    }
    return fragment(request, "analytics/_next_action.html.jinja", context, status=422 if error else 200)


def _decide(request: HttpRequest, actor: Actor, id: UUID) -> HttpResponse:
    try:
        offer_id = UUID(request.POST.get("offer", ""))
        said = _chosen(actor, id, offer_id, request)
    except ValueError:
        return _block(request, id, next_actions(actor, id), _("There is no such offer."))
    except Refused as refusal:
        texts = [text for texts in refusal.errors.values() for text in texts] if isinstance(refusal, Invalid) else []
        return _block(request, id, next_actions(actor, id), " ".join(texts) or refusal.message)
    return done(request, f"/accounts/{id}/", said)


def _chosen(actor: Actor, account_id: UUID, offer_id: UUID, request: HttpRequest) -> str:
    channel, choice = request.POST.get("channel", "")[:10], request.POST.get("choice", "")
    if choice == "take":
        response = take_action(actor, account_id, offer_id, channel)
        return _("“%(name)s” proposed.") % {"name": response.offer.name_in(get_language() or "en")}
    if choice == "later":
        until = date.fromisoformat(request.POST.get("until", ""))
        postpone_action(actor, account_id, offer_id, channel=channel, until=until)
        return _("A task was planned for that day.")
    refuse_action(actor, account_id, offer_id, channel=channel)
    return _("Noted: it will not be proposed for half a year.")
