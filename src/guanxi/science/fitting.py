"""Maximum likelihood for a few positive parameters: BFGS on their logarithms, then Newton, then standard errors.

Written here because the likelihoods have two to four parameters and cost microseconds on aggregated rows: the general
optimisers take longer to import than these take to finish.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from guanxi.science.arrays import Flags, Floats
from guanxi.science.results import Fit, Notice

M = TypeVar("M")
Objective = Callable[[Floats], tuple[float, Floats]]
"""Parameters → log-likelihood and its gradient by the parameters."""
EDGE = 11.5
"""Logarithms of parameters stay within ±EDGE."""
_CLOSE, _DONE = 1e-5, 1e-7
_STEP = 1e-5
_MOST = 400


@dataclass(frozen=True)
class Optimum:
    """Where the climb ended. Everything by the logarithms of the parameters; `hessian` is that of the log-likelihood."""

    place: Floats
    value: float
    hessian: Floats
    converged: bool
    edge: Flags
    evaluations: int

    def covariance(self) -> Floats:
        """Inverse of the observed information; NaN for parameters at the edge, or everywhere where it is singular."""
        size = len(self.place)
        found = np.full((size, size), np.nan)
        free = np.flatnonzero(~self.edge)
        if len(free) == 0:
            return found
        information = -self.hessian[np.ix_(free, free)]
        try:
            inverse = np.linalg.inv(information)
        except np.linalg.LinAlgError:
            return found
        if np.isfinite(inverse).all() and (np.diag(inverse) > 0).all():
            found[np.ix_(free, free)] = inverse
        return found


class _Climb:
    """Minimises the negative log-likelihood per customer, counting evaluations."""

    def __init__(self, objective: Objective, customers: float) -> None:
        self.objective, self.customers, self.evaluations = objective, max(customers, 1e-12), 0

    def at(self, place: Floats) -> tuple[float, Floats]:
        self.evaluations += 1
        parameters = np.exp(place)
        with np.errstate(all="ignore"):
            value, slope = self.objective(parameters)
        if not (math.isfinite(value) and np.isfinite(slope).all()):
            return math.inf, np.zeros_like(place)
        return -value / self.customers, -slope * parameters / self.customers

    def hessian(self, place: Floats, slope: Floats) -> Floats:
        """Forward differences of the analytic gradient, towards the inside."""
        found = np.empty((len(place), len(place)))
        for number in range(len(place)):
            aside = place.copy()
            aside[number] += _STEP if place[number] + _STEP < EDGE else -_STEP
            found[number] = (self.at(aside)[1] - slope) / (aside[number] - place[number])
        return (found + found.T) / 2


def _free(place: Floats, slope: Floats) -> Flags:
    return ~(((place <= -EDGE) & (slope > 0)) | ((place >= EDGE) & (slope < 0)))


def _line(
    climb: _Climb, place: Floats, value: float, slope: Floats, step: Floats
) -> tuple[Floats, float, Floats] | None:
    """The first point along `step`, halved as often as needed, that is enough lower."""
    length = 1.0
    while length > 1e-9:
        there = np.clip(place + length * step, -EDGE, EDGE)
        low, steep = climb.at(there)
        if low <= value + 1e-4 * float(slope @ (there - place)):
            return there, low, steep
        length *= 0.5 if low < math.inf else 0.25
    return None


def _updated(inverse: Floats, moved: Floats, turned: Floats, first: bool) -> Floats:
    """BFGS update of the inverse Hessian; unchanged where the curvature is not positive."""
    bent = float(moved @ turned)
    if bent <= 1e-14:
        return inverse
    if first:
        inverse = np.eye(len(moved)) * bent / float(turned @ turned)
    left = np.eye(len(moved)) - np.outer(moved, turned) / bent
    return np.asarray(left @ inverse @ left.T + np.outer(moved, moved) / bent)


def maximise(
    objective: Objective,
    start: Sequence[float] | Floats,
    customers: float,
    *,
    inverse: Floats | None = None,
    limit: int = 300,
) -> Optimum:
    """The greatest log-likelihood from `start` (parameters). `inverse`: a good guess of the inverse Hessian per customer."""
    climb = _Climb(objective, customers)
    place = np.clip(np.log(np.asarray(start, dtype=np.float64)), -EDGE, EDGE)
    value, slope = climb.at(place)
    place, value, slope = _descend(climb, (place, value, slope), inverse, _CLOSE, limit)
    found = _polished(climb, place, value, slope)
    if not found.converged and climb.evaluations < _MOST:
        # Not a bowl yet, such as a ridge along which customers differ less and less: on to its end.
        value, slope = climb.at(found.place)
        found = _polished(climb, *_descend(climb, (found.place, value, slope), None, _DONE, limit))
    return found


_Point = tuple[Floats, float, Floats]


def _descend(climb: _Climb, point: _Point, inverse: Floats | None, close: float, limit: int) -> _Point:
    """BFGS from a point (place, value, slope) until the slope is `close` to nothing, or no step leads on."""
    place, value, slope = point
    known, curve = inverse is not None, np.eye(len(place)) if inverse is None else inverse
    for _round in range(limit):
        free = _free(place, slope)
        if np.abs(slope[free]).max(initial=0.0) < close or climb.evaluations > _MOST:
            break
        step = np.where(free, -curve @ np.where(free, slope, 0.0), 0.0)
        if float(step @ slope) >= 0:
            step, curve, known = np.where(free, -slope, 0.0), np.eye(len(place)), False
        step *= min(1.0, 2.0 / max(np.abs(step).max(), 1e-300))
        found = _line(climb, place, value, slope, step)
        if found is None:
            if not known:
                break
            known, curve = False, np.eye(len(place))
            continue
        curve = _updated(curve, found[0] - place, found[2] - slope, not known)
        known = True
        place, value, slope = found
    return place, value, slope


def _polished(climb: _Climb, place: Floats, value: float, slope: Floats) -> Optimum:
    """Newton steps to the last digits, and whether this is a peak."""
    hessian = climb.hessian(place, slope)
    for _round in range(12):
        free = _free(place, slope)
        if np.abs(slope[free]).max(initial=0.0) < _DONE * 1e-2:
            break
        step = _newton(hessian, slope, free)
        there = np.clip(place + step, -EDGE, EDGE)
        low, steep = climb.at(there)
        if not low <= value + 1e-12 * abs(value):
            break
        far = np.abs(step).max() > 0.05
        place, value, slope = there, low, steep
        if far:
            hessian = climb.hessian(place, slope)
    free = _free(place, slope)
    # Near the edge the digits of the likelihood end before its slope does.
    flat = 1e-4 if (np.abs(place) > EDGE - 1).any() else 1e-6
    converged = bool(np.abs(slope[free]).max(initial=0.0) < flat) and math.isfinite(value)
    edge = np.abs(place) >= EDGE - 1e-9
    total = climb.customers
    return Optimum(place, -value * total, -hessian * total, converged, edge, climb.evaluations)


def _newton(hessian: Floats, slope: Floats, free: Flags) -> Floats:
    """A Newton step among the free parameters, damped where the surface is not bowl-shaped."""
    step = np.zeros_like(slope)
    at = np.flatnonzero(free)
    if len(at) == 0:
        return step
    roots, axes = np.linalg.eigh(hessian[np.ix_(at, at)])
    roots = np.maximum(np.abs(roots), 1e-10)
    step[at] = -axes @ ((axes.T @ slope[at]) / roots)
    return np.asarray(step * min(1.0, 1.0 / max(np.abs(step).max(), 1e-300)))


def without_spread(shape: float, variance: float) -> bool:
    """Whether a gamma or beta distribution of the customers cannot be told from a single point: its shape grows without
    bound, or is large and undetermined (`variance` of its logarithm)."""
    return shape > math.exp(EDGE * 0.8) or (shape > 5 and not variance < 0.5)


def from_sample(
    whole: Objective, sample: Objective, start: Sequence[float], customers: float, sampled: float
) -> Optimum:
    """The optimum of a large table: the climb is made on a sample, whose peak and curvature start the last steps on all rows."""
    first = maximise(sample, start, sampled)
    covariance = first.covariance()
    inverse = covariance * sampled if np.isfinite(covariance).all() else None
    found = maximise(whole, np.exp(first.place), customers, inverse=inverse)
    return Optimum(
        found.place, found.value, found.hessian, found.converged, found.edge, first.evaluations + found.evaluations
    )


def fitted(
    name: str, model: M, names: Sequence[str], found: Optimum, customers: float, warnings: Sequence[Notice], *,
    scales: Sequence[float] | None = None, shift: float = 0.0,
) -> Fit[M]:  # fmt: skip
    """The common result. `scales` turns the parameters of the fit into those of the data's units, `shift` its log-likelihood."""
    values = np.exp(found.place) * (1.0 if scales is None else np.asarray(scales))
    covariance = found.covariance()
    errors = values * np.sqrt(np.diag(covariance))
    said = list(warnings)
    if not found.converged:
        said.append(Notice("not-converged", "The climb did not end at a peak: take the parameters as a guess."))
    if found.edge.any():
        which = ", ".join(name for name, edge in zip(names, found.edge, strict=True) if edge)
        said.append(Notice("edge", f"The data push {which} to the edge of what is searched; its error is unknown."))
    return Fit(
        name=name,
        model=model,
        parameters=dict(zip(names, values.tolist(), strict=True)),
        standard_errors=dict(zip(names, errors.tolist(), strict=True)),
        log_likelihood=float(found.value + shift),
        converged=found.converged,
        warnings=tuple(said),
        customers=customers,
        covariance=covariance,
        evaluations=found.evaluations,
    )
