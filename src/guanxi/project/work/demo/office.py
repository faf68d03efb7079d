"""The days of those who sell nothing themselves: the head of sales and the administrator of the demonstration."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from guanxi.activity.models import CalendarEvent, Task
from guanxi.identity.models import Membership
from guanxi.project.work.demo.world import World

HOME = ZoneInfo("Asia/Shanghai")
# Role, what is to be done, its kind, days from today, priority.
TASKS = (
    ("manager", "Go through the forecast with East China", "meeting", 0, "high"),
    ("manager", "Decide on the discount for key accounts", "todo", 0, "normal"),
    ("manager", "Call Zhao Min about the stuck deals", "call", -1, "high"),
    ("manager", "Prepare the quarterly review", "todo", 2, "normal"),
    ("manager", "Set next year's targets", "todo", 9, "normal"),
    ("administrator", "Look through the likely duplicates among accounts", "todo", 0, "normal"),
    ("administrator", "Check who has not signed in for a month", "todo", -1, "normal"),
    ("administrator", "Enter this month's exchange rates", "todo", 0, "high"),
    ("administrator", "Add the field “Tender number” to opportunities", "todo", 1, "normal"),
    ("administrator", "Agree on retention with the data protection officer", "call", 5, "low"),
)
# Role, what, its kind, days from today, hour, minutes.
EVENTS = (
    ("manager", "Sales meeting", "meeting", 0, 9, 60),
    ("manager", "One to one with Lin Yue", "meeting", 0, 14, 30),
    ("manager", "Pipeline review", "meeting", 0, 16, 60),
    ("manager", "One to one with Emma Clark", "call", 1, 15, 30),
    ("administrator", "Sales meeting", "meeting", 0, 9, 60),
    ("administrator", "Introduction for new colleagues", "meeting", 0, 15, 90),
    ("administrator", "Works council: personal data", "meeting", 1, 10, 60),
)


def office_plans(world: World) -> tuple[list[Task], list[CalendarEvent]]:
    """Tasks and appointments of the people in the office, around today."""
    people = {one.role.key: one for one in Membership.objects.select_related("role", "team").order_by("-id")}
    tasks = [_task(world, people[role], what, kind, days, much) for role, what, kind, days, much in TASKS]
    events = [_event(world, people[role], what, kind, days, at, long) for role, what, kind, days, at, long in EVENTS]
    return tasks, events


def _at(world: World, days: int, hour: int) -> datetime:
    day = world.now.astimezone(HOME) + timedelta(days=days)
    return day.replace(hour=hour, minute=0, second=0, microsecond=0)


def _task(world: World, person: Any, subject: str, kind: str, days: int, priority: str) -> Task:
    return Task(subject=subject, kind=kind, due_at=_at(world, days, 17), owner=person, team=person.team, priority=priority)  # fmt: skip


def _event(world: World, person: Any, subject: str, kind: str, days: int, hour: int, minutes: int) -> CalendarEvent:
    start = _at(world, days, hour)
    return CalendarEvent(
        subject=subject, kind=kind, start_at=start, end_at=start + timedelta(minutes=minutes), owner=person, team=person.team,
        time_zone="Asia/Shanghai",
    )  # fmt: skip
