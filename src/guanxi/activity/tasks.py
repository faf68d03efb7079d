"""Scheduled work of activity."""

from guanxi.activity.services import remind_due
from guanxi.core.jobs import every


@every("* * * * *", name="activity.remind")
def remind() -> None:
    """Due reminders of tasks and events."""
    remind_due()
