"""Products, units, taxes and price books."""

from django.apps import AppConfig


class CatalogueConfig(AppConfig):
    name = "guanxi.catalogue"
    label = "catalogue"
