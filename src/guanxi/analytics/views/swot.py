"""The sheet of strengths, weaknesses, opportunities, threats."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from guanxi.analytics.access import require_manage
from guanxi.analytics.models import SwotEntry, SwotKind
from guanxi.analytics.models.returns import SwotState
from guanxi.analytics.queries.preferences import company_today
from guanxi.analytics.roi.cases import require_return
from guanxi.analytics.roi.measuring import counted_to
from guanxi.analytics.roi.sheet import Line, delete_entry, entry_of, save_entry, sheet
from guanxi.analytics.views.base import value_page
from guanxi.analytics.views.returns import HOME, return_parts
from guanxi.identity.screens import attempt, version_or_none
from guanxi.records.screens import fragment
from guanxi.records.views.base import actor_of, done

PAGE = f"{HOME}swot"
TONES = {"strength": "jade", "weakness": "amber", "opportunity": "indigo", "threat": "rose"}
ICONS = {"strength": "shield-check", "weakness": "alert-triangle", "opportunity": "bulb", "threat": "flag"}


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Four fields, ready to be printed; what was hidden stands below."""
    actor = actor_of(request)
    lines = sheet(actor)
    context = {
        "parts": return_parts(actor, "swot"),
        "fields": [
            {"kind": kind.value, "label": str(kind.label), "tone": TONES[kind], "icon": ICONS[kind], "lines": _of(lines, kind)} for kind in SwotKind
        ],
        "hidden": [line for line in lines if line.state == SwotState.HIDDEN],
        "day": counted_to(),
        "today": company_today(),
    }  # fmt: skip
    return value_page(request, "analytics/returns/swot.html.jinja", "return", context)


def _of(lines: list[Line], kind: SwotKind) -> list[Line]:
    return [line for line in lines if line.kind == kind and line.state != SwotState.HIDDEN]


@require_http_methods(["GET", "HEAD", "POST"])
def new_entry(request: HttpRequest) -> HttpResponse:
    """The dialog of a line; `?signal=` rewrites a proposal."""
    return _form(
        request, SwotEntry(kind=request.GET.get("kind", SwotKind.STRENGTH), signal=request.GET.get("signal", "")), None
    )


@require_http_methods(["GET", "HEAD", "POST"])
def edit_entry(request: HttpRequest, id: UUID) -> HttpResponse:
    """The dialog of a line that somebody wrote or decided about."""
    return _form(request, entry_of(actor_of(request), id), id)


@require_POST
def decide(request: HttpRequest) -> HttpResponse:
    """Pin, hide or show a proposal (`signal`, `kind`, `state`)."""
    values = {name: request.POST.get(name, "") for name in ("signal", "kind", "state")}
    return _done(request, lambda: save_entry(actor_of(request), values))


@require_POST
def move(request: HttpRequest, id: UUID) -> HttpResponse:
    """Pin, hide or show a line."""
    return _done(request, lambda: save_entry(actor_of(request), {"state": request.POST.get("state", "")}, id))


@require_POST
def remove(request: HttpRequest, id: UUID) -> HttpResponse:
    """Forget a line."""
    return _done(request, lambda: delete_entry(actor_of(request), id))


def _done(request: HttpRequest, run: Any) -> HttpResponse:
    _saved, errors = attempt(run)
    return done(
        request, PAGE, _("Saved.") if not errors else " ".join(text for texts in errors.values() for text in texts)
    )


def _form(request: HttpRequest, row: SwotEntry, key: UUID | None) -> HttpResponse:
    actor = actor_of(request)
    require_return(actor)
    require_manage(actor)
    errors: dict[str, list[str]] = {}
    values: dict[str, Any] = {"kind": row.kind, "text": row.text, "signal": row.signal}
    if request.method == "POST":
        values = {name: request.POST[name] for name in ("kind", "text", "signal") if name in request.POST}
        saved, errors = attempt(
            lambda: save_entry(actor, values, key, version=version_or_none(request.POST.get("version")))
        )
        if saved is not None:
            return done(request, PAGE, _("Saved."))
    elif row.signal and not row.text:
        values["text"] = next((line.text for line in sheet(actor) if line.signal and line.signal.key == row.signal), "")
    context = {
        "row": row, "new": key is None, "values": values, "errors": errors, "kinds": SwotKind.choices, "action": f"{PAGE}/{key}" if key else f"{PAGE}/new",
    }  # fmt: skip
    return fragment(request, "analytics/returns/entry.html.jinja", context, status=422 if errors else 200)
