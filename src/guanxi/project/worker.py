"""The worker process: events, jobs, schedules. `python -m guanxi.project.worker`."""

import os
from importlib import import_module

import django

from guanxi.project.lifeline import follow_parent


def main() -> None:
    """Work until SIGTERM."""
    if os.environ.get("GUANXI_SUPERVISED") == "1":
        follow_parent()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "guanxi.project.settings")
    django.setup()
    # Its modules hold models, which can be imported only once Django is loaded.
    import_module("guanxi.core.worker").run_worker()


if __name__ == "__main__":
    main()
