"""Where a customer stands between coming and going: a rule on silence, the chance to be alive and the trend, each readable as a reason."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from guanxi.science.arrays import Column, Flags, Floats, Ints, Unusable, column, same_length

STAGES = ("acquisition", "growth", "maturity", "decline", "departure")
REASONS = ("first", "young", "rising", "steady", "gap", "alive", "falling", "silent", "gone")
"""Why: bought once · customer for less than a year · margin rises · nothing unusual · order overdue · perhaps gone · margin falls · silent far too
long · most likely gone."""


@dataclass(frozen=True)
class Limits:
    """Where the stages part. Gaps are in usual gaps of the customer, trends are shares; `ease`: who is in decline or gone must come this much
    (a share) inside the limit again, so that nobody swings to and fro."""

    late: float = 1.8
    silent: float = 4.0
    doubtful: float = 0.65
    gone: float = 0.30
    falling: float = -0.30
    rising: float = 0.15
    young_days: float = 365.0
    ease: float = 0.1

    def __post_init__(self) -> None:
        """Refuse limits in the wrong order. Raises Unusable."""
        if not (
            0 < self.late < self.silent
            and 0 <= self.gone < self.doubtful <= 1
            and self.falling < self.rising
            and 0 <= self.ease < 1
        ):
            raise Unusable("The limits of the stages are not in their order.")


@dataclass(frozen=True)
class Standing:
    """One row per customer: purchases on different days, days since the last, usual days between two (the company's, where it has bought once),
    chance to be alive, margin of the last and the previous 12 months, days since the first purchase."""

    orders: Floats
    gap: Floats
    usual: Floats
    p_alive: Floats
    margin: Floats
    margin_before: Floats
    age: Floats

    @staticmethod
    def of(
        orders: Column, gap: Column, usual: Column, p_alive: Column, margin: Column, margin_before: Column, age: Column
    ) -> Standing:
        """Columns of one length, finite. Raises Unusable."""
        found = Standing(
            column(orders, "orders", least=1), column(gap, "gap"), column(usual, "usual"), column(p_alive, "p_alive"),
            column(margin, "margin", least=None), column(margin_before, "margin_before", least=None), column(age, "age"),
        )  # fmt: skip
        same_length(**{one.name: getattr(found, one.name) for one in fields(found)})
        return found

    @property
    def trend(self) -> Floats:
        """Margin against that of the year before, as a share; 0 where there was none to compare with."""
        some = self.margin_before > 0
        return np.where(some, (self.margin - self.margin_before) / np.where(some, self.margin_before, 1), 0.0)

    @property
    def ratio(self) -> Floats:
        """Days since the last purchase in usual gaps; a gap of less than a week counts as a week."""
        return self.gap / np.maximum(self.usual, 7.0)


@dataclass(frozen=True)
class Stages:
    """Index into STAGES, and into REASONS for the one that decided."""

    stage: Ints
    reason: Ints


def stages(of: Standing, before: Ints | None = None, limits: Limits | None = None) -> Stages:
    """The stage of each customer. before: the last known stage, −1 for none: who was in decline or gone comes back only with some distance."""
    at = limits or Limits()
    was = np.full(len(of.orders), -1) if before is None else before
    down = was >= STAGES.index("decline")
    out = was == STAGES.index("departure")
    ease = 1 - at.ease
    late, silent = np.where(down, at.late * ease, at.late), np.where(out, at.silent * ease, at.silent)
    doubtful, gone = (
        np.where(who, 1 - (1 - limit) * ease, limit) for who, limit in ((down, at.doubtful), (out, at.gone))
    )
    repeats, judged = of.orders > 1, of.age >= at.young_days
    tests: list[tuple[str, str, Flags]] = [
        ("departure", "gone", of.p_alive < gone),
        ("departure", "silent", of.ratio >= silent),
        ("decline", "alive", of.p_alive < doubtful),
        ("decline", "gap", of.ratio >= late),
        ("decline", "falling", repeats & judged & (of.trend <= at.falling)),
        ("acquisition", "first", ~repeats),
        ("growth", "young", ~judged),
        ("growth", "rising", of.trend >= at.rising),
        ("maturity", "steady", np.ones(len(was), dtype=bool)),
    ]
    holds = [test for _stage, _reason, test in tests]
    return Stages(
        np.select(holds, [STAGES.index(stage) for stage, _reason, _test in tests]).astype(np.int64),
        np.select(holds, [REASONS.index(reason) for _stage, reason, _test in tests]).astype(np.int64),
    )
