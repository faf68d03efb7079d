"""Runs of the models: what each did and how long it took, the one that is under way, and starting one; and how values are computed."""

from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from guanxi.analytics.access import may_manage, require_manage
from guanxi.analytics.models import Basis, Engine, Grouping, Relationship, Run, Settings
from guanxi.analytics.queries.preferences import NO_TENANT, channels, company_today, preferences
from guanxi.analytics.queries.runs import list_runs, shown, starters
from guanxi.analytics.services.preferences import change_preferences
from guanxi.analytics.services.runs import ask_for_run
from guanxi.analytics.tasks import enqueue_run
from guanxi.analytics.views.base import Tab, offer_tab, value_page, viewer
from guanxi.analytics.words import CANDIDATES
from guanxi.core.errors import Invalid, NotFound
from guanxi.identity.clashes import Word, dump_state, settle, state_of
from guanxi.identity.models import Company
from guanxi.identity.screens import attempt, settings_page

offer_tab(Tab("runs", gettext_lazy("Runs"), "/value/runs", 90, may_manage))


@require_GET
def runs(request: HttpRequest) -> HttpResponse:
    """The last runs with their steps."""
    viewer(request)
    found = list_runs()
    names = starters(found)
    rows = [shown(one, names) for one in found]
    context = {"runs": rows, "today": company_today(), "nightly": preferences().nightly}
    return value_page(request, "analytics/runs/runs.html.jinja", "runs", context)


@require_GET
def state(request: HttpRequest, id: UUID) -> HttpResponse:
    """One run, asked for again while it is under way."""
    viewer(request)
    found = Run.objects.filter(id=id).first()
    if found is None:
        raise NotFound(_("It does not exist."))
    return value_page(request, "analytics/runs/_run.html.jinja", "runs", {"one": shown(found, starters([found]))})


@require_POST
def start(request: HttpRequest) -> HttpResponse:
    """Compute anew, as of a day."""
    actor = viewer(request)
    try:
        text = request.POST.get("as_of", "")
        planned = ask_for_run(actor, as_of=_day(text) if text else None)
        enqueue_run(planned.id)
        messages.success(request, _("The run begins within a few seconds; you may leave this page."))
    except Invalid as error:
        messages.error(request, next(iter(error.errors.values()))[0])
    return redirect("/value/runs")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid({"as_of": [_("Write the date as 2026-12-31.")]}) from None


@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: HttpRequest) -> HttpResponse:
    """How the value of customers is computed; POST changes it."""
    actor = viewer(request)
    require_manage(actor)
    stored = Settings.objects.first() or Settings(id=actor.tenant_id, tenant_id=actor.tenant_id)
    now = form_of(stored)
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        clash = settle(request, now=state_of(now), words=_words(), trace=("value-settings", stored.id))
        if clash is not None:
            return clash
        saved, errors = attempt(lambda: change_preferences(actor, read_form(request.POST)))
        if saved is not None:
            messages.success(request, _("Saved. The next run computes by it."))
            return redirect("/settings/value/")
    context = {
        "page_title": _("Value of customers"),
        "errors": errors,
        "values": {
            **now,
            **{
                name: request.POST.get(name, "")
                for name in now
                if name not in ("candidates", "group_bases", "nightly", "warnings")
            },
        }
        if errors
        else now,
        "chosen": request.POST.getlist("candidates") if errors else now["candidates"],
        "chosen_bases": request.POST.getlist("group_bases") if errors else now["group_bases"],
        "groupings": Grouping.choices,
        "bases": Basis.choices,
        "before": dump_state(state_of(now)),
        "relationships": Relationship.choices,
        "models": list(CANDIDATES.items()),
        "engines": Engine.choices,
        "channels": channels(),
        "currency": Company.objects.values_list("currency", flat=True).get(),
    }
    return settings_page(request, "analytics/runs/settings.html.jinja", context, status=422 if errors else 200)


_PLAIN = (
    "relationship",
    "period_days",
    "horizon_months",
    "minute_cost",
    "rfm_bins",
    "warn_per_week",
    "warn_due_days",
    "grouping",
    "engine",
    "spark_master",
)


