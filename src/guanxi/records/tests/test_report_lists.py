"""Reports that list records in groups: subtotals of all records, amounts with their currency, spans of the fiscal year."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from guanxi.core.errors import Invalid
from guanxi.core.rates import set_rate
from guanxi.identity.actor import Actor
from guanxi.identity.models import Company
from guanxi.records.changes import create_record
from guanxi.records.reports.definition import read_definition, write_definition
from guanxi.records.reports.drawing import subtotal_words, total_words, what_it_counts
from guanxi.records.reports.exporting import table_of
from guanxi.records.reports.labels import span_label
from guanxi.records.reports.listing import run_list
from guanxi.records.reports.running import run_report
from guanxi.records.reports.runs import read_report, show_run, start_run

SALES: dict[str, Any] = {
    "object": "opportunity",
    "columns": ["name", "amount"],
    "groups": [{"field": "type"}],
    "measures": [{"key": "n", "kind": "count"}, {"key": "sum", "kind": "sum", "field": "amount"}],
    "sort": "-amount",
}


@pytest.fixture
def sold(actor: Actor) -> Actor:
    set_rate("EUR", date(2020, 1, 1), Decimal("8"))
    for name, kind, amount, currency in (("a", "new", 100, "CNY"), ("b", "renewal", 10, "EUR"), ("c", "new", 300, "CNY"), ("d", "upsell", 5, "CNY")):  # fmt: skip
        create_record(actor, "opportunity", {"name": name, "type": kind, "amount": amount, "currency": currency})
    return actor


def test_a_list_stands_in_groups_with_the_subtotals_of_all(sold: Actor) -> None:
    made = read_definition(SALES)
    assert read_definition(write_definition(made)) == made
    found = run_list(sold, made)
    assert [(head, row) for head, row in zip(found.heads, found.rows, strict=True)] == [
        (("New business",), ("c", "¥300")), (("New business",), ("a", "¥100")), (("Renewal",), ("b", "EUR 10")), (("Upsell",), ("d", "¥5")),
    ]  # fmt: skip
    assert [subtotal_words(found, keys) for keys in dict.fromkeys(found.keys)] == [
        "Count 2 · Amount ¥400", "Count 1 · Amount ¥80", "Count 1 · Amount ¥5",
    ]  # fmt: skip
    assert total_words(found) == "Count 4 · Amount ¥485"
    # The subtotals are those of all records, also where only the first are listed.
    short = run_list(sold, read_definition(SALES | {"limit": 1}))
    assert (len(short.rows), short.more, total_words(short)) == (1, True, "Count 4 · Amount ¥485")
    assert table_of(found)[0] == ["Type", "Name", "Amount"]
    assert table_of(found)[1][2] == ["Renewal", "b", Decimal(10)]
    run = start_run(sold, made)
    read_report.function(run.tenant_id, run.id)
    run.refresh_from_db()
    kept = show_run(sold, run).listing
    assert kept is not None
    assert (kept.rows, kept.heads, kept.by, total_words(kept)) == (
        found.rows,
        found.heads,
        found.by,
        total_words(found),
    )


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ({"pivot": {"field": "owner"}}, "columns"), ({"groups": []}, "groups"),
        ({"measures": [{"key": "n", "kind": "count"}, {"key": "s", "kind": "share", "of": "n"}]}, "columns"), ({"sort": "owner"}, "sort"),
    ],
)  # fmt: skip
def test_what_a_list_cannot_have_is_said(changed: dict[str, Any], place: str) -> None:
    with pytest.raises(Invalid) as refusal:
        read_definition(SALES | changed)
    assert place in refusal.value.errors


def test_only_what_adds_up_has_a_running_total() -> None:
    given = {"object": "opportunity", "groups": [{"field": "close_date", "by": "month"}]}
    for kind, fits in (("sum", True), ("average", False), ("median", False)):
        measures = [{"key": "a", "kind": kind, "field": "amount"}, {"key": "r", "kind": "running", "of": "a"}]
        if fits:
            read_definition(given | {"measures": measures})
            continue
        with pytest.raises(Invalid) as refusal:
            read_definition(given | {"measures": measures})
        assert list(refusal.value.errors) == ["measures.1.of"]


def test_amounts_say_how_they_were_converted(sold: Actor) -> None:
    result = run_report(sold, read_definition({"object": "opportunity", "measures": SALES["measures"]}))
    assert "amounts in CNY, foreign ones at the rate of their day" in what_it_counts(sold, result)
    counted = run_report(sold, read_definition({"object": "opportunity", "measures": SALES["measures"][:1]}))
    assert "amounts in" not in what_it_counts(sold, counted)


@pytest.mark.parametrize(
    ("fiscal", "key", "by", "label"),
    [
        (4, "2026-04-01", "fiscal_month", "FM1 2027"), (4, "2027-03-01", "fiscal_month", "FM12 2027"), (1, "2026-05-01", "fiscal_month", "FM5 2026"),
        (4, "2026-03-30", "fiscal_week", "FW1 2027"), (4, "2026-03-23", "fiscal_week", "FW52 2026"), (4, "2026-04-06", "fiscal_week", "FW2 2027"),
        (1, "2025-12-29", "fiscal_week", "FW1 2026"), (1, "2026-01-05", "fiscal_week", "FW2 2026"),
    ],
)  # fmt: skip
def test_weeks_and_months_of_the_fiscal_year_have_numbers(fiscal: int, key: str, by: str, label: str) -> None:
    assert span_label(by, key, fiscal) == label


def test_fiscal_weeks_and_months_group_by_their_days(actor: Actor) -> None:
    Company.objects.update(fiscal_year_start=4)
    for day in ("2026-03-31", "2026-04-01", "2026-04-20"):
        create_record(actor, "opportunity", {"name": day, "amount": 1, "close_date": day})
    rows = {}
    for by in ("fiscal_week", "fiscal_month"):
        made = read_definition({"object": "opportunity", "measures": SALES["measures"][:1], "groups": [{"field": "close_date", "by": by}]})  # fmt: skip
        rows[by] = [(row.labels[0], int(row.total["n"] or 0)) for row in run_report(actor, made).rows]
    assert rows == {
        "fiscal_week": [("FW1 2027", 2), ("FW2 2027", 0), ("FW3 2027", 0), ("FW4 2027", 1)],
        "fiscal_month": [("FM12 2026", 1), ("FM1 2027", 2)],
    }
