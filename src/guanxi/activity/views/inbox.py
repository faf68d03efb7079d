"""The inbox: what colleagues and the system told the actor."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from guanxi.activity import services
from guanxi.activity.queries import inbox, unread_count
from guanxi.records.screens import fragment, page
from guanxi.records.views.base import actor_of, done, is_htmx, next_url

ICONS = {
    "mention": ("messages", "teal"),
    "task_assigned": ("checkbox", "indigo"),
    "reminder": ("bell", "amber"),
    "event_invited": ("calendar-plus", "indigo"),
    "event_answered": ("calendar-check", "jade"),
    "suggestion": ("bulb", "indigo"),
    "suggestion_answered": ("bulb", "jade"),
    "event_cancelled": ("calendar-off", "rose"),
}


@require_GET
def inbox_page(request: HttpRequest) -> HttpResponse:
    """All notifications, newest first; loads anew when one arrives."""
    actor = actor_of(request)
    context = {"page_title": _("Inbox"), "rows": inbox(actor, limit=100), "unread": unread_count(actor), "icons": ICONS}
    if is_htmx(request) and request.headers.get("HX-Target") == "inbox":
        return fragment(request, "activity/_inbox.html.jinja", context)
    return page(request, "activity/inbox.html.jinja", context)


@require_GET
def open_notification(request: HttpRequest, id: UUID) -> HttpResponse:
    """Marks it read and goes where it leads."""
    row = services.mark_notification_read(actor_of(request), notification_id=id)
    return redirect(row.url if row.url.startswith("/") and not row.url.startswith("//") else "/inbox/")


@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    """Everything is read."""
    count = services.mark_all_notifications_read(actor_of(request))
    text = ngettext("%(count)d notification marked read.", "%(count)d notifications marked read.", count) % {
        "count": count
    }
    return done(request, next_url(request, "/inbox/"), text)
