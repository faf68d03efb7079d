"""Interactions, notes, tasks and calendar events as the record engine sees them."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from guanxi.activity.details import event_context, task_context
from guanxi.activity.models import (
    CalendarEvent,
    Channel,
    Interaction,
    Note,
    Outcome,
    Priority,
    Suggestion,
    SuggestionStatus,
    Task,
    TaskStatus,
)
from guanxi.activity.services import (
    accept_suggestion,
    complete_task,
    decline_suggestion,
    finish_suggestion,
    reopen_task,
    snooze_task,
)
from guanxi.activity.services.hooks import (
    after_event,
    after_interaction,
    after_note,
    after_task,
    check_about,
    check_event,
    check_task,
    prepare_about,
    prepare_event,
    prepare_note,
    prepare_task,
)
from guanxi.activity.services.suggestions import after_suggestion, check_suggestion, prepare_suggestion
from guanxi.records.changes import update_record
from guanxi.records.registry import (
    Board,
    BoardColumn,
    Choice,
    Command,
    Field,
    ObjectType,
    Section,
    View,
    objects,
    register,
)

STATUS_TONES = {"in_progress": "indigo", "waiting": "amber", "completed": "jade"}
PRIORITY_TONES = {"high": "amber", "urgent": "rose"}
STATUSES = tuple(Choice(str(value), label, STATUS_TONES.get(str(value), "grey")) for value, label in TaskStatus.choices)
PRIORITIES = tuple(
    Choice(str(value), label, PRIORITY_TONES.get(str(value), "grey")) for value, label in Priority.choices
)
OUTCOMES = tuple(Choice(str(value), label) for value, label in Outcome.choices)


def about_choices() -> tuple[Choice, ...]:
    """Every object, by the name that people know it by."""
    return tuple(Choice(kind.name, kind.label) for kind in objects())


ABOUT = (Field("object", kind="choice", choices_of=about_choices, sortable=False), Field("record_id", sortable=False))
OPEN = {"field": "status", "op": "not_in", "value": ["completed", "cancelled"]}
DUE = {
    "any": [{"field": "due_at", "op": "lt", "value": "$today"}, {"field": "due_at", "op": "within", "value": "today"}]
}
MINE = {"field": "owner", "op": "is", "value": "$me"}


def task_columns(actor: Any) -> list[BoardColumn]:
    """A column for each status."""
    return [
        BoardColumn(choice.value, choice.label, "done" if choice.value in ("completed", "cancelled") else "open")
        for choice in STATUSES
    ]


def move_task(actor: Any, record_id: UUID, to: str, *, version: int | None = None, **_more: Any) -> Any:
    """A card was dropped on another status."""
    return update_record(actor, "task", record_id, {"status": to}, version=version)


register(
    ObjectType(
        name="interaction",
        plural="interactions",
        room="activity",
        model=Interaction,
        label=_("Interaction"),
        label_plural=_("Interactions"),
        icon="messages",
        title="subject",
        echoes=lambda line: line.channel == Channel.NOTE,
        in_menu=False,
        default_sort="-at",
        fields=(
            "channel",
            "direction",
            Field("at", clock=True),
            Field("subject", search=True),
            "body",
            "account",
            "contact",
            Field("duration_seconds", min_value=0),
            Field("cost", currency="currency"),
            "currency",
            Field("outcome", kind="choice", choices=OUTCOMES),
            "location",
            Field("participants", sortable=False),
            *ABOUT,
        ),
        list_columns=("at", "channel", "direction", "subject", "account", "contact", "owner"),
        sections=(
            Section(_("Contact"), ("channel", "direction", "at", "subject", "body", "outcome")),
            Section(_("With whom"), ("account", "contact", "participants", "owner")),
            Section(_("Facts"), ("duration_seconds", "location", "cost", "currency", "tags")),
        ),
        views=(View("all", _("All interactions"), {}, "-at"), View("mine", _("My interactions"), MINE, "-at")),
        checks=(check_about,),
        prepare=prepare_about,
        after=after_interaction,
        account="account",
    )
)

register(
    ObjectType(
        name="note",
        plural="notes",
        room="activity",
        model=Note,
        label=_("Note"),
        label_plural=_("Notes"),
        icon="note",
        title="body",
        in_menu=False,
        fields=(Field("body", search=True), "account", "contact", "pinned", *ABOUT),
        list_columns=("body", "account", "contact", "owner", "updated_at"),
        sections=(Section(_("Note"), ("body", "account", "contact", "pinned", "owner", "tags")),),
        views=(View("all", _("All notes"), {}, "-updated_at"), View("mine", _("My notes"), MINE, "-updated_at")),
        checks=(check_about,),
        prepare=prepare_note,
        after=after_note,
        account="account",
    )
)

register(
    ObjectType(
        name="task",
        plural="tasks",
        counted=True,
        room="activity",
        model=Task,
        label=_("Task"),
        label_plural=_("Tasks"),
        icon="checkbox",
        title="subject",
        menu_group="work",
        key="T",
        default_sort="due_at",
        calendar="due_at",
        fields=(
            Field("subject", search=True),
            "kind",
            Field("status", choices=STATUSES),
            Field("priority", choices=PRIORITIES),
            Field("due_at", clock=True),
            "all_day",
            Field("reminder_at", clock=True),
            "repeat",
            Field("checklist", sortable=False, filterable=False),
            "description",
            "account",
            "contact",
            *ABOUT,
            Field("completed_at", readonly=True),
            Field("owner", label=_("Assignee")),
        ),
        list_columns=("subject", "kind", "priority", "due_at", "status", "account", "owner"),
        sections=(
            Section(_("Task"), ("subject", "kind", "status", "priority", "owner", "description")),
            Section(_("Time"), ("due_at", "all_day", "reminder_at", "repeat", "completed_at")),
            Section(_("About"), ("account", "contact", "tags")),
        ),
        views=(
            View("mine", _("My open tasks"), {"all": [MINE, OPEN]}, "due_at"),
            View(
                "today",
                _("Due today or late"),
                {"all": [MINE, OPEN, DUE]},
                "due_at",
            ),
            View("open", _("All open tasks"), OPEN, "due_at"),
            View("all", _("All tasks"), {}, "-updated_at"),
        ),
        board=Board(
            "status",
            task_columns,
            move_task,
            card_fields=("account", "due_at", "owner"),
            closed_field="completed_at",
            closed_days=30,
        ),
        commands=(
            Command(
                "complete",
                _("Complete"),
                complete_task,
                params=(
                    Field("outcome", _("Outcome"), kind="choice", choices=OUTCOMES),
                    Field("body", _("What came of it"), kind="longtext"),
                ),
                when=lambda task: task.is_open,
                icon="check",
                tone="primary",
            ),
            Command(
                "snooze",
                _("Snooze"),
                snooze_task,
                params=(Field("until", _("Until"), kind="datetime", required=True),),
                when=lambda task: task.is_open,
                icon="clock-pause",
            ),
            Command("reopen", _("Reopen"), reopen_task, when=lambda task: not task.is_open, icon="arrow-back-up"),
        ),
        detail_template="activity/task.html.jinja",
        detail_context=task_context,
        checks=(check_about, check_task),
        prepare=prepare_task,
        after=after_task,
        account="account",
    )
)

register(
    ObjectType(
        name="event",
        plural="events",
        room="activity",
        model=CalendarEvent,
        label=_("Event"),
        label_plural=_("Events"),
        icon="calendar",
        title="subject",
        in_menu=False,
        default_sort="-start_at",
        calendar="start_at",
        calendar_end="end_at",
        fields=(
            Field("subject", search=True),
            "kind",
            Field("start_at", clock=True),
            Field("end_at", clock=True),
            "all_day",
            Field("location", search=True),
            "description",
            "repeat",
            Field("except_at", _("Left out"), kind="json", command=True, sortable=False, filterable=False),
            "remind_minutes",
            "account",
            "contact",
            *ABOUT,
        ),
        list_columns=("subject", "kind", "start_at", "end_at", "location", "account", "owner"),
        sections=(
            Section(_("Event"), ("subject", "kind", "start_at", "end_at", "all_day", "location", "description")),
            Section(_("Repetition and reminder"), ("repeat", "remind_minutes")),
            Section(_("About"), ("account", "contact", "owner", "tags")),
        ),
        views=(View("all", _("All events"), {}, "-start_at"), View("mine", _("My events"), MINE, "-start_at")),
        detail_template="activity/event.html.jinja",
        detail_context=event_context,
        checks=(check_about, check_event),
        prepare=prepare_event,
        after=after_event,
        account="account",
    )
)

SUGGESTION_TONES = {"new": "indigo", "accepted": "jade", "declined": "grey", "done": "jade"}
ANSWER = Field("answer", _("Answer"), kind="longtext", required=False)

register(
    ObjectType(
        name="suggestion",
        plural="suggestions",
        room="activity",
        model=Suggestion,
        label=_("Suggestion"),
        label_plural=_("Suggestions"),
        icon="bulb",
        code_pattern="SG-{yyyy}-{seq:4}",
        title="subject",
        menu_group="work",
        default_sort="-created_at",
        fields=(
            Field("subject", search=True),
            "body",
            Field("decider", help=_("Left empty: your manager.")),
            Field(
                "status",
                command=True,
                choices=tuple(
                    Choice(str(value), label, SUGGESTION_TONES[str(value)]) for value, label in SuggestionStatus.choices
                ),
            ),
            Field("answer", command=True),
            Field("decided_at", command=True),
            Field("owner", label=_("Proposed by")),
        ),
        list_columns=("subject", "status", "owner", "decider", "created_at"),
        sections=(
            Section(_("Suggestion"), ("subject", "body", "owner", "decider", "tags")),
            Section(_("Decision"), ("status", "answer", "decided_at")),
        ),
        views=(
            View("mine", _("My suggestions"), MINE, "-created_at"),
            View(
                "decide",
                _("For me to decide"),
                {
                    "all": [
                        {"field": "decider", "op": "is", "value": "$me"},
                        {"field": "status", "op": "is", "value": "new"},
                    ]
                },
                "created_at",
            ),
            View("all", _("All suggestions"), {}, "-created_at"),
        ),
        commands=(
            Command(
                "accept",
                _("Accept"),
                accept_suggestion,
                params=(ANSWER,),
                when=lambda item: item.status in ("new", "declined"),
                icon="check",
                tone="primary",
                permission="view",
            ),
            Command(
                "decline",
                _("Decline"),
                decline_suggestion,
                params=(Field("answer", _("Why"), kind="longtext", required=True),),
                when=lambda item: item.status in ("new", "accepted"),
                icon="x",
                permission="view",
            ),
            Command(
                "finish",
                _("Carried out"),
                finish_suggestion,
                params=(ANSWER,),
                when=lambda item: item.status == "accepted",
                icon="circle-check",
                permission="view",
            ),
        ),
        checks=(check_suggestion,),
        prepare=prepare_suggestion,
        after=after_suggestion,
    )
)
