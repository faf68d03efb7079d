"""Customers under contract, who renew or leave for good: how many stay how long.

sBG (Fader & Hardie 2007) and beta-discrete-Weibull (Fader, Hardie, Liu, Davin & Steenburgh 2018), fitted on the number of
survivors of one cohort at the end of each period.
"""

from guanxi.science.contracts.survivors import BetaDiscreteWeibull, Cohort, ShiftedBetaGeometric

MODELS: dict[str, type[ShiftedBetaGeometric]] = {
    model.name: model for model in (ShiftedBetaGeometric, BetaDiscreteWeibull)
}

__all__ = ["MODELS", "BetaDiscreteWeibull", "Cohort", "ShiftedBetaGeometric"]
