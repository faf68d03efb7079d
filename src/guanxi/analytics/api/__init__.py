"""The API of the analytical room, by noun."""

from guanxi.analytics.api import goals, kpis, runs

__all__ = ["goals", "kpis", "runs"]
