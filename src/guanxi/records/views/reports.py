"""Reports: the library, one with its figures, the builder with its preview, files of the figures."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import orjson
from django.http import HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from guanxi.core.errors import Invalid, NotFound, Refused
from guanxi.identity.actor import Actor
from guanxi.records.reports.adjusting import ADJUSTING, adjusted, key_of_within, narrowing, within_choices
from guanxi.records.reports.builder import (
    COLUMNS,
    GROUPS,
    MEASURES,
    also_words,
    chart_words,
    column_options,
    date_options,
    definition_of,
    form_of,
    group_options,
    measure_options,
)
from guanxi.records.reports.definition import Definition, read_definition
from guanxi.records.reports.drawing import drawn, subtotal_words, total_words
from guanxi.records.reports.exporting import FORMS, File, export_report
from guanxi.records.reports.narrowing import shared_chips
from guanxi.records.reports.running import TooHeavy
from guanxi.records.reports.runs import Answer, answer_report
from guanxi.records.reports.saved import (
    Found,
    delete_report,
    favourites,
    find_report,
    kept_reports,
    library,
    mark_favourite,
    may_change,
    save_report,
)
from guanxi.records.reports.sources import Source, source_names, source_of, sources
from guanxi.records.screens import fragment, page
from guanxi.records.views.base import actor_of, done, version_of
from guanxi.records.views.filters import builder_fields
from guanxi.records.views.report_states import run_row
from guanxi.records.wording import parse_criteria


@require_safe
def reports(request: HttpRequest) -> HttpResponse:
    """All reports that the person may open, by folder, favourites first."""
    actor = actor_of(request)
    wanted = favourites(actor)
    found = [*kept_reports(actor), *library(actor)]
    folders: dict[str, list[Found]] = {}
    for one in found:
        folders.setdefault(one.folder or (_("Without folder") if one.saved else ""), []).append(one)
    context = {
        "page_title": _("Reports"),
        "favourites": [one for one in found if one.key in wanted],
        "folders": folders,
        "wanted": wanted,
        "may_build": bool(source_names(actor)),
    }
    return page(request, "records/reports.html.jinja", context)


@require_safe
def report(request: HttpRequest, key: str) -> HttpResponse:
    """One report: what it tells; its figures follow."""
    actor = actor_of(request)
    found = find_report(actor, key)
    made = found.read
    given = _given(request)
    context = {
        "page_title": found.name,
        "found": found,
        "made": made,
        "url": f"/reports/{found.key}/result?{urlencode(given)}",
        "given": given,
        "within": given.get("within") or (key_of_within(made.period.within) if made.period else ""),
        "within_choices": within_choices() if made.period else [],
        "forms": FORMS,
        "may_change": may_change(actor, found.saved),
        "favourite": found.key in favourites(actor),
        "query": urlencode(given),
        "chips": chips_of(actor, f"/reports/{found.key}/", given),
    }
    return page(request, "records/report.html.jinja", context)


@require_safe
def result(request: HttpRequest, key: str) -> HttpResponse:
    """The figures of a report, as a part of a page; `?tile=1` as small as a dashboard wants them."""
    actor = actor_of(request)
    found = find_report(actor, key)
    given = _given(request)
    read = lambda: adjusted(actor, found.read, given)  # noqa: E731
    context = figures_of(actor, read, key=found.key, name=found.name, again=request.GET.get("again") == "1")
    context["order"] = given | {"key": found.key}
    if given and not context.get("error"):
        context["narrowing"] = narrowing(actor, found.read, given)
    small = request.GET.get("tile") == "1"
    context |= {"found": found, "small": small, "query": urlencode(given), "again_url": f"/reports/{found.key}/result?{urlencode(given | ({'tile': 1} if small else {}) | {'again': 1})}"}  # fmt: skip
    return fragment(request, "records/_report.html.jinja", context)


def new_report(request: HttpRequest) -> HttpResponse:
    """The builder: of an object (`?object=`), or beginning with a report of the library (`?like=`)."""
    actor = actor_of(request)
    like = find_report(actor, request.GET["like"]) if request.GET.get("like") else None
    if request.method == "POST":
        return _save(request, None)
    known = sources(actor)
    if not known:
        raise NotFound(_("There is nothing to report on."))
    if like is not None:
        return _builder(request, source_of(actor, like.definition["object"]), like.definition, like=like)
    names = [one.name for one in known]
    chosen = request.GET.get("object") or next((name for name in ("opportunity", "account") if name in names), names[0])
    source = source_of(actor, chosen)
    return _builder(request, source, _first_definition(actor, source))


def edit_report(request: HttpRequest, key: UUID) -> HttpResponse:
    """The builder with a report that is kept."""
    actor = actor_of(request)
    found = find_report(actor, str(key))
    if request.method == "POST":
        return _save(request, found)
    return _builder(request, source_of(actor, found.definition["object"]), found.definition, found=found)


@require_POST
def preview(request: HttpRequest) -> HttpResponse:
    """The figures of what the builder says just now."""
    actor = actor_of(request)
    context = figures_of(actor, lambda: read_definition(_posted(actor, request)))
    return fragment(request, "records/_report.html.jinja", context | {"preview": True})


@require_POST
def remove(request: HttpRequest, key: UUID) -> HttpResponse:
    """Delete a report; its records stay."""
    actor = actor_of(request)
    name = find_report(actor, str(key)).name
    delete_report(actor, key, version_of(request.POST.get("version")))
    return done(request, "/reports/", _("Report “%(name)s” deleted. Its records stay.") % {"name": name})


@require_POST
def favourite(request: HttpRequest, key: str) -> HttpResponse:
    """Put a report first, or no longer."""
    mark_favourite(actor_of(request), key, request.POST.get("wanted") == "1")
    return done(request, "/reports/" if request.POST.get("next") == "/reports/" else f"/reports/{key}/")


@require_safe
def export(request: HttpRequest, key: str) -> HttpResponse:
    """The figures as a file."""
    actor = actor_of(request)
    found = find_report(actor, key)
    made = adjusted(actor, found.read, _given(request))
    return as_download(export_report(actor, made, found.name, request.GET.get("format", "csv"), about=found.about))


def as_download(file: File) -> HttpResponse:
    """The answer that the browser saves."""
    answer = HttpResponse(file.content, content_type=file.content_type)
    answer.headers["Content-Disposition"] = content_disposition_header(True, file.name) or "attachment"
    return answer


def chips_of(actor: Actor, address: str, given: Mapping[str, str]) -> list[dict[str, str]]:
    """The conditions of a dashboard's filter as the kit shows them, each with the address without it."""
    made = []
    for chip in shared_chips(actor, parse_criteria(given.get("filter", ""))):
        rest = {name: value for name, value in given.items() if name != "filter"}
        if chip.without:
            rest["filter"] = orjson.dumps(chip.without).decode()
        url = address + (f"?{urlencode(rest)}" if rest else "")
        made.append({"field": chip.field, "op": chip.op, "value": chip.value, "remove_url": url})
    return made


