"""Reports by mail: the list, one with what was sent, set, pause, stop for oneself, send now."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from guanxi.core.errors import Invalid, NotFound, Refused
from guanxi.core.ui import formats
from guanxi.identity.models import Membership
from guanxi.records.models import ReportDelivery, ReportSubscription
from guanxi.records.ports import REPORT_MAIL
from guanxi.records.reports.adjusting import within_choices
from guanxi.records.reports.saved import find_dashboard, find_report
from guanxi.records.reports.subscriptions.schedule import rhythm_words
from guanxi.records.reports.subscriptions.sending import send_now
from guanxi.records.reports.subscriptions.services import (
    GIVEN,
    delete_subscription,
    deliveries_of,
    get_subscription,
    list_subscriptions,
    may_change,
    recipients_of,
    save_subscription,
    set_active,
    unsubscribe,
)
from guanxi.records.screens import page
from guanxi.records.views.base import actor_of, done, uuids, version_of

HOME = "/report-subscriptions/"


@require_safe
def subscriptions(request: HttpRequest) -> HttpResponse:
    """Those that the person made or gets."""
    actor = actor_of(request)
    found = list_subscriptions(actor)
    people = recipients_of(found)
    owners = dict(Membership.objects.filter(id__in={row.owner_id for row in found}).values_list("id", "name"))
    rows = [
        {
            "name": row.name, "url": f"{HOME}{row.id}/", "when": when_words(row), "active": row.is_active, "owner": owners.get(row.owner_id, ""),
            "forms": ", ".join(form.upper() for form in row.forms), "people": [one.member.name for one in people[row.id] if not one.stopped_at],
            "next": min((one.next_at for one in people[row.id] if one.next_at), default=None),
        }
        for row in found
    ]  # fmt: skip
    return page(request, "records/subscriptions.html.jinja", {"page_title": _("Reports by mail"), "rows": rows})


def new_subscription(request: HttpRequest) -> HttpResponse:
    """A new one of a report (`?report=`) or a dashboard (`?dashboard=`), first for oneself."""
    actor = actor_of(request)
    if request.method == "POST":
        return _save(request, None)
    kind = "dashboard" if request.GET.get("dashboard") else "report"
    key = request.GET.get(kind, "")
    name = find_report(actor, key).name if kind == "report" else find_dashboard(actor, key).name
    values = {
        "kind": kind, "key": key, "forms": ["pdf"], "rhythm": "weekly", "day": 1, "at": "08:00", "note": "", "recipients": [str(actor.member_id or "")],
        **{one: request.GET.get(one, "") for one in GIVEN},
    }  # fmt: skip
    return _form(request, None, name, values)


def subscription(request: HttpRequest, id: UUID) -> HttpResponse:
    """One: its form for who may change it, what was sent, and the way to stop it for oneself."""
    actor = actor_of(request)
    row = get_subscription(actor, id)
    if request.method == "POST":
        return _save(request, row)
    people = recipients_of([row])[row.id]
    values = {
        "kind": row.kind, "key": row.key, "forms": row.forms, "rhythm": row.rhythm, "day": row.day, "at": f"{row.at:%H:%M}", "note": row.note,
        "recipients": [str(one.member_id) for one in people], "version": row.version, **{one: row.given.get(one, "") for one in GIVEN},
    }  # fmt: skip
    return _form(request, row, row.name, values)


@require_POST
def active(request: HttpRequest, id: UUID) -> HttpResponse:
    """Pause it, or go on."""
    wanted = request.POST.get("wanted") == "1"
    set_active(actor_of(request), id, wanted)
    return done(request, f"{HOME}{id}/", _("It is sent again.") if wanted else _("It is paused."))


@require_POST
def stop(request: HttpRequest, id: UUID) -> HttpResponse:
    """No longer get it oneself, or get it again."""
    back = request.POST.get("back") == "1"
    unsubscribe(actor_of(request), id, back=back)
    return done(request, f"{HOME}{id}/", _("You get it again.") if back else _("You do not get it any more."))


@require_POST
def send(request: HttpRequest, id: UUID) -> HttpResponse:
    """Send it to oneself now."""
    actor = actor_of(request)
    send_now(actor, get_subscription(actor, id))
    return done(request, f"{HOME}{id}/", _("It is on its way to you."))


@require_POST
def remove(request: HttpRequest, id: UUID) -> HttpResponse:
    """End it for all."""
    delete_subscription(actor_of(request), id)
    return done(request, HOME, _("The subscription is deleted. The report stays."))


def when_words(row: ReportSubscription) -> str:
    """When it comes, in words."""
    time = f"{row.at:%H:%M}"
    if row.rhythm == "weekly":
        return _("%(day)s at %(time)s") % {"day": _weekdays()[row.day - 1][1], "time": time}
    if row.rhythm == "monthly":
        return _("on day %(day)s of the month at %(time)s") % {"day": row.day, "time": time}
    return _("%(rhythm)s at %(time)s") % {"rhythm": dict(rhythm_words())[row.rhythm], "time": time}


def delivery_rows(rows: list[ReportDelivery]) -> list[dict[str, Any]]:
    """What was sent, with where each message is."""
    states: Mapping[UUID, tuple[str, str]] = {}
    for port in REPORT_MAIL:
        states = port.states([row.message_id for row in rows if row.message_id])
    told = []
    for row in rows:
        word, error = states.get(row.message_id, ("", "")) if row.message_id else ("", "")
        waiting = {"waiting": _("Waiting"), "failed": _("Not made"), "sent": word or _("Sent")}[row.state]
        told.append({"who": row.member.name, "at": row.created_at, "state": waiting, "error": row.error or error, "bad": bool(row.error or error)})  # fmt: skip
    return told


def _weekdays() -> list[tuple[str, str]]:
    words = (_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday"))
    return [(str(at + 1), word) for at, word in enumerate(words)]


def _save(request: HttpRequest, row: ReportSubscription | None) -> HttpResponse:
    actor, data = actor_of(request), request.POST
    values: dict[str, Any] = {
        name: data.get(name, "") for name in ("kind", "key", "rhythm", "at", "note", "version", *GIVEN)
    }
    values |= {"forms": data.getlist("forms"), "recipients": data.getlist("recipients")}
    values["day"] = data.get(f"day_{values['rhythm']}", "")
    try:
        made = save_subscription(actor, values, subscription_id=row.id if row else None, version=version_of(data.get("version")))  # fmt: skip
    except NotFound:
        raise
    except Refused as refusal:
        errors = refusal.errors if isinstance(refusal, Invalid) else {"": [refusal.message]}
        return _form(request, row, row.name if row else "", values, errors, refusal.status)
    return done(request, f"{HOME}{made.id}/", _("“%(name)s” comes %(when)s.") % {"name": made.name, "when": when_words(made)})  # fmt: skip


def _form(
    request: HttpRequest, row: ReportSubscription | None, name: str, values: Mapping[str, Any],
    errors: Mapping[str, list[str]] | None = None, status: int = 200,
) -> HttpResponse:  # fmt: skip
    actor = actor_of(request)
    mine = next((one for one in recipients_of([row])[row.id] if one.member_id == actor.member_id), None) if row else None  # fmt: skip
    context = {
        "page_title": _("%(name)s by mail") % {"name": name} if name else _("Reports by mail"),
        "row": row,
        "values": values,
        "errors": errors or {},
        "recipients": _people(values["recipients"]),
        "may_change": row is None or may_change(actor, row),
        "rhythms": rhythm_words(),
        "weekdays": _weekdays(),
        "days": [(str(day), str(day)) for day in range(1, 32)],
        "within_choices": within_choices(),
        "target": f"/{'reports' if values['kind'] == 'report' else 'dashboards'}/{values['key']}/",
        "mine": mine,
        "when": when_words(row) if row else "",
        "next": formats.moment(mine.next_at) if mine and mine.next_at else "",
        "sent": delivery_rows(deliveries_of(actor, row)) if row else [],
        "action": f"{HOME}{row.id}/" if row else f"{HOME}new",
    }
    return page(request, "records/subscription.html.jinja", context, status=status)


def _people(keys: list[str]) -> list[tuple[str, str]]:
    found = dict(Membership.objects.filter(id__in=uuids(keys)).values_list("id", "name"))
    return [(str(key), name) for key, name in found.items()]
