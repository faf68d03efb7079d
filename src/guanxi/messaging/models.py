"""Templates of messages, messages on their way out, and mails of the installation itself."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from guanxi.core.ids import new_id
from guanxi.core.models import TenantModel
from guanxi.identity.models import Language
from guanxi.records.models import Record


class Channel(models.TextChoices):
    """Ways a message may take."""

    MAIL = "mail", _("Mail")


class Status(models.TextChoices):
    """Where a message is. `held` waits in the development mailbox because no mail server is set."""

    QUEUED = "queued", _("Queued")
    SENDING = "sending", _("Sending")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Failed")
    BOUNCED = "bounced", _("Refused by the recipient")
    HELD = "held", _("Held")


class MessageTemplate(Record):
    """A text with merge fields such as {{ contact.name }}; the body is Markdown.

    `key` names the use that the software itself has for it (invitation, reminder, quote); own templates have none.
    """

    name = models.CharField(_("Name"), max_length=120)
    key = models.SlugField(_("Used for"), max_length=40, blank=True)
    channel = models.CharField(_("Channel"), max_length=10, choices=Channel.choices, default=Channel.MAIL)
    language = models.CharField(_("Language"), max_length=10, choices=Language.choices, default=Language.ENGLISH)
    subject = models.CharField(_("Subject"), max_length=200)
    body = models.TextField(_("Text"))
    is_active = models.BooleanField(_("Active"), default=True)

    class Meta(Record.Meta):
        constraints = [
            *Record.Meta.constraints,
            models.UniqueConstraint(
                fields=["tenant_id", "key", "language"],
                name="messaging_template_key",
                condition=~models.Q(key="") & models.Q(deleted_at__isnull=True),
            ),
        ]


class Message(TenantModel):
    """One message to one set of recipients, from the wish to send it to what came of it.

    `is_secret` marks a text with a sign-in link: it is erased as soon as the message has left.
    """

    channel = models.CharField(max_length=10, choices=Channel.choices, default=Channel.MAIL)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.QUEUED)
    sender = models.CharField(max_length=320)
    reply_to = models.CharField(max_length=320, blank=True)
    to = ArrayField(models.CharField(max_length=320))
    cc = ArrayField(models.CharField(max_length=320), default=list)
    subject = models.CharField(max_length=400)
    text = models.TextField()
    html = models.TextField(blank=True)
    attachments = ArrayField(models.UUIDField(), default=list)
    is_secret = models.BooleanField(default=False)
    template = models.ForeignKey(MessageTemplate, null=True, on_delete=models.SET_NULL, related_name="+")
    object = models.CharField(max_length=60, default="")
    record_id = models.UUIDField(null=True)
    member_id = models.UUIDField(null=True)
    message_id = models.CharField(max_length=200)
    attempts = models.SmallIntegerField(default=0)
    error = models.TextField(default="")
    created_at = models.DateTimeField(db_default=Now())
    sent_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant_id", "message_id"], name="messaging_message_once")]
        indexes = [
            models.Index(fields=["tenant_id", "-created_at", "id"], name="messaging_message_at"),
            models.Index(fields=["tenant_id", "status", "-created_at"], name="messaging_message_status"),
            models.Index(fields=["tenant_id", "object", "record_id"], name="messaging_message_record"),
        ]


class SystemMail(models.Model):
    """A mail of the installation to a person, e.g. to choose a new password, when no tenant is known.

    Has no tenant and stands outside row-level security. Its text is erased as soon as it has left.
    """

    id = models.UUIDField(primary_key=True, default=new_id)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.QUEUED)
    sender = models.CharField(max_length=320)
    to = ArrayField(models.CharField(max_length=320))
    subject = models.CharField(max_length=400)
    text = models.TextField()
    html = models.TextField(blank=True)
    message_id = models.CharField(max_length=200, unique=True)
    attempts = models.SmallIntegerField(default=0)
    error = models.TextField(default="")
    created_at = models.DateTimeField(db_default=Now())
    sent_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["-created_at"], name="messaging_system_at")]
