"""Pages and dialogs of the sales room, through the door a browser uses."""

from typing import Any

import pytest
from django.test import Client

from guanxi.identity.actor import Actor
from guanxi.identity.models import Company, User
from guanxi.records.changes import create_record
from guanxi.sales.models import Lead, Opportunity, Order, Pipeline, Quote, QuoteLine
from guanxi.sales.services import return_lead, set_lines, win_opportunity
from guanxi.sales.tests.factories import account, example_lines, example_quote, opportunity, reason
from guanxi.sales.tests.test_leads import lead
from guanxi.sales.tests.test_quotes import text_of

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
HTMX = {"HX-Request": "true"}


def browser_of(actor: Actor, language: str = "en") -> Client:
    """A signed-in browser."""
    assert actor.user_id is not None
    user = User.objects.get(id=actor.user_id)
    User.objects.filter(id=user.id).update(language=language)
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client


@pytest.fixture
def browser(actor: Actor) -> Client:
    return browser_of(actor)


@pytest.fixture
def quote(actor: Actor) -> Quote:
    return example_quote(actor)


def form(quote: Quote, **changes: str) -> dict[str, Any]:
    """The editor's form as a browser sends it."""
    values: dict[str, Any] = {"version": quote.version, "line": []}
    for row in quote.lines.order_by("position"):
        values["line"].append(str(row.id))
        values |= {
            f"quantity:{row.id}": row.quantity,
            f"list_price:{row.id}": row.list_price,
            f"discount_percent:{row.id}": row.discount_percent,
        }
    return values | changes


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_editor_shows_lines_totals_and_steps(actor: Actor, quote: Quote, language: str) -> None:
    answer = browser_of(actor, language).get(f"/quotes/{quote.id}/")
    page = answer.content.decode()
    assert answer.status_code == 200
    for text in ("STB-400", "¥539,880", "¥480,000", "¥57,720", "¥2,160", "28.3", quote.number, 'id="quote-preview"'):
        assert text in page


def test_typing_a_discount_saves_and_answers_the_new_figures(browser: Client, actor: Actor, quote: Quote) -> None:
    row = quote.lines.order_by("position")[4]
    answer = browser.post(f"/quotes/{quote.id}/lines", form(quote, **{f"discount_percent:{row.id}": "0"}), headers=HTMX)
    assert answer.status_code == 200
    fresh = Quote.objects.get(id=quote.id)
    assert (str(fresh.net_total), fresh.version) == ("483180.0000", quote.version + 1)
    page = answer.content.decode()
    assert "¥483,180" in page
    assert f'name="version" value="{fresh.version}"' in page


def test_a_wrong_number_stays_in_its_field_with_a_message(browser: Client, actor: Actor, quote: Quote) -> None:
    row = quote.lines.order_by("position")[0]
    answer = browser.post(f"/quotes/{quote.id}/lines", form(quote, **{f"quantity:{row.id}": "lots"}), headers=HTMX)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert 'value="lots"' in page
    assert f'id="quantity-{row.id}-error"' in page
    assert Quote.objects.get(id=quote.id).version == quote.version


def test_a_stale_editor_saves_nothing(browser: Client, actor: Actor, quote: Quote) -> None:
    answer = browser.post(f"/quotes/{quote.id}/lines", form(quote, version="1"), headers=HTMX)
    assert answer.status_code == 409
    assert QuoteLine.objects.count() == 5


def test_products_are_found_by_pinyin_and_added(browser: Client, actor: Actor, quote: Quote) -> None:
    hits = browser.get(f"/quotes/{quote.id}/products", {"q": "sjcjq"}).content.decode()
    assert "DAQ-16" in hits
    answer = browser.post(
        f"/quotes/{quote.id}/lines/add", {"q": "伺服试验台", "how": "optional", "version": quote.version}, headers=HTMX
    )
    assert answer.status_code == 200
    added = QuoteLine.objects.filter(quote=quote).order_by("-position")[0]
    assert (added.sku, added.optional, Quote.objects.get(id=quote.id).total) == ("STB-400", True, quote.total)
    answer = browser.post(f"/quotes/{quote.id}/lines/add", {"q": "no such thing"}, headers=HTMX)
    assert (answer.status_code, QuoteLine.objects.count()) == (422, 6)


def test_no_page_offers_raw_lines(browser: Client, actor: Actor, quote: Quote) -> None:
    deal = opportunity(actor)
    for path in (f"/opportunities/{deal.id}/", f"/quotes/{quote.id}/"):
        page = browser.get(path).content.decode()
        assert f"{path}do/lines" not in page and f"{path}do/" in page


