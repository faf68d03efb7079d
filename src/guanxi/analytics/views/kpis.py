"""The catalogue of KPIs, the page of one, what the company decides about it."""

from collections.abc import Sequence
from typing import Any

from dateutil.relativedelta import relativedelta
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from guanxi.analytics.access import may_manage
from guanxi.analytics.kpis import reading
from guanxi.analytics.kpis.catalogue import STANDARD
from guanxi.analytics.kpis.reading import Known, Point
from guanxi.analytics.kpis.saving import delete_kpi, describe, save_kpi
from guanxi.analytics.kpis.showing import change, shown, unit_names
from guanxi.analytics.models import Dimension, Grain, Kpi
from guanxi.analytics.views.base import Tab, offer_tab, value_page
from guanxi.core.ui import formats
from guanxi.identity.actor import Actor
from guanxi.identity.models import Membership
from guanxi.identity.permissions import require_admin
from guanxi.identity.screens import attempt, version_or_none
from guanxi.records.reports.saved import library
from guanxi.records.screens import fragment, page
from guanxi.records.views.base import actor_of, done

SHOWN = {Grain.DAY: 31, Grain.WEEK: 26, Grain.MONTH: 25, Grain.QUARTER: 9, Grain.YEAR: 6}
GRAINS = tuple(SHOWN)
MOST_BARS = 20
offer_tab(Tab("kpis", _lazy("KPIs"), "/value/kpis/", 70))


@require_safe
def kpis(request: HttpRequest) -> HttpResponse:
    """All KPIs with the running month, the one before and the year."""
    actor = actor_of(request)
    reading.require_kpis(actor)
    known = reading.known_kpis(actor, hidden=may_change(actor))
    day = reading.latest_day()
    context = {
        "day": day,
        "rows": _rows(actor, known) if day else [],
        "may_change": may_change(actor),
        "whole": all(reading.reach_of(actor, one).whole for one in known.values()),
    }
    return value_page(request, "analytics/kpis/catalogue.html.jinja", "kpis", context)


@require_safe
def kpi(request: HttpRequest, kpi: str) -> HttpResponse:
    """One KPI: what it is, its course, where it comes from by any dimension. `?grain=`, `?by=`."""
    actor = actor_of(request)
    one = reading.known_kpi(actor, kpi)
    grain = request.GET.get("grain", "")
    grain = grain if grain in Grain.values and (grain in ("month", "quarter", "year") or not one.state) else "month"
    by = request.GET.get("by", "")
    dimensions = [name for name in one.by if name != "all"]
    by = by if by in dimensions else (dimensions or [""])[0]
    day = reading.latest_day()
    context = {
        "page_title": one.name,
        "kpi": one,
        "day": day,
        "grain": grain,
        "by": by,
        "grains": [
            (value, label) for value, label in Grain.choices if not one.state or value in ("month", "quarter", "year")
        ],
        "dimensions": [(value, label) for value, label in Dimension.choices if value in dimensions],
        "may_change": may_change(actor),
        "units": unit_names(),
        **(_figures(actor, one, grain, by, day) if day else {}),
    }
    return page(request, "analytics/kpis/kpi.html.jinja", context)


@require_http_methods(["GET", "HEAD", "POST"])
def decide(request: HttpRequest, kpi: str) -> HttpResponse:
    """The dialog of owner, target, thresholds; of one of the company's own everything."""
    actor = actor_of(request)
    require_admin(actor)
    one = reading.known_kpi(actor, kpi)
    return _form(request, one.row, kpi, one.name, new=False)


@require_http_methods(["GET", "HEAD", "POST"])
def new_kpi(request: HttpRequest) -> HttpResponse:
    """The dialog of a KPI of the company's own."""
    actor = actor_of(request)
    reading.require_kpis(actor)
    require_admin(actor)
    return _form(request, Kpi(is_own=True), request.POST.get("key", "").strip(), _("New KPI"), new=True)


@require_POST
def remove(request: HttpRequest, kpi: str) -> HttpResponse:
    """Forget a KPI of the company's own."""
    _none, errors = attempt(lambda: delete_kpi(actor_of(request), kpi))
    text = _("KPI deleted.") if not errors else " ".join(text for texts in errors.values() for text in texts)
    return done(request, "/value/kpis/" if not errors else f"/value/kpis/{kpi}/", text)


def may_change(actor: Actor) -> bool:
    """Whether the actor decides about KPIs."""
    return actor.is_admin and may_manage(actor)


def _form(request: HttpRequest, row: Kpi, key: str, title: str, *, new: bool) -> HttpResponse:
    actor = actor_of(request)
    errors: dict[str, list[str]] = {}
    values: dict[str, Any] = describe(row)
    if request.method == "POST":
        values = {**values, "is_active": False, "rising": False, **request.POST.dict()}
        version = version_or_none(request.POST.get("version"))
        saved, errors = attempt(lambda: save_kpi(actor, key, values, version=version, new=new))
        if saved is not None:
            return done(request, f"/value/kpis/{key}/", _("Saved."))
    context = {
        "title": title, "key": key, "new": new, "own": row.is_own, "values": values, "errors": errors, "version": row.version,
        "action": request.path, "units": list(unit_names().items()), "keys": sorted(STANDARD),
        "people": [(str(pk), name) for pk, name in Membership.objects.filter(is_active=True).order_by("name").values_list("id", "name")],
        "reports": [(one.key, one.name) for one in library(actor)],
    }  # fmt: skip
    return fragment(request, "analytics/kpis/form.html.jinja", context, status=422 if errors else 200)


