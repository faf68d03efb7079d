"""What every step of a run gets."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from django.db import connection

from guanxi.analytics.models import Settings
from guanxi.analytics.warehouse import frames
from guanxi.analytics.warehouse.expressions import Terms
from guanxi.analytics.warehouse.frames import Scoring, Warehouse

Floats = npt.NDArray[np.float64]
GRADE_SHARES = (0.2, 0.3, 0.3)


@dataclass
class Context:
    """One run: whose, as of when, by which settings. `made` is what steps leave to later ones, by name; it lasts as long as the process.

    `warehouse` opens the facts in the engine of the settings; `frame(name)` reads what the step `frames` made.
    """

    tenant_id: UUID
    run_id: UUID
    as_of: date
    settings: Settings
    warehouse: Callable[[], Any]
    tell: Callable[[float, str], None] = lambda _share, _what: None
    made: dict[str, Any] = field(default_factory=dict)

    connection = connection

    def frame(self, name: str) -> pa.Table:
        """A frame as of the run's day."""
        return frames.read(self.tenant_id, self.as_of, name)

    @property
    def terms(self) -> Terms:
        """The settings as the frames take them; without the margin of unknown costs, which `full_terms` has."""
        one = self.settings
        costs = {str(key): float(value) for key, value in (one.channel_costs or {}).items()}
        return Terms(self.as_of, one.discount_rate, 1.0, float(one.minute_cost), costs)

    def full_terms(self, warehouse: Warehouse) -> tuple[Terms, str]:
        """The terms, and where the margin of revenue without costs comes from."""
        return frames.with_margin_rate(warehouse, self.terms, self.settings.margin_rate)

    @property
    def scoring(self) -> Scoring:
        """How recency, frequency and monetary value are scored."""
        one = self.settings
        recency, frequency, monetary = (float(weight) for weight in (one.rfm_weights or (1, 1, 1)))
        cuts = {key: [float(cut) for cut in each] for key, each in (one.rfm_cuts or {}).items()}
        return Scoring(one.rfm_bins, (recency, frequency, monetary), cuts)

    @property
    def grade_shares(self) -> tuple[float, ...]:
        """Shares of the customers with the grades A, B, C; D has the rest."""
        return tuple(float(share) for share in (self.settings.grade_shares or GRADE_SHARES))


@dataclass(frozen=True)
class Step:
    """A part of a run. `run` returns figures for the screen of runs; what it writes it writes in tenant_tx of its own."""

    key: str
    label: Any
    run: Callable[[Context], Mapping[str, Any]]
    kept: bool = True
    """Whether its results outlive the process, so that a run that goes on need not repeat it."""
    still: Callable[[Context], bool] = lambda _context: True
    """Whether such results are there: frames may have been dropped, and a restored database finds another warehouse, or none."""


def numbers(table: pa.Table, name: str) -> Floats:
    """A column as floats, missing ones as NaN."""
    found = table.column(name).to_numpy(zero_copy_only=False)
    return np.asarray(found, dtype=np.float64)
