"""Sending what is queued: one attempt a job, with the server called outside any transaction."""

from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from guanxi.core.errors import NotFound
from guanxi.core.events import publish
from guanxi.core.files import get_file, open_file
from guanxi.core.jobs import enqueue, job
from guanxi.core.tenancy import tenant_tx
from guanxi.messaging.events import MessageFailed, MessageSent
from guanxi.messaging.models import Message, Status, SystemMail
from guanxi.messaging.smtp import Envelope, Refusal, send

MAX_ATTEMPTS = 8
LONGEST_WAIT = timedelta(hours=6)
DEADLY = Refusal("The worker died at each attempt.", final=True)
_STRANDED = """
SELECT m.id FROM messaging_{table} m WHERE m.status IN ('queued', 'sending') AND NOT EXISTS (
    SELECT 1 FROM procrastinate_jobs j WHERE j.lock = 'message:' || m.id AND j.status IN ('todo', 'doing')
) ORDER BY m.id LIMIT 1000
"""

Mail = TypeVar("Mail", Message, SystemMail)


@job(name="messaging.deliver", queue="mail", in_transaction=False)
def deliver(tenant_id: UUID, message_id: UUID) -> None:
    """One attempt to send a message; a passing failure queues the next one."""
    deliver_message(tenant_id, message_id)


@job(name="messaging.deliver_system", queue="mail", of_tenant=False)
def deliver_system(mail_id: UUID) -> None:
    """One attempt to send a mail of the installation."""
    deliver_system_mail(mail_id)


def deliver_message(tenant_id: UUID, message_id: UUID) -> None:
    """Send a queued message and write down what came of it. Does nothing when it has left or was given up.

    A worker that dies between the server's consent and the note of it sends once more, under the same Message-ID.
    """
    with tenant_tx(tenant_id):
        message = _begin(Message.objects.select_for_update().filter(id=message_id).first())
        if message is None:
            return
        envelope, lost = _envelope(message)
    refusal = _deadly(message) or lost or send(settings.SMTP_URL, envelope)
    with tenant_tx(tenant_id):
        message = Message.objects.select_for_update().get(id=message_id)
        wait = _conclude(message, refusal)
        if wait is not None:
            enqueue(deliver, tenant_id, serial_key=f"message:{message.id}", delay=wait, message_id=message.id)
        _announce(message, refusal)


def deliver_system_mail(mail_id: UUID) -> None:
    """Send a queued mail of the installation, in the same way."""
    with transaction.atomic():
        mail = _begin(SystemMail.objects.select_for_update().filter(id=mail_id).first())
    if mail is None:
        return
    envelope = Envelope(mail.sender, mail.to, mail.subject, mail.text, mail.html, mail.message_id, mail.created_at)
    refusal = _deadly(mail) or send(settings.SMTP_URL, envelope)
    with transaction.atomic():
        mail = SystemMail.objects.select_for_update().get(id=mail_id)
        wait = _conclude(mail, refusal)
        if wait is not None:
            enqueue(deliver_system, None, serial_key=f"message:{mail.id}", delay=wait, mail_id=mail.id)


def resume_messages(tenant_id: UUID | None) -> int:
    """Queue messages anew whose job was lost: no server was set then, or it killed its workers. Returns how many.

    Those of the running tenant, or with None the mails of the installation.
    """
    with connection.cursor() as cursor:
        cursor.execute(_STRANDED.format(table="systemmail" if tenant_id is None else "message"))
        keys = [row[0] for row in cursor.fetchall()]
    for key in keys:
        if tenant_id is None:
            enqueue(deliver_system, None, serial_key=f"message:{key}", mail_id=key)
        else:
            enqueue(deliver, tenant_id, serial_key=f"message:{key}", message_id=key)
    return len(keys)


def wait_after(attempts: int) -> timedelta:
    """How long a message rests after so many failed attempts: a minute, then four times as long, at most six hours."""
    return min(timedelta(minutes=4 ** (attempts - 1)), LONGEST_WAIT)


def _begin(mail: Mail | None) -> Mail | None:
    """Mark an attempt; None when there is nothing to send. `sending` is what a worker that died left behind."""
    if mail is None or mail.status not in (Status.QUEUED, Status.SENDING) or not settings.SMTP_URL:
        return None
    mail.status, mail.attempts = Status.SENDING, mail.attempts + 1
    mail.save(update_fields=["status", "attempts"])
    return mail


def _deadly(mail: Message | SystemMail) -> Refusal | None:
    """A reason not to try, when all attempts were begun and none came to an end."""
    return DEADLY if mail.attempts > MAX_ATTEMPTS else None


def _envelope(message: Message) -> tuple[Envelope, Refusal | None]:
    try:
        files = [_read(file_id) for file_id in message.attachments]
        lost = None
    except NotFound as error:
        files, lost = [], Refusal(error.message, final=True)
    envelope = Envelope(
        sender=message.sender,
        to=message.to,
        cc=message.cc,
        reply_to=message.reply_to,
        subject=message.subject,
        text=message.text,
        html=message.html,
        message_id=message.message_id,
        created_at=message.created_at,
        files=files,
    )
    return envelope, lost


def _read(file_id: UUID) -> tuple[str, bytes, str]:
    file = get_file(file_id)
    with open_file(file) as stream:
        return file.name, stream.read(), file.content_type


def _conclude(mail: Message | SystemMail, refusal: Refusal | None) -> timedelta | None:
    """Write the outcome on the row; returns when to try again, or None."""
    wait = None
    if refusal is None:
        mail.status, mail.sent_at, mail.error = Status.SENT, timezone.now(), ""
        if isinstance(mail, SystemMail) or mail.is_secret:
            mail.text, mail.html = "", ""
    elif refusal.final or mail.attempts >= MAX_ATTEMPTS:
        mail.status = Status.BOUNCED if refusal.bounced else Status.FAILED
        mail.failed_at, mail.error = timezone.now(), refusal.text
    else:
        mail.status, mail.error, wait = Status.QUEUED, refusal.text, wait_after(mail.attempts)
    mail.save(update_fields=["status", "sent_at", "failed_at", "error", "text", "html"])
    return wait


def _announce(message: Message, refusal: Refusal | None) -> None:
    link: dict[str, Any] = {"object": message.object, "record_id": message.record_id}
    common: dict[str, Any] = {"message_id": message.id, "channel": message.channel, "to": tuple(message.to), **link}
    if message.status == Status.SENT:
        publish(MessageSent(subject=message.subject, **common), member_id=message.member_id)
    elif refusal is not None and message.status in (Status.FAILED, Status.BOUNCED):
        publish(MessageFailed(error=refusal.text, bounced=refusal.bounced, **common), member_id=message.member_id)
