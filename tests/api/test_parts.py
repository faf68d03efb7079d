"""Rows that belong to a record, documents made of it, and what follows from an opportunity, over the API."""

from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader

from guanxi.core.ids import new_id
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.models import Membership, Tenant
from guanxi.records import registry
from guanxi.records.changes import create_record
from guanxi.sales.models import Order, Quote
from guanxi.sales.services.sending import store_pdf
from tests.api.calling import Api, admin_of, api_of, make, member

ALL = dict.fromkeys(("view", "create", "edit", "delete"), "all")


@pytest.fixture
def deal(tenant: Tenant, admin: Actor) -> Any:
    """An opportunity of an account, without products."""
    with tenant_tx(tenant.id):
        buyer = create_record(admin, "account", {"name": "华东精密机械"})
        return create_record(admin, "opportunity", {"name": "Pumps", "account": buyer.id, "currency": "CNY"})


@pytest.fixture
def product(tenant: Tenant, admin: Actor) -> Any:
    with tenant_tx(tenant.id):
        unit = make(admin, registry.get("unit"))
        values = {"name": "Pump", "name_zh": "水泵", "sku": "P-1", "unit": unit.id, "list_price": "100", "cost": "60"}
        return create_record(admin, "product", values)


def with_products(api: Api, deal: Any, product: Any) -> str:
    one = f"/opportunities/{deal.id}"
    lines = [{"product": str(product.id), "quantity": "3", "discount_percent": "10"}]
    assert api.post(f"{one}/lines", {"lines": lines}).status == 200
    return one


def test_products_people_and_moves_of_an_opportunity(api: Api, deal: Any, product: Any) -> None:
    one = with_products(api, deal, product)
    (line,) = api.get(f"{one}/lines").json["data"]
    assert line | {"id": ""} == {
        "id": "", "position": line["position"], "product": {"id": str(product.id), "label": "Pump"}, "quantity": "3",
        "list_price": "100", "discount_percent": "10", "amount": "270",
    }  # fmt: skip
    with tenant_tx(api.actor.tenant_id):
        person = create_record(api.actor, "contact", {"family_name": "Wang", "given_name": "Fang"})
    assert api.post(f"{one}/contacts", {"contact": str(person.id), "role": "decision_maker"}).status == 200
    (part,) = api.get(f"{one}/contacts").json["data"]
    assert (part["contact"]["id"], part["role"], part["is_primary"]) == (str(person.id), "decision_maker", False)
    assert api.post(f"{one}/remove-contact", {"contact": str(person.id)}).status == 200
    assert api.get(f"{one}/contacts").json == {"data": [], "next": None}
    (move,) = api.get(f"{one}/moves").json["data"]
    assert (move["from"], move["by"]["id"]) == (None, str(api.actor.member_id))
    assert api.get(f"{one}/nothing").status == 404


def test_a_quote_and_an_order_are_made_of_an_opportunity(api: Api, deal: Any, product: Any) -> None:
    one = with_products(api, deal, product)
    made = api.post(f"{one}/quote", idempotency_key="q")
    quote = made.json["result"]
    assert (made.status, quote["object"], quote["collection"]) == (200, "quote", "quotes")
    (line,) = api.get(f"/quotes/{quote['id']}/lines").json["data"]
    assert (line["name"], line["name_zh"], line["amount"], line["cost"], line["margin"]) == (
        "Pump",
        "水泵",
        "270",
        "60",
        "90",
    )
    order = api.post(f"{one}/order").json["result"]
    (line,) = api.get(f"/orders/{order['id']}/lines").json["data"]
    assert (line["quantity"], line["amount"]) == ("3", "270")
    assert api.post(f"{one}/order", if_match='"1"').status == 412
    lost = api.get("/reasons", filter={"field": "kind", "op": "is", "value": "lost"}).json["data"][0]["id"]
    assert api.post(f"{one}/lose", {"reason": lost}).status == 200
    assert api.post(f"{one}/order").status == 409
    with tenant_tx(api.actor.tenant_id):
        assert (Quote.objects.count(), Order.objects.count()) == (1, 1)


def test_the_printed_quote(api: Api, deal: Any, product: Any) -> None:
    one = with_products(api, deal, product)
    key = api.post(f"{one}/quote").json["result"]["id"]
    answer = api.get(f"/quotes/{key}/pdf", lang="zh")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/pdf")
    assert answer.headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''")
    text = "".join(page.extract_text() for page in PdfReader(BytesIO(answer.body)).pages)
    assert "水泵" in text and "华东精密机械" in text
    assert api.get(f"/quotes/{key}/pdf", lang="fr").status == 422
    assert api.get(f"/quotes/{key}/pdf", page=2).status == 422


def test_parts_go_with_the_record_and_costs_with_the_margin(
    api: Api, deal: Any, product: Any, other_tenant: Tenant, admin: Actor
) -> None:
    one = with_products(api, deal, product)
    quote = api.post(f"{one}/quote").json["result"]["id"]
    with tenant_tx(admin.tenant_id):
        team = Membership.objects.get(id=admin.member_id).team
    assert team is not None
    grants = dict.fromkeys(("quote", "product"), ALL)
    hidden: dict[str, str] = {"margin": "hidden", "margin_percent": "hidden"}
    colleague = api_of(member(admin, "li", team, grants, quote=hidden))
    (line,) = colleague.get(f"/quotes/{quote}/lines").json["data"]
    assert "cost" not in line and "margin" not in line
    stranger = api_of(admin_of(other_tenant))
    for caller in (colleague, stranger):
        for path in (f"{one}/lines", f"{one}/contacts", f"{one}/moves"):
            assert caller.get(path).status in (403, 404)
        for command in ("quote", "order"):
            assert caller.post(f"{one}/{command}").status in (403, 404)
    assert stranger.get(f"/quotes/{quote}/lines").status == 404
    assert stranger.get(f"/quotes/{quote}/pdf").status == 404
    assert api.get(f"/quotes/{new_id()}/pdf").status == 404
    reader = api_of(admin, ("*:read",))
    assert reader.get(f"{one}/lines").status == 200
    assert reader.post(f"{one}/order").status == 403
    with tenant_tx(admin.tenant_id):
        assert Order.objects.count() == 0


def test_the_quote_as_it_was_sent_is_closed_to_who_sees_no_sums(
    api: Api, deal: Any, product: Any, admin: Actor
) -> None:
    one = with_products(api, deal, product)
    quote = api.post(f"{one}/quote").json["result"]["id"]
    with tenant_tx(admin.tenant_id):
        printed = store_pdf(admin, Quote.objects.get(id=quote))
        team = Membership.objects.get(id=admin.member_id).team
    assert team is not None
    sums = {"net_total": "hidden", "total": "hidden"}
    blind = api_of(member(admin, "li", team, {"quote": ALL}, quote=sums))
    seeing = api_of(member(admin, "wu", team, {"quote": ALL}))
    for caller, status, listed in ((blind, 404, []), (seeing, 200, [str(printed.id)])):
        assert [file["id"] for file in caller.get(f"/quotes/{quote}/files").json["data"]] == listed
        for path in (f"/files/{printed.id}", f"/files/{printed.id}/content"):
            assert caller.get(path).status == status
    assert blind.delete(f"/files/{printed.id}").status == 404
    assert seeing.get(f"/files/{printed.id}").status == 200