def _given(request: HttpRequest) -> dict[str, str]:
    return {name: request.GET[name] for name in ADJUSTING if request.GET.get(name)}


def figures_of(
    actor: Actor, definition: Callable[[], Definition], *, key: str = "", name: str = "", again: bool = False
) -> dict[str, Any]:
    """What the part of figures shows: a result, a list, a reading that is on its way, or what is wrong."""
    try:
        return shown_answer(actor, answer_report(actor, definition(), key=key, name=name, again=again))
    except TooHeavy as refusal:
        return {"error": refusal.message, "heavy": True}
    except Invalid as refusal:
        return {"error": refusal.message}


def shown_answer(actor: Actor, found: Answer) -> dict[str, Any]:
    """The same of an answer."""
    context: dict[str, Any] = {"made": found.made, "run": run_row(found.run) if found.run else None}
    if found.listing is not None:
        context |= {"listing": found.listing, "subtotal": subtotal_words, "total": total_words(found.listing)}
    elif found.result is not None:
        context["drawn"] = drawn(actor, found.result)
    return context


def _posted(actor: Actor, request: HttpRequest) -> dict[str, Any]:
    """The definition that the builder's form means."""
    data = {name: request.POST.getlist(name) for name in request.POST}
    base_key = request.POST.get("base", "")
    base: Mapping[str, Any] = find_report(actor, base_key).definition if base_key else {}
    return definition_of(request.POST.get("object", ""), data, base)


