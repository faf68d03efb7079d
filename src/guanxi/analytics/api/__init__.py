"""The API of the analytical room, by noun."""

from guanxi.analytics.api import forecast, goals, kpis, overview, retention, runs

__all__ = ["forecast", "goals", "kpis", "overview", "retention", "runs"]