def _rows(actor: Actor, known: dict[str, Known]) -> list[dict[str, Any]]:
    day = reading.latest_day()
    assert day is not None
    month = day.replace(day=1)
    since = month - relativedelta(months=24)
    found: dict[tuple[str, str], dict[str, list[Point]]] = {}
    rows = []
    for one in known.values():
        place = reading.own_place(actor, reading.reach_of(actor, one))
        if place not in found:
            found[place] = reading.series(known, Grain.MONTH, *place, since=since)
        points = {point.since: point.value for point in found[place].get(one.key, [])}
        now, last, before = (points.get(month - relativedelta(months=back)) for back in (0, 1, 13))
        year = [points.get(month - relativedelta(months=back)) for back in range(12, 0, -1)]
        rows.append(
            {
                "kpi": one, "now": shown(one.unit, now, actor.currency, short=True), "last": shown(one.unit, last, actor.currency, short=True),
                "change": change(one.unit, last, before), "up": (last or 0) > (before or 0), "good": _good(one, last, before),
                "spark": [value or 0 for value in year] if sum(value is not None for value in year) > 1 else [],
                "light": one.light(last), "target": shown(one.unit, one.row.target, actor.currency, short=True) if one.row.target else "",
            }
        )  # fmt: skip
    return rows


def _good(one: Known, now: float | None, before: float | None) -> bool | None:
    if one.rising is None or now is None or before is None or now == before:
        return None
    return (now > before) == one.rising


def _figures(actor: Actor, one: Known, grain: str, by: str, day: Any) -> dict[str, Any]:
    reach = reading.reach_of(actor, one)
    dimension, member = reading.own_place(actor, reach)
    since = reading.period_of(grain, day)
    periods = [reading.following(grain, since, -back) for back in range(SHOWN[Grain(grain)] - 1, -1, -1)]
    earliest = reading.following(grain, periods[0], -_year(grain))
    points = reading.series([one.key], grain, dimension, member, since=earliest).get(one.key, [])
    values = {point.since: point.value for point in points}
    shown_period = (
        since
        if grain != "month" or (values.get(since) is not None and day.day > 24)
        else reading.following(grain, since, -1)
    )
    parts = reading.breakdown(actor, one, grain, shown_period, by) if by else []
    urls = [reading.list_url(actor, one, grain, period, dimension, member) for period in periods]
    return {
        "reach": reach,
        "chart": _chart(actor, one, grain, periods, values, urls) if any(values.get(p) is not None for p in periods) else None,
        "parts": [
            {
                "label": label, "value": shown(one.unit, value, actor.currency), "before": shown(one.unit, before, actor.currency),
                "change": change(one.unit, value, before), "up": (value or 0) > (before or 0), "good": _good(one, value, before),
                "share": _share(value, parts), "url": reading.list_url(actor, one, grain, shown_period, by, key),
            }
            for key, label, value, before in parts[:MOST_BARS]
        ],
        "more": max(0, len(parts) - MOST_BARS),
        "period": period_label(grain, shown_period),
        "tiles": _tiles(actor, one, grain, since, values, (dimension, member)),
    }  # fmt: skip


def _tiles(
    actor: Actor, one: Known, grain: str, since: Any, values: dict[Any, float | None], place: tuple[str, str]
) -> list[dict[str, Any]]:
    found = []
    for label, period in ((_("So far"), since), (_("Before"), reading.following(grain, since, -1))):
        value, before = values.get(period), values.get(reading.following(grain, period, -_year(grain)))
        moved = change(one.unit, value, before)
        found.append(
            {
                "label": label, "right": period_label(grain, period), "value": shown(one.unit, value, actor.currency),
                "note": _("the period is not over") if period == since else _("%(change)s against a year before") % {"change": moved} if moved else "",
                "url": reading.list_url(actor, one, grain, period, *place) or None,
            }
        )  # fmt: skip
    return found


def _chart(
    actor: Actor, one: Known, grain: str, periods: Sequence[Any], values: dict[Any, float | None], urls: Sequence[str]
) -> dict[str, Any]:
    before = [values.get(reading.following(grain, period, -_year(grain))) for period in periods]
    series = [
        {"name": one.name, "values": [values.get(period) for period in periods], "tone": "indigo", "urls": list(urls)}
    ]
    if any(value is not None for value in before) and grain != "day":
        series.append({"name": _("A year before"), "values": before, "tone": "grey"})
    data: dict[str, Any] = {
        "kind": "bar" if one.unit in ("money", "number") and not one.state else "line",
        "unit": {"money": "money", "percent": "percent"}.get(one.unit, "number"),
        "currency": actor.currency,
        "category_label": str(Grain(grain).label),
        "categories": [period_label(grain, period) for period in periods],
        "series": series,
    }
    if one.row.target and grain == "month":
        data["targets"] = [{"name": _("Target"), "value": one.row.target}]
    return data


def _year(grain: str) -> int:
    return {"day": 364, "week": 52, "month": 12, "quarter": 4, "year": 1}[grain]


def _share(value: float | None, parts: Sequence[tuple[str, str, float | None, float | None]]) -> float:
    most = max((abs(part[2] or 0.0) for part in parts), default=0.0)
    return round(abs(value or 0.0) / most * 100, 1) if most else 0.0


def period_label(grain: str, since: Any) -> str:
    """A period as people read it: `Nov 2026`, `2026 Q4`, `week from 16 Nov`."""
    if grain == "month":
        return formats.month(since)
    if grain == "quarter":
        return _("%(year)s Q%(quarter)s") % {"year": since.year, "quarter": (since.month + 2) // 3}
    return str(since.year) if grain == "year" else formats.day_short(since)