def _save(request: HttpRequest, found: Found | None) -> HttpResponse:
    actor = actor_of(request)
    data = request.POST
    definition: dict[str, Any] = {"object": data.get("object", "")}
    try:
        definition = _posted(actor, request)
        row = save_report(
            actor, definition=definition, name=data.get("name", ""), about=data.get("about", ""), folder=data.get("folder", ""),
            audience=data.get("audience", "private"), report_id=found.saved.id if found and found.saved else None,
            version=version_of(data.get("version")),
        )  # fmt: skip
    except Refused as refusal:
        errors = refusal.errors if isinstance(refusal, Invalid) else {"": [refusal.message]}
        source = source_of(actor, str(definition["object"]))
        return _builder(request, source, definition, found=found, errors=errors, status=refusal.status)
    return done(request, f"/reports/{row.id}/", _("Report “%(name)s” saved.") % {"name": row.name})


def _builder(
    request: HttpRequest, source: Source, definition: Mapping[str, Any], *, found: Found | None = None,
    like: Found | None = None, errors: Mapping[str, Any] | None = None, status: int = 200,
) -> HttpResponse:  # fmt: skip
    actor = actor_of(request)
    values = form_of(definition)
    for name, least, empty in (
        ("measure_filter", MEASURES, {"all": []}),
        ("measure_label", MEASURES, ""),
        ("bands", GROUPS, ""),
    ):
        values[name] = _padded(values[name], least, empty)
    base = found or like
    data = request.POST if request.method == "POST" else {}
    saved = found.saved if found else None
    context = {
        "page_title": _("Report: %(name)s") % {"name": found.name} if found else _("New report"),
        "source": source,
        "objects": [(one.name, one.label) for one in sources(actor)],
        "values": values,
        "measures": _padded(values["measure"], MEASURES),
        "groups": _padded(values["group"], GROUPS),
        "columns": _padded(values["column"], COLUMNS if values["column"] else 1),
        "column_options": column_options(actor, source),
        "measure_options": measure_options(actor, source, definition.get("measures", ())),
        "group_options": group_options(actor, source),
        "date_options": date_options(actor, source),
        "within_choices": within_choices(),
        "charts": chart_words(),
        "also": also_words(),
        "fields": builder_fields(actor, source.kind),
        "count_url": f"/{source.kind.plural}/filter/count",
        "base": base.key if base else "",
        "name": data.get("name") or (found.name if found else ""),
        "about": data.get("about") or (found.about if found else like.about if like else ""),
        "folder": data.get("folder") or (found.folder if found else ""),
        "audience": data.get("audience") or (saved.audience if saved else "private"),
        "version": data.get("version") or (saved.version if saved else ""),
        "action": f"/reports/{found.key}/edit" if found else "/reports/new",
        "errors": errors or {},
        "found": found,
    }
    return page(request, "records/report_builder.html.jinja", context, status=status)


def _padded(values: Sequence[Any], least: int, empty: Any = "") -> list[Any]:
    return [*values, *[empty] * (least - len(values))]


def _first_definition(actor: Actor, source: Source) -> dict[str, Any]:
    """How a new report begins: a count by what tells most, so that there is something to see."""
    told = [item.name for item in source.fields.values() if item.kind == "choice" and source.readable(actor, item.name)]
    groups = [{"field": told[0]}] if told else []
    return {"object": source.name, "measures": [{"key": "count", "kind": "count"}], "groups": groups}
