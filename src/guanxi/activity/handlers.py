"""What activity hears: messages that left or failed, records that went away."""

from guanxi.activity.models import CalendarEvent, Task
from guanxi.activity.services import file_sent_message, note_failed_message
from guanxi.activity.services.hooks import refresh_next_contact
from guanxi.activity.services.notify import note_read_report, note_unsent_report
from guanxi.activity.services.timeline import follow_note
from guanxi.core.events import Delivery, on
from guanxi.messaging.events import MessageFailed, MessageSent
from guanxi.records.events import RecordsChanged, ReportNotSent, ReportRead

PLANNED = {"task": Task, "event": CalendarEvent}


@on(MessageSent)
def file_message(event: MessageSent, delivery: Delivery) -> None:
    """A mail through the gate becomes a line of the timeline."""
    file_sent_message(event.message_id)


@on(MessageFailed)
def note_failure(event: MessageFailed, delivery: Delivery) -> None:
    """A mail that was given up does not count; an address that refused is blocked."""
    note_failed_message(event.message_id, error=event.error, bounced=event.bounced)


@on(RecordsChanged)
def follow_removals(event: RecordsChanged, delivery: Delivery) -> None:
    """A deleted or restored task or event moves the next contact; a note takes its line along."""
    if event.action not in ("deleted", "restored"):
        return
    if event.object in PLANNED:
        rows = PLANNED[event.object].objects.filter(id__in=event.ids, account__isnull=False)
        refresh_next_contact(rows.values_list("account_id", flat=True).distinct())
    if event.object == "note":
        follow_note(event.ids, deleted=event.action == "deleted")


@on(ReportRead)
def tell_of_report(event: ReportRead, delivery: Delivery) -> None:
    """Who ordered a report finds its figures from the inbox."""
    if delivery.member_id is not None:
        note_read_report(delivery.member_id, run_id=event.run_id, name=event.name, failed=event.failed)


@on(ReportNotSent)
def tell_of_unsent(event: ReportNotSent, delivery: Delivery) -> None:
    """Who subscribed learns what did not arrive."""
    if delivery.member_id is not None:
        note_unsent_report(delivery.member_id, subscription_id=event.subscription_id, name=event.name)
