"""Kaplan & Meier (1958), with Greenwood's variance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from guanxi.science.arrays import Column, Flags, Floats, Unusable, column, same_length, sums, weights


@dataclass(frozen=True)
class Durations:
    """Time under observation, whether it ended with the event (else it was cut off), and weight; shape (rows,)."""

    duration: Floats
    event: Flags
    n: Floats

    @classmethod
    def of(cls, duration: Column, event: Column, n: Column | None = None) -> Durations:
        """Checked rows; features given beside them later go with all rows, so n is above 0. Raises Unusable."""
        time, happened = column(duration, "duration"), column(event, "event")
        count = weights(n, len(time))
        same_length(duration=time, event=happened, n=count)
        if not np.isin(happened, (0.0, 1.0)).all():
            row = int(np.argmax(~np.isin(happened, (0.0, 1.0)))) + 1
            raise Unusable(f"event is neither 0 nor 1 in row {row}.")
        if not (count > 0).all():
            raise Unusable(f"n is not above 0 in row {int(np.argmin(count > 0)) + 1}.")
        return cls(time, happened == 1, count)


@dataclass(frozen=True)
class Survival:
    """The curve: a step at each distinct time; shape (times,). Intervals are symmetric in log(−log S)."""

    time: Floats
    at_risk: Floats
    events: Floats
    censored: Floats
    survival: Floats
    standard_error: Floats
    lower: Floats
    upper: Floats

    def median(self) -> float | None:
        """The first time at which at most half are left; none while more are."""
        below = self.survival <= 0.5 + 1e-12
        return float(self.time[np.argmax(below)]) if below.any() else None

    def at(self, time: Column) -> Floats:
        """Share that survives each time."""
        place = np.searchsorted(self.time, column(time, "time"), side="right")
        return np.concatenate([[1.0], self.survival])[place]


def kaplan_meier(data: Durations, level: float = 0.95) -> Survival:
    """The product-limit estimate. Cut-off observations of the same time as an event count as at risk then."""
    time, place = np.unique(data.duration, return_inverse=True)
    events = sums(place, data.n * data.event, len(time))
    gone = sums(place, data.n, len(time))
    at_risk = data.n.sum() - np.concatenate([[0.0], np.cumsum(gone)[:-1]])
    survival = np.cumprod(1 - events / at_risk)
    with np.errstate(divide="ignore", invalid="ignore"):
        greenwood = np.cumsum(events / (at_risk * (at_risk - events)))
        error = np.where(survival > 0, survival * np.sqrt(greenwood), 0.0)
        wide = float(ndtri(0.5 + level / 2)) * np.sqrt(greenwood) / np.abs(np.log(survival))
        lower, upper = survival ** np.exp(wide), survival ** np.exp(-wide)
    inside = (survival > 0) & (survival < 1)
    lower, upper = np.where(inside, lower, survival), np.where(inside, upper, survival)
    return Survival(time, at_risk, events, gone - events, survival, error, lower, upper)
