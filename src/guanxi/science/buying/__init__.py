"""Customers who buy without a contract and leave without a word: who is still one, and how much they will buy.

    purchases = Purchases.of(x, t_x, T, n)          # repeat purchases, age at the last one, age; n customers in each row
    fit = BgNbd.fit(purchases)                      # parameters, standard errors, log-likelihood, warnings
    fit.model.p_alive(x, t_x, T)
    fit.model.expected_purchases(52, x, t_x, T)     # within the next 52 units of time
    money = GammaGamma.fit(Spending.of(x, m, n))    # margin m per purchase
    fit.model.discounted_purchases(52, 0.002, x, t_x, T) * money.model.expected_margin(x, m)

Purchases of one day count as one. Times are in one unit, which is the unit of every rate and horizon. A model that the data
do not bear is not fitted in silence: see `Fit.warnings`; data that cannot serve raise `Unusable`.
"""

from guanxi.science.buying.beta_bernoulli import BgBb
from guanxi.science.buying.beta_geometric import BgNbd, MbgNbd
from guanxi.science.buying.nbd import Nbd
from guanxi.science.buying.pareto import ParetoNbd
from guanxi.science.buying.purchases import Purchases
from guanxi.science.buying.spending import GammaGamma, Spending
from guanxi.science.buying.timing import FOR_EVER, Timing

TIMING: dict[str, type[BgNbd] | type[MbgNbd] | type[ParetoNbd] | type[Nbd]] = {
    "bg-nbd": BgNbd,
    "mbg-nbd": MbgNbd,
    "pareto-nbd": ParetoNbd,
    "nbd": Nbd,
}

__all__ = [
    "FOR_EVER",
    "TIMING",
    "BgBb",
    "BgNbd",
    "GammaGamma",
    "MbgNbd",
    "Nbd",
    "ParetoNbd",
    "Purchases",
    "Spending",
    "Timing",
]
