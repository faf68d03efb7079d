"""Integrals over time and tables over age, for all customers at once."""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from guanxi.science.arrays import Floats, kinds

Curve = Callable[[Floats, Floats], Floats]
"""(x, T) of equal shape → a value that is smooth in T."""
_ROWS_WORTH_A_TABLE = 4_000
_NODES = 28


@lru_cache(maxsize=16)
def legendre(count: int) -> tuple[Floats, Floats]:
    """Nodes and weights of Gauss–Legendre on [0, 1]."""
    nodes, weights = np.polynomial.legendre.leggauss(count)
    return (nodes + 1) / 2, weights / 2


def stretched(horizon: float, scale: float, count: int = 32) -> tuple[Floats, Floats]:
    """Nodes and weights for ∫ f(τ) dτ over [0, horizon], dense near 0: Gauss–Legendre in log(1 + τ / scale)."""
    nodes, weights = legendre(count)
    length = np.log1p(horizon / scale)
    times = scale * np.expm1(nodes * length)
    return times, weights * length * (times + scale)


def by_age(curve: Curve, x: Floats, T: Floats, scale: float) -> Floats:
    """`curve(x, T)` for many customers: for each distinct x a Chebyshev polynomial in log(scale + T), exact to 1e-9.

    Tables are small where customers are many, since x takes few values; few customers are computed one by one.
    """
    distinct, place = kinds(x)
    if len(x) < max(_ROWS_WORTH_A_TABLE, 2 * _NODES * len(distinct)):
        return curve(x, T)
    low, high = np.log(scale + T.min()), np.log(scale + T.max())
    angles = (np.arange(_NODES) + 0.5) * np.pi / _NODES
    nodes = np.exp(low + (high - low) * (np.cos(angles) + 1) / 2) - scale
    table = curve(np.repeat(distinct, _NODES), np.tile(nodes, len(distinct))).reshape(len(distinct), _NODES)
    cosines = np.cos(np.outer(angles, np.arange(_NODES))) * 2 / _NODES
    cosines[:, 0] /= 2
    coefficients = (table @ cosines).T.copy()
    at = 2 * (np.log(scale + T) - low) / max(high - low, 1e-300) - 1
    return _clenshaw(coefficients, place, at)


def _clenshaw(coefficients: Floats, place: npt.NDArray[np.intp], at: Floats) -> Floats:
    """Chebyshev sums: coefficients (nodes, distinct), the kind of each row, where each row evaluates."""
    double = 2 * at
    after, before = np.zeros_like(at), np.zeros_like(at)
    for order in range(len(coefficients) - 1, 0, -1):
        after, before = coefficients[order].take(place) + double * after - before, after
    return np.asarray(coefficients[0].take(place) + at * after - before)
