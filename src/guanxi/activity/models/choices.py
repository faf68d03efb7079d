"""The closed lists of activity; words and order as in the glossary."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Channel(models.TextChoices):
    """On what way a contact happened."""

    PHONE = "phone", _("Phone")
    MAIL = "mail", _("E-mail")
    CHAT = "chat", _("Web chat")
    SMS = "sms", _("Text message")
    WECHAT = "wechat", _("WeChat")
    SOCIAL = "social", _("Social media")
    VISIT = "visit", _("Visit")
    MEETING = "meeting", _("Meeting")
    VIDEO = "video", _("Video call")
    VOICEMAIL = "voicemail", _("Voice mail")
    LETTER = "letter", _("Letter")
    FAX = "fax", _("Fax")
    WEB = "web", _("Web site")
    EVENT = "event", _("Trade show or event")
    SHOP = "shop", _("Shop")
    NOTE = "note", _("Note")
    SYSTEM = "system", _("System")


class Direction(models.TextChoices):
    """Who began: the customer (in), we (out), nobody."""

    IN = "in", _("Incoming")
    OUT = "out", _("Outgoing")
    NONE = "none", _("None")


class Outcome(models.TextChoices):
    """What came of a call or a visit."""

    REACHED = "reached", _("Reached")
    NOT_REACHED = "not_reached", _("Not reached")
    VOICEMAIL = "voicemail", _("Left a voice mail")
    CALL_AGAIN = "call_again", _("To be called again")
    APPOINTMENT = "appointment", _("Appointment made")
    NOT_INTERESTED = "not_interested", _("Not interested now")
    WRONG_NUMBER = "wrong_number", _("Wrong number")


class TaskKind(models.TextChoices):
    """What is to be done."""

    TODO = "todo", _("To do")
    CALL = "call", _("Phone call")
    MAIL = "mail", _("Mail")
    VISIT = "visit", _("Visit")
    MEETING = "meeting", _("Meeting")


class TaskStatus(models.TextChoices):
    """Where a task stands. Open: the first three and Deferred."""

    NOT_STARTED = "not_started", _("Not started")
    IN_PROGRESS = "in_progress", _("In progress")
    WAITING = "waiting", _("Waiting")
    COMPLETED = "completed", _("Completed")
    DEFERRED = "deferred", _("Deferred")
    CANCELLED = "cancelled", _("Cancelled")


CLOSED_TASK = (TaskStatus.COMPLETED, TaskStatus.CANCELLED)


class Priority(models.TextChoices):
    """How much a task presses."""

    LOW = "low", _("Low")
    NORMAL = "normal", pgettext_lazy("priority", "Normal")
    HIGH = "high", _("High")
    URGENT = "urgent", _("Urgent")


class EventKind(models.TextChoices):
    """What an entry of the calendar is."""

    MEETING = "meeting", _("Meeting")
    VISIT = "visit", _("Visit")
    CALL = "call", _("Phone call")
    INTERNAL = "internal", _("Internal")
    AWAY = "away", _("Away")


class Answer(models.TextChoices):
    """What an invited person said."""

    OPEN = "open", _("No answer yet")
    ACCEPTED = "accepted", _("Accepted")
    DECLINED = "declined", _("Declined")
    TENTATIVE = "tentative", _("Tentative")


class OutreachStatus(models.TextChoices):
    """What became of something we sent to a customer."""

    QUEUED = "queued", _("Queued")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Failed")
