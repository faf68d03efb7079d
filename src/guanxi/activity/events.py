"""Facts of activity."""

from dataclasses import dataclass
from uuid import UUID

from guanxi.core.events import Event


@dataclass(frozen=True, kw_only=True)
class InteractionLogged(Event):
    """A line was added to a customer's timeline."""

    interaction_id: UUID
    channel: str
    direction: str
    account_id: UUID | None
    contact_id: UUID | None
    object: str
    record_id: UUID | None


@dataclass(frozen=True, kw_only=True)
class TaskCompleted(Event):
    """A task is done; `next_id` is the one that its rule planned, if any."""

    task_id: UUID
    owner_id: UUID | None
    account_id: UUID | None
    object: str
    record_id: UUID | None
    next_id: UUID | None


@dataclass(frozen=True, kw_only=True)
class MemberMentioned(Event):
    """A note names colleagues."""

    note_id: UUID
    member_ids: tuple[UUID, ...]