def test_a_new_version_opens_and_names_who_may_approve(actor: Actor, rep_actor: Actor) -> None:
    quote = example_quote(rep_actor, actor)
    client = browser_of(rep_actor)
    page = client.get(f"/quotes/{quote.id}/").content.decode()
    assert "Spare kit, sensors and belts: above your limit of 15 %." in page
    assert "Mona Manager, Ada Admin may approve it" in page
    assert page.count('data-primary="submit"') == 2
    answer = client.post(f"/quotes/{quote.id}/do/revise", {"version": quote.version})
    new = Quote.objects.get(previous=quote)
    assert (answer.status_code, answer["Location"]) == (302, f"/quotes/{new.id}/")
    lowered = client.post(f"/quotes/{new.id}/lines/lower", {"version": new.version}, headers=HTMX).content.decode()
    assert 'data-primary="send"' in lowered


def test_the_order_of_an_accepted_quote_opens(browser: Client, actor: Actor, quote: Quote) -> None:
    Quote.objects.filter(id=quote.id).update(status="accepted")
    answer = browser.post(f"/quotes/{quote.id}/do/order", {"version": quote.version})
    assert (answer.status_code, answer["Location"]) == (302, f"/orders/{Order.objects.get().id}/")
    again = browser.post(f"/quotes/{quote.id}/do/order")
    assert (again.status_code, Order.objects.count()) == (409, 1)


def test_discounts_are_lowered_to_the_limit(actor: Actor, rep_actor: Actor) -> None:
    quote = example_quote(rep_actor, actor)
    client = browser_of(rep_actor)
    assert "above your limit" in client.get(f"/quotes/{quote.id}/").content.decode()
    client.post(f"/quotes/{quote.id}/lines/lower", {"version": quote.version}, headers=HTMX)
    fresh = Quote.objects.get(id=quote.id)
    assert (str(fresh.net_total), fresh.approval) == ("480795.0000", "none")


def test_the_document_as_pdf_and_pictures(browser: Client, actor: Actor, quote: Quote) -> None:
    answer = browser.get(f"/quotes/{quote.id}/pdf", {"lang": "zh"})
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert "伺服试验台 400 Nm" in text_of(answer.content)
    assert browser.get(f"/quotes/{quote.id}/pages/1.png")["Content-Type"] == "image/png"
    assert browser.get(f"/quotes/{quote.id}/pages/9.png").status_code == 404
    assert "data:image/png;base64," in browser.get(f"/quotes/{quote.id}/preview", {"lang": "en"}).content.decode()


def test_others_neither_see_nor_print_a_quote(actor: Actor, rep_actor: Actor, quote: Quote) -> None:
    client = browser_of(rep_actor)
    for path in ("", "pdf", "preview", "pages/1.png", "products", "do/send"):
        assert client.get(f"/quotes/{quote.id}/{path}").status_code == 404
    for path in ("lines", "lines/add", "lines/lower", "do/send"):
        assert client.post(f"/quotes/{quote.id}/{path}", {}).status_code == 404
    assert Quote.objects.get(id=quote.id).version == quote.version


def test_sending_from_the_dialog(browser: Client, actor: Actor, quote: Quote) -> None:
    dialog = browser.get(f"/quotes/{quote.id}/do/send").content.decode()
    assert quote.number in dialog
    letter = {
        "version": quote.version,
        "by_mail": "1",
        "to": "not an address",
        "subject": "Offer",
        "body": "Hello",
        "language": "zh",
    }
    assert browser.post(f"/quotes/{quote.id}/do/send", letter).status_code in (409, 422)
    assert Quote.objects.get(id=quote.id).status == "draft"
    browser.post(f"/quotes/{quote.id}/do/send", {**letter, "to": "liu@huadong.example"})
    assert Quote.objects.get(id=quote.id).status == "sent"
    browser.post(f"/quotes/{quote.id}/do/accept", {})
    order = Order.objects.get()
    assert order.quote_id == quote.id
    page = browser.get(f"/orders/{order.id}/").content.decode()
    assert "STB-400" in page
    assert "¥539,880" in page


def test_an_opportunity_says_what_it_lacks_and_becomes_a_quote(browser: Client, actor: Actor) -> None:
    record = opportunity(actor, account=account(actor))
    set_lines(actor, record.id, example_lines(actor))
    page = browser.get(f"/opportunities/{record.id}/").content.decode()
    assert "No next step is planned." in page
    assert "STB-400" in page
    browser.post(f"/opportunities/{record.id}/quote")
    assert str(Quote.objects.get().total) == "539880.0000"


def test_products_and_people_of_an_opportunity(browser: Client, actor: Actor) -> None:
    record = opportunity(actor)
    products = [str(line["product"]) for line in example_lines(actor)[:2]]
    rows = {
        "version": "1",
        "product": products,
        "quantity": ["2", "1"],
        "discount_percent": ["12", "0"],
        "list_price": ["", "40000"],
    }
    assert browser.get(f"/opportunities/{record.id}/products").status_code == 200
    browser.post(f"/opportunities/{record.id}/products", rows)
    assert str(Opportunity.objects.get().amount) == "388480.0000"
    wrong = browser.post(f"/opportunities/{record.id}/products", {**rows, "version": "", "quantity": ["x", "1"]})
    assert wrong.status_code == 422
    person = create_record(actor, "contact", {"name": "刘倩"})
    browser.post(f"/opportunities/{record.id}/people", {"contact": str(person.id), "role": "user"})
    assert "刘倩" in browser.get(f"/opportunities/{record.id}/").content.decode()
    browser.post(f"/opportunities/{record.id}/people/{person.id}/remove")
    assert record.contacts.count() == 0


