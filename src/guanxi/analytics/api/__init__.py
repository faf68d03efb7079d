"""The API of the analytical room, by noun."""

from guanxi.analytics.api import forecast, goals, groups, keeping, kpis, overview, retention, returns, runs, selling
from guanxi.analytics.deciding import api as deciding
from guanxi.analytics.optimising import api as optimising

__all__ = [
    "deciding",
    "forecast",
    "goals",
    "groups",
    "keeping",
    "kpis",
    "optimising",
    "overview",
    "retention",
    "returns",
    "runs",
    "selling",
]
