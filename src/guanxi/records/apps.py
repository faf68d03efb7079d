"""The record engine: every business object, standard or invented, is described, changed, listed and found here."""

from django.apps import AppConfig


class RecordsConfig(AppConfig):
    name = "guanxi.records"
    label = "records"
