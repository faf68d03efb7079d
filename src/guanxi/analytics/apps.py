"""What the company knows by counting: warehouse, runs of the models, customer value, retention, satisfaction, forecasts, goals."""

from django.apps import AppConfig


class AnalyticsConfig(AppConfig):
    name = "guanxi.analytics"
    label = "analytics"
