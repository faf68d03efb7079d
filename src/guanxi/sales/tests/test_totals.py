"""The arithmetic of documents, against the worked example of the design and against its own laws."""

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guanxi.core.money import round_to_currency
from guanxi.sales.totals import Priced, TaxGroup, line_figures, sum_lines
from guanxi.sales.words import renminbi_words

D = Decimal
EXAMPLE = (
    Priced(D(2), D(198000), D(12), D(13)),
    Priced(D(2), D(46000), D(10), D(13)),
    Priced(D(6), D(4800), D(0), D(6)),
    Priced(D(2), D(3600), D(0), D(6)),
    Priced(D(1), D(15900), D(20), D(13)),
)


def test_the_worked_example() -> None:
    figures = sum_lines(EXAMPLE, "CNY")
    assert figures.list_total == D("539900")
    assert figures.discount_total == D("59900")
    assert figures.discount_percent == D("11.09")
    assert figures.net_total == D("480000")
    assert figures.groups == (
        TaxGroup(D(13), D("444000.00"), D("57720.00")),
        TaxGroup(D(6), D("36000.00"), D("2160.00")),
    )
    assert figures.tax_total == D("59880")
    assert figures.total == D("539880")


def test_the_lines_of_the_worked_example() -> None:
    figures = [line_figures(line, "CNY") for line in EXAMPLE]
    assert [item.net_price for item in figures] == [D(174240), D(41400), D(4800), D(3600), D(12720)]
    assert [item.amount for item in figures] == [D(348480), D(82800), D(28800), D(7200), D(12720)]


def test_margin_is_unknown_as_soon_as_one_cost_is() -> None:
    known = Priced(D(2), D(100), D(10), D(13), cost=D(60))
    figures = sum_lines([known], "CNY")
    assert (figures.margin, figures.margin_percent) == (D("60.00"), D("33.33"))
    assert sum_lines([known, Priced(D(1), D(10))], "CNY").margin is None


def test_optional_lines_are_not_summed() -> None:
    assert sum_lines([Priced(D(1), D(10)), Priced(D(1), D(99), optional=True)], "CNY").total == D("10.00")


@pytest.mark.parametrize(
    ("price", "currency", "amount", "tax"),
    [("0.125", "CNY", "0.13", "0.02"), ("100.5", "JPY", "101", "13"), ("1.0005", "KWD", "1.001", "0.130")],
)
def test_rounding_is_half_up_to_the_digits_of_the_currency(price: str, currency: str, amount: str, tax: str) -> None:
    figures = line_figures(Priced(D(1), D(price), D(0), D(13)), currency)
    assert (figures.amount, figures.tax) == (D(amount), D(tax))


def test_nothing_sums_to_nothing() -> None:
    figures = sum_lines([], "CNY")
    assert (figures.total, figures.groups, figures.margin, figures.discount_percent) == (D(0), (), None, D(0))


prices = st.decimals(min_value=0, max_value=10_000_000, places=4)
lines = st.lists(
    st.builds(
        Priced,
        quantity=st.decimals(min_value=0, max_value=10_000, places=2),
        list_price=prices,
        discount_percent=st.decimals(min_value=0, max_value=100, places=3),
        tax_rate=st.sampled_from([D(0), D(6), D(9), D(13), D("8.1")]),
        cost=st.one_of(st.none(), prices),
        optional=st.booleans(),
    ),
    max_size=12,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(lines=lines, currency=st.sampled_from(["CNY", "JPY", "KWD", "EUR"]))
def test_what_is_printed_adds_up(lines: list[Priced], currency: str) -> None:
    figures = sum_lines(lines, currency)
    counted = [line_figures(line, currency) for line in lines if not line.optional]
    assert figures.net_total == sum((item.amount for item in counted), D(0))
    assert figures.list_total - figures.discount_total == figures.net_total
    assert figures.discount_total >= -len(lines)
    assert figures.total == figures.net_total + figures.tax_total
    assert figures.tax_total == sum((group.tax for group in figures.groups), D(0))
    assert sum((group.base for group in figures.groups), D(0)) == figures.net_total
    assert len({group.rate for group in figures.groups}) == len(figures.groups)
    for value in (figures.net_total, figures.tax_total, figures.total, figures.list_total):
        assert round_to_currency(value, currency) == value


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("539880", "人民币伍拾叁万玖仟捌佰捌拾元整"),
        ("0", "人民币零元整"),
        ("0.05", "人民币伍分"),
        ("0.5", "人民币伍角整"),
        ("10.05", "人民币壹拾元零伍分"),
        ("1001", "人民币壹仟零壹元整"),
        ("10010001", "人民币壹仟零壹万零壹元整"),
        ("100000000", "人民币壹亿元整"),
        ("100000010", "人民币壹亿零壹拾元整"),
        ("305000.40", "人民币叁拾万伍仟元肆角整"),
        ("123456789.12", "人民币壹亿贰仟叁佰肆拾伍万陆仟柒佰捌拾玖元壹角贰分"),
        ("-8.8", "人民币负捌元捌角整"),
    ],
)
def test_amounts_in_chinese_capitals(amount: str, words: str) -> None:
    assert renminbi_words(D(amount)) == words
