"""Forms of this room with what nobody should send: a message beside the field, what was typed stays, nothing is written."""

from typing import Any

import pytest
from django.test import Client

from guanxi.core.models import OutboxEvent
from guanxi.identity.actor import Actor
from guanxi.records.changes import create_record
from guanxi.sales.models import Opportunity, Order, OrderLine, PaymentPlan, Quote, QuoteLine
from guanxi.sales.services import accept_quote, confirm_order, set_lines
from guanxi.sales.tests.factories import account, example_lines, example_quote, opportunity, reason
from guanxi.sales.tests.test_leads import lead
from guanxi.sales.tests.test_screens import HTMX, browser_of


@pytest.fixture
def browser(actor: Actor) -> Client:
    return browser_of(actor)


def field_of(page: str, name: str) -> str:
    """The part of a form that shows one field with its message."""
    return page.split(f'data-field="{name}"', 1)[1].split("data-field=", 1)[0]


def written() -> tuple[int, ...]:
    """What commands leave behind."""
    return tuple(
        kind.objects.count() for kind in (OutboxEvent, Opportunity, Quote, QuoteLine, Order, OrderLine, PaymentPlan)
    )


def refused(browser: Client, path: str, form: dict[str, Any], name: str, message: str) -> None:
    """The form comes back with `message` at the field `name`, and nothing was written."""
    before = written()
    answer = browser.post(path, form, headers=HTMX)
    page = answer.content.decode()
    assert answer.status_code == 422, page[:500]
    part = field_of(page, name)
    assert "field-error" in part
    assert message in part
    assert written() == before


@pytest.mark.parametrize(
    ("form", "name", "message"),
    [
        ({"name": ""}, "name", "Fill in this field."),
        ({"name": "x" * 201}, "name", "Use at most 200 characters."),
        ({"name": "a\x00b"}, "name", "characters that cannot be stored"),
        ({"amount": "-1"}, "amount", "The value must be at least 0."),
        ({"amount": "9" * 40}, "amount", "The amount is too large."),
        ({"amount": "NaN"}, "amount", "A number is expected."),
        ({"amount": "a lot"}, "amount", "A number is expected."),
        ({"probability": "101"}, "probability", "The value must be at most 100."),
        ({"close_date": "2026-02-31"}, "close_date", "A date such as 2026-11-19 is expected."),
        ({"currency": "QQQ"}, "currency", "ISO 4217"),
        ({"description": "x" * 100_001}, "description", "Use at most 100000 characters."),
        ({"account": "nobody"}, "account", "No such record."),
    ],
)
def test_a_new_opportunity(browser: Client, actor: Actor, form: dict[str, str], name: str, message: str) -> None:
    refused(browser, "/opportunities/new", {"name": "Deal", **form}, name, message)


