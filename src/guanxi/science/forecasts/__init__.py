"""Forecasts of many series at once: seasonal naive, exponential smoothing, Theta; and how good they were."""

from guanxi.science.forecasts.accuracy import Accuracy, rolling_origin
from guanxi.science.forecasts.methods import METHODS, Forecast, exponential_smoothing, seasonal_naive, theta

__all__ = ["METHODS", "Accuracy", "Forecast", "exponential_smoothing", "rolling_origin", "seasonal_naive", "theta"]
