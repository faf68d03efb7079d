"""The worker process: events, jobs, schedules. `python -m guanxi.project.worker`."""

import os

import django

from guanxi.core import worker
from guanxi.project.lifeline import follow_parent


def main() -> None:
    """Work until SIGTERM."""
    if os.environ.get("GUANXI_SUPERVISED") == "1":
        follow_parent()
    worker.run_worker()


if __name__ == "__main__":
    main()
