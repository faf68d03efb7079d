"""Forecasts of many series at once: seasonal naive, exponential smoothing, Theta, by working days; sums that agree; and how good they were."""

from guanxi.science.forecasts.accuracy import Accuracy, Measured, rolling_by_series, rolling_origin
from guanxi.science.forecasts.calendars import by_working_day, next_months, working_days
from guanxi.science.forecasts.methods import METHODS, Forecast, exponential_smoothing, seasonal_naive, theta
from guanxi.science.forecasts.reconciling import bottom_up, incoherence, mint, top_down, totals

__all__ = [
    "METHODS",
    "Accuracy",
    "Forecast",
    "Measured",
    "bottom_up",
    "by_working_day",
    "exponential_smoothing",
    "incoherence",
    "mint",
    "next_months",
    "rolling_by_series",
    "rolling_origin",
    "seasonal_naive",
    "theta",
    "top_down",
    "totals",
    "working_days",
]
