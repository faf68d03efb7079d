"""The five stages at their limits."""

from typing import Any

import numpy as np
import pytest

from guanxi.science.arrays import Unusable
from guanxi.science.lifecycle import REASONS, STAGES, Limits, Standing, stages

STEADY = {"orders": 8, "gap": 30, "usual": 40, "p_alive": 0.95, "margin": 1000, "margin_before": 1000, "age": 900}


def judged(before: str = "", **changed: Any) -> tuple[str, str]:
    one = Standing.of(**{name: [value] for name, value in (STEADY | changed).items()})
    found = stages(one, np.array([STAGES.index(before) if before else -1]))
    return STAGES[found.stage[0]], REASONS[found.reason[0]]


@pytest.mark.parametrize(
    ("changed", "stage", "reason"),
    [
        ({}, "maturity", "steady"),
        ({"orders": 1}, "acquisition", "first"),
        ({"age": 364}, "growth", "young"),
        ({"margin": 1150}, "growth", "rising"),
        ({"margin": 1149}, "maturity", "steady"),
        ({"margin": 700}, "decline", "falling"),
        ({"margin": 701}, "maturity", "steady"),
        ({"margin": 700, "age": 364}, "growth", "young"),
        ({"gap": 72}, "decline", "gap"),
        ({"gap": 71.9}, "maturity", "steady"),
        ({"gap": 160}, "departure", "silent"),
        ({"p_alive": 0.649}, "decline", "alive"),
        ({"p_alive": 0.65}, "maturity", "steady"),
        ({"p_alive": 0.29}, "departure", "gone"),
        ({"orders": 1, "p_alive": 0.2}, "departure", "gone"),
        ({"margin_before": 0, "margin": 0}, "maturity", "steady"),
        ({"usual": 0, "gap": 12}, "maturity", "steady"),
        ({"usual": 0, "gap": 12.7}, "decline", "gap"),
    ],
)
def test_each_limit_decides_by_itself(changed: dict[str, Any], stage: str, reason: str) -> None:
    assert judged(**changed) == (stage, reason)


@pytest.mark.parametrize(
    ("before", "changed", "stage"),
    [
        ("decline", {"gap": 66}, "decline"),
        ("maturity", {"gap": 66}, "maturity"),
        ("decline", {"gap": 64}, "maturity"),
        ("decline", {"p_alive": 0.68}, "decline"),
        ("decline", {"p_alive": 0.69}, "maturity"),
        ("departure", {"gap": 150}, "departure"),
        ("departure", {"gap": 140}, "decline"),
        ("departure", {"p_alive": 0.36}, "departure"),
        ("departure", {"p_alive": 0.38}, "decline"),
    ],
)
def test_who_was_down_comes_back_only_with_some_distance(before: str, changed: dict[str, Any], stage: str) -> None:
    assert judged(before, **changed)[0] == stage


def test_limits_out_of_order_and_columns_of_two_lengths_are_refused() -> None:
    with pytest.raises(Unusable, match="order"):
        Limits(late=5, silent=4)
    with pytest.raises(Unusable, match="length"):
        Standing.of(**{name: [value] for name, value in STEADY.items()} | {"gap": [1, 2]})
