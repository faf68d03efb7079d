"""The notifications of one member."""

from guanxi.activity.models import Notification
from guanxi.identity.actor import Actor


def inbox(actor: Actor, *, limit: int = 50) -> list[Notification]:
    """The actor's notifications, newest first."""
    return list(Notification.objects.filter(member_id=actor.member_id).order_by("-at", "-id")[:limit])


def unread_notifications(actor: Actor, *, limit: int = 50) -> list[Notification]:
    """Those the actor has not read, newest first."""
    return list(Notification.objects.filter(member_id=actor.member_id, read_at=None).order_by("-at", "-id")[:limit])


def unread_count(actor: Actor) -> int:
    """How many notifications the actor has not read."""
    count: int = Notification.objects.filter(member_id=actor.member_id, read_at=None).count()
    return count
