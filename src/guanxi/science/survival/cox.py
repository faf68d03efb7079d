"""Cox (1972): proportional hazards, ties as Efron (1977) treats them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from guanxi.science.arrays import Column, Floats, Unusable
from guanxi.science.results import Notice
from guanxi.science.survival.kaplan_meier import Durations

_ROUNDS = 50


@dataclass(frozen=True)
class CoxFit:
    """Coefficients and their errors, shape (features,): e^coefficient is the ratio of hazards per unit of the feature."""

    coefficients: Floats
    standard_errors: Floats
    log_likelihood: float
    converged: bool
    warnings: tuple[Notice, ...]

    def relative_hazard(self, features: Floats) -> Floats:
        """Hazard of each row, relative to one whose features are 0."""
        return np.asarray(np.exp(np.asarray(features, dtype=np.float64) @ self.coefficients))


def matrix(features: Floats | list[Column], rows: int) -> Floats:
    """Features as a matrix (rows, features). Raises Unusable for another number of rows, or what is not a finite number."""
    found = np.asarray(features, dtype=np.float64)
    found = found[:, None] if found.ndim == 1 else found
    if found.ndim != 2 or len(found) != rows:
        raise Unusable(f"Features need one row for each of the {rows} observations.")
    if not np.isfinite(found).all():
        raise Unusable("A feature is not a finite number.")
    if found.shape[1] == 0:
        raise Unusable("There are no features.")
    return found


def fit_cox(data: Durations, features: Floats | list[Column]) -> CoxFit:
    """Newton's method on the partial likelihood of standardised features, halving steps that do not improve it."""
    raw = matrix(features, len(data.duration))
    if not data.event.any():
        raise Unusable("No event happened: there is nothing to fit.")
    spread = raw.std(axis=0)
    if (spread == 0).any():
        raise Unusable(f"Feature {int(np.argmax(spread == 0)) + 1} is the same in every row.")
    table = _Sorted.of(data, (raw - raw.mean(axis=0)) / spread)
    place = np.zeros(raw.shape[1])
    value, slope, bend = table.likelihood(place)
    converged = False
    for _round in range(_ROUNDS):
        step = np.linalg.lstsq(bend, slope, rcond=None)[0]
        if float(slope @ step) < 1e-12 * max(1.0, abs(value)):
            converged = True
            break
        while True:
            found = table.likelihood(place + step)
            if found[0] >= value or np.abs(step).max() < 1e-10:
                break
            step = step / 2
        place, (value, slope, bend) = place + step, found
    warnings = _warnings(place, bend, converged)
    with np.errstate(invalid="ignore"):
        errors = np.sqrt(np.diag(np.linalg.pinv(bend))) / spread
    return CoxFit(place / spread, errors, value, converged, tuple(warnings))


def _warnings(place: Floats, bend: Floats, converged: bool) -> list[Notice]:
    said = []
    if not converged:
        said.append(Notice("not-converged", "The climb did not end at a peak: take the coefficients as a guess."))
    if np.abs(place).max() > 12:
        said.append(Notice("separated", "A feature tells the events apart completely: its coefficient has no end."))
    if np.linalg.cond(bend) > 1e10:
        said.append(Notice("collinear", "Features say the same: their coefficients are not determined one by one."))
    return said


@dataclass(frozen=True)
class _Sorted:
    """Rows by falling time, so that sums from the start are sums over those at risk."""

    features: Floats
    n: Floats
    event: Floats
    groups: list[tuple[int, int]]

    @classmethod
    def of(cls, data: Durations, features: Floats) -> _Sorted:
        order = np.lexsort((data.event, -data.duration))
        time = data.duration[order]
        starts = np.flatnonzero(np.concatenate([[True], np.diff(time) != 0]))
        ends = np.append(starts[1:], len(time))
        spans = list(zip(starts.tolist(), ends.tolist(), strict=True))
        return cls(features[order], data.n[order], data.event[order].astype(np.float64), spans)

    def likelihood(self, place: Floats) -> tuple[float, Floats, Floats]:
        """Partial log-likelihood, its gradient, and the information matrix."""
        scores = self.features @ place
        risk = self.n * np.exp(scores - scores.max())
        first = np.cumsum(risk)
        second = np.cumsum(risk[:, None] * self.features, axis=0)
        third = np.cumsum(risk[:, None, None] * self.features[:, :, None] * self.features[:, None, :], axis=0)
        value, slope, bend = 0.0, np.zeros_like(place), np.zeros((len(place), len(place)))
        for start, end in self.groups:
            died = np.flatnonzero(self.event[start:end] * self.n[start:end]) + start
            if len(died) == 0:
                continue
            weight, mine = self.n[died], risk[died]
            value += float(weight @ (scores[died] - scores.max()))
            slope += weight @ self.features[died]
            tied = mine.sum(), mine @ self.features[died], (self.features[died].T * mine) @ self.features[died]
            for part in np.arange(len(died)) / len(died):
                total = first[end - 1] - part * tied[0]
                mean = (second[end - 1] - part * tied[1]) / total
                square = (third[end - 1] - part * tied[2]) / total
                each = float(weight.mean())
                value -= each * float(np.log(total))
                slope -= each * mean
                bend += each * (square - np.outer(mean, mean))
        return value, slope, bend
