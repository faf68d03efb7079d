"""The process start: imports every room's objects, handlers, ports and API once Django is ready."""

from importlib import import_module
from importlib.util import find_spec

from django.apps import AppConfig
from django.conf import settings


class ProjectConfig(AppConfig):
    name = "guanxi.project"
    label = "project"

    def ready(self) -> None:
        """Register objects first, from the ground up, then the ports, handlers and API that refer to them."""
        for module in ("objects", "port_registrations", "handlers", "tasks", "api"):
            for room in settings.ROOMS:
                if find_spec(f"guanxi.{room}") and find_spec(f"guanxi.{room}.{module}"):
                    import_module(f"guanxi.{room}.{module}")
