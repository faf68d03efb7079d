"""What the tables of activity hold about customers."""

from django.utils.translation import gettext_lazy as _

from guanxi.activity.models import (
    CalendarEvent,
    EventAttendee,
    Interaction,
    Note,
    Notification,
    Outreach,
    Suggestion,
    Suppression,
    Task,
)
from guanxi.records.privacy.declaring import RoomPersonalData, Table, empty, named, scrubbed

# About the person itself, or about a record of it.
ABOUT = ("account", "contact", "record_id")
AROUND = ("account",)
PLANNED = ("object", "kind", "repeat")
TABLES = (
    Table(
        Interaction,
        about=ABOUT,
        touches=AROUND,
        columns=empty("subject", "message", "args", "body", "outcome", "location", "participants"),
        plain=("object", "channel", "direction", "currency", "file_ids"),
    ),
    Table(Note, about=ABOUT, touches=AROUND, columns=empty("body"), plain=("object", "mentions"), goes=True),
    Table(
        Task,
        about=ABOUT,
        touches=AROUND,
        columns=named("subject") | empty("checklist", "description"),
        plain=(*PLANNED, "status", "priority"),
    ),
    Table(
        CalendarEvent,
        about=ABOUT,
        touches=AROUND,
        columns=named("subject") | empty("location", "description"),
        plain=(*PLANNED, "except_at", "time_zone"),
    ),
    Table(EventAttendee, about=("contact",), plain=("answer",), goes=True, label=_("Part in events")),
    Table(
        Notification,
        about=("record_id",),
        columns=empty("args", "message"),
        plain=("kind", "url", "object"),
        anywhere=True,
        goes=True,
        label=_("Notifications"),
    ),
    Table(
        Outreach,
        about=ABOUT,
        address=("address",),
        columns=empty("address", "subject", "own"),
        plain=("purpose", "channel", "object", "status"),
        goes=True,
        label=_("Messages sent"),
    ),
    Table(
        Suppression,
        address=("address",),
        columns=empty("address", "reason"),
        plain=("channel",),
        goes=True,
        label=_("Blocked addresses"),
    ),
    Table(Suggestion, columns=scrubbed("subject", "body", "answer"), plain=("status",), anywhere=True),
)


def personal_data() -> RoomPersonalData:
    """Interactions keep their place in the timeline, without a word; notes go."""
    return RoomPersonalData(tables=TABLES)
