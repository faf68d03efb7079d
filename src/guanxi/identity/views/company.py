"""Settings of the company: facts, logo, rooms, calendars, and the steps after its creation."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from guanxi.core.errors import Invalid
from guanxi.identity.actor import Actor
from guanxi.identity.choices import (
    country_choices,
    currency_choices,
    language_choices,
    month_choices,
    time_zone_choices,
    weekday_choices,
)
from guanxi.identity.clashes import Word, dump_state, settle, state_of
from guanxi.identity.models import BusinessCalendar, Company, Invitation, Membership, Tenant
from guanxi.identity.permissions import require_admin
from guanxi.identity.screens import actor_of, attempt, settings_page
from guanxi.identity.services import change_company, delete_calendar, save_calendar, set_logo, upload_logo
from guanxi.identity.services.company import ALWAYS_ON
from guanxi.identity.services.locking import locked
from guanxi.identity.working_time import holidays, substituted_workdays

FACTS = (
    "name", "currency", "language", "time_zone", "country", "fiscal_year_start", "address", "phone", "email", "website",
    "tax_number",
)  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
def company(request: HttpRequest) -> HttpResponse:
    """Name, currency, language, fiscal year, address."""
    actor = actor_of(request)
    require_admin(actor)
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        stored = state_of(_facts(actor, locked(Company, actor.tenant_id)))
        page = settle(request, now=stored, words=_company_words(), trace=("company", actor.tenant_id))
        if page is not None:
            return page
        values = {name: request.POST[name] for name in FACTS if name in request.POST}
        saved, errors = attempt(lambda: change_company(actor, values=values))
        if saved is not None:
            messages.success(request, _("Saved."))
            return redirect("/settings/company/")
    row = Company.objects.select_related("logo").get()
    context = {
        "page_title": _("Company"),
        "errors": errors,
        "company": row,
        "values": request.POST if errors else _facts(actor, row),
        "before": dump_state(state_of(_facts(actor, row))),
        "currencies": currency_choices(),
        "languages": language_choices(),
        "countries": country_choices(),
        "months": month_choices(),
        "time_zones": time_zone_choices(),
    }
    return settings_page(request, "identity/company.html.jinja", context, status=422 if errors else 200)


@require_POST
def logo(request: HttpRequest) -> HttpResponse:
    """Upload or remove the logo."""
    actor = actor_of(request)
    require_admin(actor)
    saved, errors = attempt(lambda: _set_logo(request))
    if saved is not None:
        messages.success(request, _("Saved."))
    for texts in errors.values():
        for text in texts:
            messages.error(request, text)
    return redirect("/welcome/" if request.POST.get("next") == "welcome" else "/settings/company/")


@require_http_methods(["GET", "HEAD", "POST"])
def rooms(request: HttpRequest) -> HttpResponse:
    """Which rooms are on."""
    actor = actor_of(request)
    require_admin(actor)
    known = [room for room in settings.ROOMS if room not in ALWAYS_ON]
    titles = room_titles()
    if request.method == "POST":
        stored = _rooms_state(known, locked(Company, actor.tenant_id).rooms_off)
        words = {"rooms": Word(_("Rooms"), list(titles.items()))}
        page = settle(request, now=stored, words=words, trace=("company", actor.tenant_id))
        if page is not None:
            return page
        on = set(request.POST.getlist("rooms"))
        change_company(actor, values={"rooms_off": [room for room in known if room not in on]})
        messages.success(request, _("Saved."))
        return redirect("/settings/rooms/")
    rows = [{"key": room, "label": titles.get(room, room), "on": room not in actor.rooms_off} for room in known]
    before = dump_state(_rooms_state(known, actor.rooms_off))
    return settings_page(
        request, "identity/rooms.html.jinja", {"page_title": _("Rooms"), "rooms": rows, "before": before}
    )


@require_GET
def welcome(request: HttpRequest) -> HttpResponse:
    """The first steps of a new company, with what is done already."""
    actor = actor_of(request)
    require_admin(actor)
    context = {
        "page_title": _("First steps"),
        "company": Company.objects.get(),
        "colleagues": Membership.objects.count()
        - 1
        + Invitation.objects.filter(revoked_at=None, accepted_at=None).count(),
    }
    return settings_page(request, "identity/welcome.html.jinja", context)


@require_GET
def calendars(request: HttpRequest) -> HttpResponse:
    """The business calendars."""
    require_admin(actor_of(request))
    rows = BusinessCalendar.objects.order_by("-is_default", "name")
    context = {"page_title": _("Business calendars"), "calendars": rows}
    return settings_page(request, "identity/calendars.html.jinja", context)


@require_http_methods(["GET", "HEAD", "POST"])
def calendar(request: HttpRequest, id: UUID | None = None) -> HttpResponse:
    """One calendar: hours, holidays of the year, own days off and on."""
    actor = actor_of(request)
    require_admin(actor)
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        page = _calendar_clash(request, id) if id else None
        if page is not None:
            return page
        saved, errors = attempt(lambda: _save_calendar(request, id))
        if saved is not None:
            messages.success(request, _("Saved."))
            return redirect(f"/settings/calendars/{saved.id}/")
    row = BusinessCalendar.objects.filter(id=id).first() if id else BusinessCalendar(country="CN")
    if row is None:
        return redirect("/settings/calendars/")
    year = timezone.localdate().year
    context = {
        "page_title": row.name or _("New calendar"),
        "errors": errors,
        "calendar": row,
        "values": request.POST if errors else _calendar_values(row),
        "before": dump_state(state_of(_calendar_values(row))) if id else "",
        "weekdays": weekday_choices(),
        "countries": country_choices(),
        "time_zones": time_zone_choices(),
        "years": [(shown, holidays(row, shown), substituted_workdays(row, shown)) for shown in (year, year + 1)],
    }
    return settings_page(request, "identity/calendar.html.jinja", context, status=422 if errors else 200)


@require_POST
def remove_calendar(request: HttpRequest, id: UUID) -> HttpResponse:
    """Delete a calendar."""
    _done, errors = attempt(lambda: delete_calendar(actor_of(request), calendar_id=id))
    for text in errors.get("", []):
        messages.error(request, text)
    return redirect("/settings/calendars/")


def _rooms_state(known: list[str], off: Iterable[str]) -> dict[str, list[str]]:
    return state_of({"rooms": [room for room in known if room not in off]})


def room_titles() -> dict[str, str]:
    """How the rooms that can be switched off are called."""
    return {
        "messaging": _("Mail and messages"),
        "segments": _("Segments"),
        "catalogue": _("Products and price books"),
        "customers": _("Customers"),
        "activity": _("Tasks, calendar and timeline"),
        "sales": _("Leads, opportunities, quotes and orders"),
    }


def _facts(actor: Actor, row: Company) -> dict[str, Any]:
    facts = {name: getattr(row, name) for name in FACTS if name != "name"}
    return {**facts, "name": Tenant.objects.get(id=actor.tenant_id).name}


def _company_words() -> dict[str, Word]:
    choices = {
        "currency": currency_choices(),
        "language": language_choices(),
        "country": country_choices(),
        "fiscal_year_start": month_choices(),
        "time_zone": time_zone_choices(),
    }
    words = {
        name: str(getattr(Company._meta.get_field(name), "verbose_name", name)) for name in FACTS if name != "name"
    }
    words["name"] = _("Company name")
    return {name: Word(label, choices.get(name, ())) for name, label in words.items()}


def _set_logo(request: HttpRequest) -> Company:
    upload: Any = request.FILES.get("logo")
    if upload is None:
        return set_logo(actor_of(request), file=None)
    return upload_logo(actor_of(request), name=upload.name or "", content=upload, size=upload.size)


def _save_calendar(request: HttpRequest, id: UUID | None) -> BusinessCalendar:
    data = request.POST
    return save_calendar(
        actor_of(request),
        calendar_id=id,
        name=data.get("name", ""),
        time_zone=data.get("time_zone", ""),
        country=data.get("country", ""),
        region=data.get("region", ""),
        hours={str(day): _spans(data.get(f"hours_{day}", "")) for day in range(7)},
        days_off=_days("days_off", data.get("days_off", "")),
        days_on=_days("days_on", data.get("days_on", "")),
        is_default="is_default" in data,
    )


def _calendar_clash(request: HttpRequest, id: UUID) -> HttpResponse | None:
    words = {
        "name": Word(_("Name")),
        "time_zone": Word(_("Time zone")),
        "country": Word(_("Country of the public holidays"), country_choices()),
        "region": Word(_("Region")),
        "days_off": Word(_("Further days off")),
        "days_on": Word(_("Further working days")),
        "is_default": Word(_("Default calendar of the company"), [("1", _("Yes"))]),
        **{f"hours_{key}": Word(label) for key, label in weekday_choices()},
    }
    stored = state_of(_calendar_values(locked(BusinessCalendar, id)))
    return settle(request, now=stored, words=words, trace=("business_calendar", id))


def _calendar_values(row: BusinessCalendar) -> Mapping[str, Any]:
    hours = {
        f"hours_{day}": ", ".join(f"{opens}-{closes}" for opens, closes in row.hours.get(str(day), []))
        for day in range(7)
    }
    return {
        "name": row.name,
        "time_zone": row.time_zone,
        "country": row.country,
        "region": row.region,
        "days_off": "\n".join(day.isoformat() for day in row.days_off),
        "days_on": "\n".join(day.isoformat() for day in row.days_on),
        "is_default": row.is_default,
        **hours,
    }


def _spans(text: str) -> list[list[str]]:
    """`09:00-12:00, 13:00-18:00` as pairs; en dashes and full-width commas are taken too."""
    parts = text.replace("–", "-").replace("，", ",").split(",")
    spans = [[edge.strip() for edge in part.split("-")] for part in parts if part.strip()]
    if any(len(span) != 2 for span in spans):
        raise Invalid({"hours": [_("Write times like 09:00-12:00, 13:00-18:00.")]})
    return spans


def _days(field: str, text: str) -> list[date]:
    try:
        return [date.fromisoformat(part) for part in text.replace(",", " ").split()]
    except ValueError:
        raise Invalid({field: [_("Write one date a line, such as 2026-12-31.")]}) from None
