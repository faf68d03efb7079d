"""Discrete-time hazard (Cox 1972; Allison 1982): the chance of the event in each period, logistic in period and features."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from guanxi.science.arrays import Column, Floats, Unusable, column
from guanxi.science.logistic import Logistic, fit_logistic
from guanxi.science.survival.cox import matrix
from guanxi.science.survival.kaplan_meier import Durations


@dataclass(frozen=True)
class HazardFit:
    """A baseline for each period 1, 2 … and a coefficient for each feature, on the scale of log odds."""

    model: Logistic
    periods: int

    @property
    def baseline(self) -> Floats:
        """Log odds of the event in each period where the features are 0, shape (periods,)."""
        return self.model.coefficients[: self.periods]

    @property
    def coefficients(self) -> Floats:
        """Of the features, shape (features,)."""
        return self.model.coefficients[self.periods :]

    @property
    def standard_errors(self) -> Floats:
        """Of the features' coefficients."""
        return self.model.standard_errors[self.periods :]

    def survival(self, features: Floats) -> Floats:
        """Probability of no event until the end of each period, shape (rows, periods)."""
        push = np.asarray(features, dtype=np.float64) @ self.coefficients
        odds = self.baseline[None, :] + push[:, None]
        return np.asarray(np.cumprod(1 / (1 + np.exp(odds)), axis=1))


def fit_hazard(data: Durations, features: Floats | list[Column]) -> HazardFit:
    """Durations are whole periods from 1; each row counts once in every period until its end. Raises Unusable."""
    time = column(data.duration, "duration", least=1, whole=True)
    table = matrix(features, len(time))
    periods = int(time.max())
    repeats = time.astype(np.int64)
    row = np.repeat(np.arange(len(time)), repeats)
    period = np.arange(len(row)) - np.repeat(np.cumsum(repeats) - repeats, repeats)
    ended = (period == repeats[row] - 1) & data.event[row]
    happened = np.bincount(period, ended * data.n[row], periods)
    if (happened == 0).any():
        raise Unusable(f"No event happened in period {int(np.argmax(happened == 0)) + 1}: put periods together.")
    design = np.concatenate([np.eye(periods)[period], table[row]], axis=1)
    return HazardFit(fit_logistic(design, ended.astype(np.float64), data.n[row], intercept=False), periods)
