"""The ground floor: mechanisms that know no business word."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "guanxi.core"
    label = "core"
