"""What every fit returns."""

import math
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import numpy as np
from scipy.special import ndtri

from guanxi.science.arrays import Floats

M = TypeVar("M")


@dataclass(frozen=True)
class Notice:
    """Something a reader of a result must know: a stable code for programs, a sentence for people."""

    code: str
    text: str

    def __str__(self) -> str:
        return f"{self.code}: {self.text}"


@dataclass(frozen=True)
class Fit(Generic[M]):
    """A fitted model with how sure it is. `name` may differ from what was asked for; then a warning says why.

    parameters, standard_errors: in the order of the paper; an error is NaN where the data do not determine it.
    covariance: of the logarithms of the parameters, shape (k, k). customers: sum of the weights n.
    """

    name: str
    model: M
    parameters: dict[str, float]
    standard_errors: dict[str, float]
    log_likelihood: float
    converged: bool
    warnings: tuple[Notice, ...]
    customers: float
    covariance: Floats = field(repr=False)
    evaluations: int = 0

    def intervals(self, level: float = 0.95) -> dict[str, tuple[float, float]]:
        """Interval of each parameter, symmetric on the logarithmic scale (parameters are positive)."""
        wide = float(ndtri(0.5 + level / 2))
        return {
            name: (value * math.exp(-wide * spread), value * math.exp(wide * spread))
            for (name, value), spread in zip(self.parameters.items(), np.sqrt(np.diag(self.covariance)), strict=True)
        }

    def codes(self) -> set[str]:
        """Codes of the warnings."""
        return {notice.code for notice in self.warnings}

    def as_json(self) -> dict[str, Any]:
        """What the command line prints."""
        return {
            "model": self.name,
            "parameters": self.parameters,
            "standard_errors": {
                key: value if math.isfinite(value) else None for key, value in self.standard_errors.items()
            },
            "log_likelihood": self.log_likelihood,
            "converged": self.converged,
            "warnings": [str(notice) for notice in self.warnings],
        }