@pytest.mark.parametrize(
    "name", ["🦀 Grüße an 👩‍👩‍👧‍👦", "\u202eשלום مرحبا", "<script>alert(1)</script>", "' OR 1=1 --"]
)
def test_unusual_words_are_kept_as_they_are(browser: Client, actor: Actor, name: str) -> None:
    answer = browser.post("/opportunities/new", {"name": name, "close_date": "9999-12-31"}, headers=HTMX)
    assert answer.status_code in (204, 302)
    row = Opportunity.objects.get()
    assert row.name == name
    for path in (f"/opportunities/{row.id}/", "/opportunities/", "/opportunities/board"):
        page = browser.get(path).content.decode()
        assert "<script>alert" not in page


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("quantity", "-1", "The value must lie between 0 and"),
        ("quantity", "", ""),
        ("quantity", "lots", "A number is expected."),
        ("quantity", "1\x002", "A number is expected."),
        ("quantity", "🦀", "A number is expected."),
        ("quantity", "9" * 400, "The value must lie between 0 and"),
        ("discount_percent", "101", "The value must lie between 0 and 100."),
        ("discount_percent", "-0.5", "The value must lie between 0 and 100."),
        ("list_price", "Infinity", "A number is expected."),
        ("quantity", "99999999999", "The amount is too large."),
    ],
)
def test_a_line_of_a_quote(browser: Client, actor: Actor, field: str, value: str, message: str) -> None:
    quote = example_quote(actor)
    row = quote.lines.order_by("position")[0]
    before, lines = written(), list(quote.lines.order_by("position").values())
    answer = browser.post(
        f"/quotes/{quote.id}/lines",
        {
            "version": quote.version,
            "line": [str(one.id) for one in quote.lines.order_by("position")],
            f"{field}:{row.id}": value,
        },
        headers=HTMX,
    )
    if not message:
        assert answer.status_code == 200
        return
    assert answer.status_code == 422
    assert message in answer.content.decode().split(f'id="{field}-{row.id}-error"', 1)[1][:200]
    assert written() == before
    assert list(quote.lines.order_by("position").values()) == lines
    assert Quote.objects.get(id=quote.id).version == quote.version


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("a\x00b", "characters that cannot be stored"),
        ("x" * 301, "Use at most 300 characters."),
        ("", "Choose a product"),
    ],
)
def test_a_section_of_a_quote(browser: Client, actor: Actor, words: str, message: str) -> None:
    quote = example_quote(actor)
    browser.post(f"/quotes/{quote.id}/lines/add", {"q": "/Delivery", "version": quote.version}, headers=HTMX)
    quote.refresh_from_db()
    row = quote.lines.get(kind="section")
    form = {
        "version": quote.version,
        "line": [str(one.id) for one in quote.lines.order_by("position")],
        f"name:{row.id}": words,
    }
    answer = browser.post(f"/quotes/{quote.id}/lines", form, headers=HTMX)
    assert answer.status_code == 422
    assert message in answer.content.decode().split(f'id="name-{row.id}-error"', 1)[1][:200]
    assert quote.lines.get(kind="section").name == "Delivery"


@pytest.fixture
def order(actor: Actor) -> Order:
    """A confirmed order of 539,880."""
    quote = example_quote(actor)
    Quote.objects.filter(id=quote.id).update(status="sent")
    accept_quote(actor, quote.id)
    return confirm_order(actor, Order.objects.get().id)


@pytest.mark.parametrize(
    ("command", "form", "name", "message"),
    [
        ("pay", {"amount": "-5"}, "amount", "The value must lie between 0"),
        ("pay", {"amount": "0"}, "amount", "The amount must lie between 0 and what is open."),
        ("pay", {"amount": "539880.01"}, "amount", "The amount must lie between 0 and what is open."),
        ("pay", {"amount": "9" * 40}, "amount", "The amount is too large."),
        ("pay", {"received_on": "9999-12-31"}, "received_on", "This day is still to come."),
        ("pay", {"received_on": "soon"}, "received_on", "A date such as 2026-11-19 is expected."),
        ("pay", {"reference": "x" * 121}, "reference", "Use at most 120 characters."),
        ("deliver", {"delivered_on": "9999-12-31"}, "delivered_on", "This day is still to come."),
        ("deliver", {"carrier": "a\x00b"}, "carrier", "characters that cannot be stored"),
        ("plan-delivery", {"planned_on": "2026-13-01"}, "planned_on", "A date such as 2026-11-19 is expected."),
    ],
)
def test_deliveries_and_payments(
    browser: Client, order: Order, command: str, form: dict[str, str], name: str, message: str
) -> None:
    refused(browser, f"/orders/{order.id}/do/{command}", form, name, message)
    fresh = Order.objects.get(id=order.id)
    assert (fresh.version, fresh.paid_total, fresh.delivery_state) == (order.version, 0, "none")


