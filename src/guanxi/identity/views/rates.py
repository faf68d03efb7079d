"""Settings of exchange rates: what a currency is worth from which day on."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from guanxi.core.models import ExchangeRate
from guanxi.core.rates import get_rate, rate_periods
from guanxi.identity.choices import currency_choices
from guanxi.identity.clashes import Word, dump_state, settle, state_of
from guanxi.identity.permissions import require_admin
from guanxi.identity.screens import actor_of, attempt, settings_page
from guanxi.identity.services import delete_rate, save_rate

FIELDS = ("currency", "day", "rate")


@require_http_methods(["GET", "HEAD", "POST"])
def rates(request: HttpRequest) -> HttpResponse:
    """All rates with their validity; POST adds one."""
    actor = actor_of(request)
    require_admin(actor)
    errors: dict[str, list[str]] = {}
    today = timezone.localdate()
    if request.method == "POST":
        saved, errors = attempt(lambda: save_rate(actor, values=_posted(request)))
        if saved is not None:
            messages.success(request, _("Saved."))
            return redirect("/settings/rates/")
    context = {
        "page_title": _("Exchange rates"),
        "errors": errors,
        "values": _posted(request) if errors else {"currency": "", "day": today.isoformat(), "rate": ""},
        "periods": rate_periods(today),
        "currencies": _foreign(actor.currency),
    }
    return settings_page(request, "identity/rates.html.jinja", context, status=422 if errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def rate(request: HttpRequest, id: UUID) -> HttpResponse:
    """Correct one rate."""
    actor = actor_of(request)
    require_admin(actor)
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        stored = state_of(shown(get_rate(id)))
        page = settle(request, now=stored, words=_words(actor.currency), trace=("exchange_rate", id))
        if page is not None:
            return page
        saved, errors = attempt(lambda: save_rate(actor, rate_id=id, values=_posted(request)))
        if saved is not None:
            messages.success(request, _("Saved."))
            return redirect("/settings/rates/")
    row = ExchangeRate.objects.filter(id=id).first()
    if row is None:
        return redirect("/settings/rates/")
    context = {
        "page_title": _("Exchange rate of %(currency)s") % {"currency": row.currency},
        "errors": errors,
        "values": _posted(request) if errors else shown(row),
        "before": dump_state(state_of(shown(row))),
        "currencies": _foreign(actor.currency),
    }
    return settings_page(request, "identity/rate.html.jinja", context, status=422 if errors else 200)


@require_POST
def remove_rate(request: HttpRequest, id: UUID) -> HttpResponse:
    """Delete a rate."""
    delete_rate(actor_of(request), rate_id=id)
    messages.success(request, _("The rate is deleted; the one before it is valid on."))
    return redirect("/settings/rates/")


def shown(row: ExchangeRate) -> dict[str, str]:
    """A rate as its form shows it."""
    return {"currency": row.currency, "day": row.day.isoformat(), "rate": f"{row.rate.normalize():f}"}


def _words(own: str) -> dict[str, Word]:
    return {"currency": Word(_("Currency"), _foreign(own)), "day": Word(_("Valid from")), "rate": Word(_("Rate"))}


def _posted(request: HttpRequest) -> dict[str, str]:
    return {name: request.POST.get(name, "") for name in FIELDS}


def _foreign(own: str) -> list[tuple[str, str]]:
    return [choice for choice in currency_choices() if choice[0] != own]
