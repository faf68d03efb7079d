"""Settings of sales: how much discount each role may give alone, and the margins that a quote should keep."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from guanxi.identity.clashes import Word, dump_state, settle, state_of
from guanxi.identity.models import Company
from guanxi.identity.permissions import require_admin
from guanxi.identity.screens import actor_of, attempt, settings_page
from guanxi.identity.services.locking import locked
from guanxi.sales.limits import RoleLimit, role_limits, sales_rules
from guanxi.sales.services.rules import change_sales_rules
from guanxi.sales.views.common import open_room

URL = "/settings/discounts/"
MARGINS = ("margin_floor", "margin_goal")


@require_http_methods(["GET", "HEAD", "POST"])
def discounts(request: HttpRequest) -> HttpResponse:
    """The limits; POST changes them."""
    actor = actor_of(request)
    require_admin(actor)
    open_room(request)
    roles = role_limits()
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        locked(Company, actor.tenant_id)
        clash = settle(request, now=_state(roles), words=_words(roles), trace=("company", actor.tenant_id))
        if clash is not None:
            return clash
        given: dict[str, Any] = {name: request.POST[name] for name in MARGINS if name in request.POST}
        limits = {
            one.key: request.POST[f"discount_{one.key}"] for one in roles if f"discount_{one.key}" in request.POST
        }
        _saved, errors = attempt(lambda: change_sales_rules(actor, values={**given, "discounts": limits}))
        if not errors:
            messages.success(request, _("Saved."))
            return redirect(URL)
    state = _state(roles)
    shown = {name: request.POST.get(name, "") if errors else "".join(texts) for name, texts in state.items()}
    context = {
        "page_title": _("Discounts and margins"),
        "errors": errors,
        "roles": roles,
        "values": shown,
        "before": dump_state(state),
    }
    return settings_page(request, "sales/settings_discounts.html.jinja", context, status=422 if errors else 200)


def _state(roles: list[RoleLimit]) -> dict[str, list[str]]:
    rules = sales_rules()
    margins = {name: rules.get(name) for name in MARGINS}
    return state_of(margins | {f"discount_{one.key}": rules.get("discounts", {}).get(one.key) for one in roles})


def _words(roles: list[RoleLimit]) -> dict[str, Word]:
    margins = {"margin_floor": Word(_("Lowest margin (%)")), "margin_goal": Word(_("Margin aimed at (%)"))}
    return margins | {f"discount_{one.key}": Word(_("Discount of %(role)s") % {"role": one.name}) for one in roles}
