"""Reads of activity. Import them from here."""

from guanxi.activity.queries.inbox import inbox, notification, unread_count, unread_notifications
from guanxi.activity.queries.planning import AgendaEntry, agenda, not_begun, open_tasks
from guanxi.activity.queries.timeline import (
    GROUPS,
    Entry,
    TimelinePage,
    contact_moments,
    group_counts,
    lines_known,
    timeline,
)

__all__ = [
    "GROUPS",
    "AgendaEntry",
    "Entry",
    "TimelinePage",
    "agenda",
    "contact_moments",
    "group_counts",
    "inbox",
    "lines_known",
    "not_begun",
    "notification",
    "open_tasks",
    "timeline",
    "unread_count",
    "unread_notifications",
]
