"""The ready reports of the activity room."""

from django.utils.translation import gettext_lazy as _

from guanxi.records.ports import ReadyReport, RoomReports
from guanxi.records.reports.offering import count, derived, during, figure, met, ready

FOLDER = _("Activity")
QUARTER = {"last": 90, "unit": "days"}
TALKED = {"not": met("channel", "in", ["note", "system"])}
DONE = met("status", "is", "completed")
UNDONE = {"not": met("status", "in", ["completed", "cancelled"])}
READY: tuple[ReadyReport, ...] = (
    ready("activity-by-person", _("Activity by person"), _("Contacts with customers in the last 90 days by person and channel."), FOLDER, "interaction", count(), figure("distinct", "account", key="accounts", label=_("Customers reached")),
          filter=TALKED, period=during("at", QUARTER), groups=["owner"], pivot="channel", chart="stacked"),
    ready("interactions-by-channel", _("Interactions by channel"), _("Contacts with customers of the last twelve months by channel."), FOLDER, "interaction", count(), filter=TALKED,
          period=during("at", {"last": 12, "unit": "months"}), groups=["at:month"], pivot="channel", chart="stacked"),
    ready("interactions-when", _("When customers are spoken to"), _("Contacts of the last 90 days by weekday and hour, in the company's time zone."), FOLDER, "interaction", count(), filter=TALKED,
          period=during("at", QUARTER), groups=["at:weekday"], pivot="at:hour", chart="heat"),
    ready("interactions-direction", _("Incoming and outgoing"), _("Contacts of the last 90 days by channel: who spoke first."), FOLDER, "interaction", count(), filter=TALKED,
          period=during("at", QUARTER), groups=["channel"], pivot="direction", chart="stacked"),
    ready("overdue-tasks", _("Overdue tasks"), _("Open tasks whose day has passed, by person."), FOLDER, "task", count(), filter={"all": [UNDONE, met("due_at", "lt", "$today")]}, groups=["owner"], chart="row"),
    ready("tasks-by-priority", _("Open tasks by priority"), _("What is to be done, by person and priority."), FOLDER, "task", count(), filter=UNDONE, groups=["owner"], pivot="priority", chart="stacked"),
    ready("tasks-done", _("Tasks due and done"), _("Tasks by the week in which they were due, and how many of them are done."), FOLDER, "task", count("due", label=_("Due")), count("done", where=DONE, label=_("Done")),
          derived("ratio", "done", to="due", label=_("Done in per cent")), period=during("due_at", QUARTER), groups=["due_at:week"], chart="line"),
)  # fmt: skip


def activity_reports() -> RoomReports:
    """What the room adds to the reports."""
    return RoomReports(ready=READY)
