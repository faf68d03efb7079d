"""What the write path derives and checks when tasks, events, notes and interactions are saved, and what follows at once."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Min, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from guanxi.activity.events import MemberMentioned, TaskCompleted
from guanxi.activity.models import OPEN_TASK, CalendarEvent, Channel, Task, TaskStatus
from guanxi.activity.repeats import WrongRule, next_after, parse_rule, rest_of
from guanxi.activity.services.copies import create_copy
from guanxi.activity.services.notify import notify
from guanxi.core.events import publish
from guanxi.customers.models import Account, Contact
from guanxi.identity.actor import Actor
from guanxi.identity.models import Membership, TeamMember
from guanxi.identity.permissions import permits_row
from guanxi.records import registry
from guanxi.records.changes import create_record, update_record
from guanxi.records.derived.settling import Touched, settle
from guanxi.records.queries import visible_records
from guanxi.records.registry import Draft

Messages = Mapping[str, list[str]] | None
MAX_ITEMS = 100
SILENT = (Channel.NOTE, Channel.SYSTEM)


def check_about(draft: Draft) -> Messages:
    """`object` and `record_id` name a living record that the actor may see, or nothing at all."""
    record = draft.record
    if not draft.changed & {"object", "record_id"} or (not record.object and record.record_id is None):
        return None
    known = {item.name for item in registry.objects()}
    if record.object not in known or record.record_id is None:
        return {"object": [_("No such record.")]}
    if not visible_records(draft.actor, record.object).filter(id=record.record_id).exists():
        return {"record_id": [_("No such record.")]}
    return None


def prepare_about(draft: Draft) -> None:
    """Who names only a contact means its main account too."""
    record = draft.record
    if record.contact_id and not record.account_id and draft.changed & {"contact", "account"}:
        record.account_id = Contact.objects.filter(id=record.contact_id).values_list("account_id", flat=True).first()


def after_interaction(draft: Draft) -> None:
    """The customer's last contact moves on."""
    line = draft.record
    if line.channel in SILENT:
        return
    older = Q(last_contact_at=None) | Q(last_contact_at__lt=line.at)
    for model, key in ((Account, line.account_id), (Contact, line.contact_id)):
        if key:
            model.objects.filter(older, id=key).update(last_contact_at=line.at)
            _settle(model, key, "last_contact_at")


def prepare_task(draft: Draft) -> None:
    """Completion time follows the status; a new reminder time is to be reminded of again."""
    task = draft.record
    prepare_about(draft)
    if "status" in draft.changed or draft.before is None:
        task.completed_at = timezone.now() if task.status == TaskStatus.COMPLETED else None
    if "reminder_at" in draft.changed:
        task.reminded_at = None
    if task.owner_id and "owner" in draft.changed and "team" not in draft.changed:
        task.team_id = _team_of(task.owner_id, draft.actor)


def _team_of(member_id: UUID, actor: Actor) -> UUID | None:
    """The team in which the member has a task: one shared with the actor, else the member's own."""
    own: UUID | None = Membership.objects.filter(id=member_id).values_list("team_id", flat=True).first()
    if own in actor.team_ids:
        return own
    further = TeamMember.objects.filter(membership_id=member_id, team_id__in=actor.team_ids)
    shared: UUID | None = further.values_list("team_id", flat=True).first()
    return shared or own


def check_task(draft: Draft) -> Messages:
    """A valid rule with a date to start from; a checklist of lines."""
    task = draft.record
    errors: dict[str, list[str]] = {}
    if draft.before is None and not permits_row(
        draft.actor, "task", "create", owner_id=task.owner_id, team_id=task.team_id
    ):
        errors["owner"] = [_("Your role gives tasks to colleagues of your team only.")]
    if task.repeat and draft.changed & {"repeat", "due_at"}:
        errors |= _check_rule(task.repeat)
        if task.due_at is None:
            errors["due_at"] = [_("A repeated task needs a due date.")]
    if "checklist" in draft.changed and not _is_checklist(task.checklist):
        errors["checklist"] = [_("A checklist is a list of lines with text and a tick.")]
    return errors or None


def after_task(draft: Draft) -> None:
    """A completed repeated task plans its successor; who got the task is told; the account's next contact moves."""
    task, actor = draft.record, draft.actor
    was = (draft.before or {}).get("status", task.status if draft.before is not None else None)
    if task.status == TaskStatus.COMPLETED and was != TaskStatus.COMPLETED:
        _complete(actor, task)
    handed_over = draft.before is None or "owner" in draft.changed
    if handed_over and task.owner_id and task.owner_id != actor.member_id and task.is_open:
        notify(
            [task.owner_id],
            kind="task_assigned",
            message=gettext_noop("%(who)s gave you the task “%(what)s”"),
            args={"who": actor.name, "what": task.subject},
            url=f"/tasks/{task.id}/",
            object="task",
            record_id=task.id,
        )
    _refresh_accounts(draft, {"status", "due_at"})


def prepare_event(draft: Draft) -> None:
    """The zone in which a series keeps its hour; a moved event is to be reminded of again."""
    event = draft.record
    prepare_about(draft)
    event.time_zone = event.time_zone or draft.actor.time_zone
    event.except_at = [datetime.fromisoformat(at) if isinstance(at, str) else at for at in event.except_at]
    if draft.changed & {"start_at", "remind_minutes"}:
        event.reminded_at = None


def check_event(draft: Draft) -> Messages:
    """The end is not before the start; the rule is one."""
    event = draft.record
    errors: dict[str, list[str]] = {}
    if event.start_at and event.end_at and event.end_at < event.start_at:
        errors["end_at"] = [_("The end is before the beginning.")]
    if event.repeat and "repeat" in draft.changed:
        errors |= _check_rule(event.repeat)
    return errors or None


