"""What messaging announces."""

from dataclasses import dataclass
from uuid import UUID

from guanxi.core.events import Event


@dataclass(frozen=True, kw_only=True)
class MessageSent(Event):
    """A message left for its recipients; `held` when it went into the development mailbox instead, as no mail server is set.

    `object` and `record_id` name the record it was written from, if any. Its text is read by `messaging.queries`.
    """

    message_id: UUID
    channel: str
    to: tuple[str, ...]
    subject: str
    object: str = ""
    record_id: UUID | None = None
    held: bool = False


@dataclass(frozen=True, kw_only=True)
class MessageFailed(Event):
    """A message was given up: refused by the server for good (`bounced`: by the recipient's), or tried too often."""

    message_id: UUID
    channel: str
    to: tuple[str, ...]
    error: str
    bounced: bool = False
    object: str = ""
    record_id: UUID | None = None
