"""Lines of the customer's history: contacts on any channel, notes, facts of other rooms."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils import timezone, translation

from guanxi.activity.events import InteractionLogged
from guanxi.activity.models import Channel, Direction, Interaction, Note
from guanxi.core.errors import Invalid
from guanxi.core.events import publish
from guanxi.core.tenancy import current_tenant_id, tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.models import Company
from guanxi.records import registry
from guanxi.records.changes import Delete, Restore, Update, change_records, create_record

FUTURE = timedelta(minutes=5)


def log_interaction(
    actor: Actor,
    *,
    channel: str,
    direction: str = Direction.NONE,
    account_id: UUID | None = None,
    contact_id: UUID | None = None,
    object: str = "",
    record_id: UUID | None = None,
    at: datetime | None = None,
    subject: str = "",
    message: str = "",
    args: Mapping[str, Any] | None = None,
    body: str = "",
    duration_seconds: int | None = None,
    cost: Decimal | None = None,
    currency: str = "",
    outcome: str = "",
    location: str = "",
    participants: Sequence[str] = (),
    own: Mapping[str, Any] | None = None,
    id: UUID | None = None,
) -> Interaction:
    """Add a line to the timeline of an account, a contact or any record (`object`, `record_id`).

    People give `subject` and `body`; rooms give `message`, a msgid (gettext_noop) with named values from `args`, which everybody
    reads in their own language. A line of channel "system" states a fact: it needs no right to log interactions. With an `id`
    a repetition answers the line there is instead of adding a second. Raises `Invalid` for a time in the future.
    """
    if at is not None and at > timezone.now() + FUTURE:
        raise Invalid({"at": [translation.gettext("This lies in the future: plan a task or an event instead.")]})
    values = {
        "channel": channel,
        "direction": direction,
        "account": account_id,
        "contact": contact_id,
        "object": object,
        "record_id": record_id,
        "at": at or timezone.now(),
        "subject": subject,
        "body": body,
        "duration_seconds": duration_seconds,
        "cost": cost,
        "currency": currency or (actor.currency if cost is not None else ""),
        "outcome": outcome,
        "location": location,
        "participants": list(participants),
        **(own or {}),
    }
    return _create(actor, values, message=message, args=dict(args or {}), id=id)


def log_call(
    actor: Actor,
    *,
    direction: str,
    account_id: UUID | None = None,
    contact_id: UUID | None = None,
    minutes: int | None = None,
    outcome: str = "",
    body: str = "",
    at: datetime | None = None,
    object: str = "",
    record_id: UUID | None = None,
    own: Mapping[str, Any] | None = None,
) -> Interaction:
    """A telephone call that took place, by hand; `own` are fields of the tenant's own. Raises `Invalid` without a customer."""
    if account_id is None and contact_id is None:
        raise Invalid({"account": [translation.gettext("Name an account or a contact.")]})
    return log_interaction(
        actor,
        channel=Channel.PHONE,
        direction=direction,
        account_id=account_id,
        contact_id=contact_id,
        object=object,
        record_id=record_id,
        at=at,
        body=body,
        outcome=outcome,
        duration_seconds=None if minutes is None else minutes * 60,
        own=own,
    )


def write_note(
    actor: Actor,
    *,
    body: str,
    account_id: UUID | None = None,
    contact_id: UUID | None = None,
    object: str = "",
    record_id: UUID | None = None,
    pinned: bool = False,
    own: Mapping[str, Any] | None = None,
) -> Note:
    """Keep words about a customer or record; colleagues named by @Name are told. The timeline gets a line.

    `own` are fields of the tenant's own.
    """
    values = {
        "body": body,
        "account": account_id,
        "contact": contact_id,
        "object": object,
        "record_id": record_id,
        "pinned": pinned,
        **(own or {}),
    }
    note: Note = create_record(actor, "note", values)
    return note


def _create(
    actor: Actor, values: dict[str, Any], *, message: str, args: dict[str, Any], id: UUID | None
) -> Interaction:
    with tenant_tx(actor.tenant_id):
        there: Interaction | None = Interaction.objects.filter(id=id).first() if id else None
        if there is not None:
            return there
        given = {**values, "subject": values["subject"] or _in_company_language(message, args)}
        given |= {"owner": actor.member_id, "team": actor.team_id}
        writer = Actor.system(actor.tenant_id, via=actor.via) if values["channel"] == Channel.SYSTEM else actor
        interaction: Interaction = create_record(writer, "interaction", given, id=id)
        if message:
            interaction.message, interaction.args = message, args
            interaction.save(update_fields=["message", "args"])
        _announce(actor, interaction)
        return interaction


def _announce(actor: Actor, line: Interaction) -> None:
    fact = InteractionLogged(
        interaction_id=line.id,
        channel=line.channel,
        direction=line.direction,
        account_id=line.account_id,
        contact_id=line.contact_id,
        object=line.object,
        record_id=line.record_id,
    )
    publish(fact, member_id=actor.member_id)


def _in_company_language(message: str, args: Mapping[str, Any] | None) -> str:
    if not message:
        return ""
    language = Company.objects.values_list("language", flat=True).first() or "en"
    with translation.override(language):
        return (translation.gettext(message) % dict(args or {}))[:300]


def follow_note(note_ids: Sequence[UUID], *, deleted: bool) -> None:
    """The lines of notes go to the recycle bin with them, and come back; call inside the tenant's transaction."""
    system = Actor.system(current_tenant_id())
    lines = Interaction.objects.filter(id__in=note_ids, channel=Channel.NOTE, deleted_at__isnull=deleted)
    kind = Delete if deleted else Restore
    change_records(system, "interaction", [kind(key) for key in lines.values_list("id", flat=True)])


LINKED = ("note", "interaction", "task", "event")


def link_to_customer(
    actor: Actor, *, object: str, record_id: UUID, account_id: UUID, contact_id: UUID | None = None
) -> int:
    """Put everything that hangs on a record on a customer's timeline too: lines, notes, tasks, events. Returns how many.

    They stay where they are; what names a customer already keeps it. For a lead that became an account.
    """
    with tenant_tx(actor.tenant_id):
        system = Actor.system(actor.tenant_id, via=actor.via, currency=actor.currency, time_zone=actor.time_zone)
        link = {"account": account_id, "contact": contact_id}
        return sum(_link(system, name, link, object=object, record_id=record_id) for name in LINKED)


def _link(system: Actor, name: str, link: Mapping[str, Any], **about: Any) -> int:
    rows = registry.get(name).model.objects.filter(**about, account=None, contact=None, deleted_at=None)  # type: ignore[attr-defined]
    keys = list(rows.order_by("id").values_list("id", flat=True))
    change_records(system, name, [Update(key, link) for key in keys])
    return len(keys)