@pytest.mark.parametrize(
    ("names", "percents", "days", "message", "wrong"),
    [
        (["First", "Rest"], ["101", "-1"], ["", ""], "The value must lie between 0 and 100.", "percent-1-error"),
        (["First", "Rest"], ["30", "-1"], ["", ""], "The value must lie between 0 and 100.", "percent-2-error"),
        (["First", "Rest"], ["100", "0"], ["", ""], "Enter a share above 0.", "percent-2-error"),
        (["First", "Rest"], ["30", ""], ["", ""], "A number is expected.", "percent-2-error"),
        (["First", "Rest"], ["30", "70"], ["", "2026-02-31"], "A date such as 2026-11-19", "due_on-2-error"),
        (["Only"], ["100"], ["never"], "A date such as 2026-11-19", "due_on-1-error"),
        (["a\x00b", "Rest"], ["30", "70"], ["", ""], "characters that cannot be stored", "name-1-error"),
        (["First", "Rest"], ["30", "60"], ["", ""], "do not add up", "alert-rose"),
    ],
)
def test_a_payment_plan(
    browser: Client, order: Order, names: list[str], percents: list[str], days: list[str], message: str, wrong: str
) -> None:
    before = written()
    form = {"name": names, "percent": percents, "due_on": days, "version": order.version}
    answer = browser.post(f"/orders/{order.id}/do/plan-payments", form, headers=HTMX)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert (
        message in page.split(wrong, 1)[1].split("field-error", 1)[-1][:300] or message in page.split(wrong, 1)[1][:400]
    )
    assert f'value="{percents[0]}"' in page
    assert (written(), PaymentPlan.objects.filter(deleted_at=None).count()) == (before, 0)


@pytest.mark.parametrize(
    ("form", "name", "message"),
    [
        ({"opportunity_amount": "-1"}, "opportunity_amount", "The value must be at least 0."),
        ({"opportunity_amount": "1e400"}, "opportunity_amount", "The amount is too large."),
        ({"opportunity_close_date": "tomorrow"}, "opportunity_close_date", "A date such as 2026-11-19 is expected."),
        ({"opportunity_name": "x" * 201}, "opportunity_name", "Use at most 200 characters."),
        ({"opportunity_next_step": "a\x00b"}, "opportunity_next_step", "characters that cannot be stored"),
    ],
)
def test_a_conversion(browser: Client, actor: Actor, form: dict[str, str], name: str, message: str) -> None:
    record = lead(actor)
    refused(browser, f"/leads/{record.id}/do/convert", {"with_opportunity": "1", "decided": "1", **form}, name, message)
    record.refresh_from_db()
    assert record.status == "assigned"


@pytest.mark.parametrize(
    ("command", "form", "name", "message"),
    [
        ("win", {}, "reason", "Fill in this field."),
        ("win", {"reason": "lost"}, "reason", "This reason does not fit."),
        ("win", {"reason": "won", "amount": "-1"}, "amount", "The value must be at least 0."),
        ("win", {"reason": "won", "close_date": "9999-12-31"}, "close_date", "This day is still to come."),
        ("lose", {"reason": "won"}, "reason", "This reason does not fit."),
        ("lose", {"reason": "lost", "competitor": "nobody"}, "competitor", "No such record."),
        ("lose", {"reason": "lost", "reason_note": "a\x00b"}, "reason_note", "characters that cannot be stored"),
    ],
)
def test_the_end_of_a_deal(
    browser: Client, actor: Actor, command: str, form: dict[str, str], name: str, message: str
) -> None:
    record = opportunity(actor)
    if form.get("reason"):
        form = {**form, "reason": str(reason(form["reason"]).id)}
    refused(browser, f"/opportunities/{record.id}/do/{command}", form, name, message)
    assert Opportunity.objects.get(id=record.id).category == "open"


def test_a_deal_offers_the_reasons_that_fit(browser: Client, actor: Actor) -> None:
    record = opportunity(actor)
    for command, kind, other in (("win", "won", "lost"), ("lose", "lost", "won")):
        page = browser.get(f"/opportunities/{record.id}/do/{command}").content.decode()
        assert str(reason(kind).id) in page
        assert str(reason(other).id) not in page
    page = browser.get(f"/leads/{lead(actor).id}/do/disqualify").content.decode()
    assert str(reason("unqualified").id) in page
    assert str(reason("lost").id) not in page


