"""Quotes: lines and totals, approval, sending, answers, versions, the PDF."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from django.utils import timezone
from pypdf import PdfReader

from guanxi.core.errors import Conflict, Invalid, NotFound, Stale
from guanxi.core.files import files_of, open_file
from guanxi.identity.actor import Actor
from guanxi.messaging.models import Message
from guanxi.records.changes import create_record, update_record
from guanxi.sales.models import Order, Quote, QuoteLine
from guanxi.sales.pdf import render_quote_pages, render_quote_pdf
from guanxi.sales.services import (
    accept_quote,
    approve_quote,
    cancel_quote,
    create_quote,
    decline_quote,
    expire_due_quotes,
    reject_quote,
    revise_quote,
    save_quote_lines,
    send_quote,
    set_lines,
    submit_quote,
    view_quote,
)
from guanxi.sales.tests.factories import account, example_lines, example_quote, opportunity

D = Decimal


@pytest.fixture
def quote(actor: Actor) -> Quote:
    return example_quote(actor)


@pytest.fixture(autouse=True)
def local_time() -> Iterator[None]:
    """Days are those of the person, as in a request."""
    with timezone.override("Asia/Shanghai"):
        yield


def text_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)


def test_another_quantity_keeps_the_product_and_its_price(actor: Actor) -> None:
    quote = example_quote(actor)
    rows = list(quote.lines.order_by("position"))
    changed = save_quote_lines(
        actor, quote.id, [{"id": rows[0].id, "quantity": "3"}, *({"id": row.id} for row in rows[1:])]
    )
    row = changed.lines.order_by("position")[0]
    assert (row.sku, str(row.list_price), str(row.amount)) == ("STB-400", "198000.0000", "522720.0000")
    assert row.product_id == rows[0].product_id


def test_the_worked_example_as_stored(quote: Quote) -> None:
    assert (quote.list_total, quote.discount_total, quote.net_total) == (D(539900), D(59900), D(480000))
    assert (quote.tax_total, quote.total, quote.net_company) == (D(59880), D(539880), D(480000))
    assert (quote.margin, quote.margin_percent, quote.approval) == (D(135871), D("28.31"), "none")
    assert (quote.status, quote.revision, quote.number) == ("draft", 1, quote.code)
    assert quote.valid_until == quote.quote_date + timedelta(days=30)  # type: ignore[operator]


def test_lines_copy_the_product_so_that_the_offer_stays(actor: Actor, quote: Quote) -> None:
    line = quote.lines.order_by("position")[0]
    assert (line.sku, line.name_zh, line.unit_zh, line.tax_rate, line.cost) == (
        "STB-400",
        "伺服试验台 400 Nm",
        "台",
        D(13),
        D(128062),
    )
    assert line.product_id is not None
    update_record(actor, "product", line.product_id, {"name": "Renamed", "list_price": "1", "cost": "1"})
    kept = save_quote_lines(
        actor, quote.id, [{"id": row.id, "product": row.product_id} for row in quote.lines.order_by("position")]
    )
    assert (kept.total, kept.margin) == (D(539880), D(135871))


def test_another_quantity_asks_the_price_book_again(actor: Actor) -> None:
    book = create_record(actor, "price_book", {"name": "Key", "currency": "CNY"})
    lines = example_lines(actor)[:1]
    for quantity, price in (("1", "190000"), ("5", "170000")):
        create_record(
            actor,
            "price_book_entry",
            {"price_book": book, "product": lines[0]["product"], "price": price, "min_quantity": quantity},
        )
    quote = create_quote(actor, {"account": account(actor), "price_book": book})
    quote = save_quote_lines(actor, quote.id, [{**lines[0], "discount_percent": 0}])
    assert quote.net_total == D(380000)
    row = quote.lines.get()
    quote = save_quote_lines(actor, quote.id, [{"id": row.id, "product": row.product_id, "quantity": "5"}])
    assert quote.net_total == D(850000)


def test_sections_texts_and_optional_lines_are_not_summed(actor: Actor, quote: Quote) -> None:
    lines: list[dict[str, Any]] = [
        {"id": row.id, "product": row.product_id} for row in quote.lines.order_by("position")
    ]
    lines[4]["optional"] = True
    lines = [{"kind": "section", "name": "Hardware"}, *lines, {"kind": "text", "name": "Spare parts on request"}]
    saved = save_quote_lines(actor, quote.id, lines)
    assert (saved.net_total, saved.total) == (D(467280), D("525506.40"))
    assert [row.kind for row in saved.lines.order_by("position")] == ["section", *["product"] * 5, "text"]


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ({"quantity": "-2"}, "lines.0.quantity"),
        ({"discount_percent": "100.5"}, "lines.0.discount_percent"),
        ({"tax_rate": "abc"}, "lines.0.tax_rate"),
        ({"list_price": "1e30"}, "lines.0.list_price"),
        ({"kind": "gift"}, "lines.0.kind"),
        ({"product": None}, "lines.0.name"),
        ({"name": "x" * 301}, "lines.0.name"),
    ],
)
def test_a_wrong_line_changes_nothing(actor: Actor, quote: Quote, line: dict[str, Any], field: str) -> None:
    product = quote.lines.order_by("position")[0].product_id
    with pytest.raises(Invalid) as refused:
        save_quote_lines(actor, quote.id, [{"product": product, **line}])
    assert list(refused.value.errors) == [field]
    assert (Quote.objects.get(id=quote.id).version, QuoteLine.objects.count()) == (quote.version, 5)


def test_a_stale_editor_is_told(actor: Actor, quote: Quote) -> None:
    with pytest.raises(Stale):
        save_quote_lines(actor, quote.id, [], version=quote.version - 1)
    assert QuoteLine.objects.count() == 5


def test_a_quote_from_an_opportunity_takes_its_products(actor: Actor) -> None:
    source = opportunity(actor, account=account(actor))
    set_lines(actor, source.id, example_lines(actor))
    quote = create_quote(actor, opportunity=source.id)
    assert (quote.account_id, quote.opportunity_id, quote.name, quote.net_total) == (
        source.account_id,
        source.id,
        source.name,
        D(480000),
    )
    with pytest.raises(Invalid):
        create_quote(actor, opportunity=opportunity(actor).id)


def test_totals_change_through_lines_only(actor: Actor, quote: Quote) -> None:
    with pytest.raises(Invalid):
        update_record(actor, "quote", quote.id, {"total": "1"})
    assert Quote.objects.get(id=quote.id).total == D(539880)


def test_a_discount_above_the_limit_needs_the_manager(actor: Actor, manager_actor: Actor, rep_actor: Actor) -> None:
    quote = example_quote(rep_actor, actor)
    assert quote.approval == "needed"
    with pytest.raises(Conflict, match="approval"):
        send_quote(rep_actor, quote.id, by_mail=False)
    quote = submit_quote(rep_actor, quote.id, note="Year-end")
    assert (quote.status, quote.approval) == ("in_review", "pending")
    with pytest.raises(Conflict):
        approve_quote(rep_actor, quote.id)
    with pytest.raises(Conflict):
        save_quote_lines(rep_actor, quote.id, [])
    approved = approve_quote(manager_actor, quote.id)
    assert (approved.status, approved.approval) == ("approved", "approved")
    assert send_quote(rep_actor, quote.id, by_mail=False).status == "sent"


def test_a_rejected_quote_is_changed_and_handed_in_again(actor: Actor, manager_actor: Actor, rep_actor: Actor) -> None:
    quote = submit_quote(rep_actor, example_quote(rep_actor, actor).id)
    with pytest.raises(Invalid):
        reject_quote(manager_actor, quote.id)
    assert reject_quote(manager_actor, quote.id, note="At most 15 %").approval == "rejected"
    lines = [{"id": row.id, "product": row.product_id} for row in quote.lines.order_by("position")]
    saved = save_quote_lines(rep_actor, quote.id, [*lines[:4], {**lines[4], "discount_percent": "15"}])
    assert (saved.status, saved.approval, saved.net_total) == ("draft", "none", D(480795))
    assert submit_quote(rep_actor, quote.id).status == "approved"


def test_an_empty_quote_is_neither_approved_nor_sent(actor: Actor) -> None:
    quote = create_quote(actor, {"account": account(actor)})
    for command in (submit_quote, send_quote):
        with pytest.raises(Conflict):
            command(actor, quote.id)
    assert Quote.objects.get(id=quote.id).version == quote.version


def test_sending_mails_the_pdf_and_keeps_it(actor: Actor, quote: Quote) -> None:
    person = create_record(
        actor, "contact", {"name": "刘倩", "account": quote.account_id, "email": "liu@huadong.example"}
    )
    update_record(actor, "quote", quote.id, {"contact": person.id})
    sent = send_quote(actor, quote.id, language="both")
    assert (sent.status, sent.sent_at is not None) == ("sent", True)
    message = Message.objects.get()
    assert message.to == ["liu@huadong.example"]
    assert quote.number in message.subject + message.text
    (file,) = files_of("quote", quote.id)
    assert message.attachments == [file.id]
    with open_file(file) as content:
        text = text_of(content.read())
    assert "伺服试验台 400 Nm" in text
    assert "Servo test bench 400 Nm" in text
    assert "DRAFT" not in text


def test_without_address_nothing_is_sent_and_nothing_marked(actor: Actor, quote: Quote) -> None:
    with pytest.raises((Conflict, Invalid)):
        send_quote(actor, quote.id)
    assert Quote.objects.get(id=quote.id).status == "draft"
    assert (Message.objects.count(), files_of("quote", quote.id)) == (0, [])


def test_acceptance_makes_the_order(actor: Actor, quote: Quote) -> None:
    send_quote(actor, quote.id, by_mail=False)
    view_quote(actor, quote.id)
    accepted = accept_quote(actor, quote.id)
    assert (accepted.status, accepted.accepted_at is not None) == ("ordered", True)
    order = Order.objects.get()
    assert (order.quote_id, order.total, order.status, order.lines.count()) == (quote.id, D(539880), "draft", 5)
    with pytest.raises(Conflict):
        accept_quote(actor, quote.id)
    assert Order.objects.count() == 1


def test_a_draft_is_not_accepted(actor: Actor, quote: Quote) -> None:
    for command in (accept_quote, decline_quote, view_quote):
        with pytest.raises(Conflict):
            command(actor, quote.id)
    assert (Quote.objects.get(id=quote.id).version, Order.objects.count()) == (quote.version, 0)


def test_declining_keeps_the_note(actor: Actor, quote: Quote) -> None:
    send_quote(actor, quote.id, by_mail=False)
    declined = decline_quote(actor, quote.id, note="Budget moved")
    assert (declined.status, declined.decline_note) == ("declined", "Budget moved")


def test_what_left_the_house_is_not_changed_but_revised(actor: Actor, quote: Quote) -> None:
    send_quote(actor, quote.id, by_mail=False)
    with pytest.raises(Invalid):
        update_record(actor, "quote", quote.id, {"terms": "Other"})
    with pytest.raises(Conflict):
        save_quote_lines(actor, quote.id, [])
    new = revise_quote(actor, quote.id)
    assert (new.number, new.revision, new.code, new.previous_id, new.status) == (
        quote.number,
        2,
        f"{quote.number}-v2",
        quote.id,
        "draft",
    )
    assert (new.total, new.lines.count(), Quote.objects.get(id=quote.id).status) == (D(539880), 5, "revised")
    with pytest.raises(Conflict):
        revise_quote(actor, quote.id)
    assert revise_quote(actor, new.id).revision == 3


def test_quotes_expire_by_date(actor: Actor, quote: Quote) -> None:
    send_quote(actor, quote.id, by_mail=False)
    assert expire_due_quotes(actor) == 0
    Quote.objects.filter(id=quote.id).update(valid_until=timezone.localdate() - timedelta(days=1))
    with pytest.raises(Conflict):
        accept_quote(actor, quote.id)
    assert (expire_due_quotes(actor), expire_due_quotes(actor)) == (1, 0)
    assert Quote.objects.get(id=quote.id).status == "expired"


def test_cancelling(actor: Actor, quote: Quote) -> None:
    assert cancel_quote(actor, quote.id).status == "cancelled"
    with pytest.raises(Conflict):
        cancel_quote(actor, quote.id)


def test_others_quotes_are_out_of_reach(actor: Actor, rep_actor: Actor, quote: Quote) -> None:
    for command in (submit_quote, send_quote, revise_quote, cancel_quote):
        with pytest.raises(NotFound):
            command(rep_actor, quote.id)
    assert Quote.objects.get(id=quote.id).version == quote.version


def test_the_chinese_pdf_holds_its_text(actor: Actor, quote: Quote) -> None:
    update_record(
        actor,
        "quote",
        quote.id,
        {"payment_terms": "订货 30 %，交货 60 %，验收 10 %", "terms": "本报价以人民币计价。\n质保期二十四个月。"},
    )
    text = text_of(render_quote_pdf(Quote.objects.get(id=quote.id), ("zh",)))
    for expected in (
        "华东精密机械有限公司", "金鸡湖大道 88 号", "伺服试验台 400 Nm", "备件包（传感器、皮带）", "348,480.00", "57,720.00", "2,160.00",
        "¥539,880.00", "人民币伍拾叁万玖仟捌佰捌拾元整", "订货 30 %，交货 60 %，验收 10 %", "质保期二十四个月。", quote.number,
    ):  # fmt: skip
        assert expected in text


def test_every_language_makes_a_document(quote: Quote) -> None:
    english = text_of(render_quote_pdf(quote, ("en",)))
    assert "Servo test bench 400 Nm" in english
    assert "QUOTATION" in english
    assert "DRAFT" in english
    assert "伺服" not in english
    both = text_of(render_quote_pdf(quote, ("zh", "en")))
    assert "伺服试验台 400 Nm" in both
    assert "Servo test bench 400 Nm" in both
    pages = render_quote_pages(quote, ("zh",))
    assert [page[:8] for page in pages] == [b"\x89PNG\r\n\x1a\n"]


@pytest.mark.parametrize("lines", [None, "x", {"product": 1}, ["x"], [None], [{"kind": "section", "name": "A"}, 7]])
def test_lines_of_a_wrong_form_are_refused(actor: Actor, quote: Quote, lines: Any) -> None:
    with pytest.raises(Invalid) as refused:
        save_quote_lines(actor, quote.id, lines)
    assert list(refused.value.errors) == ["lines"]
    assert QuoteLine.objects.count() == 5


def test_an_amount_beyond_reason_is_refused(actor: Actor, quote: Quote) -> None:
    product = quote.lines.order_by("position")[0].product_id
    with pytest.raises(Invalid) as refused:
        save_quote_lines(
            actor, quote.id, [{"product": product, "quantity": "99999999999", "list_price": "99999999999"}]
        )
    assert list(refused.value.errors) == ["lines.0.quantity"]
    assert QuoteLine.objects.count() == 5
