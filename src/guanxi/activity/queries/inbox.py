"""The notifications of one member."""

from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from guanxi.activity.models import Notification
from guanxi.core.errors import NotFound
from guanxi.identity.actor import Actor


def inbox(
    actor: Actor, *, limit: int = 50, unread: bool = False, after: Notification | None = None
) -> list[Notification]:
    """The actor's notifications, newest first; those `after` one of them, or only the `unread`."""
    rows = Notification.objects.filter(member_id=actor.member_id)
    if unread:
        rows = rows.filter(read_at=None)
    if after is not None:
        rows = rows.filter(Q(at__lt=after.at) | Q(at=after.at, id__lt=after.id))
    return list(rows.order_by("-at", "-id")[:limit])


def notification(actor: Actor, notification_id: UUID) -> Notification:
    """One line of the actor's own inbox. Raises `NotFound` for anybody else's."""
    row: Notification | None = Notification.objects.filter(id=notification_id, member_id=actor.member_id).first()
    if row is None:
        raise NotFound(_("There is no such notification."))
    return row


def unread_notifications(actor: Actor, *, limit: int = 50) -> list[Notification]:
    """Those the actor has not read, newest first."""
    return inbox(actor, limit=limit, unread=True)


def unread_count(actor: Actor) -> int:
    """How many notifications the actor has not read."""
    count: int = Notification.objects.filter(member_id=actor.member_id, read_at=None).count()
    return count
