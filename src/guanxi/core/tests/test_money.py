from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guanxi.core.money import MAX_AMOUNT, SCALE, from_minor, minor_text, round_to_currency, to_minor

BIGINT = st.integers(-(2**63) + 1, 2**63 - 1)


@given(BIGINT)
def test_an_amount_survives_the_way_into_the_database_and_back(minor: int) -> None:
    assert to_minor(from_minor(minor)) == minor


@given(BIGINT)
def test_the_text_of_an_amount_is_that_of_its_decimal(minor: int) -> None:
    amount = from_minor(minor)
    assert minor_text(minor) == (format(amount.normalize(), "f") if amount else "0")


def test_amounts_as_text() -> None:
    amounts = (None, 0, 12_500, -12_500, 10_000, 1, -1, 1_234_567_890_000)
    assert [minor_text(minor) for minor in amounts] == [
        None,
        "0",
        "1.25",
        "-1.25",
        "1",
        "0.0001",
        "-0.0001",
        "123456789",
    ]


def test_an_amount_out_of_range_is_refused() -> None:
    assert to_minor(MAX_AMOUNT) == 2**63 - 1
    for amount in (MAX_AMOUNT + Decimal(1) / SCALE, Decimal("NaN"), Decimal("Infinity")):
        with pytest.raises(OverflowError):
            to_minor(amount)


@pytest.mark.parametrize(("currency", "text"), [("JPY", "1"), ("CNY", "1.50"), ("KWD", "1.500")])
def test_amounts_are_rounded_as_their_currency_is_written(currency: str, text: str) -> None:
    assert str(round_to_currency(Decimal("1.4999"), currency)) == text
