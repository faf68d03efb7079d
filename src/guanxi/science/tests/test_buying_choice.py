"""The model that the later purchases speak for."""

import numpy as np
import pytest

from guanxi.science.arrays import Floats, Unusable
from guanxi.science.buying import Nbd, ParetoNbd, Purchases
from guanxi.science.buying.choice import choose


def histories(model: ParetoNbd | Nbd, customers: int, seed: int) -> tuple[Purchases, Purchases]:
    """The same made-up customers at 30 and at 60. Given the number and the last, earlier purchases lie evenly."""
    whole_x, whole_last = model.simulate(np.full(customers, 60.0), seed=seed)
    random = np.random.default_rng(seed)
    x, last = np.zeros(customers), np.zeros(customers)
    for each in range(int(whole_x.max())):
        times: Floats = np.where(whole_x == each + 1, whole_last, random.random(customers) * whole_last)
        early = (whole_x > each) & (times <= 30)
        x[early] += 1
        last[early] = np.maximum(last[early], times[early])
    return (
        Purchases.of(x, last, np.full(customers, 30.0)),
        Purchases.of(whole_x, whole_last, np.full(customers, 60.0)),
    )


def test_dropout_is_preferred_where_there_is_some() -> None:
    before, after = histories(ParetoNbd(0.7, 8.0, 0.6, 9.0), 4_000, 1)
    found = choose(before, after)
    assert [scored.fit.name for scored in found][-1] == "nbd"
    assert found[0].score > found[-1].score
    assert found[0].happened == found[-1].happened == float(after.x.sum() - before.x.sum())
    assert abs(found[0].expected / found[0].happened - 1) < 0.1 < found[-1].expected / found[-1].happened - 1


def test_all_stand_equal_where_there_is_none() -> None:
    before, after = histories(Nbd(0.8, 6.0), 2_000, 2)
    found = choose(before, after)
    assert {scored.fit.name for scored in found} == {"nbd"} and len({scored.score for scored in found}) == 1


def test_dates_that_do_not_belong_together() -> None:
    before = Purchases.of([1, 0], [5, 0], [10, 10])
    for after, fault in (
        (Purchases.of([1], [5], [20]), "same customers"),
        (before, "second date must be later"),
        (Purchases.of([0, 0], [0, 0], [20, 20]), "no fewer purchases"),
    ):
        with pytest.raises(Unusable, match=fault):
            choose(before, after)
