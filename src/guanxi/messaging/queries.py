"""Reads of messages for rooms above."""

from uuid import UUID

from django.conf import settings
from django.db import models
from django.utils.translation import gettext as _

from guanxi.core.errors import NotFound
from guanxi.core.files import tells_nothing_hidden
from guanxi.core.models import StoredFile
from guanxi.identity.actor import Actor
from guanxi.identity.models import Tenant
from guanxi.messaging.models import Message, MessageTemplate, Status, SystemMail

PAGE = 50
MESSAGE_STATUSES = tuple(str(value) for value in Status.values)


def message_by_id(message_id: UUID) -> Message | None:
    """A message of the running tenant, for handlers of MessageSent and MessageFailed; or None."""
    found: Message | None = Message.objects.filter(id=message_id).first()
    return found


def templates_for(actor: Actor, *, language: str | None = None) -> list[MessageTemplate]:
    """Active templates that people choose from when they write, by name; in one language or in all."""
    found = MessageTemplate.objects.filter(is_active=True, deleted_at__isnull=True, key__in=("", "quote"))
    if language:
        found = found.filter(language=language)
    return list(found.order_by("name", "language"))


def outgoing(actor: Actor, *, status: str = "", before: UUID | None = None, limit: int = PAGE) -> list[Message]:
    """Messages, newest first, `limit` + 1 of them at most so that the caller sees whether more follow.

    An administrator sees those of the tenant, everybody else the own ones.
    """
    found = _readable(actor).order_by("-created_at", "-id")
    if status:
        found = found.filter(status=status)
    if before:
        # Keys are time-ordered, so "older" is "smaller".
        found = found.filter(id__lt=before)
    return list(found[: limit + 1])


def outgoing_message(actor: Actor, message_id: UUID) -> Message:
    """One message that the actor may read, as `outgoing` has it. Raises NotFound."""
    message: Message | None = _readable(actor).filter(id=message_id).first()
    if message is None:
        raise NotFound(_("There is no such message."))
    return message


def _readable(actor: Actor) -> "models.QuerySet[Message, Message]":
    found: models.QuerySet[Message, Message] = Message.objects.all()
    if actor.is_admin and (actor.token_scopes is None or "*" in actor.token_scopes):
        return found
    # Texts that open an account are for the administrator alone.
    return found.filter(member_id=actor.member_id, is_secret=False).exclude(member_id=None)


def attached_files(actor: Actor, message: Message) -> list[StoredFile]:
    """The stored files that go with a message, without those that tell what the actor's role does not show."""
    files = StoredFile.objects.filter(id__in=message.attachments).order_by("name")
    return [file for file in files if tells_nothing_hidden(actor, file)]


def may_see_system_mails(actor: Actor) -> bool:
    """Whether this administrator may read mails of the installation.

    They open accounts of people, who may work for several companies: so only in a demonstration, or where there is
    but one company.
    """
    if not actor.is_admin or actor.token_scopes is not None:
        return False
    return settings.DEMO or Tenant.objects.filter(is_active=True).count() == 1


def system_mails(actor: Actor, *, limit: int = PAGE) -> list[SystemMail]:
    """The latest mails of the installation, or none where they may not be seen."""
    return list(SystemMail.objects.order_by("-created_at")[:limit]) if may_see_system_mails(actor) else []


def system_mail(actor: Actor, mail_id: UUID) -> SystemMail:
    """One mail of the installation. Raises NotFound where it may not be seen."""
    mail = SystemMail.objects.filter(id=mail_id).first() if may_see_system_mails(actor) else None
    if mail is None:
        raise NotFound(_("There is no such message."))
    return mail
