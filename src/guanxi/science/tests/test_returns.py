"""The return of a system on figures that one can add up by hand."""

import numpy as np
import pytest

from guanxi.science.arrays import Unusable
from guanxi.science.returns import Business, Costs, Effects, course, enough, grown, pay_back, published, scaled, tornado

# 100 won and 40 lost a month, of which half stays; selling costs 36 a month.
BUSINESS = Business(revenue=2400, margin_rate=0.5, won=1200, lost=480, selling_cost=432)
NOTHING = Effects(saving=0, won=0, margin=0, recovered=0, ramp=1)


def test_each_effect_alone_is_its_share_of_its_base() -> None:
    saving = course(BUSINESS, Effects(0.1, 0, 0, 0), Costs(0, 0))
    assert saving.saving[[0, 17, 35]] == pytest.approx([0.1, 1.8, 3.6])
    won = course(BUSINESS, Effects(0, 0.05, 0, 0), Costs(0, 0))
    assert won.won[[11, 23]] == pytest.approx([100 * 0.05 * 0.5, 100 * (1.05**2 - 1) * 0.5])
    margin = course(BUSINESS, Effects(0, 0, 0.01, 0, ramp=12), Costs(0, 0))
    assert margin.margin[[5, 11, 30]] == pytest.approx([1.0, 2.0, 2.0])
    recovered = course(BUSINESS, Effects(0, 0, 0, 0.15, ramp=1), Costs(0, 0))
    assert recovered.recovered == pytest.approx(np.full(36, 40 * 0.15 * 0.5))
    assert recovered.benefit.sum() == pytest.approx(36 * 3.0)


def test_a_deal_recovered_is_a_deal_won_and_counts_once() -> None:
    both = course(BUSINESS, Effects(0, 0.05, 0, 0.15, ramp=1), Costs(0, 0))
    assert both.won[11] + both.recovered[11] == pytest.approx(3.0)
    assert both.won[35] == pytest.approx(100 * (1.05**3 - 1) * 0.5)
    assert both.recovered[35] == 0.0


def test_half_the_credit_is_half_the_effect() -> None:
    whole = course(BUSINESS, Effects(), Costs(0, 0))
    half = course(BUSINESS, Effects(credit=0.5), Costs(0, 0))
    assert half.benefit == pytest.approx(whole.benefit / 2)


def test_pay_back_is_the_month_from_which_nothing_is_owed() -> None:
    gain = course(BUSINESS, Effects(0, 0, 0, 0.15, ramp=1), Costs(once=10, monthly=1), months=12, discount=0)
    assert gain.cumulated[0] == -10
    assert gain.pay_back == pytest.approx(5.0)
    assert gain.npv == pytest.approx(12 * 2 - 10)
    assert gain.gain == pytest.approx(36 / 22 - 1)
    assert course(BUSINESS, NOTHING, Costs(10, 1), months=12).pay_back is None
    assert pay_back(np.array([0.0, 1.0, 2.0])) == 0.0
    # Who is back in debt later has not been paid back before.
    assert pay_back(np.array([-1.0, 1.0, -1.0, 3.0])) == pytest.approx(2.25)


def test_money_of_later_is_worth_less() -> None:
    one = course(BUSINESS, Effects(0, 0, 0, 0.15, ramp=1), Costs(0, 0), months=12, discount=0.1)
    assert one.npv == pytest.approx(sum(3 / 1.1 ** (month / 12) for month in range(1, 13)))


def test_the_tornado_puts_what_moves_most_first() -> None:
    rows = tornado(BUSINESS, Effects(), Costs(10, 1))
    assert [one.width for one in rows] == sorted((one.width for one in rows), reverse=True)
    by_name = {one.name: one for one in rows}
    assert set(by_name) == {
        "saving", "won", "margin", "recovered", "base_revenue", "base_margin_rate", "base_won", "base_lost", "base_selling_cost", "once", "monthly",
    }  # fmt: skip
    assert (by_name["once"].npv_low - by_name["once"].npv_high) == pytest.approx(10)
    assert by_name["base_margin_rate"].high == 0.75
    assert tornado(Business(100, 0.9, 0, 0, 0), Effects(), Costs(0, 0))[0].npv_low > 0


def test_as_much_of_the_effects_as_suffices() -> None:
    costs = Costs(once=50, monthly=1)
    share = enough(BUSINESS, Effects(), costs)
    assert share is not None and 0 < share < 1
    assert course(BUSINESS, scaled(Effects(), share), costs).npv == pytest.approx(0, abs=1e-6)
    assert enough(BUSINESS, Effects(), Costs(0, 0)) == 0.0
    assert enough(BUSINESS, NOTHING, costs) is None


def test_what_the_published_recovery_means_here() -> None:
    assert published(BUSINESS, Effects()) == pytest.approx({"sales": 0.03, "profit": 0.03})
    assert published(Business(0, 0, 0, 0, 0), Effects()) == {"sales": 0.0, "profit": 0.0}


@pytest.mark.parametrize(
    ("business", "effects", "costs", "months"),
    [
        (Business(-1, 0.5, 0, 0, 0), Effects(), Costs(0, 0), 12),
        (Business(float("nan"), 0.5, 0, 0, 0), Effects(), Costs(0, 0), 12),
        (BUSINESS, Effects(recovered=1.5), Costs(0, 0), 12),
        (Business(1, 1.5, 0, 0, 0), Effects(), Costs(0, 0), 12),
        (BUSINESS, Effects(), Costs(0, 0), 0),
    ],
)
def test_figures_that_are_none_are_refused(business: Business, effects: Effects, costs: Costs, months: int) -> None:
    with pytest.raises(Unusable):
        course(business, effects, costs, months=months)


def test_effects_grow_with_the_months() -> None:
    assert {name: float(value) for name, value in grown(Effects(), 0.0).items()} == dict.fromkeys(
        ("saving", "won", "margin", "recovered"), 0.0
    )
    assert float(grown(Effects(), 24.0)["won"]) == pytest.approx(1.05**2 - 1)
