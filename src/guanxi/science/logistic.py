"""Logistic regression by Newton's method, with an optional ridge: the plain learner under hazards and uplift."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from guanxi.science.arrays import Floats, Unusable


@dataclass(frozen=True)
class Logistic:
    """Coefficients on the scale of log odds, the intercept first where there is one; shape (features,)."""

    coefficients: Floats
    standard_errors: Floats
    intercept: bool
    converged: bool

    def probability(self, features: Floats) -> Floats:
        """Of outcome 1, shape (rows,)."""
        design = _design(features, self.intercept)
        return np.asarray(1 / (1 + np.exp(-np.clip(design @ self.coefficients, -500, 500))))


def _design(features: Floats, intercept: bool) -> Floats:
    return np.concatenate([np.ones((len(features), 1)), features], axis=1) if intercept else features


def fit_logistic(
    features: Floats,
    outcome: Floats,
    n: Floats | None = None,
    *,
    ridge: float = 1e-9,
    intercept: bool = True,
    rounds: int = 60,
) -> Logistic:
    """Maximum likelihood, less ridge / 2 · Σ coefficient² (never of the intercept). Outcomes are 0 or 1, or shares."""
    design, count = _design(features, intercept), np.ones(len(features)) if n is None else n
    if len(design) == 0:
        raise Unusable("There are no rows.")
    # Columns of one size: features in millions beside shares would hold the steps back.
    size = np.sqrt((design**2).mean(axis=0))
    size[size == 0] = 1.0
    design = design / size
    penalty = np.full(design.shape[1], ridge) / size**2
    penalty[: int(intercept)] = 1e-12
    place, converged = np.zeros(design.shape[1]), False
    information = np.eye(design.shape[1])
    for _round in range(rounds):
        chance = 1 / (1 + np.exp(-np.clip(design @ place, -500, 500)))
        slope = design.T @ (count * (outcome - chance)) - penalty * place
        information = (design.T * (count * chance * (1 - chance))) @ design + np.diag(penalty + 1e-12)
        step = np.linalg.solve(information, slope)
        step *= min(1.0, 5.0 / max(float(np.abs(step).max()), 1e-300))
        place = place + step
        if np.abs(step).max() < 1e-9 * (1 + np.abs(place).max()):
            converged = True
            break
    errors = np.sqrt(np.maximum(np.diag(np.linalg.inv(information)), 0))
    return Logistic(place / size, errors / size, intercept, converged)
