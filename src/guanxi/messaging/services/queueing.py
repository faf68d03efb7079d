"""Putting a message on its way: the row and the job that sends it, in the caller's transaction."""

from collections.abc import Sequence
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from guanxi.core.errors import Conflict, Invalid, NotFound
from guanxi.core.events import publish
from guanxi.core.files import get_file, may_read
from guanxi.core.ids import new_id
from guanxi.core.jobs import enqueue
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.models import Membership, Tenant
from guanxi.messaging.addresses import clean_addresses, named, sender_address
from guanxi.messaging.events import MessageSent
from guanxi.messaging.layout import page_of
from guanxi.messaging.merge import to_html, to_plain
from guanxi.messaging.models import Message, MessageTemplate, Status
from guanxi.messaging.queries import outgoing_message
from guanxi.messaging.services.delivery import deliver

MAX_TEXT = 200_000
MAX_FILES_SIZE = 20 * 1024 * 1024


def queue_message(
    actor: Actor,
    *,
    to: str | Sequence[str],
    subject: str,
    body: str,
    cc: Sequence[str] = (),
    attachments: Sequence[UUID] = (),
    object: str = "",
    record_id: UUID | None = None,
    template: MessageTemplate | UUID | None = None,
    html: str | None = None,
    is_secret: bool = False,
    language: str | None = None,
) -> Message:
    """Queue a mail to addresses; it leaves after the running transaction, once.

    `body` is Markdown (merge fields already filled in): its text goes as plain text, its rendering as HTML, unless `html`
    gives the inner HTML. `attachments` are stored files that the actor may read. Answers go to the actor's own address. Without a
    mail server the message is held in the development mailbox. Consent and frequency are the caller's business.
    Raises Invalid, NotFound.
    """
    recipients, copies = clean_addresses("to", to), clean_addresses("cc", cc, required=False)
    _check_words(subject, body)
    with tenant_tx(actor.tenant_id):
        company = Tenant.objects.values_list("name", flat=True).get(id=actor.tenant_id)
        files = _checked_files(actor, attachments)
        message_key = new_id()
        inner = html if html is not None else to_html(body)
        message: Message = Message.objects.create(
            id=message_key,
            status=Status.QUEUED if settings.SMTP_URL else Status.HELD,
            sender=named(company, sender_address()),
            reply_to=_own_address(actor),
            to=recipients,
            cc=copies,
            subject=" ".join(subject.split()),
            text=to_plain(body).strip() + "\n",
            html=page_of(inner, company=company, language=language or actor.language),
            attachments=files,
            is_secret=is_secret,
            template_id=template.id if isinstance(template, MessageTemplate) else template,
            object=object,
            record_id=record_id,
            member_id=actor.member_id,
            message_id=f"<{message_key}@{sender_address().rpartition('@')[2] or 'localhost'}>",
        )
        _send_on(message)
    return message


def retry_message(actor: Actor, message_id: UUID) -> Message:
    """Send a failed, refused or held message (again), the own or, for an administrator, any. Raises NotFound, Conflict."""
    with tenant_tx(actor.tenant_id):
        outgoing_message(actor, message_id)
        message: Message = Message.objects.select_for_update().get(id=message_id)
        if message.status not in (Status.FAILED, Status.BOUNCED, Status.HELD):
            raise Conflict(_("This message is on its way or has left."))
        if not settings.SMTP_URL:
            raise Conflict(_("No mail server is set (GUANXI_SMTP_URL)."))
        if message.is_secret and not message.text:
            raise Conflict(_("The text of this message was erased."))
        message.status, message.attempts, message.error, message.failed_at = Status.QUEUED, 0, "", None
        message.save(update_fields=["status", "attempts", "error", "failed_at"])
        _send_on(message)
    return message


def _send_on(message: Message) -> None:
    if message.status == Status.QUEUED:
        enqueue(deliver, message.tenant_id, serial_key=f"message:{message.id}", message_id=message.id)
        return
    fact = MessageSent(
        message_id=message.id,
        channel=message.channel,
        to=tuple(message.to),
        subject=message.subject,
        object=message.object,
        record_id=message.record_id,
        held=True,
    )
    publish(fact, member_id=message.member_id)


def _check_words(subject: str, body: str) -> None:
    problems = {}
    if not subject.strip() or len(subject) > 400:
        problems["subject"] = [_("Give a subject of at most 400 characters.")]
    if not body.strip() or len(body) > MAX_TEXT:
        problems["body"] = [_("Write a text of at most 200,000 characters.")]
    for name, text in (("subject", subject), ("body", body)):
        if "\x00" in text:
            problems[name] = [_("The text contains characters that cannot be stored.")]
    if problems:
        raise Invalid(problems)


def _checked_files(actor: Actor, file_ids: Sequence[UUID]) -> list[UUID]:
    files = [get_file(file_id) for file_id in dict.fromkeys(file_ids)]
    if not all(may_read(actor, file) for file in files):
        raise NotFound(_("There is no such file."))
    if sum(file.size for file in files) > MAX_FILES_SIZE:
        raise Invalid({"attachments": [_("The attachments are larger than 20 MB together.")]})
    return [file.id for file in files]


def _own_address(actor: Actor) -> str:
    if actor.member_id is None:
        return ""
    found = Membership.objects.filter(id=actor.member_id).values_list("name", "user__email").first()
    return named(*found) if found else ""
