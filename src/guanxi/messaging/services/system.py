"""Mails that the software itself writes: of a tenant (invitations) and of the installation (a forgotten password)."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from guanxi.core.ids import new_id
from guanxi.core.jobs import enqueue
from guanxi.identity.actor import Actor
from guanxi.messaging.addresses import sender_address
from guanxi.messaging.models import Status, SystemMail
from guanxi.messaging.services.delivery import deliver_system
from guanxi.messaging.services.queueing import queue_message
from guanxi.messaging.services.templates import fill, find_template

# Their links open an account: the text is erased once it has left.
SECRET = frozenset({"invitation"})


def send_tenant_mail(tenant_id: UUID, *, to: str, template: str, context: Mapping[str, Any], language: str) -> None:
    """Queue a mail from a template with a key, filled with plain values, inside the running transaction (port MAIL)."""
    actor = Actor.system(tenant_id, language=language)
    rendered = fill(find_template(template, language), context)
    queue_message(
        actor,
        to=to,
        subject=rendered.subject,
        body=rendered.body,
        html=rendered.html,
        template=rendered.template_id,
        is_secret=template in SECRET,
        language=language,
    )


def queue_system_mail(*, to: Sequence[str], subject: str, text: str, html: str = "", sender: str = "") -> SystemMail:
    """Queue a mail for which no tenant is known; in the running transaction if there is one."""
    mail_id = new_id()
    with transaction.atomic():
        mail = SystemMail.objects.create(
            id=mail_id,
            status=Status.QUEUED if settings.SMTP_URL else Status.HELD,
            sender=sender or settings.MAIL_FROM,
            to=list(to),
            subject=" ".join(subject.split()),
            text=text,
            html=html,
            message_id=f"<{mail_id}@{sender_address().rpartition('@')[2] or 'localhost'}>",
        )
        if mail.status == Status.QUEUED:
            enqueue(deliver_system, None, serial_key=f"message:{mail_id}", mail_id=mail_id)
    return mail