def test_the_board_moves_and_asks_before_winning(browser: Client, actor: Actor) -> None:
    record = opportunity(actor)
    assert browser.get("/opportunities/board").status_code == 200
    dialog = browser.get(f"/opportunities/{record.id}/do/win")
    assert dialog.status_code == 200
    refused = browser.post(
        f"/opportunities/{record.id}/do/win", {"_fields": "reason,close_date,amount,reason_note", "version": "1"}
    )
    assert (refused.status_code, Opportunity.objects.get().category) == (422, "open")
    sent = {"_fields": "reason,close_date,amount,reason_note", "reason": str(reason("won").id), "version": "1"}
    browser.post(f"/opportunities/{record.id}/do/win", sent)
    assert Opportunity.objects.get().category == "won"


def test_converting_from_the_dialog_shows_who_is_known(browser: Client, actor: Actor) -> None:
    known = account(actor, name="苏州应用光学")
    record = lead(actor)
    dialog = browser.get(f"/leads/{record.id}/do/convert").content.decode()
    assert str(known.id) in dialog
    sent = {
        "version": "1",
        "decided": "1",
        "account": str(known.id),
        "with_opportunity": "1",
        "opportunity_name": "Metrology lab",
        "opportunity_amount": "many",
    }
    assert browser.post(f"/leads/{record.id}/do/convert", sent).status_code == 422
    browser.post(f"/leads/{record.id}/do/convert", {**sent, "opportunity_amount": "310,000"})
    fresh = Lead.objects.get()
    assert (fresh.status, fresh.account_id, str(Opportunity.objects.get().amount)) == (
        "converted",
        known.id,
        "310000.0000",
    )


def test_claiming_from_the_pool(actor: Actor, rep_actor: Actor) -> None:
    record = return_lead(actor, lead(actor, team=None).id)
    client = browser_of(rep_actor)
    assert "刘倩" in client.get("/lead-pool/").content.decode()
    client.post(f"/leads/{record.id}/claim")
    assert Lead.objects.get().owner_id == rep_actor.member_id


@pytest.mark.parametrize(
    "path",
    [
        "leads",
        "opportunities",
        "quotes",
        "orders",
        "products",
        "price-books",
        "taxes",
        "pipelines",
        "stages",
        "reasons",
        "payments",
        "payment-plans",
        "deliveries",
        "sales-targets",
    ],
)
def test_every_list_opens(browser: Client, quote: Quote, path: str) -> None:
    assert browser.get(f"/{path}/").status_code == 200


def test_a_room_switched_off_has_no_pages(browser: Client, actor: Actor, quote: Quote) -> None:
    Company.objects.update(rooms_off=["sales"])
    for path in (f"quotes/{quote.id}/", f"quotes/{quote.id}/pdf", "lead-pool/", "opportunities/"):
        assert browser.get(f"/{path}").status_code == 404


def test_only_open_cards_warn_of_a_missing_step(browser: Client, actor: Actor) -> None:
    deal = opportunity(actor)
    assert browser.get("/opportunities/board").content.decode().count("No step planned") == 1
    win_opportunity(actor, deal.id, reason=reason("won").id)
    page = browser.get("/opportunities/board").content.decode()
    assert (page.count("No step planned"), deal.name in page) == (0, True)


def test_the_board_marks_the_pipeline_that_it_shows(browser: Client, actor: Actor) -> None:
    first = Pipeline.objects.get(is_default=True)
    Pipeline.objects.filter(id=first.id).update(is_default=False)
    partners = create_record(actor, "pipeline", {"name": "Partners", "name_zh": "伙伴", "is_default": True})
    create_record(actor, "stage", {"pipeline": partners.id, "name": "Handshake", "category": "open"})
    for address, shown, hidden in (
        ("/opportunities/board", "Handshake", "Qualification"),
        (f"/opportunities/board?pipeline={partners.id}", "Handshake", "Qualification"),
        (f"/opportunities/board?pipeline={first.id}", "Qualification", "Handshake"),
        ("/opportunities/board?pipeline=nonsense", "Handshake", "Qualification"),
    ):
        page = browser.get(address).content.decode()
        columns = page[page.index("<gx-board") :]
        chosen = partners if shown == "Handshake" else first
        assert shown in columns and hidden not in columns, address
        assert f'data-counts-pipeline="{chosen.id}"' in page, address
