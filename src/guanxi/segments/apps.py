"""Lists of records of any object, kept by criteria or by hand."""

from django.apps import AppConfig


class SegmentsConfig(AppConfig):
    name = "guanxi.segments"
    label = "segments"
