"""The customer at a glance: facts and people, one timeline of all channels, money and open business."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from guanxi.activity.queries import timeline
from guanxi.activity.views.base import about_of
from guanxi.activity.views.timeline import timeline_context
from guanxi.activity.wording import details, mark, sentence
from guanxi.analytics.access import sees_values
from guanxi.core.errors import NotFound
from guanxi.customers.blocks import customer_blocks
from guanxi.customers.queries import people_of
from guanxi.desk.queries.customer import customer_money, head_notes, next_task, open_business, value_card
from guanxi.identity.permissions import may
from guanxi.records import registry
from guanxi.records.queries import get_record
from guanxi.records.recents import note_opened
from guanxi.records.screens import fragment, page
from guanxi.records.views.base import actor_of
from guanxi.records.views.details import detail_context, or_survivor, preview_context

PREVIEW_FACTS = ("account", "job_title", "phone", "mobile", "email", "wechat", "stage")
LATEST = 5


def account_page(request: HttpRequest, id: UUID) -> HttpResponse:
    """An account; `?tab=` leads to the parts that every record has."""
    return or_survivor(request, registry.get("account"), id, lambda: _customer_page(request, "account", id))


def contact_page(request: HttpRequest, id: UUID) -> HttpResponse:
    """A contact, in the same form."""
    return or_survivor(request, registry.get("contact"), id, lambda: _customer_page(request, "contact", id))


def account_preview(request: HttpRequest, id: UUID) -> HttpResponse:
    """An account beside its list: actions, the few facts one calls with, what happened last."""
    return _preview(request, "account", id)


def contact_preview(request: HttpRequest, id: UUID) -> HttpResponse:
    """A contact beside its list."""
    return _preview(request, "contact", id)


def _preview(request: HttpRequest, object_name: str, id: UUID) -> HttpResponse:
    actor, kind = actor_of(request), registry.get(object_name)
    if kind.room in actor.rooms_off:
        raise NotFound(_("There is no such page."))
    record = get_record(actor, object_name, id)
    account_id = record.id if object_name == "account" else record.account_id
    people = people_of(actor, record.id) if object_name == "account" and may(actor, "contact", "view") else []
    context = preview_context(actor, kind, record) | {
        "head_actions": _head_actions(actor, kind, record),
        "head_notes": head_notes(actor, kind, record),
        "person": people[0] if people else None,
        "shown": [name for name in PREVIEW_FACTS if name in kind.by_name],
        "business": open_business(actor, account_id) if account_id else None,
        "next_task": next_task(actor, account_id) if account_id else None,
        "latest": _latest(actor, kind, record),
    }
    return fragment(request, "desk/preview.html.jinja", context)


def _latest(actor: Any, kind: registry.ObjectType, record: Any) -> list[dict[str, Any]]:
    """The last lines of the timeline in short."""
    today = timezone.localtime().date()
    found = timeline(actor, limit=LATEST, **{f"{kind.name}_id": record.id})
    return [
        {
            "mark": mark(entry.line),
            "sentence": sentence(entry.line),
            "details": details(entry.line),
            "at": entry.line.at,
            "today": timezone.localtime(entry.line.at).date() == today,
        }
        for entry in found.entries
    ]


def _customer_page(request: HttpRequest, object_name: str, id: UUID) -> HttpResponse:
    actor, kind = actor_of(request), registry.get(object_name)
    record = get_record(actor, object_name, id)
    context = detail_context(request, kind, record)
    context["head_actions"] = _head_actions(actor, kind, record)
    context["head_notes"] = head_notes(actor, kind, record)
    if context["tab"] == "facts":
        note_opened(actor, object_name, id)
        context |= _overview(request, actor, kind, record)
    return page(request, "desk/customer.html.jinja", context)


def _head_actions(actor: Any, kind: registry.ObjectType, record: Any) -> list[dict[str, Any]]:
    """What one does with a customer, in the order of the keys L, M, T, O."""
    about = urlencode({kind.name: str(record.id)})
    entries = []
    if may(actor, "interaction", "create"):
        entries.append({"label": _("Log"), "icon": "phone", "url": f"/activity/call?{about}"})
        entries.append({"label": _("Mail"), "icon": "mail", "url": f"/activity/mail?{about}"})
    if may(actor, "task", "create"):
        entries.append({"label": _("Task"), "icon": "checkbox", "url": f"/activity/task?{about}"})
    if may(actor, "opportunity", "create") and "sales" not in actor.rooms_off:
        entries.append(
            {"label": _("Opportunity"), "icon": "plus", "url": f"/opportunities/new?{about}", "kind": "primary"}
        )
    return entries


def _overview(request: HttpRequest, actor: Any, kind: registry.ObjectType, record: Any) -> dict[str, Any]:
    about = about_of(actor, QueryDict(f"{kind.name}={record.id}"))
    account_id = record.id if kind.name == "account" else record.account_id
    blocks = customer_blocks(actor, kind, record)
    parts = {name: value for part in blocks.values() for name, value in part.items()}
    return {
        **parts,
        **timeline_context(actor, about, group=request.GET.get("group", "")[:20]),
        "blocks": tuple(blocks),
        "money": customer_money(actor, account_id) if account_id else None,
        "business": open_business(actor, account_id) if account_id else None,
        "card": value_card(actor, account_id) if account_id else None,
        "expected_url": f"/value/of/{account_id}/expected" if account_id and sees_values(actor) else "",
        "action_url": f"/value/of/{account_id}/action"
        if account_id and sees_values(actor) and may(actor, "response", "create")
        else "",
        "next_task": next_task(actor, account_id) if account_id else None,
        "account_id": account_id,
        "engagement_url": f"/accounts/{account_id}/engagement" if account_id and _engages(actor) else "",
    }


def _engages(actor: Any) -> bool:
    """Whether offers and answers have a place on the page; no query."""
    return "engagement" not in actor.rooms_off and (may(actor, "response", "view") or may(actor, "answer", "view"))
