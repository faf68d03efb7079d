"""The calendar page, its feed, and what dragging does."""

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from guanxi.activity import services
from guanxi.activity.queries import AgendaEntry, agenda
from guanxi.activity.views.base import Fields, parse_moment
from guanxi.core.errors import Invalid, NotFound, Refused
from guanxi.identity.models import Membership
from guanxi.records import registry
from guanxi.records.screens import page
from guanxi.records.views.base import actor_of, done, json_body, problem, version_of
from guanxi.records.views.editing import undo_url

LONGEST = timedelta(days=100)
LAST_MINUTE = timedelta(minutes=1)


@require_GET
def calendar_page(request: HttpRequest) -> HttpResponse:
    """The actor's calendar; `?member=` shows a colleague's beside it."""
    actor = actor_of(request)
    chosen = _members(request)
    names = list(Membership.objects.filter(id__in=chosen).values_list("id", "name"))
    context = {
        "page_title": _("Calendar"),
        "members": [(str(key), name) for key, name in names],
        "feed_url": "/calendar/feed?" + "&".join(f"member={key}" for key, _name in names),
        "may_plan": actor.member_id is not None,
        "time_zone": timezone.get_current_timezone_name(),
    }
    return page(request, "activity/calendar.html.jinja", context)


@require_GET
def feed(request: HttpRequest) -> JsonResponse:
    """[{id, title, start, end, allDay, url, editable, version, tone}] for ?start=&end= and ?member=."""
    actor = actor_of(request)
    try:
        start, end = Fields(request.GET).moment("start"), Fields(request.GET).moment("end")
    except Invalid:
        start = end = None
    if start is None or end is None or not timedelta(0) < end - start <= LONGEST:
        return problem(_("Give a period of at most 100 days."), 400)
    members = _members(request)
    entries = agenda(
        actor, start, end, member_ids=[*members, *([actor.member_id] if actor.member_id else [])] if members else None
    )
    return JsonResponse([_drawn(entry) for entry in entries], safe=False)


@require_http_methods(["PATCH"])
def move(request: HttpRequest, key: str) -> JsonResponse:
    """An event was dragged: {start, end, all_day, version}; the key of one occurrence of a series moves that one alone."""
    actor = actor_of(request)
    body = json_body(request)
    event_id, _sign, occurrence = key.partition("~")
    try:
        record_id = UUID(event_id)
        start = _required(parse_moment(str(body.get("start") or ""), "start"))
        all_day = body["all_day"] if isinstance(body.get("all_day"), bool) else None
        usual = timedelta(days=1) if all_day else timedelta(hours=1)
        end = parse_moment(str(body.get("end") or ""), "end") or start + usual
        # The calendar names the first day that is free again; kept is the last minute that is taken.
        end = max(start, end - LAST_MINUTE) if all_day else end
        moved = services.move_event(
            actor,
            record_id,
            start_at=start,
            end_at=end,
            all_day=all_day,
            occurrence=datetime.fromisoformat(occurrence) if occurrence else None,
            version=version_of(body.get("version")),
        )
    except ValueError:
        raise NotFound(_("There is no such event.")) from None
    except Refused as refused:
        request.failed = True  # type: ignore[attr-defined]
        return problem(refused.message, refused.status)
    way_back = {} if occurrence else {"undo_url": undo_url(registry.get("event"), moved)}
    return JsonResponse({"version": moved.version, **way_back})


@require_POST
def answer(request: HttpRequest, id: UUID) -> HttpResponse:
    """Accept or decline an invitation."""
    services.answer_event(actor_of(request), id, answer=request.POST.get("answer", ""))
    return done(request, "/calendar/", _("Your answer is known now."))


def _required(moment: datetime | None) -> datetime:
    if moment is None:
        raise Invalid({"start": [_("Fill in this field.")]})
    return moment


def _members(request: HttpRequest) -> list[UUID]:
    return Fields(request.GET).keys("member")[:20]


def _day_after(end: datetime) -> date:
    """The first day that a whole-day event does not take."""
    return end.date() if end.time() == time() else end.date() + timedelta(days=1)


def _told_once(*parts: str) -> list[str]:
    """The parts that are filled and not said in one before: many write the customer's name into the subject."""
    said: list[str] = []
    for part in parts:
        if part and not any(part in other for other in said):
            said.append(part)
    return said


def _drawn(entry: AgendaEntry) -> dict[str, Any]:
    event = entry.event
    start, end = timezone.localtime(entry.start), timezone.localtime(entry.end)
    return {
        "id": entry.key,
        "title": " · ".join(_told_once(event.subject, entry.who, event.location)),
        "start": start.date().isoformat() if event.all_day else start.isoformat(),
        "end": _day_after(end).isoformat() if event.all_day else end.isoformat(),
        "allDay": event.all_day,
        "url": entry.url,
        "editable": entry.editable,
        "version": event.version,
        "tone": entry.tone,
    }
