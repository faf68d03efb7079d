"""Products and people of an opportunity."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from guanxi.core.errors import Conflict, Invalid, Stale
from guanxi.customers.models import ContactRole
from guanxi.identity.screens import uuid_or_none
from guanxi.records.queries import get_record, visible_records
from guanxi.records.screens import fragment
from guanxi.records.views.base import actor_of, done, version_of
from guanxi.sales.limits import require_money
from guanxi.sales.models import Opportunity
from guanxi.sales.pages import plain_number
from guanxi.sales.queries import language_now
from guanxi.sales.services import remove_contact_role, set_contact_role, set_lines
from guanxi.sales.views.common import errors_by_row, open_room

FIELDS = ("product", "quantity", "discount_percent", "list_price")


def _opportunity(request: HttpRequest, id: UUID) -> Opportunity:
    open_room(request)
    record: Opportunity = get_record(actor_of(request), "opportunity", id, "edit")
    return record


def edit_products(request: HttpRequest, id: UUID) -> HttpResponse:
    """The dialog of an opportunity's products."""
    record = _opportunity(request, id)
    require_money(actor_of(request), "opportunity")
    if request.method != "POST":
        return _products_form(request, record, _stored(record), {})
    lines = _sent(request)
    try:
        set_lines(actor_of(request), id, _priced_anew(record, lines), version=version_of(request.POST.get("version")))
    except Invalid as refusal:
        return _products_form(request, record, lines, refusal.errors, 422)
    except (Conflict, Stale) as refusal:
        return _products_form(request, record, lines, {"": [refusal.message]}, 409)
    return done(request, f"/opportunities/{id}/", _("Products saved."))


def _stored(record: Opportunity) -> list[dict[str, Any]]:
    language = language_now()
    return [
        {
            "product": str(row.product_id),
            "label": row.product.name_in(language),
            "quantity": plain_number(row.quantity),
            "discount_percent": plain_number(row.discount_percent),
            "list_price": plain_number(row.list_price),
        }
        for row in record.lines.select_related("product").order_by("position")
    ]


def _sent(request: HttpRequest) -> list[dict[str, Any]]:
    columns = [request.POST.getlist(name) for name in FIELDS]
    rows = [dict(zip(FIELDS, values, strict=True)) for values in zip(*columns, strict=False)]
    return [row for row in rows if row["product"]]


def _priced_anew(record: Opportunity, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Who changes a quantity and leaves the price alone gets that of the price book for the new quantity."""
    stored = {line["product"]: line for line in _stored(record)}

    def is_left(line: dict[str, Any]) -> bool:
        before = stored.get(line["product"])
        return (
            before is not None and line["quantity"] != before["quantity"] and line["list_price"] == before["list_price"]
        )

    return [{**line, "list_price": ""} if is_left(line) else line for line in lines]


def _products_form(
    request: HttpRequest,
    record: Opportunity,
    lines: list[dict[str, Any]],
    errors: Mapping[str, list[str]],
    status: int = 200,
) -> HttpResponse:
    by_row, texts = errors_by_row(errors, "lines", len(lines))
    labels = dict(_labels(request, lines))
    rows = [
        {**line, "label": labels.get(line["product"], ""), "errors": found}
        for line, found in zip(lines, by_row, strict=True)
    ]
    context = {"record": record, "lines": rows, "form_errors": texts}
    return fragment(request, "sales/opportunity_products.html.jinja", context, status=status)


def _labels(request: HttpRequest, lines: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Names of the chosen products, as far as the actor sees them."""
    keys = [key for line in lines if (key := uuid_or_none(line["product"]))]
    language = language_now()
    rows = visible_records(actor_of(request), "product").filter(id__in=keys)
    return [(str(row.id), row.name_in(language)) for row in rows]


def add_person(request: HttpRequest, id: UUID) -> HttpResponse:
    """The dialog that gives a contact a part in the decision."""
    record = _opportunity(request, id)
    typed = {name: request.POST.get(name, "") for name in ("contact", "role", "is_primary")}
    if request.method != "POST":
        return _person_form(request, record, {}, {})
    try:
        set_contact_role(
            actor_of(request),
            id,
            contact=typed["contact"],
            role=typed["role"] or ContactRole.OTHER,
            is_primary=typed["is_primary"] == "1",
        )
    except Invalid as refusal:
        return _person_form(request, record, typed, refusal.errors, 422)
    return done(request, f"/opportunities/{id}/", _("Contact added."))


def _person_form(
    request: HttpRequest,
    record: Opportunity,
    values: Mapping[str, str],
    errors: Mapping[str, list[str]],
    status: int = 200,
) -> HttpResponse:
    key = uuid_or_none(values.get("contact"))
    people = visible_records(actor_of(request), "contact").filter(id=key) if key else ()
    context = {
        "record": record,
        "values": values,
        "errors": errors,
        "roles": ContactRole.choices,
        "chosen": [(str(row.id), row.name) for row in people],
    }
    return fragment(request, "sales/opportunity_person.html.jinja", context, status=status)


@require_POST
def remove_person(request: HttpRequest, id: UUID, contact_id: UUID) -> HttpResponse:
    """Take a contact's part away."""
    _opportunity(request, id)
    remove_contact_role(actor_of(request), id, contact=contact_id)
    return done(request, f"/opportunities/{id}/", _("Contact removed."))
