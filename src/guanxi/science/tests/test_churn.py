"""Churn: on made-up customers whose law is known, and on the published table of a telephone company where it lies beside the repository."""

import csv
from pathlib import Path

import numpy as np
import pytest

from guanxi.science.arrays import Floats, Unusable
from guanxi.science.churn import Sample, auc, beats, calibration, fit_churn, judge, reasons, rolling

TELCO = Path(__file__).parents[5] / "shared/data/telco_churn/Telco-Customer-Churn.csv"
NUMBERS = ("SeniorCitizen", "tenure", "MonthlyCharges", "TotalCharges")
NO_FEATURES = {"customerID", "Churn", *NUMBERS}


def made_up(rows: int = 6_000, seed: int = 3) -> Sample:
    """Customers on three days: silence drives them away, satisfaction holds them, noise says nothing."""
    random = np.random.default_rng(seed)
    features = random.normal(size=(rows, 3))
    chance = 1 / (1 + np.exp(-(-1 + 1.2 * features[:, 0] - 0.8 * features[:, 1])))
    left = (random.random(rows) < chance).astype(float)
    features[::7, 1] = np.nan
    return Sample(("silence", "satisfaction", "noise"), features, left, np.arange(rows) % 3, np.arange(rows) // 3)


def test_the_law_is_found_and_probabilities_are_probabilities() -> None:
    sample = made_up()
    model = fit_churn(sample)
    given = dict(zip(model.names, model.coefficients, strict=True))
    assert given["silence"] == pytest.approx(1.2, abs=0.15) and given["satisfaction"] == pytest.approx(-0.75, abs=0.15)
    assert abs(given["noise"]) < 0.08
    chance = model.probability(sample.features)
    low, high = model.interval(sample.features)
    assert ((low < chance) & (chance < high)).all()
    assert chance.mean() == pytest.approx(sample.left.mean(), abs=0.005)
    for group in calibration(chance, sample.left):
        assert group["forecast"] == pytest.approx(group["happened"], abs=0.05)


def test_days_are_tested_by_what_earlier_days_taught() -> None:
    sample = made_up()
    found = rolling(sample, {"recency": sample.features[:, 0], "none": np.full(len(sample.left), np.nan)})
    assert [one.moment for one in found] == [2, 1]
    assert all(len(one.left) == 2_000 for one in found)
    assert beats(found, "recency") and beats(found, "none")
    # The future changes nothing that was thought before it.
    changed = Sample(
        sample.names,
        sample.features,
        np.where(sample.moment == 2, 1 - sample.left, sample.left),
        sample.moment,
        sample.who,
    )
    again = rolling(changed, {})
    assert (again[1].probability == found[1].probability).all() and (again[0].probability == found[0].probability).all()


def test_reasons_are_the_largest_pushes_by_theme() -> None:
    pushes = np.array([[0.5, 0.4, -0.7, 0.01], [0.0, 0.0, 0.0, 0.04]])
    assert reasons(pushes, ("silence", "silence", "satisfaction", "tenure")) == [
        [("silence", pytest.approx(0.9)), ("satisfaction", -0.7)],
        [],
    ]


def test_auc_counts_ties_as_half() -> None:
    left = np.array([1.0, 0, 1, 0])
    assert auc(np.array([2.0, 1, 2, 1]), left) == 1.0
    assert auc(np.array([1.0, 1, 1, 1]), left) == 0.5
    assert auc(np.array([1.0, 2]), np.array([1.0, 1])) is None
    assert judge(np.full(4, 0.5), left).brier == 0.25
    assert judge(np.full(4, 0.5), left).log_score == pytest.approx(np.log(0.5))


def test_too_few_teach_nothing() -> None:
    sample = made_up()
    with pytest.raises(Unusable, match="30"):
        fit_churn(sample.of(np.flatnonzero(sample.left == 0)))
    assert rolling(sample.of(np.arange(60)), {}) == []
    with pytest.raises(Unusable, match="neither 0 nor 1"):
        Sample(("a",), np.zeros((2, 1)), np.array([0.0, 2]), np.zeros(2, dtype=np.int64), np.zeros(2, dtype=np.int64))


def telco() -> Sample:
    """The table as numbers; classes as one column each. Who is no customer for a month yet has no total."""
    with TELCO.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    classes = [
        (name, value)
        for name in rows[0]
        if name not in NO_FEATURES
        for value in sorted({row[name] for row in rows})[1:]
    ]
    columns: list[list[float]] = [[float(row[name].strip() or "nan") for row in rows] for name in NUMBERS]
    columns += [[float(row[name] == value) for row in rows] for name, value in classes]
    features: Floats = np.array(columns).T
    order = np.random.default_rng(0).permutation(len(rows))
    moment = np.zeros(len(rows), dtype=np.int64)
    moment[order[: len(rows) * 3 // 10]] = 1
    names = (*NUMBERS, *(f"{name}={value}" for name, value in classes))
    return Sample(
        names, features, np.array([float(row["Churn"] == "Yes") for row in rows]), moment, np.arange(len(rows))
    )


@pytest.mark.skipif(not TELCO.exists(), reason="the table of the telephone company is not here")
def test_the_telephone_company() -> None:
    sample = telco()
    assert (len(sample.left), int(sample.left.sum())) == (7_043, 1_869)
    (held_back,) = rolling(sample, {"tenure": -sample.features[:, 1]})
    assert held_back.model.auc is not None and held_back.model.auc >= 0.83
    assert beats([held_back], "tenure")
    assert held_back.probability.mean() == pytest.approx(held_back.left.mean(), abs=0.015)
    for group in calibration(held_back.probability, held_back.left):
        assert abs(group["forecast"] - group["happened"]) < 0.07
    print(held_back.model, held_back.baselines)
