"""Orders without a quote; the dialog of the payment plan: up to six instalments in per cent of the order's total."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from guanxi.core.errors import Conflict, Invalid, Stale
from guanxi.records.queries import get_record
from guanxi.records.screens import fragment
from guanxi.records.views.base import actor_of, done, version_of
from guanxi.sales.models import Order
from guanxi.sales.pages import plain_number
from guanxi.sales.services import create_order_from_opportunity, plan_payments
from guanxi.sales.views.common import errors_by_row, open_room

ROWS = 6
FIELDS = ("name", "percent", "due_on")
HUNDRED = Decimal(100)
Row = dict[str, Any]


def payment_plan(request: HttpRequest, id: UUID) -> HttpResponse:
    """Shows the instalments there are, or one over everything; keeps what is sent instead."""
    open_room(request)
    order: Order = get_record(actor_of(request), "order", id, "edit")
    if request.method != "POST":
        return _form(request, order, _planned(order), {})
    rows = [row for row in _sent(request) if row["name"].strip() or row["percent"].strip()]
    try:
        plan_payments(actor_of(request), id, _instalments(rows), version=version_of(request.POST.get("version")))
    except Invalid as refusal:
        return _form(request, order, rows, refusal.errors, 422)
    except (Conflict, Stale) as refusal:
        return _form(request, order, rows, {"": [refusal.message]}, 409)
    return done(request, f"/orders/{id}/", _("Payment plan saved."))


@require_POST
def make_order(request: HttpRequest, id: UUID) -> HttpResponse:
    """An order from an opportunity, without a quote, and its page."""
    open_room(request)
    order = create_order_from_opportunity(actor_of(request), id)
    return done(request, f"/orders/{order.id}/", _("Order %(code)s made.") % {"code": order.code})


def _instalments(rows: list[Row]) -> list[Row]:
    return [{**row, "due_on": row["due_on"] or None} for row in rows]


def _planned(order: Order) -> list[Row]:
    plans = order.payment_plans.filter(deleted_at=None).order_by("due_on", "id")
    rows = [
        {
            "name": plan.name,
            "percent": plain_number((plan.amount * HUNDRED / order.total).quantize(Decimal("0.0001"))),
            "due_on": plan.due_on.isoformat() if plan.due_on else "",
        }
        for plan in (plans if order.total else ())
    ]
    return rows or [{"name": _("Total"), "percent": "100", "due_on": ""}]


def _sent(request: HttpRequest) -> list[Row]:
    columns = [request.POST.getlist(name)[:ROWS] for name in FIELDS]
    return [dict(zip(FIELDS, values, strict=True)) for values in zip(*columns, strict=False)]


def _form(
    request: HttpRequest, order: Order, rows: list[Row], errors: Mapping[str, list[str]], status: int = 200
) -> HttpResponse:
    blank: list[Row] = [{"name": "", "percent": "", "due_on": ""}] * (ROWS - len(rows))
    by_row, texts = errors_by_row(errors, "instalments", len(rows))
    shown = [{**row, "errors": found} for row, found in zip(rows, by_row, strict=True)]
    context = {"order": order, "rows": [*shown, *blank], "form_errors": texts}
    return fragment(request, "sales/order_plan.html.jinja", context, status=status)
