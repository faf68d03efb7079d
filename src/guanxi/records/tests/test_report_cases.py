"""Reports: derived figures, comparisons, periods, rights, time limits and what is refused, case by case."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from guanxi.core.errors import Invalid, NotAllowed
from guanxi.identity.actor import Actor
from guanxi.records.changes import create_record
from guanxi.records.reports.definition import read_definition, write_definition
from guanxi.records.reports.labels import span_label
from guanxi.records.reports.periods import Span, compared_with
from guanxi.records.reports.running import TooHeavy, run_report, within_time
from guanxi.records.tests.test_reports import BIG, MEASURES


def test_shares_running_totals_ratios_and_changes(actor: Actor) -> None:
    for month, amount in (("01", 100), ("02", 300), ("04", 100)):
        create_record(actor, "opportunity", {"name": month, "amount": amount, "close_date": f"2026-{month}-10"})
    derived = [
        {"key": "part", "kind": "share", "of": "sum"}, {"key": "so_far", "kind": "running", "of": "sum"},
        {"key": "moved", "kind": "change", "of": "sum"}, {"key": "each", "kind": "ratio", "of": "sum", "to": "n"},
        {"key": "rate", "kind": "ratio", "of": "big", "to": "n"},
    ]  # fmt: skip
    made = read_definition(
        {
            "object": "opportunity",
            "groups": [{"field": "close_date", "by": "month"}],
            "measures": [*MEASURES[:3], *derived],
        }
    )
    result = run_report(actor, made)
    told = [[row.labels[0], *(row.total[one["key"]] for one in derived)] for row in result.rows]
    assert told == [
        ["Jan 2026", 20, 100, None, 100, 0],
        ["Feb 2026", 60, 400, 200, 300, 100],
        ["Mar 2026", 0, 400, -100, None, None],
        ["Apr 2026", 20, 500, None, 100, 0],
    ]
    assert [result.heading(one["key"]).unit for one in derived] == ["percent", "money", "percent", "money", "percent"]


def test_comparison_stands_beside_the_same_month_of_the_year_before(actor: Actor) -> None:
    for day, amount in (("2015-02-10", 50), ("2015-03-01", 70), ("2016-02-28", 80)):
        create_record(actor, "opportunity", {"name": day, "amount": amount, "close_date": day})
    made = read_definition(
        {
            "object": "opportunity",
            "period": {"field": "close_date", "within": {"from": "2016-01-01", "to": "2016-03-31"}},
            "groups": [{"field": "close_date", "by": "month"}],
            "measures": [{"key": "sum", "kind": "sum", "field": "amount"}],
            "compare": "year",
        }
    )
    result = run_report(actor, made)
    shown: list[Any] = [[row.labels[0], row.total["sum"], row.before[None]["sum"]] for row in result.rows]
    assert shown == [["Jan 2016", 0, 0], ["Feb 2016", 80, 50], ["Mar 2016", 0, 70]]
    assert (result.total.total["sum"], result.total.before[None]["sum"]) == (Decimal(80), Decimal(120))


def test_a_running_period_is_compared_with_as_many_days() -> None:
    year, march = Span(date(2026, 1, 1), date(2027, 1, 1)), Span(date(2026, 3, 1), date(2026, 4, 1))
    days = Span(date(2026, 3, 5), date(2026, 3, 15))
    told = [
        compared_with(year, "year", date(2026, 11, 22)), compared_with(year, "year", date(2027, 2, 1)),
        compared_with(march, "before", date(2026, 3, 10)), compared_with(march, "before", date(2026, 5, 1)),
        compared_with(days, "before", date(2026, 6, 1)),
    ]  # fmt: skip
    assert [(one.first.isoformat(), one.after.isoformat()) for one in told] == [
        ("2025-01-01", "2025-11-23"), ("2025-01-01", "2026-01-01"), ("2026-02-01", "2026-02-11"), ("2026-02-01", "2026-03-01"),
        ("2026-02-23", "2026-03-05"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("fiscal", "key", "by", "label"),
    [
        (1, "2026-04-01", "fiscal_quarter", "FQ2 2026"), (4, "2026-04-01", "fiscal_quarter", "FQ1 2027"),
        (4, "2027-01-01", "fiscal_quarter", "FQ4 2027"), (4, "2026-04-01", "fiscal_year", "fiscal year 2027"),
        (1, "2026-01-01", "fiscal_year", "fiscal year 2026"), (1, "2026-07-01", "quarter", "Q3 2026"), (1, "7", "hour", "07:00"),
    ],
)  # fmt: skip
def test_spans_have_names(fiscal: int, key: str, by: str, label: str) -> None:
    assert span_label(by, key, fiscal) == label


def test_an_amount_without_a_rate_is_left_out_and_counted(actor: Actor) -> None:
    create_record(actor, "account", {"name": "home", "annual_revenue": 10, "currency": "CNY"})
    create_record(actor, "account", {"name": "far", "annual_revenue": 10, "currency": "JPY"})
    made = read_definition(
        {"object": "account", "measures": [{"key": "sum", "kind": "sum", "field": "annual_revenue"}]}
    )
    result = run_report(actor, made)
    assert (result.total.total["sum"], result.unconverted, result.count) == (Decimal(10), 1, 2)


def test_days_between_two_moments(actor: Actor) -> None:
    one = create_record(actor, "opportunity", {"name": "slow", "amount": 1})
    type(one).objects.filter(id=one.id).update(
        created_at=datetime(2026, 1, 1, tzinfo=UTC), closed_at=datetime(2026, 1, 11, 12, tzinfo=UTC)
    )
    made = read_definition(
        {
            "object": "opportunity",
            "measures": [{"key": "days", "kind": "average", "field": "closed_at", "since": "created_at"}],
        }
    )
    result = run_report(actor, made)
    assert (result.total.total["days"], result.heading("days").unit) == (Decimal("10.5"), "days")


def limited(actor: Actor, access: str, object_name: str, field: str) -> Actor:
    """The actor with a role that may not read a field, or only masked."""
    return replace(actor, is_admin=False, grants={"*": {"*": "all"}}, field_access={object_name: {field: access}})


@pytest.mark.parametrize("access", ["hidden", "masked"])
@pytest.mark.parametrize(
    ("object_name", "field", "part"),
    [
        ("opportunity", "amount", {"measures": [{"key": "x", "kind": "sum", "field": "amount"}]}),
        ("opportunity", "amount", {"measures": [{"key": "x", "kind": "distinct", "field": "amount"}]}),
        ("opportunity", "amount", {"measures": [{"key": "x", "kind": "count", "filter": BIG}]}),
        ("opportunity", "amount", {"filter": BIG}),
        ("opportunity", "type", {"groups": [{"field": "type"}]}),
        ("opportunity", "type", {"groups": [{"field": "owner"}], "pivot": {"field": "type"}}),
        ("opportunity", "close_date", {"period": {"field": "close_date", "within": "this_year"}}),
        ("opportunity", "close_date", {"measures": [{"key": "x", "kind": "average", "field": "updated_at", "since": "close_date"}]}),
        ("account", "region", {"groups": [{"field": "account.region"}]}),
        ("opportunity", "account", {"groups": [{"field": "account.region"}]}),
    ],
)  # fmt: skip
def test_what_the_role_may_not_read_is_no_part_of_a_report(
    actor: Actor, access: str, object_name: str, field: str, part: dict[str, Any]
) -> None:
    create_record(actor, "opportunity", {"name": "one", "amount": 200, "close_date": "2026-01-01"})
    made = read_definition({"object": "opportunity", "measures": MEASURES[:1]} | part)
    run_report(limited(actor, "read", object_name, field), made)
    with pytest.raises(Invalid):
        run_report(limited(actor, access, object_name, field), made)


def test_a_role_without_the_object_gets_no_figure(actor: Actor) -> None:
    made = read_definition({"object": "opportunity", "measures": MEASURES[:1]})
    with pytest.raises(NotAllowed):
        run_report(replace(actor, is_admin=False, grants={"account": {"*": "all"}}), made)
    by_account = read_definition(
        {"object": "opportunity", "measures": MEASURES[:1], "groups": [{"field": "account.region"}]}
    )
    with pytest.raises(Invalid):
        run_report(replace(actor, is_admin=False, grants={"opportunity": {"*": "all"}}), by_account)


def test_what_takes_too_long_is_broken_off_and_the_transaction_goes_on(actor: Actor) -> None:
    with pytest.raises(TooHeavy), within_time(1), connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(3)")
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("0",)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({}, "object"),
    ({"object": "opportunity"}, "measures"),
    ({"object": "opportunity", "measures": [{"key": "n", "kind": "guess"}]}, "measures.0.kind"),
    ({"object": "opportunity", "measures": [{"key": "n", "kind": "sum"}]}, "measures.0.field"),
    ({"object": "opportunity", "measures": [{"key": "N!", "kind": "count"}]}, "measures.0.key"),
    ({"object": "opportunity", "measures": [{"key": "n", "kind": "sum", "field": "name"}]}, "measures.0.field"),
    ({"object": "opportunity", "measures": [{"key": "n", "kind": "sum", "field": "password"}]}, "measures.0.field"),
    ({"object": "opportunity", "measures": [{"key": "n", "kind": "ratio", "of": "x", "to": "y"}]}, "measures.0.of"),
    ({"object": "opportunity", "measures": MEASURES[:1] * 2}, "measures"),
    ({"object": "opportunity", "measures": MEASURES[:1], "groups": [{"field": "amount"}]}, "groups.0.field"),
    ({"object": "opportunity", "measures": MEASURES[:1], "groups": [{"field": "close_date", "by": "hour"}]}, "groups.0.field"),
    ({"object": "opportunity", "measures": MEASURES[:1], "groups": [{"field": "name; DROP"}]}, "groups.0.field"),
    ({"object": "opportunity", "measures": MEASURES[:1], "groups": "x"}, "groups"),
    ({"object": "opportunity", "measures": MEASURES[:1], "period": {"field": "name", "within": "this_year"}}, "period.field"),
    ({"object": "opportunity", "measures": MEASURES[:1], "compare": "year"}, "compare"),
    ({"object": "opportunity", "measures": MEASURES[:1], "limit": -1}, "limit"),
    ({"object": "opportunity", "measures": MEASURES[:1], "sort": "owner"}, "sort"),
    ({"object": "opportunity", "measures": MEASURES[:1], "extra": 1}, "extra"),
    ({"object": "nothing", "measures": MEASURES[:1]}, "object"),
]  # fmt: skip


@pytest.mark.parametrize(("definition", "place"), WRONG)
def test_what_is_wrong_is_said_with_its_place(actor: Actor, definition: dict[str, Any], place: str) -> None:
    with pytest.raises(Invalid) as refusal:
        run_report(actor, read_definition(definition))
    assert place in refusal.value.errors


def test_a_definition_is_written_as_it_was_read() -> None:
    data = {
        "object": "opportunity", "filter": BIG, "period": {"field": "close_date", "within": "this_year"},
        "groups": [{"field": "close_date", "by": "month"}, {"field": "account.employees", "bands": ["10", "50"]}],
        "pivot": {"field": "type"}, "measures": [*MEASURES, {"key": "part", "kind": "share", "of": "n", "label": "Part"}],
        "sort": "-n", "limit": 5, "compare": "before", "targets": [{"measure": "n", "value": "12.5", "label": "Plan"}],
        "chart": "line",
    }  # fmt: skip
    assert write_definition(read_definition(data)) == data
