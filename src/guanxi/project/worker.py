"""The worker process: events, jobs, schedules. `python -m guanxi.project.worker`."""

import os
from importlib import import_module

import django

from guanxi.project.lifeline import follow_parent
from guanxi.project.readiness import await_prepared


def main() -> None:
    """Work until SIGTERM."""
    if os.environ.get("GUANXI_SUPERVISED") == "1":
        follow_parent()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "guanxi.project.settings")
    django.setup()
    # Its modules hold models, which can be imported only once Django is loaded.
    worker = import_module("guanxi.core.worker")
    await_prepared()
    worker.run_worker()


if __name__ == "__main__":
    main()
