"""Notifications: a line in a colleague's inbox, at once on the open page."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_noop

from guanxi.activity.models import Notification
from guanxi.activity.queries import notification
from guanxi.core.stream import announce
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor


def notify(
    member_ids: Iterable[UUID],
    *,
    kind: str,
    message: str,
    args: dict[str, Any] | None = None,
    url: str = "",
    object: str = "",
    record_id: UUID | None = None,
) -> list[Notification]:
    """Tell colleagues something; call inside the tenant's transaction.

    `message` is a msgid (gettext_noop) with named values from `args`, so that everybody reads it in their own language.
    """
    rows = [
        Notification(
            member_id=key, kind=kind, message=message, args=args or {}, url=url, object=object, record_id=record_id
        )
        for key in dict.fromkeys(member_ids)
    ]
    Notification.objects.bulk_create(rows)
    for row in rows:
        announce("notification", member_id=row.member_id, id=row.id)
    return rows


def note_unsent_report(member_id: UUID, *, subscription_id: UUID, name: str) -> None:
    """Tell who subscribed that a report could not be made for one of its recipients."""
    message = gettext_noop("The report “%(name)s” could not be sent to everybody")
    notify([member_id], kind="report", message=message, args={"name": name}, url=f"/report-subscriptions/{subscription_id}/")  # fmt: skip


def note_read_report(member_id: UUID, *, run_id: UUID, name: str, failed: bool) -> None:
    """Tell who ordered a report that it has been read, or could not be."""
    message = gettext_noop("The report “%(name)s” could not be read") if failed else gettext_noop("The report “%(name)s” is ready")  # fmt: skip
    notify([member_id], kind="report", message=message, args={"name": name}, url=f"/report-runs/{run_id}/")


def mark_notification_read(actor: Actor, *, notification_id: UUID) -> Notification:
    """One line of the actor's own inbox is read. Raises `NotFound` for anybody else's."""
    return mark_notification(actor, notification_id=notification_id, read=True)


def mark_notification(actor: Actor, *, notification_id: UUID, read: bool) -> Notification:
    """One line of the actor's own inbox is read, or is to be read again. Raises `NotFound` for anybody else's."""
    with tenant_tx(actor.tenant_id):
        row = notification(actor, notification_id)
        if (row.read_at is not None) != read:
            row.read_at = timezone.now() if read else None
            row.save(update_fields=["read_at"])
            _announce_count(actor)
        return row


def mark_all_notifications_read(actor: Actor) -> int:
    """The actor's whole inbox is read; returns how many lines were not."""
    with tenant_tx(actor.tenant_id):
        count: int = Notification.objects.filter(member_id=actor.member_id, read_at=None).update(read_at=timezone.now())
        if count:
            _announce_count(actor)
        return count


def _announce_count(actor: Actor) -> None:
    announce("inbox", member_id=actor.member_id)
