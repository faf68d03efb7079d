"""How good forecasts were, from several past dates on: MASE (Hyndman & Koehler 2006), pinball loss, coverage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from guanxi.science.arrays import Floats, Unusable
from guanxi.science.forecasts.methods import METHODS, Method, checked

_QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)


@dataclass(frozen=True)
class Accuracy:
    """mase: absolute error over that of the seasonal naive inside the past (below 1 is better); pinball: mean over five
    quantiles, on the same scale; coverage: share of what came inside the 80 % interval."""

    mase: float
    pinball: float
    coverage: float


@dataclass(frozen=True)
class Measured:
    """Accuracies of one method by series, each of shape (series,)."""

    mase: Floats
    pinball: Floats
    coverage: Floats


def rolling_origin(
    series: npt.ArrayLike, season: int, horizon: int, *, origins: int = 3, methods: Mapping[str, Method] = METHODS
) -> dict[str, Accuracy]:
    """Each method as it would have forecast `origins` times, each time from what was known then. Raises Unusable."""
    found = rolling_by_series(series, season, horizon, origins=origins, methods=methods)
    return {
        name: Accuracy(*(float(each.mean()) for each in (one.mase, one.pinball, one.coverage)))
        for name, one in found.items()
    }


def rolling_by_series(
    series: npt.ArrayLike, season: int, horizon: int, *, origins: int = 3, methods: Mapping[str, Method] = METHODS
) -> dict[str, Measured]:
    """Likewise, for each series by itself. Raises Unusable."""
    table = checked(series, season, horizon)
    first = table.shape[1] - horizon * origins
    if origins < 1 or first < max(2 * season, 3):
        raise Unusable("The series are too short for so many origins: two seasons must come before the first.")
    found = {}
    for name, method in methods.items():
        parts = []
        for origin in range(first, table.shape[1], horizon):
            past, came = table[:, :origin], table[:, origin : origin + horizon]
            scale = np.abs(past[:, season:] - past[:, :-season]).mean(axis=1)[:, None]
            scale = np.where(scale > 0, scale, 1.0)
            forecast = method(past, season, horizon)
            losses = [_pinball(came - forecast.quantile(level), level) / scale for level in _QUANTILES]
            inside = (came >= forecast.quantile(0.1)) & (came <= forecast.quantile(0.9))
            error = np.abs(came - forecast.mean) / scale
            parts.append((error.mean(axis=1), np.mean(losses, axis=(0, 2)), inside.mean(axis=1)))
        found[name] = Measured(*(np.mean([part[place] for part in parts], axis=0) for place in range(3)))
    return found


def _pinball(error: npt.NDArray[np.float64], level: float) -> npt.NDArray[np.float64]:
    return np.asarray(np.maximum(level * error, (level - 1) * error))