def form_of(row: Settings) -> dict[str, Any]:
    """The texts of the form. Shares are percent, lists separated by commas."""
    found: dict[str, Any] = {name: str(getattr(row, name)) for name in _PLAIN}
    found["minute_cost"] = f"{float(row.minute_cost):g}"
    found["discount_rate"] = f"{row.discount_rate * 100:g}"
    found["margin_rate"] = "" if row.margin_rate is None else f"{row.margin_rate * 100:g}"
    found["churn_days"] = "" if row.churn_days is None else str(row.churn_days)
    found["warn_from"] = f"{row.warn_from * 100:g}"
    found["warn_value"] = "" if row.warn_value is None else f"{float(row.warn_value):g}"
    found["rfm_weights"] = ", ".join(f"{one:g}" for one in (row.rfm_weights or (1, 1, 1)))
    found["grade_shares"] = ", ".join(f"{one * 100:g}" for one in (row.grade_shares or (0.2, 0.3, 0.3)))
    for name in ("recency", "frequency", "monetary"):
        found[f"cuts_{name}"] = ", ".join(f"{one:g}" for one in (row.rfm_cuts or {}).get(name, []))
    for key, _label in channels():
        cost = (row.channel_costs or {}).get(key)
        found[f"cost_{key}"] = "" if cost is None else f"{cost:g}"
    switches = {"nightly": "1" if row.nightly else "", "warnings": "1" if row.warnings else ""}
    return found | switches | {"candidates": list(row.candidates), "group_bases": list(row.group_bases)}


def read_form(post: Any) -> dict[str, Any]:
    """What `change_preferences` takes. Raises Invalid for what is no number."""
    values: dict[str, Any] = {
        "relationship": post.get("relationship", ""),
        "candidates": post.getlist("candidates"),
        "period_days": _whole(post, "period_days"),
        "horizon_months": _whole(post, "horizon_months"),
        "discount_rate": _numbers(post, "discount_rate", 100)[0] if post.get("discount_rate") else 0.0,
        "margin_rate": _numbers(post, "margin_rate", 100)[0] if post.get("margin_rate") else None,
        "minute_cost": (_numbers(post, "minute_cost") or [0.0])[0],
        "rfm_bins": _whole(post, "rfm_bins"),
        "rfm_weights": _numbers(post, "rfm_weights"),
        "grade_shares": _numbers(post, "grade_shares", 100),
        "churn_days": _whole(post, "churn_days") if post.get("churn_days") else None,
        "warnings": post.get("warnings") == "1",
        "warn_from": (_numbers(post, "warn_from", 100) or [0.5])[0],
        "warn_value": _numbers(post, "warn_value")[0] if post.get("warn_value") else None,
        **{name: _whole(post, name) for name in ("warn_per_week", "warn_due_days") if name in post},
        "grouping": post.get("grouping", Grouping.AUTO),
        "group_bases": post.getlist("group_bases"),
        "nightly": post.get("nightly") == "1",
        "engine": post.get("engine", ""),
        "spark_master": post.get("spark_master", "").strip(),
    }
    cuts = {name: _numbers(post, f"cuts_{name}") for name in ("recency", "frequency", "monetary")}
    values["rfm_cuts"] = {name: found for name, found in cuts.items() if found}
    values["channel_costs"] = {
        key: _numbers(post, f"cost_{key}")[0] for key, _label in channels() if post.get(f"cost_{key}", "").strip()
    }
    return values


def _whole(post: Any, name: str) -> int:
    try:
        return int(post.get(name, ""))
    except ValueError:
        raise Invalid({name: [_("Write a whole number.")]}) from None


def _numbers(post: Any, name: str, unit: float = 1) -> list[float]:
    try:
        return [float(part) / unit for part in post.get(name, "").replace("，", ",").split(",") if part.strip()]
    except ValueError:
        raise Invalid({name: [_("Write a number.")]}) from None


def _words() -> dict[str, Word]:
    labels = {
        each.name: str(each.verbose_name) for each in Settings._meta.get_fields() if hasattr(each, "verbose_name")
    }
    found = {name: Word(labels.get(name, name)) for name in form_of(Settings(tenant_id=NO_TENANT))}
    found["relationship"] = Word(labels["relationship"], [(key, str(label)) for key, label in Relationship.choices])
    found["grouping"] = Word(labels["grouping"], [(key, str(label)) for key, label in Grouping.choices])
    for key, channel in channels():
        found[f"cost_{key}"] = Word(str(channel))
    measures = {"recency": _("Days since the last purchase"), "frequency": _("Purchases"), "monetary": _("Revenue")}
    for key, measure in measures.items():
        found[f"cuts_{key}"] = Word(measure)
    return found
