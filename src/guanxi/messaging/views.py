"""Outgoing mail: what left, what waits, what failed; the development mailbox where no mail server is set."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from guanxi.core.errors import Conflict
from guanxi.identity.screens import actor_of, settings_page, uuid_or_none
from guanxi.messaging.models import Message, Status, SystemMail
from guanxi.messaging.queries import (
    PAGE,
    attached_files,
    may_see_system_mails,
    outgoing,
    outgoing_message,
    system_mail,
    system_mails,
)
from guanxi.messaging.services import retry_message

TONES = {"queued": "indigo", "sending": "indigo", "sent": "jade", "failed": "rose", "bounced": "rose", "held": "amber"}
# Shown inside a frame of ours: no scripts, no forms, no requests to anywhere, in an origin of its own.
LOCKED = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"


@require_GET
def mailbox(request: HttpRequest) -> HttpResponse:
    """The messages that the reader may see, newest first, by status."""
    actor = actor_of(request)
    status = request.GET.get("status", "")
    chosen = status if status in Status.values else ""
    found = outgoing(actor, status=chosen, before=uuid_or_none(request.GET.get("before")))
    shown = found[:PAGE]
    context = {
        "page_title": _("Outgoing mail"),
        "mails": shown,
        "older": f"?status={chosen}&before={shown[-1].id}" if len(found) > PAGE else None,
        "statuses": _statuses(chosen),
        "tones": TONES,
        "has_server": bool(settings.SMTP_URL),
        "system": system_mails(actor) if not chosen and not request.GET.get("before") else [],
        "sees_system": may_see_system_mails(actor),
    }
    return settings_page(request, "messaging/mailbox.html.jinja", context)


@require_GET
def message(request: HttpRequest, id: UUID) -> HttpResponse:
    """One message: its head, its text as it looks, its files."""
    actor = actor_of(request)
    row = outgoing_message(actor, id)
    retriable = row.status in (Status.FAILED, Status.BOUNCED, Status.HELD) and bool(settings.SMTP_URL)
    context = _shown(row, f"/mailbox/{id}/") | {"files": attached_files(actor, row), "retriable": retriable}
    return settings_page(request, "messaging/message.html.jinja", context)


@require_GET
def message_html(request: HttpRequest, id: UUID) -> HttpResponse:
    """The HTML of a message, for the frame on its page."""
    return _framed(outgoing_message(actor_of(request), id))


@require_POST
def retry(request: HttpRequest, id: UUID) -> HttpResponse:
    """Send a failed or held message again."""
    try:
        retry_message(actor_of(request), id)
        messages.success(request, _("The message is queued again."))
    except Conflict as error:
        messages.error(request, error.message)
    return redirect(f"/mailbox/{id}/")


@require_GET
def system_message(request: HttpRequest, id: UUID) -> HttpResponse:
    """One mail of the installation, where it may be seen."""
    row = system_mail(actor_of(request), id)
    context = _shown(row, f"/mailbox/system/{id}/") | {"files": [], "retriable": False}
    return settings_page(request, "messaging/message.html.jinja", context)


@require_GET
def system_message_html(request: HttpRequest, id: UUID) -> HttpResponse:
    """The HTML of a mail of the installation."""
    return _framed(system_mail(actor_of(request), id))


def _shown(row: Message | SystemMail, url: str) -> dict[str, Any]:
    return {
        "page_title": row.subject,
        "breadcrumbs": [{"label": _("Outgoing mail"), "url": "/mailbox/"}],
        "mail": row,
        "status": Status(row.status).label,
        "tone": TONES[row.status],
        "html_url": f"{url}html/" if row.html else None,
        "retry_url": f"{url}retry/",
    }


def _statuses(chosen: str) -> list[dict[str, Any]]:
    found = [("", _("All")), *((value, label) for value, label in Status.choices if value != Status.SENDING)]
    return [{"label": label, "url": f"/mailbox/?status={value}", "current": value == chosen} for value, label in found]


def _framed(row: Message | SystemMail) -> HttpResponse:
    response = HttpResponse(row.html, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = LOCKED
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response