@pytest.mark.parametrize(
    ("values", "message", "row"),
    [
        ({"quantity": "-1"}, "The value must lie between 0", 1),
        ({"discount_percent": "101"}, "The value must lie between 0 and 100.", 1),
        ({"list_price": "lots"}, "A number is expected.", 1),
        ({"quantity": "99999999999"}, "The amount is too large.", 1),
    ],
)
def test_products_of_a_deal(browser: Client, actor: Actor, values: dict[str, str], message: str, row: int) -> None:
    record = opportunity(actor)
    lines = example_lines(actor)[:2]
    columns: dict[str, list[str]] = {
        "product": [str(line["product"]) for line in lines], "quantity": ["1", "1"], "discount_percent": ["0", "0"], "list_price": ["", ""],
    }  # fmt: skip
    for name, value in values.items():
        columns[name][row] = value
    before = written()
    answer = browser.post(f"/opportunities/{record.id}/products", {**columns, "version": record.version}, headers=HTMX)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert page.count("field-error") == 1
    assert message in page.split("DAQ-16" if "DAQ-16" in page else "Data acquisition", 1)[1]
    assert written() == before
    assert record.lines.count() == 0


def test_a_person_without_a_name_is_refused_at_the_field(browser: Client, actor: Actor) -> None:
    record = opportunity(actor)
    refused(
        browser, f"/opportunities/{record.id}/people", {"contact": "", "role": "user"}, "contact", "No such contact."
    )
    contact = create_record(actor, "contact", {"name": "刘倩"})
    page = browser.post(
        f"/opportunities/{record.id}/people", {"contact": str(contact.id), "role": "king"}, headers=HTMX
    ).content.decode()
    assert "There is no such role." in field_of(page, "role")
    assert "刘倩" in field_of(page, "contact")


# What the forms give beside refusing


def test_an_order_is_made_from_a_deal_without_a_quote(browser: Client, actor: Actor) -> None:
    record = opportunity(actor, account=account(actor))
    set_lines(actor, record.id, example_lines(actor))
    assert f'action="/opportunities/{record.id}/order"' in browser.get(f"/opportunities/{record.id}/").content.decode()
    answer = browser.post(f"/opportunities/{record.id}/order")
    order = Order.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/orders/{order.id}/")
    assert (order.status, order.opportunity_id, order.account_id, str(order.total)) == (
        "draft",
        record.id,
        record.account_id,
        "539880.0000",
    )
    assert order.quote_id is None
    assert [row.sku for row in order.lines.order_by("position")] == ["STB-400", "DAQ-16", "INST-D", "TRN-1", "SPK-2"]


def test_no_order_without_an_account_nor_from_a_lost_deal(browser: Client, actor: Actor, rep_actor: Actor) -> None:
    bare, lost = opportunity(actor), opportunity(actor, account=account(actor))
    Opportunity.objects.filter(id=lost.id).update(category="lost")
    assert browser.post(f"/opportunities/{bare.id}/order", headers=HTMX).status_code == 400
    assert browser.post(f"/opportunities/{lost.id}/order", headers=HTMX).status_code == 409
    assert browser_of(rep_actor).post(f"/opportunities/{bare.id}/order").status_code == 404
    assert Order.objects.count() == 0
    for record in (bare, lost):
        assert f"/opportunities/{record.id}/order" not in browser.get(f"/opportunities/{record.id}/").content.decode()


def test_a_quote_that_became_an_order_leads_to_it(browser: Client, order: Order) -> None:
    page = browser.get(f"/quotes/{order.quote_id}/").content.decode()
    assert f'href="/orders/{order.id}/"' in page
    assert 'id="quote-order"' in page


def test_a_lead_dropped_on_unqualified_is_asked_for_the_reason(browser: Client, actor: Actor) -> None:
    record = lead(actor)
    board = browser.get("/leads/board").content.decode()
    column = board.split('data-stage="unqualified"', 1)[1].split(">", 1)[0]
    assert 'data-form-url="/leads/board/form/disqualify"' in column
    answer = browser.get("/leads/board/form/disqualify", {"id": str(record.id), "to": "unqualified"})
    assert 'name="reason"' in browser.get(answer["Location"]).content.decode()
    browser.post(f"/leads/{record.id}/do/disqualify", {"reason": str(reason("unqualified").id)})
    record.refresh_from_db()
    assert (record.status, record.reason_id) == ("unqualified", reason("unqualified").id)
