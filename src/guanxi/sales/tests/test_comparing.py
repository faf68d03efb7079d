"""Two versions of a quote beside each other."""

from typing import Any

import pytest
from django.utils import translation

from guanxi.identity.actor import Actor
from guanxi.records.changes import update_record
from guanxi.sales.comparing import change_words, compare_quotes
from guanxi.sales.models import Quote
from guanxi.sales.services import create_quote, revise_quote, save_quote_lines
from guanxi.sales.tests.factories import account, example_quote
from guanxi.sales.tests.test_screens import browser_of


@pytest.fixture
def old(actor: Actor) -> Quote:
    return example_quote(actor)


@pytest.fixture
def new(actor: Actor, old: Quote) -> Quote:
    """Bench at 10 instead of 12 %, no training, a section, other payment terms."""
    second = revise_quote(actor, old.id)
    rows = list(second.lines.order_by("position"))
    lines: list[dict[str, Any]] = [
        {"id": rows[0].id, "discount_percent": "10"}, {"id": rows[1].id}, {"id": rows[2].id}, {"id": rows[4].id, "optional": True},
        {"kind": "section", "name": "Options"},
    ]  # fmt: skip
    second = save_quote_lines(actor, second.id, lines)
    return update_record(actor, "quote", second.id, {"payment_terms": "30 days"})  # type: ignore[no-any-return]


def test_lines_totals_and_conditions(actor: Actor, old: Quote, new: Quote) -> None:
    found = compare_quotes(actor, Quote.objects.get(id=old.id), new)
    assert [(line.state, line.name) for line in found.lines] == [
        ("changed", "Servo test bench 400 Nm"), ("same", "Data acquisition, 16 channels"), ("same", "Installation and commissioning"),
        ("changed", "Spare kit, sensors and belts"), ("added", "Options"), ("removed", "Operator training on site"),
    ]  # fmt: skip
    bench = found.lines[0].cells
    assert [(cell.before, cell.after) for cell in bench] == [
        ("2", "2"), ("198,000", "198,000"), ("12 %", "10 %"), ("174,240", "178,200"), ("348,480", "356,400"),
    ]  # fmt: skip
    assert found.lines[3].note == "now optional"
    net = next(value for value in found.totals if value.label == "Net")
    assert (net.before, net.after, net.difference) == ("¥480,000", "¥468,000", "−¥12,000")
    assert [(value.label, value.before, value.after) for value in found.conditions] == [("Payment", "–", "30 days")]
    assert not found.same
    assert compare_quotes(actor, new, new).same


def test_hidden_figures_stay_hidden(manager_actor: Actor, actor: Actor, old: Quote, new: Quote) -> None:
    blind = type(manager_actor)(
        **{**vars(manager_actor), "field_access": {"quote": {"margin": "hidden", "terms": "hidden"}}}
    )
    labels = [value.label for value in compare_quotes(blind, old, new).totals]
    assert "Margin" not in labels and "Net" in labels


def test_in_a_few_words(old: Quote, new: Quote) -> None:
    rows = [list(quote.lines.order_by("position")) for quote in (old, new)]
    assert change_words(*rows) == "Servo test bench 400 Nm 12 → 10 %, Options added, 1 more"
    with translation.override("zh-hans"):
        assert change_words(*rows) == "伺服试验台 400 Nm 12 → 10 %，新增 Options，另有 1 项"
    assert change_words(rows[0], rows[0]) == ""


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_page_and_the_way_to_it(actor: Actor, old: Quote, new: Quote, language: str) -> None:
    browser = browser_of(actor, language)
    page = browser.get(f"/quotes/{new.id}/").content.decode()
    assert f'href="/quotes/{new.id}/compare?with={old.id}"' in page
    assert f'href="/quotes/{old.id}/compare' not in page
    answer = browser.get(f"/quotes/{new.id}/compare")
    assert answer.status_code == 200
    for text in ("12 %", "10 %", "−¥12,000", "30 days"):
        assert text in answer.content.decode()


def test_nobody_compares_what_he_may_not_see(actor: Actor, rep_actor: Actor, old: Quote, new: Quote) -> None:
    client = browser_of(rep_actor)
    assert client.get(f"/quotes/{new.id}/compare").status_code == 404
    own = create_quote(rep_actor, {"account": account(rep_actor)})
    assert client.get(f"/quotes/{own.id}/compare").status_code == 404
    assert client.get(f"/quotes/{own.id}/compare?with={old.id}").status_code == 404
    assert client.get(f"/quotes/{own.id}/compare?with=nonsense").status_code == 404