def after_event(draft: Draft) -> None:
    """The account's next contact moves."""
    _refresh_accounts(draft, {"start_at"})


def prepare_note(draft: Draft) -> None:
    """Who is named by @Name."""
    prepare_about(draft)
    if "body" in draft.changed:
        draft.record.mentions = mentioned(draft.record.body)


def after_note(draft: Draft) -> None:
    """The note's line on the timeline (same id), and a word to those newly named."""
    note, actor = draft.record, draft.actor
    system = Actor.system(actor.tenant_id, via=actor.via)
    values = {name: getattr(note, name) for name in ("body", "object", "record_id")}
    values |= {"account": note.account_id, "contact": note.contact_id, "owner": note.owner_id, "team": note.team_id}
    told: set[UUID] = set()
    if draft.before is None:
        create_record(system, "interaction", {**values, "channel": Channel.NOTE, "at": timezone.now()}, id=note.id)
    else:
        update_record(system, "interaction", note.id, values)
        told = set(mentioned(str(draft.before.get("body", note.body))))
    fresh = [key for key in note.mentions if key not in told and key != actor.member_id]
    if fresh:
        args = {"who": actor.name, "what": note.subject}
        message = gettext_noop("%(who)s mentioned you: %(what)s")
        notify(fresh, kind="mention", message=message, args=args, url=about_url(note), object="note", record_id=note.id)
        publish(MemberMentioned(note_id=note.id, member_ids=tuple(fresh)), member_id=actor.member_id)


def mentioned(body: str) -> list[UUID]:
    """Members whose names stand in the text after an @; of "@Lin Yue" and "@Lin" the longer wins."""
    if "@" not in body:
        return []
    found = []
    names = Membership.objects.filter(is_active=True).values_list("id", "name")
    for key, name in sorted(names, key=lambda pair: -len(pair[1])):
        if name and f"@{name}" in body:
            body = body.replace(f"@{name}", " ")
            found.append(key)
    return found


def about_url(record: Any) -> str:
    """Where a note, task or event leads: the record it is about, its account, its contact, itself."""
    if record.object and record.record_id:
        plural = registry.get(record.object).plural
        return f"/{plural}/{record.record_id}/"
    if record.account_id:
        return f"/accounts/{record.account_id}/"
    if record.contact_id:
        return f"/contacts/{record.contact_id}/"
    kind = registry.of_model(type(record))
    return f"/{kind.plural}/{record.id}/" if kind else "/"


def _settle(model: Any, key: UUID, name: str) -> None:
    """What follows from a column that is written beside the write path."""
    kind = registry.of_model(model)
    assert kind is not None
    settle(Touched(kind, {key}, frozenset((name,))))


def refresh_next_contact(account_ids: Iterable[UUID]) -> None:
    """Bring `next_contact_at` of accounts up to date: the earliest open task or coming event."""
    now = timezone.now()
    for key in account_ids:
        due = Task.objects.filter(OPEN_TASK, account_id=key, deleted_at=None, due_at__isnull=False).aggregate(
            at=Min("due_at")
        )["at"]
        event = CalendarEvent.objects.filter(account_id=key, deleted_at=None, start_at__gt=now).aggregate(
            at=Min("start_at")
        )["at"]
        earliest = min((at for at in (due, event) if at), default=None)
        if Account.objects.filter(id=key).exclude(next_contact_at=earliest).update(next_contact_at=earliest):
            _settle(Account, key, "next_contact_at")


def _refresh_accounts(draft: Draft, fields: set[str]) -> None:
    if draft.before is not None and not draft.changed & {"account", "contact", *fields}:
        return
    before = (draft.before or {}).get("account")
    refresh_next_contact({key for key in (before, draft.record.account_id) if key})


def _complete(actor: Actor, task: Task) -> None:
    following = _plan_next(actor, task) if task.repeat and task.due_at else None
    publish(
        TaskCompleted(
            task_id=task.id,
            owner_id=task.owner_id,
            account_id=task.account_id,
            object=task.object,
            record_id=task.record_id,
            next_id=following.id if following else None,
        ),
        member_id=actor.member_id,
    )


def _plan_next(actor: Actor, task: Task) -> Task | None:
    """The successor keeps everything but its dates; the reminder keeps its distance; ticks are taken off."""
    assert task.due_at is not None
    due_at, rest = next_after(task.repeat, task.due_at, actor.time_zone), rest_of(task.repeat)
    if due_at is None or not rest:
        return None
    names = ("subject", "kind", "priority", "all_day", "description", "object", "record_id")
    values: dict[str, Any] = {name: getattr(task, name) for name in names}
    values |= {"owner": task.owner_id, "team": task.team_id, "account": task.account_id, "contact": task.contact_id}
    values |= {
        "due_at": due_at,
        "repeat": rest,
        "checklist": [{"text": item["text"], "done": False} for item in task.checklist],
    }
    if task.reminder_at:
        values["reminder_at"] = due_at - (task.due_at - task.reminder_at)
    system = Actor.system(actor.tenant_id, via=actor.via, time_zone=actor.time_zone, member_id=task.owner_id)
    following: Task = create_copy(system, "task", values, of=task)
    return following


def _check_rule(text: str) -> dict[str, list[str]]:
    try:
        parse_rule(text)
    except WrongRule as wrong:
        return {"repeat": [str(wrong)]}
    return {}


def _is_checklist(value: Any) -> bool:
    if not isinstance(value, list) or len(value) > MAX_ITEMS:
        return False
    return all(
        isinstance(item, dict)
        and set(item) == {"text", "done"}
        and isinstance(item["text"], str)
        and 0 < len(item["text"]) <= 300
        and isinstance(item["done"], bool)
        for item in value
    )
