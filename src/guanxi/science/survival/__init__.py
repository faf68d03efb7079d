"""How long until something happens, when for some it has not happened yet."""

from guanxi.science.survival.cox import CoxFit, fit_cox
from guanxi.science.survival.hazard import HazardFit, fit_hazard
from guanxi.science.survival.kaplan_meier import Durations, Survival, kaplan_meier

__all__ = ["CoxFit", "Durations", "HazardFit", "Survival", "fit_cox", "fit_hazard", "kaplan_meier"]
