"""The calendar: schedule, move (one occurrence or the whole series), invite, answer."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from guanxi.activity.models import Answer, CalendarEvent, EventAttendee, EventKind
from guanxi.activity.repeats import occurrences
from guanxi.activity.services.copies import create_copy
from guanxi.activity.services.notify import notify
from guanxi.activity.services.sharing import open_to
from guanxi.core.errors import Conflict, Invalid, NotFound
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.models import Membership
from guanxi.records.changes import create_record, delete_record, update_record
from guanxi.records.queries import get_record, visible_records

ATTENDS = "attendee"
COPIED = ("subject", "kind", "all_day", "location", "description", "object", "record_id", "remind_minutes")


def schedule_event(
    actor: Actor,
    *,
    subject: str,
    start_at: datetime,
    end_at: datetime,
    kind: str = EventKind.MEETING,
    all_day: bool = False,
    location: str = "",
    description: str = "",
    account_id: UUID | None = None,
    contact_id: UUID | None = None,
    object: str = "",
    record_id: UUID | None = None,
    repeat: str = "",
    remind_minutes: int | None = None,
    member_ids: Iterable[UUID] = (),
    contact_ids: Iterable[UUID] = (),
    own: Mapping[str, Any] | None = None,
) -> CalendarEvent:
    """An entry in the actor's calendar; colleagues who take part are told; `own` are fields of the tenant's own."""
    with tenant_tx(actor.tenant_id):
        values = {
            "subject": subject,
            "kind": kind,
            "start_at": start_at,
            "end_at": end_at,
            "all_day": all_day,
            "location": location,
            "description": description,
            "account": account_id,
            "contact": contact_id,
            "object": object,
            "record_id": record_id,
            "repeat": repeat,
            "remind_minutes": remind_minutes,
            **(own or {}),
        }
        event: CalendarEvent = create_record(actor, "event", values)
        invite(actor, event, member_ids=member_ids, contact_ids=contact_ids)
        return event


def move_event(
    actor: Actor,
    record_id: UUID,
    *,
    start_at: datetime,
    end_at: datetime,
    all_day: bool | None = None,
    occurrence: datetime | None = None,
    version: int | None = None,
) -> CalendarEvent:
    """Move an event. With `occurrence` (the start as it was) only that one of a series moves and becomes an event of its own.

    `all_day` None leaves it as it is. Raises `Invalid` when the end is before the start or there is no such occurrence.
    """
    with tenant_tx(actor.tenant_id):
        times: dict[str, Any] = {"start_at": start_at, "end_at": end_at}
        times |= {} if all_day is None else {"all_day": all_day}
        if occurrence is None:
            moved: CalendarEvent = update_record(actor, "event", record_id, times, version=version)
            return moved
        series = get_record(actor, "event", record_id, "edit")
        leave_out(actor, record_id, occurrence=occurrence, version=version)
        values: dict[str, Any] = {name: getattr(series, name) for name in COPIED}
        links = {
            "account": series.account_id,
            "contact": series.contact_id,
            "owner": series.owner_id,
            "team": series.team_id,
        }
        single: CalendarEvent = create_copy(actor, "event", {**values, **links, **times}, of=series)
        guests = list(EventAttendee.objects.filter(event_id=record_id))
        EventAttendee.objects.bulk_create(
            EventAttendee(event=single, member_id=guest.member_id, contact_id=guest.contact_id, answer=guest.answer)
            for guest in guests
        )
        open_to("event", single, {guest.member_id for guest in guests if guest.member_id}, source=ATTENDS)
        return single


def leave_out(actor: Actor, record_id: UUID, *, occurrence: datetime, version: int | None = None) -> CalendarEvent:
    """One occurrence of a series does not take place."""
    with tenant_tx(actor.tenant_id):
        series = get_record(actor, "event", record_id, "edit")
        if not series.repeat or not _occurs(series, occurrence):
            raise Invalid({"occurrence": [_("The series does not take place at this time.")]})
        dates = [moment.isoformat() for moment in sorted({*series.except_at, occurrence})]
        changed: CalendarEvent = update_record(
            actor, "event", record_id, {"except_at": dates}, version=version, allow=("except_at",)
        )
        return changed


def cancel_event(actor: Actor, record_id: UUID, *, version: int | None = None) -> CalendarEvent:
    """The event goes into the recycle bin; colleagues who take part are told."""
    with tenant_tx(actor.tenant_id):
        event: CalendarEvent = delete_record(actor, "event", record_id, version=version)
        _tell(actor, event, _member_ids(event), "event_cancelled", gettext_noop("%(who)s cancelled “%(what)s”"))
        return event


def invite(
    actor: Actor, event: CalendarEvent, *, member_ids: Iterable[UUID] = (), contact_ids: Iterable[UUID] = ()
) -> None:
    """Add who takes part; who does so already is left alone. Raises `Invalid` for unknown people."""
    members, contacts = set(member_ids), set(contact_ids)
    with tenant_tx(actor.tenant_id):
        known = set(Membership.objects.filter(id__in=members, is_active=True).values_list("id", flat=True))
        seen = set(visible_records(actor, "contact").filter(id__in=contacts).values_list("id", flat=True))
        if known != members or seen != contacts:
            raise Invalid({"attendees": [_("No such record.")]})
        guests = EventAttendee.objects.filter(event=event)
        members -= {guest.member_id for guest in guests}
        contacts -= {guest.contact_id for guest in guests}
        EventAttendee.objects.bulk_create(
            [EventAttendee(event=event, member_id=key, answer=_first_answer(actor, key)) for key in sorted(members)]
            + [EventAttendee(event=event, contact_id=key) for key in sorted(contacts)]
        )
        open_to("event", event, members, source=ATTENDS)
        _tell(actor, event, members, "event_invited", gettext_noop("%(who)s invited you to “%(what)s”"))


def answer_event(actor: Actor, record_id: UUID, *, answer: str) -> EventAttendee:
    """Accept or decline an invitation; who invited is told. Raises `NotFound` unless invited."""
    if answer not in Answer.values or answer == Answer.OPEN:
        raise Invalid({"answer": [_("“%(value)s” is not one of the choices.") % {"value": answer[:60]}]})
    with tenant_tx(actor.tenant_id):
        guest = (
            EventAttendee.objects.filter(event_id=record_id, member_id=actor.member_id).select_related("event").first()
        )
        if guest is None or guest.event.deleted_at is not None:
            raise NotFound(_("You are not invited to this event."))
        if guest.answer == answer:
            raise Conflict(_("This is your answer already."))
        guest.answer = answer
        guest.save(update_fields=["answer"])
        words = {
            Answer.ACCEPTED: gettext_noop("%(who)s accepted “%(what)s”"),
            Answer.DECLINED: gettext_noop("%(who)s declined “%(what)s”"),
            Answer.TENTATIVE: gettext_noop("%(who)s may come to “%(what)s”"),
        }
        owner = {guest.event.owner_id} if guest.event.owner_id else set()
        _tell(actor, guest.event, owner, "event_answered", words[Answer(answer)])
        found: EventAttendee = guest
        return found


def _occurs(series: CalendarEvent, moment: datetime) -> bool:
    found = occurrences(
        series.repeat,
        series.start_at,
        series.time_zone,
        moment,
        moment.replace(microsecond=999_999),
        skip=series.except_at,
    )
    return moment in found


def _first_answer(actor: Actor, member_id: UUID) -> str:
    return Answer.ACCEPTED if member_id == actor.member_id else Answer.OPEN


def _member_ids(event: CalendarEvent) -> set[UUID]:
    rows = EventAttendee.objects.filter(event=event, member__isnull=False).exclude(answer=Answer.DECLINED)
    return set(rows.values_list("member_id", flat=True))


def _tell(actor: Actor, event: CalendarEvent, member_ids: set[UUID], kind: str, message: str) -> None:
    others = sorted(key for key in member_ids if key != actor.member_id)
    args = {"who": actor.name, "what": event.subject}
    notify(
        others, kind=kind, message=message, args=args, url=f"/events/{event.id}/", object="event", record_id=event.id
    )
