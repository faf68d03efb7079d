"""Activity: what happens with customers, what is to be done, and the one gate to reach them."""

from django.apps import AppConfig


class ActivityConfig(AppConfig):
    name = "guanxi.activity"
    label = "activity"
