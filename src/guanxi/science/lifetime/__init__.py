"""Value by retention and by migration: Dwyer (1989, 1997), Pfeifer & Carraway (2000). Rates and probabilities are per period."""

from guanxi.science.lifetime.dwyer import migrating_buyers, retained_value, retention_effect
from guanxi.science.lifetime.markov import Migration, optimal_value, value

__all__ = ["Migration", "migrating_buyers", "optimal_value", "retained_value", "retention_effect", "value"]
