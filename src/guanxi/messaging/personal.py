"""What the tables of messages hold about customers."""

from django.utils.translation import gettext_lazy as _

from guanxi.messaging.models import Message, MessageTemplate, SystemMail
from guanxi.records.privacy.declaring import RoomPersonalData, Table, empty, impersonal, scrubbed

TABLES = (
    Table(
        MessageTemplate, columns=scrubbed("name", "subject", "body"), plain=("key", "channel", "language"), anywhere=True
    ),
    Table(
        Message,
        about=("record_id",),
        address=("to", "cc"),
        columns=empty("to", "cc", "subject", "text", "html", "error"),
        plain=("channel", "status", "sender", "reply_to", "attachments", "object", "message_id"), label=_("Messages")),
    # To colleagues only, and without its text once it has left.
    impersonal(SystemMail, "status", "sender", "to", "subject", "text", "html", "message_id", "error"),
)  # fmt: skip


def personal_data() -> RoomPersonalData:
    """Messages to a person lose recipients, subject and text; that one was sent stays."""
    return RoomPersonalData(tables=TABLES)
