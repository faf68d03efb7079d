"""Which operations there are, what they left, and who may look at them or take them back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from guanxi.core.errors import NotFound
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import may
from guanxi.records import registry
from guanxi.records.models import Operation, OperationItem
from guanxi.records.queries import linked_labels, visible_records

UNDO_DAYS = 30
FINISHED = ("done", "cancelled", "failed")
PAGE = 50


@dataclass(frozen=True)
class Found:
    """A record that an operation left as it is: what it is called (as far as the reader sees it) and why."""

    record_id: UUID
    object: str
    label: str
    reason: str


def get_operation(actor: Actor, operation_id: UUID) -> Operation:
    """An operation of this actor; administrators see all. Raises `NotFound`."""
    found: Operation | None = Operation.objects.filter(id=operation_id).first()
    if found is None or not _sees(actor, found):
        raise NotFound(_("There is no such operation."))
    return found


def list_operations(actor: Actor, *, before: Operation | None = None, limit: int = PAGE) -> list[Operation]:
    """The actor's operations, newest first; an administrator's list holds everybody's."""
    rows = Operation.objects.order_by("-id")
    if not actor.is_admin:
        rows = rows.filter(member_id=actor.member_id)
    open_to = [kind.name for kind in registry.objects() if kind.room not in actor.rooms_off and may(actor, kind.name, "view")]  # fmt: skip
    rows = rows.filter(object__in=open_to)
    if before is not None:
        rows = rows.filter(id__lt=before.id)
    return list(rows[:limit])


def refusals_of(
    actor: Actor, operation: Operation, *, after: UUID | None = None, limit: int = PAGE
) -> tuple[list[Found], UUID | None]:
    """Records that the operation left as they are, by key, and the key to go on after (None at the end)."""
    rows = OperationItem.objects.filter(operation=operation).exclude(reason="").order_by("record_id")
    if after is not None:
        rows = rows.filter(record_id__gt=after)
    items = list(rows[: limit + 1])
    labels = _labels(actor, items[:limit])
    found = [Found(item.record_id, item.object, labels.get(item.record_id, ""), item.reason) for item in items[:limit]]
    return found, items[limit - 1].record_id if len(items) > limit else None


def may_undo(operation: Operation) -> bool:
    """Whether the operation can be taken back: finished, not too long ago, not yet taken back, and something was done."""
    recent = operation.created_at > timezone.now() - timedelta(days=UNDO_DAYS)
    return operation.state in FINISHED and recent and operation.undone_by is None and operation.done > 0


def forget_old_refusals() -> None:
    """Drop the lists of records that operations left, when these can be taken back no more; the operations themselves stay."""
    limit = timezone.now() - timedelta(days=UNDO_DAYS)
    OperationItem.objects.filter(operation__created_at__lt=limit, operation__state__in=FINISHED).delete()


def _sees(actor: Actor, operation: Operation) -> bool:
    kind = registry.find(operation.object)
    if kind is None or kind.room in actor.rooms_off or not may(actor, kind.name, "view"):
        return False
    return actor.is_admin or (operation.member_id is not None and operation.member_id == actor.member_id)


def _labels(actor: Actor, items: Sequence[OperationItem]) -> dict[UUID, str]:
    """Names of the records that the actor sees, deleted ones too."""
    labels: dict[UUID, str] = {}
    for name in {item.object for item in items}:
        ids = {item.record_id for item in items if item.object == name}
        seen: set[UUID] = set()
        for deleted in (False, True):
            seen |= set(visible_records(actor, name, deleted=deleted).filter(id__in=ids).values_list("id", flat=True))
        labels |= linked_labels(actor, name, seen)
    return labels
