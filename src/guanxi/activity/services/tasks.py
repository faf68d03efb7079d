"""Tasks: plan, complete, put off. Rules of repetition are carried out by the record's own hooks (services.hooks)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from guanxi.activity.models import Channel, Direction, Priority, Task, TaskKind, TaskStatus
from guanxi.activity.services.timeline import log_interaction
from guanxi.core.errors import Conflict, Invalid
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.records.changes import create_record, update_record
from guanxi.records.queries import get_record

CHANNEL_OF_KIND = {
    TaskKind.CALL: Channel.PHONE,
    TaskKind.MAIL: Channel.MAIL,
    TaskKind.VISIT: Channel.VISIT,
    TaskKind.MEETING: Channel.MEETING,
}


def plan_task(
    actor: Actor,
    *,
    subject: str,
    kind: str = TaskKind.TODO,
    due_at: datetime | None = None,
    priority: str = Priority.NORMAL,
    reminder_at: datetime | None = None,
    assignee_id: UUID | None = None,
    account_id: UUID | None = None,
    contact_id: UUID | None = None,
    object: str = "",
    record_id: UUID | None = None,
    repeat: str = "",
    checklist: Sequence[str] = (),
    description: str = "",
    all_day: bool = False,
    own: Mapping[str, Any] | None = None,
) -> Task:
    """A task for the actor or, with `assignee_id`, for a colleague, who is told; `own` are fields of the tenant's own."""
    values: dict[str, Any] = {
        "subject": subject,
        "kind": kind,
        "due_at": due_at,
        "all_day": all_day,
        "priority": priority,
        "reminder_at": reminder_at,
        "account": account_id,
        "contact": contact_id,
        "object": object,
        "record_id": record_id,
        "repeat": repeat,
        "checklist": [{"text": text, "done": False} for text in checklist],
        "description": description,
        **(own or {}),
    }
    if assignee_id:
        values["owner"] = assignee_id
    task: Task = create_record(actor, "task", values)
    return task


def complete_task(
    actor: Actor, record_id: UUID, *, version: int | None = None, outcome: str = "", body: str = ""
) -> Task:
    """The task is done; a repeated one plans its successor.

    A call, mail, visit or meeting with a customer also becomes a line of the timeline when `outcome` or `body` says what came of it.
    Raises `Conflict` when it is closed already.
    """
    with tenant_tx(actor.tenant_id):
        task = _open_task(actor, record_id)
        done: Task = update_record(actor, "task", record_id, {"status": TaskStatus.COMPLETED}, version=version)
        channel = CHANNEL_OF_KIND.get(TaskKind(task.kind), Channel.NOTE)
        if (outcome or body) and (task.account_id or task.contact_id):
            log_interaction(
                actor,
                channel=channel,
                direction=Direction.OUT if channel != Channel.NOTE else Direction.NONE,
                account_id=task.account_id,
                contact_id=task.contact_id,
                object=task.object,
                record_id=task.record_id,
                subject=task.subject,
                outcome=outcome,
                body=body,
            )
        return done


def reopen_task(actor: Actor, record_id: UUID, *, version: int | None = None) -> Task:
    """A closed task is to be done after all. What its rule planned meanwhile stays."""
    with tenant_tx(actor.tenant_id):
        task = get_record(actor, "task", record_id)
        if task.is_open:
            raise Conflict(_("This task is open."))
        done: Task = update_record(actor, "task", record_id, {"status": TaskStatus.NOT_STARTED}, version=version)
        return done


def snooze_task(actor: Actor, record_id: UUID, *, until: datetime, version: int | None = None) -> Task:
    """Put the task off: due and reminder move to `until`. Raises `Invalid` for the past, `Conflict` for a closed task."""
    if until <= timezone.now():
        raise Invalid({"until": [_("Choose a time in the future.")]})
    with tenant_tx(actor.tenant_id):
        task = _open_task(actor, record_id)
        values: dict[str, Any] = {"due_at": until}
        if task.reminder_at is not None:
            values["reminder_at"] = until - (task.due_at - task.reminder_at) if task.due_at else until
        done: Task = update_record(actor, "task", record_id, values, version=version)
        return done


def tick_item(actor: Actor, record_id: UUID, *, index: int, done: bool, version: int | None = None) -> Task:
    """Tick or untick one line of the checklist. Raises `Invalid` when there is no such line."""
    with tenant_tx(actor.tenant_id):
        task = get_record(actor, "task", record_id)
        items = [dict(item) for item in task.checklist]
        if not 0 <= index < len(items):
            raise Invalid({"checklist": [_("There is no such line.")]})
        items[index]["done"] = done
        changed: Task = update_record(actor, "task", record_id, {"checklist": items}, version=version)
        return changed


def add_item(actor: Actor, record_id: UUID, *, text: str, version: int | None = None) -> Task:
    """One more line at the end of the checklist. Raises `Invalid` for an empty or over-long one."""
    with tenant_tx(actor.tenant_id):
        task = get_record(actor, "task", record_id)
        items = [*task.checklist, {"text": text.strip(), "done": False}]
        changed: Task = update_record(actor, "task", record_id, {"checklist": items}, version=version)
        return changed


def _open_task(actor: Actor, record_id: UUID) -> Any:
    task = get_record(actor, "task", record_id)
    if not task.is_open:
        raise Conflict(_("This task is closed already."))
    return task
