"""Tables of activity, split by noun."""

from guanxi.activity.models.choices import (
    CLOSED_TASK,
    Answer,
    Channel,
    Direction,
    EventKind,
    Outcome,
    OutreachStatus,
    Priority,
    TaskKind,
    TaskStatus,
)
from guanxi.activity.models.planning import OPEN_TASK, CalendarEvent, EventAttendee, Task
from guanxi.activity.models.reaching import Notification, Outreach, Suppression
from guanxi.activity.models.suggestions import Suggestion, SuggestionStatus
from guanxi.activity.models.timeline import AboutCustomer, Interaction, Note

__all__ = [
    "CLOSED_TASK",
    "OPEN_TASK",
    "AboutCustomer",
    "Answer",
    "CalendarEvent",
    "Channel",
    "Direction",
    "EventAttendee",
    "EventKind",
    "Interaction",
    "Note",
    "Notification",
    "Outcome",
    "Outreach",
    "OutreachStatus",
    "Priority",
    "Suggestion",
    "SuggestionStatus",
    "Suppression",
    "Task",
    "TaskKind",
    "TaskStatus",
]
