"""Customer migration as a Markov chain over recency (Pfeifer & Carraway 2000)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from guanxi.science.arrays import Column, Flags, Floats, Unusable, column
from guanxi.science.lifetime.dwyer import check_chances, check_rates


@dataclass(frozen=True)
class Migration:
    """Recency states 1 … K: probability p of buying in the next period, payoff of being in the state; shape (K,).

    Who buys goes to state 1, who does not one state on; the last state is kept.
    """

    p: Floats
    payoff: Floats
    discount: float

    @classmethod
    def of(cls, p: Column, payoff: Column, discount: float) -> Migration:
        """Checked. Raises Unusable."""
        chances, pay = check_chances(p), column(payoff, "payoff", least=None)
        if len(chances) != len(pay):
            raise Unusable(f"p has {len(chances)} states, payoff {len(pay)}.")
        check_rates(0, discount)
        return cls(chances, pay, discount)

    def transitions(self) -> Floats:
        """The chain's matrix, shape (K, K): row from, column to."""
        size = len(self.p)
        found = np.zeros((size, size))
        onward = np.minimum(np.arange(size) + 1, size - 1)
        found[np.arange(size), onward] = 1 - self.p
        found[:, 0] += self.p
        return found


def value(chain: Migration, horizon: int | None = None) -> Floats:
    """Expected discounted payoff by state: of the periods 0 … `horizon`, or for ever: (I − P / (1 + d))⁻¹ R.

    Raises Unusable where the value for ever has no end.
    """
    step = chain.transitions() / (1 + chain.discount)
    if horizon is None:
        system = np.eye(len(chain.p)) - step
        if chain.discount == 0:
            return _undiscounted(chain, system)
        return np.asarray(np.linalg.solve(system, chain.payoff))
    found = chain.payoff.copy()
    for _period in range(horizon):
        found = chain.payoff + step @ found
    return found


def _undiscounted(chain: Migration, system: Floats) -> Floats:
    """Without discount there is a value where customers end in a last state that pays nothing and is never left."""
    if chain.p[-1] > 0 or chain.payoff[-1] != 0 or len(chain.p) < 2 or (chain.p[:-1] >= 1).any():
        raise Unusable("Without a discount rate the value for ever has no end: give --discount or a horizon.")
    inner = np.linalg.solve(system[:-1, :-1], chain.payoff[:-1])
    return np.append(inner, 0.0)


def optimal_value(chain: Migration, horizon: int | None = None) -> tuple[Floats, Flags]:
    """(value by state, whether to go on) when one may stop spending on a customer at any time, which is worth 0 from then on.

    For ever by policy iteration, which ends after at most as many steps as there are policies that grow better; within
    `horizon` by going back from its end, the decision being that of period 0.
    """
    step = chain.transitions() / (1 + chain.discount)
    if horizon is not None:
        found = np.maximum(chain.payoff, 0)
        go = chain.payoff > 0
        for _period in range(horizon):
            ahead = chain.payoff + step @ found
            found, go = np.maximum(ahead, 0), ahead > 0
        return found, go
    if chain.discount == 0:
        value(chain)
    go = np.ones(len(chain.p), dtype=bool)
    if chain.discount == 0:
        go[-1] = False
    for _round in range(len(chain.p) * 4 + 8):
        found = np.linalg.solve(np.eye(len(go)) - step * go[:, None], chain.payoff * go)
        better = chain.payoff + step @ found > 1e-12
        if (better == go).all():
            break
        go = better
    return found, go
