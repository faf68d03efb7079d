"""The front door of the staff: my day, the customer at a glance, the team, search and commands."""

from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "guanxi.desk"
    label = "desk"
